"""Replay of the worst-recalled pairs against a window of the newest ones of the same size."""

from pathlib import Path

import pandas as pd

from experiments.curves import parameter, rows
from experiments.hypothesis import Hypothesis, Prediction
from experiments.sweep import Grid

DIM = {"quick": 16, "paper": 32}
TRIALS = {"quick": 48, "paper": 200}
STEPS = (0.05, 0.1, 0.2)


def grids(preset: str) -> tuple[Grid, ...]:
    """Buffers of d_k/2 - 1 pairs beside the new one, at several steps."""
    d = DIM[preset]
    held = d // 2 - 1
    return (
        Grid(
            rules={
                "replay": tuple({"beta": b, "cache": held} for b in STEPS),
                "omega": tuple({"beta": b, "window": held + 1} for b in STEPS),
            },
            loads=(2.0,),
            trials=TRIALS[preset],
            dims=((d, d),),
        ),
    )


def saved(frame: pd.DataFrame) -> float:
    """Relative reduction of the mean error of stored pairs, each rule at its best step."""
    best = {}
    for rule in ("replay", "omega"):
        own = rows(frame, mean=True, rule=rule)
        best[rule] = float(own["mse"].groupby(parameter(own, "beta")).mean().min())
    return 1 - best["replay"] / best["omega"]


HYPOTHESIS = Hypothesis(
    name="replay",
    question="Q2",
    statement="Replaying the worst-recalled pairs beats replaying a window of as many newest ones.",
    effect="relative reduction of the mean squared error of all stored pairs, each at its best "
    "step, at N = 2 d_k with buffers of d_k/2 - 1 pairs",
    grids=grids,
    statistic=saved,
    prediction=lambda preset: Prediction(0.0, float("inf")),
    replicates={"quick": 8, "paper": 8},
    spread={"quick": 0.004, "paper": 0.0005},
    minimal=0.01,
    rule_file=Path(__file__).parents[1] / "candidates" / "replay.py",
)
