"""Whether any memory that reads linearly beats the rank of its keys' space."""

from dataclasses import replace

import pandas as pd

from capacity.bounds import rank_bound
from experiments.curves import rows
from experiments.expected import by_laws
from experiments.hypothesis import Hypothesis, Prediction
from experiments.sweep import Grid, Settings

DIM = {"quick": 16, "paper": 32}
TRIALS = {"quick": 40, "paper": 48}
LOADS = (1.5, 2.0, 4.0)
# every rule that reads S q with one matrix of d_k columns, at its defaults; Mesa at its best too
LINEAR: dict[str, tuple[Settings, ...]] = {
    "atlas": ({},),
    "decay": ({},),
    "delta": ({}, {"beta": 0.5}),
    "delta_product": ({},),
    "gated_delta": ({},),
    "gla": ({},),
    "hebbian": ({},),
    "kda": ({},),
    "longhorn": ({},),
    "mesa": ({}, {"lam": 0.0}),
    "momentum": ({},),
    "omega": ({}, {"window": 8, "beta": 0.2}),
    "rwkv7": ({},),
    "ttt_linear": ({},),
}


def grids(preset: str) -> tuple[Grid, ...]:
    """All linear rules at loads beyond d_k."""
    d = DIM[preset]
    return (Grid(rules=LINEAR, loads=LOADS, trials=TRIALS[preset], dims=((d, d),)),)


def least_excess(frame: pd.DataFrame) -> float:
    """The least error over the bound, less one; of all cells, so noise pulls it below its mean.

    Errors are those after the best output gain, in units of the mean square of the very values.
    """
    means = rows(frame, mean=True)
    signal, power = means["signal"], means["power"]
    size = means["mse"] + 2 * signal - power
    bound = [rank_bound(d, n) for d, n in zip(means["d_k"], means["items"], strict=True)]
    return float(((1 - signal**2 / (power * size)) / bound - 1).min())


def prediction(preset: str) -> Prediction:
    """The bound is met by ridge regression without ridge, exactly."""
    best = tuple(replace(grid, rules={"mesa": ({"lam": 0.0},)}) for grid in grids(preset))
    return by_laws(best, least_excess, low=-0.03, high=float("inf"))


HYPOTHESIS = Hypothesis(
    name="rank_bound",
    question="limits",
    statement="No rule with a linear read-out recalls N > d_k pairs with a mean squared error "
    "below 1 - d_k/N.",
    effect="least error of all linear rules and loads, at its best gain, over 1 - d_k/N, less one",
    grids=grids,
    statistic=least_excess,
    prediction=prediction,
    replicates={"quick": 8, "paper": 8},
    spread={"quick": 0.02, "paper": 0.005},
    minimal=0.03,
)
