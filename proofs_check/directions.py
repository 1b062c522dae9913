r"""Means over a direction u uniform on the unit sphere, without :mod:`proofs_check.lemmas`.

In any dimension: the slice of the sphere at height u_1 is a sphere of radius sqrt(1 - u_1^2) in one
dimension less, so u_1^2 is Beta(1/2, (d - 1)/2) and what remains, rescaled, is a direction of its
own. In two and three dimensions: integrals over angles.
"""

from functools import cache

import sympy
from sympy import Integer, Rational, cos, integrate, pi, sin

from proofs_check.claim import require_zero
from proofs_check.notation import Expr

u = sympy.symbols("u_1:4", real=True)
HALF = Rational(1, 2)


@cache
def _check_by_parts() -> None:
    """The derivative of x^p (1 - x)^q, whose integral over (0, 1) vanishes, and of t^p e^-t."""
    p, q, x = sympy.symbols("p q x", positive=True)
    whole = x**p * (1 - x) ** q
    rest = x ** (p - 1) * (1 - x) ** (q - 1) * (p - (p + q) * x)
    require_zero(sympy.diff(whole, x) - rest, "Beta(p, q) has mean p/(p + q)")
    fades = sympy.exp(-x)
    slope = sympy.diff(x**p * fades, x) / fades - x ** (p - 1) * (p - x)
    require_zero(sympy.expand(slope), "Gamma(p) has mean p")


def beta_mean(power: int, rest: int, p: Expr, q: Expr) -> Expr:
    """E x^power (1 - x)^rest for x ~ Beta(p, q): each factor in turn moves p or q up by one."""
    _check_by_parts()
    up = (Integer(1) * (p + i) / (p + q + i) for i in range(power))
    down = (Integer(1) * (q + j) / (p + q + power + j) for j in range(rest))
    return sympy.prod([*up, *down])


def gamma_mean(power: int, p: Expr) -> Expr:
    """E t^power for t ~ Gamma(p): each factor moves p up by one."""
    _check_by_parts()
    return sympy.prod([p + i for i in range(power)])


def direction_moment(dimension: Expr, *exponents: int) -> Expr:
    """E prod u_i^n_i in any dimension, coordinate after coordinate; 0 if any n_i is odd."""
    if not exponents:
        return Integer(1)
    if any(n % 2 for n in exponents):
        return Integer(0)  # by reflection
    first, *others = (n // 2 for n in exponents)
    here = beta_mean(first, sum(others), HALF, (dimension - 1) / 2)
    return here * direction_moment(dimension - 1, *exponents[1:])


@cache
def angle_moment(*exponents: int) -> Expr:
    """E prod u_i^n_i in two or three dimensions; height is uniform on a sphere (Archimedes)."""
    *across, last = exponents
    if len(across) == 1:
        t = sympy.Symbol("t", real=True)
        return integrate(cos(t) ** across[0] * sin(t) ** last, (t, 0, 2 * pi)) / (2 * pi)
    circle = angle_moment(*across)
    if circle == 0:
        return Integer(0)
    z = sympy.Symbol("z", real=True)
    return circle * integrate((1 - z**2) ** (sum(across) // 2) * z**last, (z, -1, 1)) / 2


def mean(expression: Expr, dimension: Expr) -> Expr:
    """The mean of a polynomial in u_1, u_2, u_3: over angles in a given dimension, or at any."""
    moment = angle_moment if isinstance(dimension, int) else None
    names = u[:dimension] if moment else u
    terms = sympy.Poly(expression, *names).terms()
    return sympy.Add(
        *(c * (moment(*n) if moment else direction_moment(dimension, *n)) for n, c in terms)
    )


def matrix_mean(matrix: Expr, dimension: Expr) -> Expr:
    """The same, entry by entry."""
    return matrix.applyfunc(lambda entry: mean(sympy.expand(entry), dimension))
