r"""Exact recall of kernel attention on the sphere: weights e^{k.q/h^2}, normalised to sum 1.

Relative to the stored pair, another pair has weight w = e^{b(x - 1)}, b = 1/h^2, x one coordinate of
a uniform unit vector. With xi the sum of the other n = N - 1 weights, a stored key reads

    s = E 1/(1 + xi),   p = E (1 + sum w^2)/(1 + xi)^2,

and 1/y = int_0^inf e^{-ty} dt turns both into integrals over t of one-pair averages:

    s = int e^{-t} phi^n dt,            phi(t) = E e^{-t w},
    p = int t e^{-t} [phi^n + n psi phi^(n-1)] dt,   psi(t) = E w^2 e^{-t w}.

Status: exact for any N and d (both integrals by quadrature, to about 1e-12). The annealed form of
the literature, xi replaced by its mean eta and sum w^2 by its mean eta2, is
MSE = (eta^2 + eta2)/(1 + eta)^2; it drops the variance of xi and so loses up to half of the error
at small loads.
"""

from functools import cache

import numpy as np
from scipy.linalg import eigh_tridiagonal

from capacity.law import Law
from capacity.recall import Array, Recall, Status

_STEP = 0.05
_LOG_T = np.arange(-60.0, 7.0, _STEP)  # trapezoid in log t: double-exponential decay at the right


@cache
def coordinate_nodes(d: int, count: int = 256) -> tuple[Array, Array]:
    """Gauss nodes and weights of one coordinate of a uniform unit vector in R^d."""
    if d == 1:
        return np.array([-1.0, 1.0]), np.array([0.5, 0.5])
    n = np.arange(1, count)
    # Jacobi matrix of the weight (1 - x^2)^((d - 3)/2), monic Gegenbauer recurrence
    off = (
        n * (n + d - 3) / ((2 * n + d - 2) * (2 * n + d - 4)) if d != 2 else np.full(n.shape, 0.25)
    )
    if d == 2:
        off[0] = 0.5
    nodes, vectors = eigh_tridiagonal(np.zeros(count), np.sqrt(off))
    return nodes, vectors[0] ** 2


class KernelLaw(Law):
    """Recall of a cache that holds every pair; all stored pairs are recalled alike."""

    alike = True

    def __init__(self, bandwidth: float, d: int) -> None:
        self.statuses = {"signal": Status.EXACT, "power": Status.EXACT}
        x, weights = coordinate_nodes(d)
        w = np.exp((x - 1) / bandwidth**2)
        t = np.exp(_LOG_T)[:, None]
        lost = -np.expm1(-t * w) @ weights  # 1 - phi, accurate where phi is near 1
        phi = np.maximum(np.exp(-t * w) @ weights, 1e-300)
        self._log_phi = np.where(lost < 0.5, np.log1p(-np.minimum(lost, 0.5)), np.log(phi))
        self._psi = (w**2 * np.exp(-t * w)) @ weights
        self.weight, self.weight2 = float(w @ weights), float(w**2 @ weights)

    def one(self, items: int) -> Recall:
        """Recall of a single pair among ``items``."""
        if items == 1:
            return Recall(np.ones(1), np.ones(1), self.statuses)
        n, t = items - 1, np.exp(_LOG_T)
        density = _STEP * t * np.exp(-t)
        rest = np.exp(n * self._log_phi)
        signal = density @ rest
        others = n * self._psi * np.exp((n - 1) * self._log_phi)
        power = (density * t) @ (rest + others)
        return Recall(np.array([signal]), np.array([power]), self.statuses)

    def recall(self, items: int) -> Recall:
        one = self.one(items)
        signal, power = (np.full(items, x[0]) for x in (one.signal, one.power))
        return Recall(signal, power, self.statuses)

    def lifelong(self, ages: int) -> Recall:
        """Every weight spreads over infinitely many pairs: nothing is read."""
        return Recall(np.zeros(ages), np.zeros(ages), self.statuses)

    def missing(self, items: int) -> float:
        """Power read by a fresh key from ``items`` pairs, E sum w^2/(sum w)^2."""
        t = np.exp(_LOG_T)
        return float((_STEP * t**2) @ (items * self._psi * np.exp((items - 1) * self._log_phi)))


class WindowLaw(Law):
    """Recall of a window of w pairs: inside, that of a cache of min(N, w); outside, nothing stored.

    With bandwidth 0 a query reads the pair whose key it equals, or nothing: s = p = 1 for age < w
    and s = p = 0 after (exact, any keys without duplicates). With bandwidth h > 0 the weights
    are those of :class:`KernelLaw`, and a key whose pair has left reads a blend of the others.
    """

    def __init__(self, window: int, bandwidth: float, d: int) -> None:
        self.window = window
        self.inside = KernelLaw(bandwidth, d) if bandwidth > 0 else None
        self.statuses = {"signal": Status.EXACT, "power": Status.EXACT}

    def recall(self, items: int) -> Recall:
        return self._over(items, min(items, self.window))

    def lifelong(self, ages: int) -> Recall:
        return self._over(ages, self.window)

    def _over(self, ages: int, held: int) -> Recall:
        kept = np.arange(ages) < self.window
        if self.inside is None:
            return Recall(kept.astype(float), kept.astype(float), self.statuses, kept.astype(float))
        one = self.inside.one(held)
        signal = np.where(kept, one.signal, 0.0)
        power = np.where(kept, one.power, self.inside.missing(held))
        return Recall(signal, power, self.statuses)
