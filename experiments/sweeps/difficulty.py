"""Difficulty of a task against future error: teachers of noisy values, and teachers that move.

A task is as hard as the error that is left to one who knows the teacher of the pair before,
1 - rho^2 (1 - tau): the same for noise and for drift, in several mixtures.
"""

from collections.abc import Mapping

from experiments.sweep import Grid, Settings, Sweep

RULES: Mapping[str, tuple[Settings, ...]] = {
    "decay": ({"gamma": 0.95},),
    "delta": ({"beta": 0.5},),
    "gated_delta": ({"alpha": 0.97, "beta": 0.5},),
    "mesa": ({"gamma": 0.97, "beta": 1.0, "lam": 0.5},),
}
FLOORS = (0.02, 0.1, 0.3, 0.75)


def noisy(floor: float) -> str:
    """A fixed teacher; all that is left is noise."""
    return f"teacher:signal={round(1 - floor, 6)}"


def moving(floor: float) -> str:
    """A teacher without noise; all that is left is its next step."""
    return f"teacher:signal=1,drift={floor}"


def both(floor: float) -> str:
    """Half the floor from noise, the other half from drift."""
    signal = 1 - floor / 2
    return f"teacher:signal={round(signal, 6)},drift={round(1 - (1 - floor) / signal, 6)}"


def _grid(d: int, trials: int) -> Grid:
    return Grid(
        loads=(4,),
        trials=trials,
        rules=RULES,
        dims=((d, d),),
        probe="future",
        values=tuple(kind(floor) for floor in FLOORS for kind in (noisy, moving, both)),
    )


SWEEP = Sweep(
    "difficulty",
    "Future error against the difficulty of the task",
    {"quick": (_grid(16, 100),), "paper": (_grid(32, 300),)},
)
