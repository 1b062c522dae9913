"""Correlated keys: a falling spectrum, a common component, a memory of the key before."""

from collections.abc import Mapping

from capacity.correlated_keys import Autoregressive, Spectrum, Spike
from capacity.keys import Signs
from experiments.sweep import Grid, Settings, Sweep

RULES: Mapping[str, tuple[Settings, ...]] = {
    "hebbian": ({},),
    "decay": ({"gamma": 0.95},),
    "delta": ({"beta": 0.5},),
    "gated_delta": ({"alpha": 0.97, "beta": 0.5},),
    "mesa": ({"lam": 0.1},),
    "softmax": ({"bandwidth": 0.25},),
}
POWERS = (0.0, 0.5, 0.75, 1.0, 1.5, 2.0)
SHARES = (0.0, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9)
NEIGHBOURS = (0.0, 0.3, 0.6, 0.8, 0.95)


def _keys(d: int) -> tuple[str, ...]:
    """Signs have the covariances of the Gaussian keys, at unit norm."""
    falling = tuple(Spectrum(power) for power in POWERS)
    signs = tuple(Signs(each.variances(d)) for each in falling)
    spikes, chains = map(Spike, SHARES), map(Autoregressive, NEIGHBOURS)
    return tuple(keys.label for keys in (*falling, *signs, *spikes, *chains))


def _grid(d: int, trials: int) -> tuple[Grid, ...]:
    return (Grid((1.0,), trials, RULES, keys=_keys(d), dims=((d, d),)),)


SWEEP = Sweep(
    "effective_dimension",
    "Recall of correlated keys",
    {"quick": _grid(32, 200), "paper": _grid(64, 1000)},
)
