"""Pairs and queries: memories that heads share, and several pairs a token.

H = 8 query heads bring N pairs each, with values of d/H dimensions. A memory that g of them share
holds g N pairs: with keys of d g/H dimensions all memories together have the same state, d^2/H;
with keys of d/H dimensions they have 1/g of it.
"""

from collections.abc import Mapping

from experiments.sweep import Grid, Settings, Sweep

RULES: Mapping[str, tuple[Settings, ...]] = {
    "hebbian": ({},),
    "delta": ({"beta": 0.5},),
    "mesa": ({"gamma": 1.0, "beta": 1.0, "lam": 0.1},),
}
SHARED = (1, 2, 4, 8)  # query heads a memory
PAIRS = (1, 2, 3, 4, 6, 8)  # a token
GATES = (1.0, 0.95)


def _shared(trials: int, width: int, load: float) -> tuple[Grid, ...]:
    """Memories of keys as wide as g slices, then of keys as wide as one (g = 1 is among them)."""
    wide = [Grid((load,), trials, RULES, dims=((g * width, width),)) for g in SHARED[1:]]
    narrow = Grid(tuple(load * g for g in SHARED), trials, RULES, dims=((width, width),))
    return (*wide, narrow)


def _several(trials: int, d: int, tokens: int) -> tuple[Grid, ...]:
    return tuple(
        Grid(
            loads=(tokens * n / d,),
            trials=trials,
            rules={"delta_product": tuple({"alpha": a, "beta": 0.5, "n_h": n} for a in GATES)},
            dims=((d, d),),
        )
        for n in PAIRS
    )


SWEEP = Sweep(
    "sharing",
    "Memories that heads share, and several pairs a token",
    {
        "quick": (*_shared(200, 8, 2), *_several(200, 32, 48)),
        "paper": (*_shared(1000, 16, 2), *_several(1000, 64, 96)),
    },
)
