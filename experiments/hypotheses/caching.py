"""Caching the worst-recalled pairs of a Hebbian memory against caching the newest ones."""

import pandas as pd

from experiments.curves import parameter, rows
from experiments.hypothesis import Hypothesis, Prediction
from experiments.sweep import Grid

DIM = {"quick": 16, "paper": 64}
TRIALS = {"quick": 48, "paper": 50}


def grids(preset: str) -> tuple[Grid, ...]:
    """d_k slots: all for the newest pairs, or all but one for the worst-recalled ones."""
    d = DIM[preset]
    return (
        Grid(
            rules={"lola": ({"window": d, "cache": 0}, {"window": 1, "cache": d - 1})},
            loads=(2.0,),
            trials=TRIALS[preset],
            dims=((d, d),),
        ),
    )


def saved(frame: pd.DataFrame) -> float:
    """Relative reduction of the mean error of stored pairs."""
    means = rows(frame, mean=True)
    error = means["mse"].groupby(parameter(means, "cache")).mean()
    return float(1 - error.loc[error.index.max()] / error.loc[0])


HYPOTHESIS = Hypothesis(
    name="caching",
    question="Q2",
    statement="Beside a Hebbian memory, slots for the worst-recalled pairs beat as many slots for "
    "the newest ones.",
    effect="relative reduction of the mean squared error of all stored pairs, d_k slots, N = 2 d_k",
    grids=grids,
    statistic=saved,
    prediction=lambda preset: Prediction(0.0, float("inf")),
    replicates={"quick": 8, "paper": 8},
    spread={"quick": 0.03, "paper": 0.008},
    minimal=0.05,
)
