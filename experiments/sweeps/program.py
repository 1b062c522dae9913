"""The program x <- 5, y <- x + 5, x <- 3, z <- y + x, through memories that evict or merge."""

from collections.abc import Mapping

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
# with an assignment that is never written: one memory of a kind
SOME: Mapping[str, tuple[Settings, ...]] = {
    name: RULES[name][:1] for name in ("softmax", "sliding_window", "hebbian", "delta", "mesa")
}
DROPPED: tuple[Settings, ...] = tuple({"dropped": number} for number in (1, 2, 3, 4))
POSITIONS: tuple[Mapping[str, str], ...] = ({"rope": "1e4"}, {"rope": "1e6"})


def _grids(trials: int) -> tuple[Grid, ...]:
    def grid(
        lengths: tuple[float, ...],
        rules: Mapping[str, tuple[Settings, ...]],
        wrappers: tuple[Mapping[str, str], ...] = ({},),
        options: tuple[Settings, ...] = ({"dropped": 0},),
    ) -> Grid:
        return Grid(
            lengths,
            trials,
            rules,
            dims=((32, 32),),
            probe="program",
            wrappers=wrappers,
            options=options,
        )

    return (
        grid(LENGTHS, RULES),
        grid(LENGTHS, {"softmax": RULES["softmax"]}, wrappers=POSITIONS),
        grid(LENGTHS[:1], SOME, options=DROPPED),
    )


SWEEP = Sweep(
    "program",
    "The program x <- 5, y <- x + 5, x <- 3, z <- y + x",
    {"quick": _grids(200), "paper": _grids(2000)},
)
