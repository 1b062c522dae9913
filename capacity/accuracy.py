r"""Argmax accuracy of a noisy read-out among V unit candidates.

The read-out is o = x v + n with a unit value v in R^m, own signal x ~ N(s, x2 - s^2) and noise
n ~ N(0, (p - x2) I/m). A fresh unit candidate beats v when its cosine with o exceeds v's, so

    P_ok = E F_m(cos)^(V-1),   cos = g / sqrt(g^2 + sigma^2 X),
    g ~ N(s, x2 - s^2 + sigma^2),  X ~ chi^2_(m-1),  sigma^2 = (p - x2)/m,

F_m the distribution function of one coordinate of a uniform unit vector. The Gaussian shortcut
Phi^(V-1) is off by up to 0.10 and is not used. Status: asymptotic (Gaussian noise), d -> infinity.
"""

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline
from scipy.special import betainc, gammaincinv, roots_legendre

from capacity.errors import InputError

Array = NDArray[np.float64]
_GRID = np.linspace(-8.0, 8.0, 161)  # trapezoid in a Gaussian weight: error far below 1e-10
_DENSITY = np.exp(-(_GRID**2) / 2) / np.exp(-(_GRID**2) / 2).sum()


@cache
def _chi2_nodes(degrees: int, count: int = 24) -> tuple[Array, Array]:
    """Gauss-Legendre nodes in the quantile of a chi-square variable, and weights."""
    x, w = roots_legendre(count)
    return np.asarray(2 * gammaincinv(degrees / 2, (x + 1) / 2)), np.asarray(w / 2)


@cache
def _log_tail_ratio(m: int) -> CubicSpline:
    """log P(u > t) - (m - 1)/2 log(1 - t^2) on [0, 1): smooth, so a spline holds it to 1e-9."""
    t = np.linspace(0.0, 0.9999, 2049)
    tail = 0.5 * betainc((m - 1) / 2, 0.5, 1 - t**2)
    usable = tail > 1e-290
    ratio = np.log(tail[usable]) - (m - 1) / 2 * np.log1p(-(t[usable] ** 2))
    return CubicSpline(t[usable], ratio)


def sphere_log_cdf(t: ArrayLike, m: int) -> Array:
    """log P(u <= t) for one coordinate u of a uniform unit vector in R^m, m >= 2."""
    t = np.asarray(t, dtype=float)
    size = np.minimum(np.abs(t), 1 - 1e-16)
    log_tail = _log_tail_ratio(m)(size) + (m - 1) / 2 * np.log1p(-(size**2))
    log_cdf: Array = np.where(t > 0, np.log1p(-np.exp(log_tail)), log_tail)
    return log_cdf


def argmax_accuracy(
    signal: ArrayLike, own_power: ArrayLike, power: ArrayLike, *, candidates: int, d_v: int
) -> Array:
    """Probability that the stored value wins among ``candidates`` unit vectors in R^d_v.

    signal, own_power and power broadcast against each other; the result has their shape.
    """
    if d_v < 2 or candidates < 2:
        raise InputError(
            f"Accuracy needs d_v >= 2 and candidates >= 2, got d_v = {d_v}, "
            f"candidates = {candidates}."
        )
    shape = np.broadcast_shapes(*(np.shape(x) for x in (signal, own_power, power)))
    rows = np.stack([np.broadcast_to(x, shape).ravel() for x in (signal, own_power, power)], axis=1)
    # many rules recall all ages alike: equal rows are computed once
    distinct, back = np.unique(rows.round(13), axis=0, return_inverse=True)
    found = _accuracy_of_rows(distinct.astype(float), candidates, d_v)
    return found[back.ravel()].reshape(shape)


def _accuracy_of_rows(rows: Array, candidates: int, d_v: int) -> Array:
    """Accuracy of rows (signal, own power, power)."""
    finite = np.asarray(np.isfinite(rows).all(axis=1))
    s, own, p = np.where(finite[:, None], rows, [0.0, 0.0, 1.0]).T[..., None, None]
    sigma2 = np.maximum(p - own, 0.0) / d_v
    spread = np.sqrt(np.maximum(own - s**2, 0.0) + sigma2)
    chi, weights = _chi2_nodes(d_v - 1)
    g = s + spread * _GRID[:, None]
    norm = np.sqrt(g**2 + sigma2 * chi)
    cosine = np.divide(g, norm, out=np.zeros_like(norm), where=norm > 0)
    won = np.exp((candidates - 1) * sphere_log_cdf(cosine, d_v))
    won = np.where(norm > 0, won, 1 / candidates)  # nothing read: a guess
    mean: Array = np.einsum("ngx,g,x->n", won, _DENSITY, weights)
    return np.where(finite, mean, 1 / candidates)
