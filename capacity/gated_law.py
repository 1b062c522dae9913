r"""The exact law of gated Hebbian memories S <- S diag(alpha_t) + v k^T with gates per channel.

After N writes pair i has passed the gates g_i = prod_(t > i) alpha_t, a vector over channels, so a
stored key reads o_j = sum_i v_i (k_i^T diag(g_i) k_j). Keys are independent of values, and

    s_j = sum_c g_jc E k_c^2,
    p_j = g_j^T M g_j + sum_(i != j) x(g_i),   M_cc' = E k_c^2 k_c'^2,
    x(g) = E (k^T diag(g) k')^2 for two different keys.

Independent keys with uncorrelated channels have x(g) = sum_c (E k_c^2)^2 g_c^2; two rows of a Haar
frame have x(g) = [d sum g^2 - (sum g)^2] / (d (d-1) (d+2)). Status: exact for any number of items,
any d and any gates, on sphere, Gaussian, sign and orthonormal keys.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from capacity.keys import Array, Keys, Orthonormal, Signs
from capacity.law import Law
from capacity.recall import Recall, Status


@dataclass(frozen=True)
class SquareMoments:
    """Moments of the squared channels of keys: mean (d,), square M = (outer + diagonal), (d,).

    M = scale * (mean mean^T + 2 diag(mean^2)) for isotropic keys, mean mean^T for signs; ``frame``
    marks keys that are rows of one orthonormal frame.
    """

    mean: Array
    scale: Any  # a number, or a symbol where a proof evaluates it
    kurtosis: float  # 2 for isotropic keys, 0 where k_c^2 is a constant
    frame: bool = False

    def own(self, g: Array) -> Array:
        """E (k^T diag(g) k)^2 of gates (..., d)."""
        weighted = g * self.mean
        square = weighted.sum(-1) ** 2 + self.kurtosis * (weighted**2).sum(-1)
        return np.asarray(self.scale * square)

    def other(self, g: Array) -> Array:
        """E (k^T diag(g) k')^2 of gates (..., d), two different keys."""
        d = len(self.mean)
        if not self.frame:
            return np.asarray((g**2 * self.mean**2).sum(-1))
        if d == 1:
            return np.zeros(g.shape[:-1])  # a second key does not exist
        spread = d * (g**2).sum(-1) - g.sum(-1) ** 2
        return np.asarray(spread / (d * (d - 1) * (d + 2)))


def square_moments(keys: Keys, d: int) -> SquareMoments | None:
    """The moments of an ensemble; None where they are not known."""
    even, spread = np.full(d, 1 / d), d / (d + 2)
    if isinstance(keys, Orthonormal):
        return SquareMoments(even, spread, 2, frame=True)
    if isinstance(keys, Signs):
        keys.check(d, 1)
        return SquareMoments(keys.variances, 1, 0)
    radii = keys.radii(d)
    if radii is None:
        return None
    nodes, weights = radii
    second, fourth = (weights @ nodes**power for power in (2, 4))
    return SquareMoments(second * even, spread * fourth / second**2, 2)


class GatedLaw(Law):
    """Recall under gates (T, d) that repeat with period T; a row is the gate of one token."""

    def __init__(self, gates: Array, keys: Keys, moments: SquareMoments) -> None:
        self.gates, self.keys, self.moments = gates, keys, moments
        self.d = len(moments.mean)
        self.statuses = {"signal": Status.EXACT, "power": Status.EXACT}

    def recall(self, items: int) -> Recall:
        self.keys.check(self.d, items)
        passed = self._passed(items, items)
        each = self.moments.other(passed)
        return self._of(passed, each.sum() - each)

    def lifelong(self, ages: int) -> Recall | None:
        if self.keys.most_items(self.d) is not None:
            return None
        passed = self._passed(ages, 0)
        period = self._passed(len(self.gates), 0)
        whole = np.prod(self.gates, axis=0)
        heard = self.moments.mean > 0
        with np.errstate(divide="ignore"):
            sums = (period[:, heard] ** 2).sum(0) / (1 - whole[heard] ** 2)
        total = float((sums * self.moments.mean[heard] ** 2).sum())
        return self._of(passed, total - self.moments.other(passed))

    def _passed(self, ages: int, items: int) -> Array:
        """Product of the gates after the write of each age, (ages, d), newest first."""
        later = self.gates[(items - 1 - np.arange(ages - 1)) % len(self.gates)]
        return np.concatenate([np.ones((1, self.d)), np.cumprod(later, axis=0)])[:ages]

    def _of(self, passed: Array, others: Array) -> Recall:
        own = self.moments.own(passed)
        return Recall(passed @ self.moments.mean, own + others, self.statuses, own_power=own)
