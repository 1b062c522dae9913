"""Averages over one or two coordinates of a uniform unit vector, split at zero."""

from collections.abc import Callable
from functools import cache

import numpy as np

from capacity.keys import Array

_NODES = 128
_REACH = 14.0  # in standard deviations: what lies beyond weighs e^-98


def _legendre(low: float, high: float) -> tuple[Array, Array]:
    x, w = np.polynomial.legendre.leggauss(_NODES)
    return low + (high - low) * (x + 1) / 2, (high - low) / 2 * w


def _both_signs(x: Array, mass: Array) -> tuple[Array, Array]:
    """Nodes at -x and x, probabilities that sum to 1."""
    return np.concatenate([-x, x]), np.tile(mass / (2 * mass.sum()), 2)


@cache
def sphere_coordinate(d: int) -> tuple[Array, Array]:
    """Nodes and probabilities of one coordinate in R^d, for functions smooth beside 0."""
    if d == 1:
        return _both_signs(np.ones(1), np.ones(1))
    theta, w = _legendre(max(0.0, np.pi / 2 - _REACH / np.sqrt(d)), np.pi / 2)
    return _both_signs(np.cos(theta), w * np.sin(theta) ** (d - 2))


@cache
def normal_coordinate() -> tuple[Array, Array]:
    """Nodes and probabilities of N(0, 1), for functions smooth beside 0."""
    x, w = _legendre(0.0, _REACH)
    return _both_signs(x, w * np.exp(-(x**2) / 2))


def pair_mean(d: int, f: Callable[[Array], Array]) -> float:
    """E f(u_1) f(u_2) for two coordinates of a uniform unit vector in R^d, d >= 2."""
    x, weights = sphere_coordinate(d)
    y, inner = sphere_coordinate(d - 1)
    second = f(np.sqrt(1 - x**2)[:, None] * y) @ inner
    return float(weights @ (f(x) * second))
