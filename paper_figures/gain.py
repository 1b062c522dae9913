"""Errors after the best scalar output gain, from measured signal and power."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from capacity.recall import Recall

Array = NDArray[np.float64]


def best_gain_error(
    signal: ArrayLike, signal_stderr: ArrayLike, power: ArrayLike, power_stderr: ArrayLike
) -> tuple[Array, Array]:
    """1 - s^2/p and an upper end of its standard error.

    Signal and power vary together, so the errors of both parts are added; that of s^2 is
    2 |s| ds to first order, and sqrt(2) ds^2 where the signal vanishes.
    """
    s, ds, p, dp = (np.asarray(x, float) for x in (signal, signal_stderr, power, power_stderr))
    return 1 - s**2 / p, (2 * abs(s) + np.sqrt(2) * ds) * ds / p + s**2 * dp / p**2


def recall_noise(recall: Recall) -> float:
    """p/s^2 - 1 by a law, of means over ages."""
    return float(np.mean(recall.power) / np.mean(recall.signal) ** 2 - 1)
