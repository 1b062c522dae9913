"""State tracking: products of random permutations of 3 and of 5 things, over factors and steps."""

from experiments.sweep import Grid, Settings, Sweep

STEPS = (1.0, 1.5, 1.9)  # short of the reflection, 2


def _swapping(n: int) -> tuple[Settings, ...]:
    """Reflections, too few of them and enough, and enough factors that are no reflections."""
    few = tuple({"alpha": 1.0, "beta": 2.0, "n_h": m} for m in range(1, n))
    return (*few, *({"alpha": 1.0, "beta": beta, "n_h": n - 1} for beta in STEPS))


def _grids(trials: int, lengths: tuple[int, ...]) -> tuple[Grid, ...]:
    found = []
    for n in (3, 5):
        near: Settings = {"alpha": 1.0, "beta": 2.0, "n_h": n - 2}
        for settings, choice in ((_swapping(n), "swaps"), ((near,), "nearest")):
            grid = Grid(
                loads=tuple(length / n for length in lengths),
                trials=trials,
                rules={"delta_product": settings},
                dims=((n, n),),
                probe="state_tracking",
                options=({"choice": choice},),
            )
            found.append(grid)
    return tuple(found)


SWEEP = Sweep(
    "state_tracking",
    "Products of permutations, tracked",
    {
        "quick": _grids(800, (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)),
        "paper": _grids(10_000, (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)),
    },
)
