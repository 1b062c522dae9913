"""Capacity: every rule at its defaults, at loads fine enough to see where recall is half lost."""

from experiments.sweep import Grid, Sweep
from experiments.thresholds import Threshold

# multiples of 1/8, so that the stream ends with a token where a token brings two pairs
LOADS = (
    1 / 8,
    1 / 4,
    3 / 8,
    1 / 2,
    5 / 8,
    3 / 4,
    7 / 8,
    1,
    9 / 8,
    5 / 4,
    3 / 2,
    7 / 4,
    2,
    5 / 2,
    3,
)

SWEEP = Sweep(
    "capacity",
    "Squared cosine at many loads, in two dimensions",
    {
        "quick": (Grid(loads=LOADS, trials=60, dims=((16, 16), (32, 32)), probe="cos2"),),
        "paper": (
            Grid(loads=(*LOADS, 4), trials=200, dims=((16, 16), (32, 32)), probe="cos2"),
            Grid(loads=(*LOADS, 4), trials=60, dims=((64, 64),), probe="cos2"),
        ),
    },
    Threshold("cos2", 0.5, over="items"),
)
