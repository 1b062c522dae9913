"""Implicit regularisers: bandwidth of softmax attention, and number of heads at fixed width."""

from experiments.sweep import Grid, Settings, Sweep

BANDWIDTHS: tuple[Settings, ...] = tuple(
    {"bandwidth": h} for h in (0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.2, 2.0)
)
TEACHERS = ("teacher:signal=0.5", "teacher:signal=1")
HEADS = (1, 2, 4, 8, 16)
SPLIT = {
    "delta": ({"beta": 1.0},),
    "mesa": ({"gamma": 1.0, "beta": 1.0, "lam": 0.1},),
}


def _grids(trials: int, d: int) -> tuple[Grid, ...]:
    return (
        Grid(
            rules={"softmax": BANDWIDTHS},
            loads=(1, 8),
            trials=trials,
            dims=((d // 2, d // 2),),
            probe="future",
            values=TEACHERS,
        ),
        Grid(
            rules=SPLIT,
            loads=(1 / 2, 2, 8),
            trials=trials,
            dims=((d, d),),
            probe="future",
            values=("teacher:signal=1",),
            wrappers=tuple({"heads": str(h)} if h > 1 else {} for h in HEADS),
        ),
    )


SWEEP = Sweep(
    "regularisers",
    "Bandwidth and heads as regularisers: stored and unseen pairs",
    {"quick": _grids(120, 32), "paper": _grids(1000, 64)},
)
