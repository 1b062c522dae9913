"""A two-layer memory trained online against a linear memory on features, at equal bytes."""

import numpy as np
import pandas as pd

from capacity.discover import rules, wrapped
from capacity.rule import Dims
from experiments.curves import crossing, rows
from experiments.hypothesis import Hypothesis, Prediction
from experiments.sweep import Grid

WIDTH = 4  # hidden units by d_k; the features are as many that both have 2 WIDTH d_k d_v scalars
ERROR = 0.6  # mean squared error at the best gain, where capacities are read
DIM = {"quick": 16, "paper": 32}
TRIALS = {"quick": 12, "paper": 16}
NETS = {
    "quick": ((1, 0.25), (1, 0.5), (4, 0.1)),
    "paper": ((1, 0.25), (1, 0.5), (4, 0.1), (16, 0.05)),
}  # gradient steps a pair, and their size
LINEAR = {"features": f"dpfp:nu={WIDTH}"}


def grids(preset: str) -> tuple[Grid, ...]:
    """Both memories on the same streams."""
    d, trials = DIM[preset], TRIALS[preset]
    nets = tuple({"width": WIDTH, "steps": n, "beta": b} for n, b in NETS[preset])
    steps = tuple({"beta": b} for b in (0.3, 0.5, 0.8))
    return (
        Grid(rules={"ttt_mlp": nets}, loads=(1, 2, 4, 8), trials=trials, dims=((d, d),)),
        Grid(
            rules={"delta": steps},
            loads=(1, 2, 4, 8, 16),
            trials=trials,
            dims=((d, d),),
            wrappers=(LINEAR,),
        ),
    )


def advantage(frame: pd.DataFrame) -> float:
    """log2 of the ratio of capacities, net over linear, each at its best setting."""
    best = {}
    for rule in ("ttt_mlp", "delta"):
        own = rows(frame, mean=True, rule=rule)
        sizes = [
            crossing(at["items"], 1 - at["signal"] ** 2 / at["power"], ERROR)
            for _, at in own.groupby("parameters")
        ]
        best[rule] = max(sizes)
    return float(np.log2(best["ttt_mlp"] / best["delta"]))


def prices(preset: str) -> str:
    """Scalars and multiply-adds of a write, for every setting of the net."""
    d = Dims(DIM[preset], DIM[preset])
    linear = wrapped(rules()["delta"](), LINEAR)
    nets = {n: rules()["ttt_mlp"].with_values(width=WIDTH, steps=n) for n, _ in NETS[preset]}
    costs = ", ".join(
        f"{net.cost(d, 1).write / linear.cost(d, 1).write:.1f} times as much with {n} steps"
        for n, net in nets.items()
    )
    return (
        f"{linear.state_scalars(d, 1)} scalars either way; a write costs the net {costs} as it "
        f"costs the linear memory, {linear.cost(d, 1).write} multiply-adds"
    )


HYPOTHESIS = Hypothesis(
    name="mlp_memory",
    question="limits",
    statement="A two-layer memory trained online stores more per scalar than a linear one at equal "
    "bytes.",
    effect="log2 of the ratio of capacities at squared error 0.6 and best gain, net over delta "
    "rule on features, each at its best setting",
    grids=grids,
    statistic=advantage,
    prediction=lambda preset: Prediction(0.0, float("inf")),
    replicates={"quick": 6, "paper": 6},
    spread={"quick": 0.08, "paper": 0.03},
    minimal=0.3,
    note=prices,
)
