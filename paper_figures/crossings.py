"""Where a measured curve crosses a threshold, and the interval that its standard errors leave.

Between two measured places the crossing is interpolated linearly. The interval holds the places at
which the threshold is within two standard errors of the mean (the test that would not refuse them),
read in the same way off the two edges of that band.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capacity.threshold import Criterion

Array = NDArray[np.float64]
WIDTH = 2.0  # half the width of intervals, in standard errors
Find = Callable[[Array, Array, Criterion], tuple[float, bool]]


@dataclass(frozen=True)
class Banded:
    """A crossing and the ends of its interval; censored: the threshold is met to the end.

    ``high`` is infinite where it may still be met there.
    """

    at: float
    low: float
    high: float
    censored: bool


def crossing(x: Array, means: ArrayLike, criterion: Criterion) -> tuple[float, bool]:
    """Where the mean first fails, 0 if it does at once; whether it never does (then the end)."""
    means = np.asarray(means)
    fails = np.flatnonzero(~criterion.met(means))
    if len(fails) == 0:
        return float(x[-1]), True
    if fails[0] == 0:
        return 0.0, False
    before, after = fails[0] - 1, fails[0]
    share = (means[before] - criterion.threshold) / (means[before] - means[after])
    return float(x[before] + share * (x[after] - x[before])), False


def last_crossing(x: Array, means: Array, criterion: Criterion) -> tuple[float, bool]:
    """Where the criterion is met for the last time, 0 if it never is; whether it is to the end."""
    met = np.flatnonzero(criterion.met(means))
    last = met[-1] if len(met) else 0
    return crossing(x[last:], means[last:], criterion)


def banded(
    x: ArrayLike, means: ArrayLike, stderrs: ArrayLike, criterion: Criterion, find: Find = crossing
) -> Banded:
    """What ``find`` reads off the means, and off the worse and the better edge of their band."""
    at, middle, errors = (np.asarray(each, dtype=float) for each in (x, means, stderrs))
    better = WIDTH * errors * (-1.0 if criterion.small_is_good else 1.0)
    found, censored = find(at, middle, criterion)
    low, _ = find(at, middle - better, criterion)
    high, endless = find(at, middle + better, criterion)
    return Banded(found, low, np.inf if endless else high, censored)
