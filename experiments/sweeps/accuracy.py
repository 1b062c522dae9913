"""Argmax accuracy: over load and number of candidates, and of every rule among 256 candidates."""

from collections.abc import Mapping

from experiments.sweep import Grid, Settings, Sweep
from experiments.sweeps.capacity import LOADS as FINE

RULES: Mapping[str, tuple[Settings, ...]] = {"hebbian": ({},), "delta": ({"beta": 1.0},)}
LOADS = (1 / 4, 3 / 8, 1 / 2, 3 / 4, 1, 3 / 2, 2, 3, 4, 6, 8)
CANDIDATES: tuple[Settings, ...] = tuple({"candidates": 4**k} for k in range(1, 6))
AMONG: tuple[Settings, ...] = ({"candidates": 256},)


def _grids(d: int, trials: int, fewer: int) -> tuple[Grid, ...]:
    return (
        Grid(LOADS, trials, RULES, dims=((d, d),), probe="accuracy", options=CANDIDATES),
        Grid(FINE, fewer, dims=((d, d),), probe="accuracy", options=AMONG),
    )


SWEEP = Sweep(
    "accuracy",
    "Argmax accuracy against load and number of candidates",
    {"quick": _grids(32, 60, 40), "paper": _grids(64, 100, 60)},
)
