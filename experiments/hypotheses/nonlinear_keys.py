"""What quadratic keys buy for the state that they need."""

import numpy as np
import pandas as pd

from capacity.discover import rules, wrapped
from capacity.rule import Dims
from experiments.curves import crossing, rows
from experiments.hypothesis import Hypothesis, Prediction
from experiments.sweep import Grid

ERROR = 0.5  # mean squared error at the best gain, where capacities are read
DIM = {"quick": 12, "paper": 24}
TRIALS = {"quick": 32, "paper": 100}
STEPS = ({"beta": 0.3}, {"beta": 0.5}, {"beta": 0.8})
MAP = {"features": "quadratic"}


def grids(preset: str) -> tuple[Grid, ...]:
    """The delta rule on keys as they are and on their products."""
    d, trials = DIM[preset], TRIALS[preset]
    more = (d + 1) / 2  # features by d_k
    loads = (0.5, 1.0, 1.5, 2.5)
    return tuple(
        Grid(
            rules={"delta": STEPS},
            loads=tuple(x * times for x in loads),
            trials=trials,
            dims=((d, d),),
            wrappers=(around,),
        )
        for around, times in (({}, 1.0), (MAP, more))
    )


def per_scalar(frame: pd.DataFrame) -> float:
    """log2 of the ratio of capacities per scalar of state, quadratic over plain keys."""
    best = []
    for around in sorted(set(frame["wrappers"]), key=len):
        own = rows(frame, mean=True, wrappers=around)
        sizes = [
            crossing(at["items"], 1 - at["signal"] ** 2 / at["power"], ERROR)
            for _, at in own.groupby("parameters")
        ]
        dims = Dims(int(own["d_k"].iloc[0]), int(own["d_v"].iloc[0]))
        rule = wrapped(rules()["delta"](), MAP if "quadratic" in around else {})
        best.append(max(sizes) / rule.state_scalars(dims, 1))
    return float(np.log2(best[1] / best[0]))


HYPOTHESIS = Hypothesis(
    name="nonlinear_keys",
    question="Q3",
    statement="Quadratic keys raise the delta rule's capacity in proportion to the state that they "
    "need.",
    effect="log2 of the ratio of capacities per scalar of state at squared error 0.5 and best "
    "gain, quadratic over plain keys, each at its best step",
    grids=grids,
    statistic=per_scalar,
    prediction=lambda preset: Prediction(-0.3, 0.3),
    replicates={"quick": 8, "paper": 8},
    spread={"quick": 0.08, "paper": 0.028},
    minimal=0.15,
)
