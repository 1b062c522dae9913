"""Whether the delta rule's small gain in horizon on white keys is that on correlated keys too."""

from functools import partial

from experiments.expected import by_laws
from experiments.hypotheses.delta_horizon import gain, grids
from experiments.hypothesis import Hypothesis
from experiments.sweep import Grid

LEVEL = 0.25
DIM = {"quick": 64, "paper": 128}
TRIALS = {"quick": 32, "paper": 100}


def spectrum(d: int) -> str:
    """Unit keys with uncorrelated entries of variance proportional to 1/i."""
    return "signs:" + ",".join(repr(1 / i) for i in range(1, d + 1))


def correlated_grids(preset: str) -> tuple[Grid, ...]:
    """As on white keys, on correlated ones."""
    d = DIM[preset]
    return grids(d, TRIALS[preset], spectrum(d), LEVEL)


correlated_gain = partial(gain, level=LEVEL)

HYPOTHESIS = Hypothesis(
    name="delta_horizon_correlated",
    question="Q2",
    statement="The delta rule's gain in horizon on white keys, 3 to 35 %, carries over to keys "
    "with a 1/i spectrum.",
    effect="relative gain in the longest horizon at squared cosine 0.25",
    grids=correlated_grids,
    statistic=correlated_gain,
    prediction=lambda preset: by_laws(
        correlated_grids(preset), correlated_gain, low=0.03, high=0.35
    ),
    replicates={"quick": 8, "paper": 8},
    spread={"quick": 0.09, "paper": 0.018},
    minimal=0.15,
)
