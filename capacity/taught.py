r"""What a memory learns of a linear teacher: errors on unseen and on stored pairs.

Values follow a teacher (:mod:`capacity.values`), v = W k + eps, signal fraction rho^2. An unseen
pair comes one token after the last write. With A = E tr(W^T S)/d of that coming teacher W and
P = E|S|^2/d, its error is

    F = 1 - 2 A + P = (1 - rho^2) + bias + lag + variance.

The mean of S given the path of the teacher is sum_a m_a W_(N-1-a). With mu = sum_a m_a,

    bias     = (1 - mu)^2 rho^2            what shrinkage costs, also for a fixed teacher;
    lag      = rho^2 - 2 A + Q - bias      what the teacher's motion costs, 0 for a fixed teacher;
    variance = P - Q                       what finitely many noisy pairs cost (misadjustment),

Q the power of that mean: the separation of adaptive filtering (misadjustment plus lag).
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from capacity.recall import Recall, Status

Array = NDArray[np.float64]


@dataclass(frozen=True)
class FutureError:
    """Squared error on an unseen pair by number of items written, and its parts.

    alignment: A; power: P; mean_power: Q; weight: mu; signal: rho^2. Arrays of one shape.
    """

    alignment: Array
    power: Array
    mean_power: Array
    weight: Array
    signal: float

    @property
    def error(self) -> Array:
        """F = 1 - 2 A + P, in units of E|v|^2."""
        return 1 - 2 * self.alignment + self.power

    @property
    def best_gain_error(self) -> Array:
        """F after the best scalar output gain, 1 - A^2/P; 1 where nothing is read."""
        with np.errstate(divide="ignore", invalid="ignore"):
            explained = self.alignment**2 / self.power
        return 1 - np.where(self.power > 0, explained, 0.0)

    @property
    def floor(self) -> float:
        """1 - rho^2, the noise of the unseen value itself."""
        return 1 - self.signal

    @property
    def bias(self) -> Array:
        """(1 - mu)^2 rho^2."""
        return (1 - self.weight) ** 2 * self.signal

    @property
    def lag(self) -> Array:
        """rho^2 - 2 A + Q - bias."""
        return self.signal - 2 * self.alignment + self.mean_power - self.bias

    @property
    def variance(self) -> Array:
        """P - Q."""
        return self.power - self.mean_power


class TaughtLaw(ABC):
    """Errors of one rule under one teacher."""

    statuses: Mapping[str, Status]

    @abstractmethod
    def future(self, items: int) -> FutureError:
        """The error on an unseen pair after 1, 2, ..., ``items`` writes."""

    @abstractmethod
    def steady(self) -> FutureError | None:
        """Its limit as writes go on for ever; None where there is none."""

    @abstractmethod
    def stored(self, items: int) -> Recall:
        """Recall of each of ``items`` stored pairs, arrays over age 0 .. items - 1."""
