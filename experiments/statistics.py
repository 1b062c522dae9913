"""Means and standard errors over independent streams, merged batch by batch."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Moments:
    """Mean and standard error along the first axis of samples that arrive in batches.

    Batches merge by Chan's update, so results depend on the batch length but not on timing.
    """

    def __init__(self) -> None:
        self.count = 0
        self.mean: Array = np.zeros(())
        self._squares: Array = np.zeros(())

    def add(self, samples: Array) -> None:
        """Add samples (batch, ...)."""
        count, mean = len(samples), samples.mean(axis=0)
        squares = ((samples - mean) ** 2).sum(axis=0)
        shift, total = mean - self.mean, self.count + count
        self._squares = self._squares + squares + shift**2 * (self.count * count / total)
        self.mean = self.mean + shift * (count / total)
        self.count = total

    @property
    def stderr(self) -> Array:
        """Standard error of the mean; NaN for a single sample."""
        if self.count < 2:
            return np.full_like(self.mean, np.nan)
        error: Array = np.sqrt(self._squares / (self.count - 1) / self.count)
        return error
