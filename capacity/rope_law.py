r"""Recall of additive memories of rotated keys, read at the position of the newest token.

o_j = sum_i c_i (k_i^T R_(t - i) k_j) v_i up to rotations that leave isotropic keys alone, so with
C_a = diag(cos(a theta)), the symmetric part of R_a,

    s = c E k^T C_a k,   p = c^2 E (k^T C_a k)^2 + sum_(i != j) c_i^2 E (k^T k')^2.

Status: exact for independent isotropic keys, any d, any number of items.
"""

import numpy as np

from capacity.gated_law import SquareMoments
from capacity.keys import Array
from capacity.law import Law
from capacity.recall import Recall, Status
from capacity.schedule import Weights


class RopeLaw(Law):
    """Recall from the weights of the writes and the angles per position, (d/2,)."""

    def __init__(self, weights: Weights, moments: SquareMoments, theta: Array) -> None:
        self.weights, self.moments, self.theta = weights, moments, theta
        self.statuses = {"signal": Status.EXACT, "power": Status.EXACT}

    def recall(self, items: int) -> Recall:
        c = self.weights.by_age(items)
        return self._of(c, (c**2).sum() - c**2)

    def lifelong(self, ages: int) -> Recall:
        c = self.weights.lifelong(ages)
        return self._of(c, self.weights.total_square() - c**2)

    def _of(self, c: Array, others: Array) -> Recall:
        turned = np.cos(np.repeat(np.outer(np.arange(len(c)), self.theta), 2, axis=1))
        own = c**2 * self.moments.own(turned)
        heard = self.moments.other(np.ones(turned.shape[1], int))
        return Recall(
            c * (turned @ self.moments.mean), own + others * heard, self.statuses, own_power=own
        )
