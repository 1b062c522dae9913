"""The program x <- 5, y <- x + 5, x <- 3, z <- y + x, through memories that evict or merge."""

from collections.abc import Mapping
from dataclasses import replace

from experiments.sweep import Grid, Settings, Sweep

RULES: Mapping[str, tuple[Settings, ...]] = {
    "softmax": ({},),
    "sliding_window": ({"window": 16}, {"window": 32}),
    "eviction": ({"cache": 16},),
    "lola": ({},),
    "hebbian": ({},),
    "decay": ({"gamma": 0.9},),
    "mlstm": ({},),
    "delta": ({}, {"beta": 0.5}),
    "momentum": ({},),
    "mesa": ({"gamma": 0.95},),
    "ttt_mlp": ({},),
}
LENGTHS = (0.25, 0.5, 1, 2)  # of d_k = 32: programs of 8, 16, 32 and 64 pairs
DROPPED: tuple[Settings, ...] = tuple({"dropped": number} for number in (1, 2, 3, 4))
POSITIONS: tuple[Mapping[str, str], ...] = ({"rope": "1e4"}, {"rope": "5e5"})


def _grids(trials: int) -> tuple[Grid, ...]:
    def grids(lengths: tuple[float, ...], options: tuple[Settings, ...]) -> tuple[Grid, ...]:
        plain = Grid(lengths, trials, RULES, dims=((32, 32),), probe="program", options=options)
        return plain, replace(plain, rules={"softmax": ({},)}, wrappers=POSITIONS)

    return (*grids(LENGTHS, ({"dropped": 0},)), *grids(LENGTHS[:1], DROPPED))


SWEEP = Sweep(
    "program",
    "The program x <- 5, y <- x + 5, x <- 3, z <- y + x",
    {"quick": _grids(200), "paper": _grids(2000)},
)
