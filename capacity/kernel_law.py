r"""Exact recall of kernel attention: weights e^{k.q/h^2}, normalised to sum 1, h the bandwidth.

Relative to the stored pair, another pair has weight w = e^l. Given the query, the l of the other
n = N - 1 pairs are iid: with b = 1/h^2 and x one coordinate of a uniform unit vector,

    sphere       l = b (x - 1);
    gaussian     l = b (r g/sqrt(d) - r^2),  g ~ N(0, 1),  given r = |q|, averaged over r;
    orthonormal  l = -b.

With xi the sum of the other weights, a stored key reads

    s = E 1/(1 + xi),   p = E (1 + sum w^2)/(1 + xi)^2,   own power E 1/(1 + xi)^2,

and 1/y = int_0^inf e^{-ty} dt turns all three into integrals over t of one-pair averages:

    s = int e^{-t} phi^n dt,            phi(t) = E e^{-t w},
    p = int t e^{-t} [phi^n + n psi phi^(n-1)] dt,   psi(t) = E w^2 e^{-t w}.

Status: exact for any N and d (trapezoids in variables in which the integrands are analytic and
decay fast: to about 1e-10, to 1e-6 on Gaussian keys of one dimension; halving their steps tells).
The annealed form of the literature, xi replaced by its mean eta and sum w^2 by its mean eta2, is
MSE = (eta^2 + eta2)/(1 + eta)^2; it drops the variance of xi and so loses up to half of the error
at small loads.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from capacity.keys import Gaussian, Keys, Orthonormal, Sphere
from capacity.law import Law
from capacity.recall import Array, Recall, Status

_STEP = 0.2  # in log t; the integrands are analytic for |Im log t| < pi/2
_FINE = 0.35  # in l: e^{-t e^l} is analytic for |Im l| < pi/2
_BLOCK = 2**18  # exponentials held at once
_WORK = 3e8  # exponentials that one law may take: seconds
EXACT = {"signal": Status.EXACT, "power": Status.EXACT}


class Queries(NamedTuple):
    """One kind of query: its probability, and nodes of l with their probabilities."""

    chance: float
    log_weight: Array
    mass: Array


def _nodes(exponent: Callable[[Array], Array], reach: float, step: float) -> tuple[Array, Array]:
    """Trapezoid nodes and probabilities of a density e^exponent on |y| <= reach."""
    y = np.arange(-reach, reach + step, step)
    mass = np.exp(exponent(y) - exponent(np.zeros(1)))
    kept = mass > 1e-18 * mass.max()
    return y[kept], mass[kept] / mass.sum()


def coordinate_nodes(d: int, b: float) -> tuple[Array, Array]:
    """Nodes and probabilities of one coordinate of a unit vector, for functions of scale 1/b."""
    if d == 1:
        return np.array([-1.0, 1.0]), np.array([0.5, 0.5])
    step = min(0.4 / np.sqrt(d), _FINE / b if b > 0 else np.inf)
    reach = np.arccosh(np.exp(42 / (d - 1)))  # where the density has fallen to e^-42
    y, mass = _nodes(lambda y: -(d - 1) * np.logaddexp(y, -y), reach, step)
    return np.tanh(y), mass


def _squared_radii(d: int, b: float) -> tuple[Array, Array]:
    """Nodes and probabilities of |k|^2 of Gaussian keys, for functions of scale 1/b."""
    spread = np.sqrt(2 / d)  # of log |k|^2; a large |k| narrows the scale
    step = min(0.2 * spread, _FINE / (b * (1 + 4 * spread)) if b > 0 else np.inf)
    y, mass = _nodes(lambda y: d / 2 * (y - np.exp(y)), 84 / d + 10 * np.sqrt(2 / d), step)
    return np.exp(y), mass


def _gaussian(d: int, b: float, own: bool) -> list[Queries]:
    squared, chances = _squared_radii(d, b if own else 0.0)
    spread = b * np.sqrt(squared / d)
    found = []
    for r2, sigma, chance in zip(squared, spread, chances, strict=True):
        g, mass = _nodes(lambda g: -(g**2) / 2, 9.2, min(0.5, _FINE / sigma))
        found.append(Queries(chance, sigma * g - own * b * r2, mass))
    return found


def queries(keys: Keys, d: int, b: float, *, own: bool) -> list[Queries] | None:
    """Kinds of queries of the stored keys, or (own false) of fresh keys, up to a common factor.

    None for ensembles whose weights have no law here.
    """
    if isinstance(keys, Gaussian):
        return _gaussian(d, b, own)
    if isinstance(keys, Sphere):
        x, mass = coordinate_nodes(d, b)
        return [Queries(1.0, b * (x - own), mass)]
    if isinstance(keys, Orthonormal):
        return [Queries(1.0, np.array([-b * own]), np.ones(1))]
    return None


def _averaged(kind: Queries, log_t: Array) -> tuple[Array, Array]:
    """log phi and log t^2 psi at each t."""
    tw = np.exp(np.minimum(log_t[:, None] + kind.log_weight, 300.0))  # e^-tw is 0 long before
    kept = np.exp(-tw)
    lost = -np.expm1(-tw) @ kind.mass  # 1 - phi, accurate where phi is near 1
    with np.errstate(divide="ignore"):
        log_phi = np.where(lost < 0.5, np.log1p(-np.minimum(lost, 0.5)), np.log(kept @ kind.mass))
        log_psi = np.log((tw**2 * kept) @ kind.mass)
    return np.maximum(log_phi, -1e6), np.maximum(log_psi, -1e6)


def densities(t: Any, damped: Any, rest: Any, others: Any) -> tuple[Any, Any, Any]:
    """Integrands over dt/t of the signal, the own power and the power of the others.

    From t, e^-t, phi^n and n t^2 psi phi^(n-1); numbers, arrays or symbols.
    """
    return t * damped * rest, t**2 * damped * rest, damped * others


class Averages:
    """log phi and psi of all kinds of queries over a grid of t, and integrals over t."""

    def __init__(self, kinds: list[Queries], low: float, high: float) -> None:
        log_t = np.arange(low, high, _STEP)
        self.chance = np.array([kind.chance for kind in kinds])
        self.t = np.exp(log_t)
        rows = [self._one(kind, log_t) for kind in kinds]
        self.log_phi, self.log_psi = (np.stack(part) for part in zip(*rows, strict=True))

    @staticmethod
    def _one(kind: Queries, log_t: Array) -> tuple[Array, Array]:
        blocks = max(1, len(log_t) * len(kind.mass) // _BLOCK)
        rows = [_averaged(kind, part) for part in np.array_split(log_t, blocks)]
        log_phi, log_psi = (np.concatenate(part) for part in zip(*rows, strict=True))
        return log_phi, log_psi

    def rest(self, n: int) -> Array:
        """phi^n."""
        power: Array = np.exp(n * self.log_phi)
        return power

    def others(self, n: int) -> Array:
        """n t^2 psi phi^(n-1)."""
        power: Array = n * np.exp(self.log_psi + (n - 1) * self.log_phi)
        return power

    def integral(self, integrand: Array) -> float:
        """Mean over kinds of the integral over log t."""
        return float(self.chance @ integrand.sum(axis=1)) * _STEP


def averages(kinds: list[Queries], *, own: bool) -> Averages:
    """Over the t that matter to read-outs with a pair of weight 1 (own) or to those without."""
    top = max(float(kind.log_weight.max()) for kind in kinds)
    low = min(float(kind.log_weight.min()) for kind in kinds)
    return Averages(kinds, *((min(-42.0, -top - 21), 5.0) if own else (-top - 21, -low + 5)))


class KernelLaw(Law):
    """Recall of a cache that holds every pair; all stored pairs are recalled alike."""

    alike = True
    statuses = EXACT

    def __init__(self, keys: Keys, d: int, b: float, kinds: list[Queries]) -> None:
        self.keys, self.d, self.b = keys, d, b
        self._stored = averages(kinds, own=True)
        self._fresh: Averages | None = None

    def one(self, items: int) -> Recall:
        """Recall of a single pair among ``items``."""
        self.keys.check(self.d, items)
        if items == 1:
            return Recall(np.ones(1), np.ones(1), self.statuses, np.ones(1))
        at, n = self._stored, items - 1
        signal, own, others = (
            np.array([at.integral(x)])
            for x in densities(at.t, np.exp(-at.t), at.rest(n), at.others(n))
        )
        return Recall(signal, own + others, self.statuses, own)

    def recall(self, items: int) -> Recall:
        one = self.one(items)
        assert one.own_power is not None
        signal, power, own = (np.full(items, x[0]) for x in (one.signal, one.power, one.own_power))
        return Recall(signal, power, self.statuses, own)

    def lifelong(self, ages: int) -> Recall | None:
        """Every weight spreads over infinitely many pairs: nothing is read."""
        if self.keys.most_items(self.d) is not None:
            return None
        return Recall(np.zeros(ages), np.zeros(ages), self.statuses, np.zeros(ages))

    def missing(self, items: int) -> float:
        """Power read by a fresh key from ``items`` pairs, E sum w^2/(sum w)^2."""
        if self._fresh is None:
            kinds = queries(self.keys, self.d, self.b, own=False)
            assert kinds is not None
            self._fresh = averages(kinds, own=False)
        return self._fresh.integral(self._fresh.others(items))


def _work(keys: Keys, d: int, b: float) -> float:
    """About how many exponentials the law takes: radii x weights x t."""
    if isinstance(keys, Gaussian):
        spread = b / np.sqrt(d)
        radii = (42 / d + 17 * np.sqrt(2 / d)) * max(
            b * (1 + 4 * np.sqrt(2 / d)) / _FINE, np.sqrt(10 * d)
        )
        return float(radii * 18 * max(spread / _FINE, 2) * (63 + 9 * spread) / _STEP)
    reach = np.arccosh(np.exp(42 / d))
    return float(2 * reach * max(b / _FINE, 2 * np.sqrt(d)) * (60 + 2 * b) / _STEP)


def affordable(bandwidth: float, keys: Keys, d: int) -> bool:
    """Whether the integrals of this bandwidth take seconds rather than minutes."""
    return _work(keys, d, bandwidth**-2) <= _WORK


def kernel_law(bandwidth: float, keys: Keys, d: int) -> KernelLaw | None:
    """The exact law at bandwidth > 0; None for ensembles without one.

    None also at narrow bandwidths that would take minutes to integrate: below about 0.2 on
    Gaussian keys (0.43 in two dimensions), below 0.02 to 0.05 on the sphere.
    """
    b = bandwidth**-2
    if not affordable(bandwidth, keys, d):
        return None
    kinds = queries(keys, d, b, own=True)
    return None if kinds is None else KernelLaw(keys, d, b, kinds)
