r"""Memories that only add, S = sum_i c_i v_i phi(k_i)^T.

They read o_j = sum_i c_i kappa(k_i, k_j) v_i. Values are independent of keys, so with one kernel
kappa for all pairs

    s_j = c_j E kappa(k, k),   p_j = c_j^2 E kappa(k, k)^2 + (sum_(i != j) c_i^2) E kappa(k, k')^2.

Only three moments of the kernel enter. Status: exact for any number of items, wherever they are.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from capacity.affine import AffineRule
from capacity.gated_law import square_moments
from capacity.keys import Array, Keys, Overlaps
from capacity.law import Law
from capacity.radial import is_isotropic, read_steps
from capacity.recall import Recall, Status
from capacity.rule import Dims, Rule
from capacity.schedule import Weights

Kernel = Callable[[Array], Array]  # kappa as a function of k . k'


class Moments(Overlaps):
    """E kappa(k, k), E kappa(k, k)^2 and, for two different keys, E kappa(k, k')^2."""

    @property
    def effective_dimension(self) -> Any:
        """(E kappa(k, k))^2 / E kappa(k, k')^2."""
        return self.own**2 / self.other_square


def key_moments(keys: Keys, d: int) -> Moments | None:
    """Moments of the kernel k . k' itself; None for ensembles without them."""
    squares, every = square_moments(keys, d), np.ones(d, int)
    if squares is None:
        return None
    own = squares.mean.sum()
    return Moments(own, squares.own(every).item(), squares.other(every).item())


class AdditiveLaw(Law):
    """Recall from the weights of the writes and the moments of the kernel."""

    def __init__(
        self, weights: Weights, moments: Moments, keys: Keys, d: int, power: Status = Status.EXACT
    ) -> None:
        """Power: the status of E kappa(k, k)^2; a bound is one from below."""
        self.weights, self.moments, self.keys, self.d = weights, moments, keys, d
        self.statuses = {"signal": Status.EXACT, "power": power}
        self.alike = weights.equal

    def recall(self, items: int) -> Recall:
        self.keys.check(self.d, items)
        c = self.weights.by_age(items)
        return self._of(c, (c**2).sum() - c**2)

    def one(self, items: int) -> Recall:
        if not self.alike:
            return super().one(items)
        self.keys.check(self.d, items)
        c = self.weights.gain[:1]
        return self._of(c, (items - 1) * c**2)

    def lifelong(self, ages: int) -> Recall | None:
        if self.keys.most_items(self.d) is not None:
            return None
        c = self.weights.lifelong(ages)
        return self._of(c, self.weights.total_square() - c**2)

    def _of(self, c: Array, others: Array) -> Recall:
        own = c**2 * self.moments.own_square
        heard = self.moments.other_square
        power = own + (others * heard if heard else 0.0)
        return Recall(c * self.moments.own, power, self.statuses, own_power=own)


def additive_law(rule: Rule, keys: Keys, dims: Dims, overlaps: Overlaps) -> AdditiveLaw | None:
    """The exact law of a memory that only adds, on keys with these moments; None for others."""
    weights = additive_weights(rule, dims)
    return None if weights is None else AdditiveLaw(weights, Moments(*overlaps), keys, dims.d_k)


def additive_weights(rule: Rule, dims: Dims) -> Weights | None:
    """The weights of an affine rule that writes c v k^T, decays by numbers and removes nothing."""
    if not isinstance(rule, AffineRule) or rule.pairs != 1 or not is_isotropic(rule, dims.d_k):
        return None
    unit, double = (read_steps(rule, dims.d_k, radius) for radius in (1.0, 2.0))
    if any(step.write.size > 1 for step in unit):
        return None
    across, along, gain = (np.array([x.item() for x in part]) for part in zip(*unit, strict=True))
    doubled = np.array([step.write.item() for step in double])
    if not np.array_equal(across, along) or not np.array_equal(2 * gain, doubled):
        return None
    return Weights(gain, across)
