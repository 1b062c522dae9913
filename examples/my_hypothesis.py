"""A hypothesis of your own: declared here, measured and judged by one command.

Look first: python -m experiments test examples/my_hypothesis.py --declare
Then judge: python -m experiments test examples/my_hypothesis.py
"""

import pandas as pd

from experiments.curves import rows
from experiments.expected import by_laws
from experiments.hypothesis import Hypothesis
from experiments.sweep import Grid


def grids(preset: str) -> tuple[Grid, ...]:
    """What one replicate measures. Its seed is set for you, another for each replicate."""
    return (
        Grid(
            rules={"momentum": ({"mu": 0.5, "beta": 0.3},)},
            loads=(2.0,),  # multiples of d_k
            trials={"quick": 32, "paper": 200}[preset],  # streams
            dims=((16, 16),),
        ),
    )


def delay(frame: pd.DataFrame) -> float:
    """One number from the rows of one replicate; NaN if they do not determine it."""
    newest, older = rows(frame, age=0), rows(frame, age=4)
    return float(newest["mse"].iloc[0] - older["mse"].iloc[0])


HYPOTHESIS = Hypothesis(
    name="momentum_delay",
    question="Q2",  # Q1, Q2, Q3 or limits
    statement="With momentum the newest pair is recalled worse than one written before it.",
    effect="squared error at age 0 less that at age 4",
    grids=grids,
    statistic=delay,
    # effects in [low, high] support the statement, all others refute it
    prediction=lambda preset: by_laws(grids(preset), delay, low=0.0, high=float("inf")),
    replicates={"quick": 6, "paper": 12},
    # standard deviation of one replicate's effect, from: test examples/my_hypothesis.py --pilot
    spread={"quick": 0.04, "paper": 0.015},
    minimal=0.1,  # the least distance from the edge, here 0, that matters: it gives the power
)
