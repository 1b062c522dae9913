r"""Orthogonalised (Muon) against plain writes of whole chunks, S <- alpha S + U, d = d_k = d_v.

G = sum v k^T over the b = y d pairs of a chunk; a plain write adds U = G, an orthogonalised one its
polar factor. Keys uniform on the sphere, values N(0, I/d).

Plain, exact: the pairs of a chunk of age B (whole chunks written later) have s = alpha^B, and power
alpha^(2B) (1 + (b - 1)/d) from their own chunk, (b/d) alpha^(2B') from every other.

Polar: <G, U> is the sum of the singular values of G, so the own signal is s0 = |G|_*/b. G has the
singular values of a product of two Gaussian matrices; with S-transform 1/(1 + y z)^2 their squares
over b/d are those of a law in t = sin^2 with

    s0 = (2/pi) int_0^min(1, 1/y) sqrt((1 - t)/t) (1 - y t) dt,

1 - y/4 up to y = 1 and 8/(3 pi sqrt y) as y grows. U keeps the length of its own keys and the
share min(1, y) of a fresh one: these powers are exact. Status: asymptotic in d at fixed y, error
O(1/d), relative; the S-transform is cited.

Frequencies p_i in proportion to i^(-a), one chunk of many items, argmax recall: a conjecture about
exponents, without logarithms. Plain, the score p_i of item i stands against noise of order 1/d, so
d^(1/a) items are recalled. Polar, the bulk of singular values, of order d^(-a), is lifted to 1 and
noise is of order 1/sqrt d: p_i d^a > 1/sqrt d holds for d^(1 + 1/(2 a)) items.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from capacity.recall import Recall, Status

Array = NDArray[np.float64]
PLAIN = {"signal": Status.EXACT, "power": Status.EXACT}
POLAR = {"signal": Status.ASYMPTOTIC, "power": Status.EXACT}

GROWTH = Status.CONJECTURE  # of the exponents below


def own_signal(load: ArrayLike) -> Array:
    """s0 of a chunk of ``load`` times d pairs."""
    y = np.asarray(load, dtype=float)
    return np.where(y <= 1, signal_of_few(y), signal_of_many(np.maximum(y, 1.0)))


def signal_of_few(y: Array) -> Array:
    """s0 up to y = 1."""
    return 1 - y / 4


def signal_of_many(y: Array) -> Array:
    """s0 from y = 1 on, with g = arcsin sqrt(1/y)."""
    q, g = np.sqrt((1 - 1 / y) / y), np.arccos(np.sqrt(1 - 1 / y))
    found: Array = 2 / np.pi * (q + g - y / 4 * ((2 / y - 1) * q + g))
    return found


def amplitude_limit() -> float:
    """Signal over noise of a polar write over that of a plain one, as y grows: 8/(3 pi)."""
    return float(8 / (3 * np.pi))


def crossover() -> float:
    """The y at which one chunk is recalled as well either way: s0^2 = 1/(1 + y)."""
    return float(brentq(lambda y: own_signal(y) ** 2 * (1 + y) - 1, 1.0, 4.0))


def polar_stream(load: float, alpha: float, chunks: int) -> Recall:
    """Recall by age in whole chunks, 0 .. chunks - 1, after so many orthogonalised ones."""
    own = alpha ** (2.0 * np.arange(chunks))
    return Recall(own_signal(load) * np.sqrt(own), own + min(1.0, load) * (own.sum() - own), POLAR)


def plain_stream(load: float, alpha: float, chunks: int, d: int) -> Recall:
    """Recall by age in whole chunks, 0 .. chunks - 1, after so many plain ones."""
    own = alpha ** (2.0 * np.arange(chunks))
    return Recall(np.sqrt(own), own * (1 + load - 1 / d) + load * (own.sum() - own), PLAIN)


def plain_exponent(frequency: float) -> float:
    """x of d^x items recalled by a plain write, frequencies i^(-frequency)."""
    return 1 / frequency


def polar_exponent(frequency: float) -> float:
    """x of d^x items recalled by an orthogonalised write."""
    return 1 + 1 / (2 * frequency)
