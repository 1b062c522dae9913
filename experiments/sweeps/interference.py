"""Interference: what each write of a short stream does to every stored pair, rule by rule."""

from collections.abc import Mapping

from capacity.discover import rules
from experiments.sweep import Grid, Settings, Sweep

# every rule; gates, windows, caches and chunks so short that a stream of 24 pairs shows them
SHORT: Mapping[str, Settings] = {
    "decay": {"gamma": 0.9},
    "mlstm": {"forget_gate": 0.9},
    "sliding_window": {"window": 8},
    "eviction": {"cache": 8},
    "lact": {"window": 8, "chunk": 8},
    "lola": {"window": 4, "cache": 4},
}
RULES: Mapping[str, tuple[Settings, ...]] = {name: (SHORT.get(name, {}),) for name in rules()}


def _grid(trials: int) -> Grid:
    return Grid((1.5,), trials, RULES, dims=((16, 16),), probe="interference")


SWEEP = Sweep(
    "interference",
    "What each write does to every stored pair",
    {"quick": (_grid(400),), "paper": (_grid(4000),)},
)
