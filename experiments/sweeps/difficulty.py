"""Difficulty of a task against future error: teachers of noisy values, and teachers that move.

A task is as hard as the error that is left to one who knows the teacher of the pair before, 1 -
rho^2 c^2 with c the mean correlation of the coming teacher with it: sqrt(1 - tau) under drift, 1 -
1/L where teachers switch every L tokens. The same for noise and drift, in several mixtures. Errors
under switches are means over a period, so they are measured at each number of pairs of one.
"""

from collections.abc import Iterator, Mapping

from experiments.sweep import Grid, Settings, Sweep

RULES: Mapping[str, tuple[Settings, ...]] = {
    "decay": ({"gamma": 0.95},),
    "delta": ({"beta": 0.5},),
    "gated_delta": ({"alpha": 0.97, "beta": 0.5},),
    "mesa": ({"gamma": 0.97, "beta": 1.0, "lam": 0.5},),
}
FLOORS = (0.02, 0.1, 0.3, 0.75)
PERIODS = (100, 20, 6, 2)  # floors of 0.0199, 0.0975, 0.306 and 0.75
LOAD = 4


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


def switching(period: int) -> str:
    """A teacher without noise that is replaced after so many pairs."""
    return f"teacher:signal=1,switch={period}"


def _grids(d: int, trials: int) -> Iterator[Grid]:
    still = tuple(kind(floor) for floor in FLOORS for kind in (noisy, moving, both))
    yield _grid(d, trials, (LOAD,), still)
    for period in PERIODS:
        loads = tuple((LOAD * d + phase) / d for phase in range(period))
        yield _grid(d, trials, loads, (switching(period),))


def _grid(d: int, trials: int, loads: tuple[float, ...], values: tuple[str, ...]) -> Grid:
    return Grid(
        loads=loads, trials=trials, rules=RULES, dims=((d, d),), probe="future", values=values
    )


SWEEP = Sweep(
    "difficulty",
    "Future error against the difficulty of the task",
    {"quick": tuple(_grids(16, 100)), "paper": tuple(_grids(32, 300))},
)
