"""Recall error against load: every rule at its defaults on the sphere."""

from experiments.sweep import Grid, Sweep

LOADS = (1 / 16, 1 / 8, 1 / 4, 3 / 8, 1 / 2, 3 / 4, 1, 3 / 2, 2, 3, 4)

SWEEP = Sweep(
    "recall",
    "Recall error against load N/d",
    {
        "quick": (Grid(loads=LOADS, trials=100, dims=((32, 32),)),),
        "paper": (
            Grid(loads=(*LOADS, 6, 8), trials=200, dims=((64, 64),)),
            Grid(loads=LOADS, trials=100, keys=("gaussian", "orthonormal"), dims=((32, 32),)),
        ),
    },
)
