"""Whether heads help the perfect optimiser where one head just interpolates its stream."""

from functools import partial

from experiments.hypotheses.heads_future import grids, largest_gain, predicted
from experiments.hypothesis import Hypothesis
from experiments.sweep import Grid


def peak(preset: str) -> tuple[Grid, ...]:
    """Least squares without ridge below and above N = d_k, where the error has finite variance."""
    return grids(preset, {"mesa": ({"lam": 0.0},)}, (0.75, 1.25))


raw_gain = partial(largest_gain, at_best_gain=False)

HYPOTHESIS = Hypothesis(
    name="heads_near_interpolation",
    question="Q1",
    statement="More heads at fixed d lower the future error of the unregularised optimiser near "
    "N = d_k, where one head interpolates.",
    effect="error with 1 head less that with 4, at N = 3/4 or 5/4 d_k, where heads gain most",
    grids=peak,
    statistic=raw_gain,
    prediction=lambda preset: predicted(peak(preset), raw_gain),
    replicates={"quick": 8, "paper": 8},
    spread={"quick": 0.11, "paper": 0.02},
    minimal=0.15,
)
