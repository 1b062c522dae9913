r"""Recall of kernel ridge regression, kernel kappa(k, q) = e^{-|k-q|^2/(2 h^2)}, ridge lam.

With the Gram matrix K of N keys, stored keys read V R, R = K (K + lam I)^{-1}. Averaged over the
stored pairs, s = tr R/N and p = tr R^2/N. Pairs are alike, so the averages are the law.

* lam = 0, no two keys equal: R = I, s = p = 1. Exact. (A probe sees it as far as K is regular in
  floating point.)
* Orthonormal keys: K = (1 - c) I + c 1 1^T, c = e^{-1/h^2}: with f(mu) = mu/(mu + lam), R has the
  eigenvalue f(1 - c) N - 1 times and f(1 - c + c N) once. Exact.
* Sphere: kappa has the eigenvalue eta_l on the n_l harmonics of degree l, b = 1/h^2,
      eta_l = e^{-b} Gamma(d/2) (2/b)^(d/2-1) I_(l+d/2-1)(b),   sum_l n_l eta_l = 1.
  The deterministic equivalent has one effective ridge x,
      lam = x (N - D1),   D_j = sum_l n_l [eta_l/(eta_l + x)]^j,
  and tr R -> D1, lam^2 tr (K + lam)^(-2) -> (lam/x)^2/(N - D2), whence p = MSE - 1 + 2 s.
  Status: asymptotic in d, with an error that falls at least as 1/d at fixed N/d (few keys of a
  low-dimensional sphere lie close together, which the equivalent does not see). Measured over
  h = 0.25 .. 1, lam = 0.01 .. 1, N = 8 .. 128, its MSE is off by at most 24 % at d = 8, 6 % at
  d = 16, 1.4 % at d = 32, most at small lam; 1 - s by less.
  None below d = 8.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln

from capacity.formula_law import Ages, FormulaLaw, Moments
from capacity.held_law import distinct
from capacity.kernel_law import coordinate_nodes
from capacity.keys import Array, Keys, Orthonormal, Sphere
from capacity.recall import Status

_LEAST_D = 8  # of the sphere's asymptotic law


def harmonics(d: int, degrees: Array) -> Array:
    """Dimension of the spherical harmonics of each degree in R^d, d > 1."""
    n = np.maximum(degrees, 1)
    counted = (2 * n + d - 2) * np.exp(gammaln(n + d - 2) - gammaln(n + 1) - gammaln(d - 1))
    one: Array = np.where(degrees == 0, 1.0, counted)
    return one


def spectrum(d: int, bandwidth: float) -> tuple[Array, Array]:
    """Eigenvalues eta_l and weights n_l eta_l of the kernel on the sphere in R^d, l = 0, 1, ....

    Ratios of Bessel functions come from their continued fraction, run backwards: no overflow.
    """
    b = bandwidth**-2
    count = int(60 + 2 * b + 10 * np.sqrt(b))
    x, mass = coordinate_nodes(d, b)
    ratios = np.zeros(count)
    ratio = 0.0
    for degree in range(count + 40, 0, -1):  # I_(mu)/I_(mu-1), mu = degree + d/2 - 1
        ratio = 1 / (2 * (degree + d / 2 - 1) / b + ratio)
        if degree <= count:
            ratios[degree - 1] = ratio
    log_eta = np.log(np.exp(b * (x - 1)) @ mass) + np.concatenate(
        [[0.0], np.cumsum(np.log(ratios))]
    )
    degrees = np.arange(count + 1.0)
    weights = np.exp(log_eta + np.log(harmonics(d, degrees)))
    kept = weights > 1e-18
    return np.exp(log_eta[kept]), weights[kept] / weights.sum()


def _sphere_moments(eta: Array, weight: Array, lam: float, items: int) -> tuple[float, float]:
    """s and p of the deterministic equivalent; weight = n_l eta_l sums to 1."""

    def freedom(x: float, power: int) -> float:
        return float((weight / eta * (eta / (eta + x)) ** power).sum())

    def excess(log_x: float) -> float:
        x = np.exp(log_x)
        return float(x * (items - freedom(x, 1)) - lam)

    x = np.exp(brentq(excess, np.log(lam / items) - 1e-9, np.log((lam + 1) / items) + 1e-9))
    first, second = freedom(x, 1), freedom(x, 2)
    signal = first / items
    error = (lam / x) ** 2 / items / (items - second)
    return signal, error - 1 + 2 * signal


def kernel_ridge_law(bandwidth: float, lam: float, keys: Keys, d: int) -> FormulaLaw | None:
    """The law at this bandwidth and ridge; None where there is none here."""
    if lam == 0 and distinct(keys, d):
        one = np.ones(1)
        return FormulaLaw(
            keys, d, lambda *_: (one, one, one), lambda _: (one, one, one), alike=True
        )
    if isinstance(keys, Orthonormal):
        return FormulaLaw(keys, d, _orthonormal(bandwidth, lam), None, alike=True)
    if not isinstance(keys, Sphere) or d < _LEAST_D or lam == 0:
        return None
    eta, weight = spectrum(d, bandwidth)

    def formula(ages: Ages, items: int) -> Moments:
        signal, power = _sphere_moments(eta, weight, lam, items)
        return np.array(signal), np.array(power), np.array(signal**2)

    def endless(ages: Ages) -> Moments:
        return np.zeros(1), np.zeros(1), np.zeros(1)

    return FormulaLaw(keys, d, formula, endless, alike=True, status=Status.ASYMPTOTIC)


def equal_overlaps(c: Any, lam: Any, items: Any) -> tuple[Any, Any]:
    """s and p where the Gram matrix is (1 - c) I + c 1 1^T; numbers or symbols, exact."""
    alone, common = (mu / (mu + lam) for mu in (1 - c, 1 - c + c * items))
    signal = ((items - 1) * alone + common) / items
    return signal, ((items - 1) * alone**2 + common**2) / items


def _orthonormal(bandwidth: float, lam: float) -> Callable[[Ages, int], Moments]:
    def formula(ages: Ages, items: int) -> Moments:
        s, p = (np.array(x) for x in equal_overlaps(np.exp(-(bandwidth**-2)), lam, items))
        return s, p, s**2

    return formula
