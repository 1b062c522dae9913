"""Whether the learner that fits its stream better also predicts it better."""

import pandas as pd

from experiments.curves import rows
from experiments.expected import by_laws
from experiments.hypothesis import Hypothesis
from experiments.sweep import Grid

SIGNAL = 0.7
BEST_RIDGE = round((1 - SIGNAL) / SIGNAL, 6)  # of the posterior mean of a fixed Gaussian teacher
DIM = {"quick": 16, "paper": 64}
TRIALS = {"quick": 48, "paper": 200}


def grids(preset: str) -> tuple[Grid, ...]:
    """Ridge regression on a linear teacher's pairs, without and with its regulariser."""
    d = DIM[preset]
    return (
        Grid(
            rules={"mesa": ({"lam": 0.0}, {"lam": BEST_RIDGE})},
            loads=(2.0,),
            trials=TRIALS[preset],
            dims=((d, d),),
            values=(f"teacher:signal={SIGNAL}",),
            probe="future",
        ),
    )


def future_cost(frame: pd.DataFrame) -> float:
    """Future error of the learner with the lower loss on its stream, less that of the other."""
    learners = [rows(frame, lam=lam).iloc[0] for lam in (0.0, BEST_RIDGE)]
    fits_better, fits_worse = sorted(learners, key=lambda at: float(at["stored_mse"]))
    return float(fits_better["error"] - fits_worse["error"])


HYPOTHESIS = Hypothesis(
    name="online_loss",
    question="Q1",
    statement="Lower loss on the pairs of the stream need not mean lower loss on future pairs: the "
    "perfect optimiser fits better and predicts worse than a regularised one.",
    effect="error on unseen pairs of the learner with the lower stream loss, less the other's, at "
    "N = 2 d_k",
    grids=grids,
    statistic=future_cost,
    prediction=lambda preset: by_laws(grids(preset), future_cost, low=0.0, high=float("inf")),
    replicates={"quick": 8, "paper": 8},
    spread={"quick": 0.013, "paper": 0.002},
    minimal=0.05,
)
