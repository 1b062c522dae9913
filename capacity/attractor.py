r"""Classical capacities of the Hopfield network: patterns of d random signs, zero temperature.

Replica-symmetric mean field in the limit d -> infinity (status: asymptotic; replica symmetry
breaking moves the first number to about 0.144). A unit of a pattern stored with strength L feels
L m plus Gaussian noise of variance R, so m = erf(y), y = L m/sqrt(2 R), with the susceptibility
C = sqrt(2/(pi R)) e^{-y^2} and R = sum over patterns of L_i^2/(1 - C L_i)^2, per unit.

Equal strengths at load alpha (Amit, Gutfreund, Sompolinsky 1985): R = alpha/(1 - C)^2, so

    sqrt(2 alpha) = erf(y)/y - 2 e^{-y^2}/sqrt(pi).

Strengths L(u) = eps e^{-eps^2 u/2} at age u d (a palimpsest; Nadal, Toulouse, Changeux, Dehaene
1986, Mezard, Nadal, Toulouse 1986): with c = C eps,

    ln(1 - c) + c/(1 - c) = eps^2 e^{-2 y^2}/pi,    L = y sqrt(2 R)/erf(y),
    sqrt(R) = eps sqrt(2/pi) e^{-y^2}/c,

and the oldest pattern that is recalled has the least L that some y allows.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.special import erf


class Capacity(NamedTuple):
    """Load per unit, overlap of the retrieved state there, and the strength parameter."""

    load: float
    overlap: float
    strength: float


def _load(y: float) -> float:
    root = erf(y) / y - 2 * np.exp(-(y**2)) / np.sqrt(np.pi)
    return float(root**2 / 2)


def attractor_capacity() -> Capacity:
    """alpha_c = 0.137906 with m = 0.9674: the largest load that any y > 0 allows."""
    best = minimize_scalar(lambda y: -_load(y), bounds=(0.5, 3.0), options={"xatol": 1e-10})
    return Capacity(_load(best.x), float(erf(best.x)), 1.0)


def attractor_overlap(load: float) -> float:
    """Overlap m of the retrieved state at a load below capacity; 0 above, where none exists."""
    best = attractor_capacity()
    if load > best.load:
        return 0.0
    top = minimize_scalar(lambda y: -_load(y), bounds=(0.5, 3.0), options={"xatol": 1e-10}).x
    high = top + 1.0
    while _load(high) > load:
        high *= 2
    return float(erf(brentq(lambda y: _load(y) - load, top, high)))


def _least_strength(strength: float) -> tuple[float, float]:
    """The least strength of a pattern that is still recalled, and its y."""

    def needed(y: float) -> float:
        target = strength**2 / np.pi * np.exp(-2 * y**2)
        c = brentq(lambda c: np.log1p(-c) + c / (1 - c) - target, 0.0, 1 - 1e-15, xtol=1e-16)
        return float(y * 2 * strength / np.sqrt(np.pi) * np.exp(-(y**2)) / c / erf(y))

    best = minimize_scalar(needed, bounds=(0.3, 6.0), options={"xatol": 1e-10})
    return float(best.fun), float(best.x)


def palimpsest_age(strength: float) -> Capacity:
    """The oldest age per unit still recalled at a strength eps; load 0 where nothing is."""
    least, y = _least_strength(strength)
    if least >= strength:
        return Capacity(0.0, 0.0, strength)
    return Capacity(float(2 / strength**2 * np.log(strength / least)), float(erf(y)), strength)


def palimpsest_capacity() -> Capacity:
    """0.04896 at eps = 4.108: the largest age per unit over all strengths."""
    best = minimize_scalar(
        lambda eps: -palimpsest_age(eps).load, bounds=(2.6, 8.0), options={"xatol": 1e-8}
    )
    return palimpsest_age(float(best.x))


def palimpsest_onset() -> float:
    """eps_c = 2.465: below it nothing is recalled, not even the newest pattern."""
    return float(brentq(lambda eps: _least_strength(eps)[0] - eps, 1.5, 4.0, xtol=1e-10))
