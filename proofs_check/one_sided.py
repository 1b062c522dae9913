"""Means over one side of zero: a half of N(0, 1), and half a coordinate of a uniform unit vector.

What feature maps do differs above and below zero, so their moments are sums of such means. Each is
an exact integral; two coordinates of a unit vector follow from g = |g| u with independent factors.
"""

from functools import cache

import sympy
from sympy import Integer, Rational, erfc, exp, oo, pi, sqrt

from proofs_check.claim import ProofError, require_zero
from proofs_check.lemmas import chi_moment
from proofs_check.notation import Expr

z, y = sympy.symbols("z y", positive=True)  # |g| for g ~ N(0, 1), or sizes of two coordinates
root = sympy.Symbol("g", positive=True)  # 1/sqrt(2 pi): odd powers of |g| hold it


@cache
def half_moment(n: int) -> Expr:
    """E g^n over g > 0 for g ~ N(0, 1), by integration."""
    return sympy.integrate(z**n * exp(-(z**2) / 2), (z, 0, oo)) / sqrt(2 * pi)


def half_exponential(rate: Expr) -> Expr:
    """E e^(-rate g) over g > 0: e^(rate^2/2) erfc(rate/sqrt 2)/2, for rate > 0."""
    a = sympy.Symbol("a", positive=True)
    found = exp(a**2 / 2) * erfc(a / sqrt(2)) / 2
    # both sides fall to 0 as a grows and solve f' = a f - E g^0 density at 0
    require_zero(sympy.diff(found, a) - a * found + 1 / sqrt(2 * pi), "the tail's equation")
    return found.subs(a, rate)


def above(expression: Expr) -> Expr:
    """E over g > 0 of a sum of powers of z and of exponentials e^(-rate z)."""
    total = Integer(0)
    for term in sympy.Add.make_args(sympy.expand(expression, power_exp=False)):
        total += _term_above(sympy.powsimp(term, combine="exp"))
    return total


def _term_above(term: Expr) -> Expr:
    factor, rest = term.as_independent(z, as_Add=False)
    if rest.is_polynomial(z):
        return factor * half_moment(int(sympy.degree(rest, z)))
    if not isinstance(rest, exp) or (rest.args[0] / z).has(z):
        raise ProofError(f"no mean is known of {rest}.")
    return factor * half_exponential(-rest.args[0] / z)


@cache
def quadrant_moment(i: int, j: int = 0) -> Expr:
    """E u_1^i u_2^j over u_1, u_2 > 0 (j = 0: over u_1 > 0), i + j even."""
    halves = half_moment(i) * (half_moment(j) if j else 1)
    return sympy.factor(halves / sympy.expand(chi_moment(i + j)))


def rational(expression: Expr) -> Expr:
    """The same with pi written as 1/(2 root^2), so that only rational numbers are left."""
    return sympy.sympify(expression).subs(pi, Rational(1, 2) / root**2)
