r"""Exponentially weighted ridge regression under a linear teacher, on isotropic keys.

The leave-one-out identity of :mod:`capacity.ridge_law`, with the teacher W_a of the pair of age a:

    A(x) = (rho^2/d) sum_a f_a theta^|x - a|,
    P = [phi + (rho^2/d^2) sum_(a != b) theta^|a-b| f_a f_b (1 - f_a - f_b)] / (1 - phi),
    Q = (rho^2/d^2) sum_(a, b) theta^|a-b| f_a f_b,

phi = sum_a f_a^2 / d; A(-1) is the alignment with the coming teacher. A stored pair of age a reads
f_a v + (1 - f_a) o, o what a memory without it reads. Status: asymptotic, O(1/d) at fixed N/d,
d (1 - gamma) and d tau, as the law without a teacher.
"""

import numpy as np
from scipy.signal import lfilter

from capacity.keys import Array, Keys
from capacity.recall import Recall, Status
from capacity.ridge_law import RidgeLaw
from capacity.taught import FutureError, TaughtLaw
from capacity.values import Values


def correlated_sums(theta: float, f: Array) -> Array:
    """For every a, the sum over b != a of theta^|a - b| f_b."""
    forward = lfilter([1.0], [1.0, -theta], f)
    backward = lfilter([1.0], [1.0, -theta], f[::-1])[::-1]
    found: Array = forward + backward - 2 * f
    return found


class TaughtRidgeLaw(TaughtLaw):
    """Unseen and stored pairs of gated ridge regression."""

    statuses = {"signal": Status.ASYMPTOTIC, "power": Status.ASYMPTOTIC}  # noqa: RUF012

    def __init__(self, ridge: float, gamma: float, d: int, values: Values) -> None:
        self.law = RidgeLaw(ridge, gamma, np.full(d, 1 / d))
        self.gamma, self.d, self.values = gamma, d, values

    def _weights(self, items: float, ages: int) -> tuple[Array, float]:
        """f_a by age, and phi."""
        f = self.law._at(items, ages).signal
        return f, float((f**2).sum() / self.d)

    def _future(self, items: float, ages: int) -> tuple[float, float, float, float]:
        f, phi = self._weights(items, ages)
        d, rho2, theta = self.d, self.values.signal, self.values.theta
        alignment = rho2 / d * float((f * theta ** np.arange(1, ages + 1)).sum())
        others = correlated_sums(theta, f)
        weighted = correlated_sums(theta, f**2)
        pairs = float((f * others - f**2 * others - f * weighted).sum())
        power = (phi + rho2 / d**2 * pairs) / (1 - phi) if phi < 1 else np.inf
        path = rho2 / d**2 * float((f * (others + f)).sum())
        return alignment, power, path, float(f.sum() / d)

    def future(self, items: int) -> FutureError:
        rows = np.array([self._future(n, n) for n in range(1, items + 1)])
        return self._error(rows)

    def steady(self) -> FutureError | None:
        """None without decay, where the answer is a limit that no finite sum gives."""
        if self.gamma == 1:
            return None
        # beyond this age a pair has lost all but e^-45 of its weight
        with np.errstate(divide="ignore"):
            rate = -np.log(self.gamma)
        ages = int(np.ceil((max(self.law.overlap(np.inf), 0.0) + 45) / rate)) + 1
        return self._error(np.array(self._future(np.inf, ages)))

    def _error(self, rows: Array) -> FutureError:
        alignment, power, path, weight = rows.T
        return FutureError(alignment, power, path, weight, self.values.signal)

    def stored(self, items: int) -> Recall:
        f, _ = self._weights(items, items)
        alignment = self.values.signal / self.d * correlated_sums(self.values.theta, f)
        power = self._future(items, items)[1]
        lost = 1 - f
        return Recall(
            f + lost * alignment,
            f**2 + 2 * f * lost * alignment + lost**2 * power,
            self.statuses,
        )


def taught_ridge(
    ridge: float, gamma: float, keys: Keys, d: int, values: Values
) -> TaughtRidgeLaw | None:
    """The law on isotropic keys, for teachers that are fixed or drift; None for others."""
    if keys.radii(d) is None or values.switch:
        return None
    return TaughtRidgeLaw(ridge, gamma, d, values)
