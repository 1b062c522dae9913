"""Lifelong recall: every rule at its defaults, squared cosine by age after many pairs."""

from experiments.sweep import Grid, Sweep
from experiments.thresholds import Threshold

SWEEP = Sweep(
    "lifelong",
    "Squared cosine against age in a long stream",
    {
        "quick": (
            Grid(loads=(8,), trials=40, dims=((16, 16),), probe="cos2", options=({"ages": 128},)),
            Grid(loads=(8,), trials=40, dims=((32, 32),), probe="cos2", options=({"ages": 128},)),
        ),
        "paper": (
            Grid(loads=(8,), trials=100, dims=((32, 32),), probe="cos2", options=({"ages": 256},)),
            Grid(loads=(8,), trials=40, dims=((64, 64),), probe="cos2", options=({"ages": 256},)),
        ),
    },
    Threshold("cos2", 0.5, over="age"),
)
