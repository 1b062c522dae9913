"""Drift: stored and unseen pairs of a drifting teacher, over the gate and over the step."""

from experiments.sweep import Grid, Settings, Sweep

DRIFT = "teacher:signal=0.7,drift=0.01"
GATES: tuple[Settings, ...] = tuple(
    {"gamma": gamma} for gamma in (0.8, 0.9, 0.95, 0.975, 0.99, 0.995, 1.0)
)
GATED: tuple[Settings, ...] = tuple(
    {"alpha": alpha, "beta": 0.5} for alpha in (0.9, 0.95, 0.975, 0.99, 0.995, 1.0)
)
STEPS: tuple[Settings, ...] = tuple({"beta": beta} for beta in (0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2))
RIDGES: tuple[Settings, ...] = tuple(
    {"gamma": 0.98, "beta": 1.0, "lam": lam} for lam in (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
)


def _grid(trials: int, d: int, load: float, *, second_order: int) -> tuple[Grid, ...]:
    affine = {"decay": GATES, "gated_delta": GATED, "delta": STEPS}
    shape = {"loads": (load,), "dims": ((d, d),), "probe": "future", "values": (DRIFT,)}
    return (
        Grid(rules=affine, trials=trials, **shape),  # type: ignore[arg-type]
        Grid(rules={"mesa": RIDGES}, trials=second_order, **shape),  # type: ignore[arg-type]
    )


SWEEP = Sweep(
    "drift",
    "Stored and unseen pairs of a drifting teacher",
    {
        "quick": _grid(400, 16, 8, second_order=200),
        "paper": _grid(300, 32, 8, second_order=152),
    },
)
