r"""Exact recall of the signs of a Hebbian read-out without self-coupling.

o = sign(h)/sqrt(d), h_a = sum_(b != a) S_ab k_b, values N(0, I/d). Given the keys, h_a and v_a are
jointly Gaussian, E v_a sign(h_a) = sqrt(2/pi) Cov/sd(h_a). With g^2 = |k|^2 - k_a^2 and u_i the
projection of another key on k without its entry a, of length g,

    s = sqrt(2/pi) E [1 + xi]^(-1/2),   xi = sum_i u_i^2 / g^2,   p = 1.

Sphere: u_i = x_i, one coordinate of a unit vector, and 1 - g^2 is the square of one:
s = sqrt(2/pi) E_g int_0^inf e^{-t} phi(t/g^2)^(N-1) dt/sqrt(pi t), phi(t) = E e^{-t x^2}
= 1F1(1/2; d/2; -t). Gaussian: xi is a ratio of chi-squares, N - 1 over d - 1 degrees, and
s = sqrt(2/pi) Gamma(d/2) Gamma((d+N)/2 - 1) / [Gamma((d-1)/2) Gamma((d+N-1)/2)].
Status: exact for any number of items and d > 1.
"""

from typing import Any

import numpy as np
from scipy.special import gammaln, hyp1f1

from capacity.formula_law import Ages, FormulaLaw, Moments
from capacity.kernel_law import coordinate_nodes
from capacity.keys import Gaussian, Keys, Sphere

_GRID = np.arange(-80.0, 4.5, 0.1)  # log t


def _sphere(d: int, others: int) -> float:
    x, mass = coordinate_nodes(d, 0.0)
    g2 = np.maximum(1 - x**2, 1e-300)
    t = np.exp(_GRID)
    phi = hyp1f1(0.5, d / 2, -t[:, None] / g2)
    density = np.sqrt(t / np.pi) * np.exp(-t) * (_GRID[1] - _GRID[0])
    return float(density @ phi**others @ mass)


def root_beta_mean(a: Any, b: Any) -> Any:
    """E sqrt(x) for x ~ Beta(a, b); numbers or sympy expressions."""
    if hasattr(a, "free_symbols"):
        from sympy import Rational, gamma, gammasimp

        half = Rational(1, 2)
        return gammasimp(gamma(a + half) * gamma(a + b) / (gamma(a) * gamma(a + b + half)))
    return np.exp(gammaln(a + 0.5) + gammaln(a + b) - gammaln(a) - gammaln(a + b + 0.5))


def _gaussian(d: int, others: int) -> float:
    return float(root_beta_mean((d - 1) / 2, others / 2))


def sign_law(keys: Keys, d: int) -> FormulaLaw | None:
    """The law on sphere and Gaussian keys; None for other keys and in one dimension."""
    if d == 1 or not isinstance(keys, Sphere | Gaussian):
        return None
    mean = _sphere if isinstance(keys, Sphere) else _gaussian

    def formula(ages: Ages, items: int) -> Moments:
        signal = np.array(np.sqrt(2 / np.pi) * (mean(d, items - 1) if items > 1 else 1.0))
        return signal, np.ones(1), signal**2

    def endless(ages: Ages) -> Moments:
        return np.zeros(1), np.ones(1), np.zeros(1)

    return FormulaLaw(keys, d, formula, endless, alike=True)
