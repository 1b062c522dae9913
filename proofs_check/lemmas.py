r"""Lemmas that the laws share, each from an exact integral or by induction.

Isotropic keys are k = r u: u uniform on the unit sphere of R^d, r = |k| independent of it (the
polar decomposition of a rotation-invariant law). d stays symbolic throughout.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import sympy
from sympy import Eq, Integer, Piecewise, Rational, gamma, gammasimp, oo, sqrt

from proofs_check.claim import ProofError, require_zero
from proofs_check.notation import Expr, d, r

u1, u2 = sympy.symbols("u_1 u_2", real=True)  # of u: along the stored key, and across it


@cache
def gaussian_moment(n: int) -> Expr:
    """E g^n for g ~ N(0, 1), by integration."""
    x = sympy.Symbol("x", real=True)
    density = sympy.exp(-(x**2) / 2) / sqrt(2 * sympy.pi)
    return sympy.integrate(x**n * density, (x, -oo, oo))


@cache
def chi_moment(n: int) -> Expr:
    """E |g|^n for g ~ N(0, I), even n: the Gamma(d/2) integral of (2t)^(n/2)."""
    if n % 2:
        raise ProofError("radial moments are taken of even order.")
    return gammasimp(2 ** Rational(n, 2) * gamma(d / 2 + Rational(n, 2)) / gamma(d / 2))


@cache
def sphere_moment(*exponents: int) -> Expr:
    """E prod u_i^n_i: since g = |g| u with independent factors, a quotient of two moments."""
    if any(n % 2 for n in exponents):
        return Integer(0)
    top = sympy.prod([gaussian_moment(n) for n in exponents])
    return sympy.factor(top / sympy.expand(chi_moment(sum(exponents))))


@dataclass(frozen=True)
class Ensemble:
    """Isotropic keys with E|k|^2 = 1, given by E r^n for even n."""

    name: str
    radial: Callable[[int], Expr]

    def mean(self, expression: Expr) -> Expr:
        """The expectation of a polynomial in r, u_1, u_2."""
        if self is SPHERE:
            expression = sympy.sympify(expression).subs(r, 1)
        terms = sympy.Poly(expression, r, u1, u2).terms()
        return sympy.Add(
            *(c * self.radial(i) * sphere_moment(j, k) for (i, j, k), c in terms if _even(j, k))
        )

    @property
    def moments(self) -> dict[str, Expr]:
        """E|k|^4 and E|k|^6, which closed forms ask for."""
        return {"m4": self.radial(4), "m6": self.radial(6)}


def _even(*exponents: int) -> bool:
    return all(n % 2 == 0 for n in exponents)


SPHERE = Ensemble("sphere", lambda n: Integer(1))
GAUSSIAN = Ensemble(
    "gaussian", lambda n: sympy.factor(sympy.expand(chi_moment(n)) / d ** Rational(n, 2))
)
ENSEMBLES = (SPHERE, GAUSSIAN)


def geometric(ratio: Expr, count: Expr) -> Expr:
    """1 + ratio + ... + ratio^(count - 1), the degenerate ratio 1 included."""
    whole = (1 - ratio**count) / (1 - ratio)
    return Piecewise((count, Eq(ratio, 1)), (whole, True))


def first_order(*, ratio: Expr, source: Expr, start: Expr, count: Expr) -> Expr:
    """f(count) for f(0) = start, f(n + 1) = ratio f(n) + source; by induction on n."""
    _check_induction()
    return _solution(ratio, source, start, count)


def _solution(ratio: Expr, source: Expr, start: Expr, count: Expr) -> Expr:
    return ratio**count * start + source * geometric(ratio, count)


@cache
def _check_induction() -> None:
    """Base and step of :func:`first_order`, for free ratio (1 included), source and start."""
    ratio, source, start = sympy.symbols("ratio source start", real=True)
    n = sympy.Symbol("n", integer=True, nonnegative=True)
    base = _solution(ratio, source, start, Integer(0)) - start
    require_zero(base, "first-order recursion, base")
    now, later = (_solution(ratio, source, start, count) for count in (n, n + 1))
    require_zero(later - ratio * now - source, "first-order recursion, step")


def not_one(expression: Expr) -> Expr:
    """An expression with geometric sums, for ratios other than 1."""
    cases = expression.atoms(Piecewise)
    return expression.xreplace({case: case.args[-1].expr for case in cases})
