"""Rebinding: a key written twice with two values, by every rule and by steps that matter."""

from collections.abc import Mapping

from capacity.discover import rules
from experiments.sweep import Grid, Settings, Sweep

# beside the defaults: a step that overwrites by half, and one that goes too far
VARIANTS: Mapping[str, tuple[Settings, ...]] = {"delta": ({"beta": 0.5}, {"beta": 1.5})}
RULES: Mapping[str, tuple[Settings, ...]] = {
    name: ({}, *VARIANTS.get(name, ())) for name in rules()
}
AGES: Settings = {"first": 6, "second": 2}


def _grid(trials: int) -> Grid:
    return Grid((1,), trials, RULES, dims=((16, 16),), probe="rebinding", options=(AGES,))


SWEEP = Sweep(
    "rebinding",
    "A key written twice with two values",
    {"quick": (_grid(400),), "paper": (_grid(4000),)},
)
