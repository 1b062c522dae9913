r"""What ridge regression on a stream recalls: Marchenko-Pastur, exponentially weighted too.

The memory is A (B + r I)^{-1} with A = sum_i D_i v_i k_i^T, B = sum_i D_i k_i k_i^T, D_i = gamma^a
at age a. With R = (B_-j + r I)^{-1} of all pairs but j and m_j = k_j^T R k_j, the rank-one update
of the inverse gives, exactly, the leave-one-out identity

    o_j = f_j v_j + (1 - f_j) o_-j,     f_j = D_j m_j / (1 + D_j m_j),

o_-j being what a memory that never saw pair j reads at its key. For iid keys of covariance
diag(sigma), tr sigma = 1, m_j concentrates on the m that solves

    sum_i sigma_i / (r m + sigma_i sum_a f_a) = 1,    f_a = gamma^a m / (1 + gamma^a m),

and E|o_-j|^2 on phi/(1 - phi), phi = sum_a f_a^2 sum_i sigma_i^2 / (r m + sigma_i sum_a f_a)^2, so

    s(a) = f_a,    p(a) = f_a^2 + (1 - f_a)^2 phi/(1 - phi),    MSE(a) = (1 - f_a)^2 / (1 - phi).

Status: asymptotic. m_j differs from m, and its own average from the solution, by O(1/d) at fixed
N/d, r, d (1 - gamma) (more exactly by O(max sigma)), for keys with k^T M k concentrated on
tr(M Sigma): sphere, Gaussian, signs. Exact for any N and d: orthonormal keys; and r = 0,
gamma = 1 on keys in general position, where o_j = sum_i P_ji v_i with a projection P of rank
min(N, d), so s = p = min(1, d/N).
"""

from functools import cached_property
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from capacity.keys import Array, Empirical, Keys, Orthonormal, Signs
from capacity.law import Law
from capacity.recall import Recall, Status

_DIRECT = 4096  # terms summed one by one; longer slow sums take the Euler-Maclaurin formula
_TAIL = 45.0  # e^-45 is below the rounding of a sum whose largest term is 1


def decayed_sums(gamma: float, items: float, log_m: float) -> tuple[float, float]:
    """Sums of f_a and f_a^2 over ages a < items (infinity allowed for gamma < 1)."""
    first = float(expit(log_m))
    if gamma == 1:
        return items * first, items * first**2
    if gamma == 0 or items == 1:
        return first, first**2
    rate = -float(np.log(gamma))
    kept = min(items, np.ceil((max(log_m, 0.0) + _TAIL) / rate) + 1)
    if kept <= _DIRECT or rate > 0.01:
        f = expit(log_m - rate * np.arange(kept))
        return float(f.sum()), float((f**2).sum())
    whole, squares = _endless_sums(rate, log_m)
    if np.isfinite(items):
        rest = _endless_sums(rate, log_m - rate * items)
        whole, squares = whole - rest[0], squares - rest[1]
    return whole, squares


def _endless_sums(rate: float, log_m: float) -> tuple[float, float]:
    """Euler-Maclaurin to first order in the rate; the next term is below rate^3 / 720."""
    f = float(expit(log_m))
    whole = float(np.logaddexp(0.0, log_m))
    return (
        whole / rate + f / 2 + rate * f * (1 - f) / 12,
        (whole - f) / rate + f**2 / 2 + rate * f**2 * (1 - f) / 6,
    )


def unseen_power(phi: Any) -> Any:
    """phi/(1 - phi), infinite from phi = 1 on; of a symbol, the formula below 1."""
    if hasattr(phi, "free_symbols") or phi < 1:
        return phi / (1 - phi)
    return np.inf


