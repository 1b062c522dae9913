"""Regression: attention on keys of the circle, the ensemble of which Figure 1 shows one member."""

from experiments.sweep import Grid, Settings, Sweep

# 0.28 is that of the drawn estimators, 2^(1/4) = 1.189 that of Theorem 2.1 in two dimensions
BANDWIDTHS: tuple[Settings, ...] = tuple(
    {"bandwidth": h} for h in (0.1, 0.14, 0.2, 0.28, 0.4, 0.57, 0.8, 1.189, 1.7, 2.4)
)
LOADS = (0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 16)  # 1 to 32 pairs


def _grid(trials: int) -> Grid:
    return Grid(
        rules={"softmax": BANDWIDTHS},
        loads=LOADS,
        trials=trials,
        dims=((2, 1),),
        probe="future",
        values=("teacher:signal=1",),
    )


SWEEP = Sweep(
    "regression",
    "Attention as regression: stored and unseen keys of the circle",
    {"quick": (_grid(4000),), "paper": (_grid(40_000),)},
)
