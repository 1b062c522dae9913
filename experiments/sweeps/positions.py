"""Positions in keys: rotations and short filters, around memories that add and that correct."""

from collections.abc import Mapping

from experiments.sweep import Grid, Settings, Sweep

RULES: Mapping[str, tuple[Settings, ...]] = {
    "hebbian": ({},),
    "decay": ({"gamma": 0.95},),
    "delta": ({"beta": 0.5},),
}
ROTATIONS = ("10", "10000")  # bases; the lower, the faster the slowest plane turns
FILTERS = ("[0.9, 0.4359]", "[0.7071, 0.5, 0.4, 0.3]")  # of unit norm
AROUND: tuple[Mapping[str, str], ...] = (
    {},
    *({"rope": base} for base in ROTATIONS),
    *({"short_convolution": f'{{"taps": {taps}}}'} for taps in FILTERS),
)


def _grid(d: int, load: float, trials: int) -> Grid:
    return Grid(rules=RULES, loads=(load,), trials=trials, dims=((d, d),), wrappers=AROUND)


SWEEP = Sweep(
    "positions",
    "Recall of keys that carry positions",
    {"quick": (_grid(32, 2, 400),), "paper": (_grid(64, 2, 2000),)},
)
