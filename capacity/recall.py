r"""Recall in terms of two numbers per age, from which every metric follows.

At age a (pairs written later), a read-out o of the stored key has

* signal   s = E<v, o>,
* power    p = E|o|^2,
* own power x2 = E x^2, where o = x v + (what the other pairs left), so E x = s,

for values with E v = 0, E|v|^2 = 1, independent of the keys. Arrays run over age 0, 1, ....
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from capacity.accuracy import argmax_accuracy

Array = NDArray[np.float64]


class Status(StrEnum):
    """How far a quantity can be trusted, strongest first."""

    EXACT = "exact"  # any number of items, any dimension
    ASYMPTOTIC = "asymptotic"  # the law's docstring names the error's order and regime
    BOUND = "bound"
    CONJECTURE = "conjecture"

    @property
    def rank(self) -> int:
        """0 for exact, growing as trust falls."""
        return list(Status).index(self)


def weakest(statuses: Mapping[str, Status]) -> Status | None:
    """The status of anything computed from all these quantities."""
    return max(statuses.values(), key=lambda status: status.rank, default=None)


@dataclass(frozen=True)
class Recall:
    """Signal and power by age, with their statuses; every metric is derived here and only here."""

    signal: Array
    power: Array
    statuses: Mapping[str, Status] = field(default_factory=dict)
    own_power: Array | None = None

    @property
    def age(self) -> NDArray[np.int64]:
        """Pairs written after the one that is read; 0 is the newest."""
        return np.arange(len(self.signal))

    @property
    def interference(self) -> Array:
        """p - s^2: what does not follow the stored value."""
        return self.power - self.signal**2

    @property
    def mse(self) -> Array:
        """E|o - v|^2 = 1 - 2 s + p, in units of E|v|^2."""
        return 1 - 2 * self.signal + self.power

    @property
    def best_gain_mse(self) -> Array:
        """Error after the best scalar output gain, 1 - s^2/p."""
        return 1 - self.cos2

    @property
    def cos2(self) -> Array:
        """s^2/p, squared cosine between read-out and value; 0 where nothing is read."""
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = self.signal**2 / self.power
        return np.where(self.power > 0, ratio, 0.0)

    @property
    def snr(self) -> Array:
        """s^2/(p - s^2), signal over interference; infinite where there is no interference."""
        noise = np.maximum(self.interference, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = self.signal**2 / noise
        return np.where(self.signal == 0, 0.0, ratio)

    def accuracy(self, candidates: int, d_v: int) -> Array:
        """Argmax accuracy among the value and candidates - 1 fresh unit vectors.

        Asymptotic in d_v (Gaussian read-out noise; see :mod:`capacity.accuracy`); the
        fluctuation of the own signal enters where its power is known, else it is taken as zero.
        """
        own = self.signal**2 if self.own_power is None else self.own_power
        return argmax_accuracy(self.signal, own, self.power, candidates=candidates, d_v=d_v)
