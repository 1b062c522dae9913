"""Capacity of the delta rule at squared error 0.1, against the dimension of its keys."""

import numpy as np
import pandas as pd

from experiments.curves import crossing, rows
from experiments.expected import by_laws
from experiments.hypothesis import Hypothesis
from experiments.sweep import Grid

ERROR = 0.1
DIMS = {"quick": (24, 48, 96), "paper": (32, 64, 128)}
TRIALS = {"quick": 300, "paper": 1500}
SHARES = (0.15, 0.18, 0.21, 0.24)  # of d_k: loads around the capacity


def grids(preset: str, keys: str = "sphere") -> tuple[Grid, ...]:
    """Loads around the capacity in three dimensions, each twice the one before."""
    return tuple(
        Grid(
            rules={"delta": ({"beta": 1.0},)},
            loads=SHARES,
            trials=TRIALS[preset],
            dims=((d, d),),
            keys=(keys,),
        )
        for d in DIMS[preset]
    )


def growth(frame: pd.DataFrame) -> float:
    """log2 of the ratio of capacity's two increments as d doubles: a + b d^x gives x."""
    capacity = []
    for d in sorted(set(frame["d_k"])):
        at = rows(frame, mean=True, d_k=d)
        capacity.append(crossing(at["items"], at["mse"], ERROR))
    small, middle, large = capacity
    return float(np.log2((large - middle) / (middle - small))) if large > middle else float("nan")


HYPOTHESIS = Hypothesis(
    name="delta_capacity",
    question="limits",
    statement="The delta rule's capacity at mean squared error 0.1 grows linearly in d_k.",
    effect="exponent x of N* = a + b d_k^x, from three dimensions, each twice the one before",
    grids=grids,
    statistic=growth,
    prediction=lambda preset: by_laws(grids(preset), growth, low=0.85, high=1.15),
    replicates={"quick": 8, "paper": 8},
    spread={"quick": 0.07, "paper": 0.015},
    minimal=0.1,
)
