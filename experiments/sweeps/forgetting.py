"""Forgetting: recall against age, of every rule at one load, of a few affine rules at several."""

from collections.abc import Mapping

from experiments.sweep import Grid, Settings, Sweep

RULES: Mapping[str, tuple[Settings, ...]] = {
    "hebbian": ({},),
    "decay": ({"gamma": 0.95}, {"gamma": 0.99}),
    "delta": ({"beta": 0.5}, {"beta": 1.0}),
    "gated_delta": ({"alpha": 0.97, "beta": 0.8},),
    "sliding_window": ({"window": 32},),
}

SWEEP = Sweep(
    "forgetting",
    "Recall against age",
    {
        "quick": (
            Grid(rules=RULES, loads=(1, 2, 8), trials=400, dims=((32, 32),)),
            Grid(loads=(2,), trials=100, dims=((32, 32),)),
        ),
        "paper": (
            Grid(rules=RULES, loads=(1, 2, 8), trials=1000, dims=((64, 64),)),
            Grid(loads=(2,), trials=200, dims=((64, 64),)),
            Grid(rules=RULES, loads=(1, 8), trials=1000, keys=("gaussian",), dims=((64, 64),)),
        ),
    },
)
