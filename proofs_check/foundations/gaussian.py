r"""Radial moments of Gaussian keys N(0, I/d): what laws take, and the quadrature that ships."""

from functools import reduce
from itertools import accumulate
from operator import add, mul
from typing import Any

import sympy
from sympy import Integer, Matrix, Poly, Rational

from proofs_check.claim import Claim, Twin, plus, replaced, require_zero, stated, times
from proofs_check.directions import gamma_mean
from proofs_check.foundations.polar import GAUSSIAN_KEYS
from proofs_check.foundations.sphere import power_sum
from proofs_check.lemmas import GAUSSIAN, gaussian_moment
from proofs_check.notation import Expr, d

NODES = 16  # of the rule that ships; the last claim fails for any other number
EXACT = 2 * NODES - 1  # the order up to which a Gauss rule is exact
BY_PARTS = r"$dr^2/2$ is $Gamma(d/2)$; $\int d[t^p e^{-t}] = 0$ gives $E t^{n+1} = (d/2+n) E t^n$."


def rule_moments(catalogue: Any, highest: int) -> list[Expr]:
    """sum of weight node^n, n = 0 .. highest, of the rule that ships for t = d|k|^2/2.

    Nodes and squared first components are those of a tridiagonal matrix J, so this is (J^n)_00,
    which depends on the squares of the entries beside the diagonal alone.
    """
    diagonal, squares = (
        [Poly(x, d) for x in xs] for xs in catalogue.part("keys.Gaussian")().recurrence(d)
    )
    size, none = len(diagonal), Poly(0, d)
    row, found = [Poly(1, d), *[none] * (size - 1)], []
    for _ in range(highest + 1):
        found.append(row[0].as_expr())
        row = [
            diagonal[i] * row[i]
            + (squares[i] * row[i + 1] if i + 1 < size else none)
            + (row[i - 1] if i else none)
            for i in range(size)
        ]
    return found


def by_entries() -> Expr:
    """E |k|^4 and E |k|^6 by multiplying out the sum of squares of independent entries."""
    moment: dict[tuple[int, ...], Expr] = {
        sizes: sympy.prod([gaussian_moment(2 * k) / d**k for k in sizes])
        for sizes in ((1,), (2,), (1, 1), (3,), (2, 1), (1, 1, 1))
    }
    return Matrix([power_sum(n, moment) for n in (2, 3)])


def _shipped_radii(catalogue: Any) -> Expr:
    found = rule_moments(catalogue, 3)
    return Matrix([sympy.cancel(found[n] * (2 / d) ** n) for n in (2, 3)])


UP = replaced("d off by one", {d: d + 1})

RADIUS = Claim(
    id="foundations/gaussian/radius",
    statement="E r^4 and E r^6 of Gaussian keys as the quadrature that ships gives them, any d.",
    derive=by_entries,
    ships=_shipped_radii,
    twins=(UP, times("wrong sign", -1), plus("kurtosis forgotten", -2 / d)),
    assumptions=GAUSSIAN_KEYS,
    steps=r"Multiply out $(\sum_i k_i^2)^n$, count its terms, and take each entry's own integral.",
)

LEMMA = Claim(
    id="foundations/gaussian/lemma",
    statement="E r^4 and E r^6 of Gaussian keys as all laws take them, any d.",
    derive=lambda: Matrix([gamma_mean(n, d / 2) * (2 / d) ** n for n in (2, 3)]),
    ships=stated(Matrix([GAUSSIAN.radial(4), GAUSSIAN.radial(6)])),
    twins=(UP, times("wrong sign", -1), plus("kurtosis forgotten", -2 / d)),
    assumptions=GAUSSIAN_KEYS,
    steps=BY_PARTS,
)


def _ratios(catalogue: Any) -> Expr:
    found = rule_moments(catalogue, EXACT)
    return Matrix([sympy.cancel(found[n + 1] / found[n]) for n in range(EXACT)])


QUADRATURE = Claim(
    id="foundations/gaussian/quadrature",
    statement=f"The quadrature that ships gives every even moment up to order {2 * EXACT}, any d.",
    derive=lambda: Matrix([d / 2 + n for n in range(EXACT)]),
    ships=_ratios,
    twins=(
        UP,
        plus("next order", 1),
        Twin("one node fewer", lambda x: Matrix([*x[:-1], x[-1] - Rational(1, 10**6)])),
    ),
    assumptions=GAUSSIAN_KEYS + " Exact arithmetic; eigenvalues are taken in floating point.",
    steps=BY_PARTS + r" Nodes and weights of a Jacobi matrix $J$ give $(J^n)_{00}$ for order $n$; "
    "ratios of consecutive orders are compared.",
)


def squared_norm() -> Expr:
    """E pi^2 of the monic polynomial of degree NODES that is orthogonal to all lower powers."""
    n, one = NODES, Poly(1, d)
    steps = [Poly(d / 2 + i, d) for i in range(2 * n)]  # E t^(i + 1) = (d/2 + i) E t^i
    pi = [
        reduce(mul, steps[k:n], one * (-1) ** (n - k) * sympy.binomial(n, k)) for k in range(n + 1)
    ]
    moment = list(accumulate(steps, mul, initial=one))
    against = [reduce(add, (x * moment[k + m] for k, x in enumerate(pi))) for m in range(n + 1)]
    for lower in against[:-1]:
        require_zero(lower.as_expr(), "orthogonal to a lower power")
    return sympy.factor(against[-1].as_expr())  # only t^n of the other factor meets it


def _missing(catalogue: Any) -> Expr:
    exact = gamma_mean(EXACT + 1, d / 2)
    return sympy.factor(exact - rule_moments(catalogue, EXACT + 1)[-1])


SHARP = Claim(
    id="foundations/gaussian/quadrature-sharp",
    statement=f"At order {2 * EXACT + 2} the quadrature that ships errs by {NODES}! (d/2)_{NODES}.",
    derive=squared_norm,
    ships=_missing,
    twins=(
        UP,
        times("one node more", NODES + 1),
        times("wrong sign", -1),
        plus("off by one", Integer(1)),
    ),
    assumptions=GAUSSIAN_KEYS,
    steps=r"$t^{2n} - \pi_n(t)^2$ has lower order and $\pi_n$ vanishes at the nodes, so the error "
    r"is $E\pi_n(t)^2$; $\pi_n$ from Rodrigues' formula, its orthogonality checked by moments.",
)

CLAIMS = (RADIUS, LEMMA, QUADRATURE, SHARP)