class RidgeLaw(Law):
    """Recall of exponentially weighted ridge regression on iid keys of covariance diag(sigma)."""

    def __init__(
        self, ridge: float, gamma: float, sigma: Array, *, general_position: bool = False
    ) -> None:
        self.ridge, self.gamma = ridge, gamma
        self.sigma = sigma[sigma > 0]
        self.alike = gamma == 1
        known = general_position and ridge == 0 and gamma == 1
        status = Status.EXACT if known else Status.ASYMPTOTIC
        self.statuses = {"signal": status, "power": status}

    def overlap(self, items: float) -> float:
        """log m, the log of a stored key's squared norm in the metric of the others' inverse.

        Infinite at r = 0 while fewer pairs than dimensions carry weight: all are interpolated.
        """
        held = 1.0 if self.gamma == 0 else items
        if self.ridge == 0 and held <= len(self.sigma):
            return np.inf
        if 0 < self.gamma < 1 and np.isfinite(items):
            faded = -items * float(np.log(self.gamma)) - _TAIL
            if faded > 0 and self._endless < faded:  # older pairs have lost all weight
                return self._endless
        weight = held if self.gamma == 1 else (1 - self.gamma**held) / (1 - self.gamma)
        low = float(np.log((self.sigma / (self.ridge + self.sigma * weight)).sum()))
        step = 1.0
        while self._excess(low + step, items) <= 0:
            step *= 2
        return float(brentq(self._excess, low - 1e-9, low + step, args=(items,), xtol=1e-13))

    @cached_property
    def _endless(self) -> float:
        return self.overlap(np.inf)

    def _excess(self, log_m: float, items: float) -> float:
        total, _ = decayed_sums(self.gamma, items, log_m)
        return self._gap(self.ridge * np.exp(log_m) if self.ridge else 0.0, total)

    def _gap(self, loss: float, total: float) -> float:
        """1 - sum_i sigma_i / (r m + sigma_i sum_a f_a), which vanishes at the solution."""
        return float(1 - (self.sigma / (loss + self.sigma * total)).sum())

    def fresh_power(self, items: float, log_m: float) -> float:
        """E|o|^2 at a key that was never stored, phi/(1 - phi)."""
        total, squares = decayed_sums(self.gamma, items, log_m)
        loss = self.ridge * np.exp(log_m) if self.ridge else 0.0
        if np.isinf(log_m):  # r m has a limit, though m has none
            loss = float(brentq(self._gap, 0.0, 1.0, args=(total,), xtol=1e-15))
        phi = squares * float((self.sigma**2 / (loss + self.sigma * total) ** 2).sum())
        return float(unseen_power(phi))

    def _at(self, items: float, ages: int) -> Recall:
        log_m = self.overlap(items)
        with np.errstate(divide="ignore", invalid="ignore"):
            log_weight = np.where(np.arange(ages) == 0, 0.0, np.arange(ages) * np.log(self.gamma))
        f = expit(np.where(np.isneginf(log_weight), -np.inf, log_m + log_weight))
        lost = 1 - f
        power = f**2
        if lost.any():
            power = power + lost**2 * self.fresh_power(items, log_m)
        return Recall(f, power, self.statuses, own_power=f**2)

    def recall(self, items: int) -> Recall:
        if not self.alike:
            return self._at(items, items)
        one = self.one(items)
        signal, power = (np.full(items, x[0]) for x in (one.signal, one.power))
        return Recall(signal, power, self.statuses, own_power=signal**2)

    def one(self, items: int) -> Recall:
        return self._at(items, 1)

    def lifelong(self, ages: int) -> Recall:
        """Without decay each of endlessly many pairs has weight zero: nothing is read."""
        if self.gamma == 1:
            return Recall(np.zeros(ages), np.zeros(ages), self.statuses, np.zeros(ages))
        return self._at(np.inf, ages)


class OrthonormalRidgeLaw(Law):
    """Orthonormal keys: no pair meets another, s = D/(D + r) and p = s^2, exact."""

    def __init__(self, ridge: float, gamma: float, d: int) -> None:
        self.ridge, self.gamma, self.d = ridge, gamma, d
        self.statuses = {"signal": Status.EXACT, "power": Status.EXACT}

    def recall(self, items: int) -> Recall:
        Orthonormal().check(self.d, items)
        weight = self.gamma ** np.arange(items, dtype=float)
        kept = weight > 0
        signal = np.where(kept, weight / np.where(kept, weight + self.ridge, 1.0), 0.0)
        return Recall(signal, signal**2, self.statuses, own_power=signal**2)

    def lifelong(self, ages: int) -> None:
        return None


def ridge_law(ridge: float, gamma: float, keys: Keys, d: int) -> Law | None:
    """The law of exponentially weighted ridge regression on these keys; None for given keys."""
    if isinstance(keys, Empirical):
        return None
    if isinstance(keys, Orthonormal):
        return OrthonormalRidgeLaw(ridge, gamma, d)
    if isinstance(keys, Signs):
        keys.check(d, 1)
        return RidgeLaw(ridge, gamma, keys.variances)
    if keys.radii(d) is None:
        return None
    return RidgeLaw(ridge, gamma, np.full(d, 1 / d), general_position=True)
