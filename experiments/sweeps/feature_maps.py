"""Feature maps: interference of keys and of their features, in several dimensions."""

from collections.abc import Mapping

from experiments.sweep import Grid, Settings, Sweep

Rules = Mapping[str, tuple[Settings, ...]]
RULES: Rules = {"hebbian": ({},), "delta": ({"beta": 0.5},)}
VALUES = 8  # d_v, on which interference does not depend
LOADS = (1 / 4, 1 / 2, 1, 2, 4, 8, 16)


def _maps(d: int) -> tuple[Mapping[str, str], ...]:
    """Every map that ships; random ones 4 d wide, narrow enough to have moments that show."""
    random = (f"favor:features={4 * d},scale=0.5", f"two_layer:features={4 * d},hidden={4 * d}")
    names = ("identity", "relu", "elu_plus_one", "dpfp", *random)
    return tuple({"features": name} for name in (*names, "quadratic", "taylor"))


def _grids(d: int, others: tuple[int, ...], trials: int) -> tuple[Grid, ...]:
    """All loads at one dimension; enough of them for the effective dimension at others."""
    return (
        _grid(LOADS, trials, RULES, d),
        *(_grid((1 / 4, 4), trials, {"hebbian": RULES["hebbian"]}, n) for n in others),
    )


def _grid(loads: tuple[float, ...], trials: int, rules: Rules, d: int) -> Grid:
    return Grid(
        loads=loads,
        trials=trials,
        rules=rules,
        dims=((d, VALUES),),
        probe="noise_over_signal",
        wrappers=_maps(d),
    )


SWEEP = Sweep(
    "feature_maps",
    "Interference of features",
    {"quick": _grids(16, (4, 8, 32), 400), "paper": _grids(24, (4, 8, 16, 32), 1000)},
)
