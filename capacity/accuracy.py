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
from scipy.special import betainc, gammaincinv, roots_legendre

from capacity.errors import InputError

Array = NDArray[np.float64]
_GRID = np.linspace(-8.0, 8.0, 161)  # trapezoid in a Gaussian weight: error far below 1e-10
_DENSITY = np.exp(-(_GRID**2) / 2) / np.exp(-(_GRID**2) / 2).sum()


@cache
def _chi2_nodes(degrees: int, count: int = 24) -> tuple[Array, Array]:
    """Gauss-Legendre nodes in the quantile of a chi-square variable, and weights."""
    x, w = roots_legendre(count)
    return 2 * gammaincinv(degrees / 2, (x + 1) / 2), w / 2


def sphere_log_cdf(t: ArrayLike, m: int) -> Array:
    """log P(u <= t) for one coordinate u of a uniform unit vector in R^m, m >= 2."""
    t = np.asarray(t, dtype=float)
    tail = 0.5 * betainc((m - 1) / 2, 0.5, np.clip(1 - t**2, 0.0, 1.0))  # P(u > |t|)
    with np.errstate(divide="ignore"):
        return np.where(t > 0, np.log1p(-tail), np.log(tail))


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
    s, own, p = np.broadcast_arrays(
        *(np.asarray(x, dtype=float) for x in (signal, own_power, power))
    )
    finite = np.isfinite(p)
    s, own, p = (
        np.where(finite, x, fill)[..., None, None] for x, fill in ((s, 0.0), (own, 0.0), (p, 1.0))
    )
    sigma2 = np.maximum(p - own, 0.0) / d_v
    spread = np.sqrt(np.maximum(own - s**2, 0.0) + sigma2)
    chi, weights = _chi2_nodes(d_v - 1)
    g = s + spread * _GRID[:, None]
    norm = np.sqrt(g**2 + sigma2 * chi)
    cosine = np.divide(g, norm, out=np.zeros_like(norm), where=norm > 0)
    won = np.exp((candidates - 1) * sphere_log_cdf(cosine, d_v))
    won = np.where(norm > 0, won, 1 / candidates)  # nothing read: a guess
    mean = np.einsum("...gx,g,x->...", won, _DENSITY, weights)
    return np.where(finite, mean, 1 / candidates)
