r"""Geometric sums 1 + x + ... + x^(n-1), with the degenerate ratios 1 and 0 (0^0 = 1)."""

from functools import cache
from typing import Any

import sympy
from sympy import Eq, Integer, Matrix, Piecewise, Rational

from proofs_check.claim import Claim, plus, replaced, require_zero, stated, times
from proofs_check.lemmas import geometric
from proofs_check.notation import Expr, age

x = sympy.Symbol("x", real=True)
COUNTS = range(7)
EDGES = (0, 1, -1)
SUM = r"A ratio $x$ and a count $n \ge 0$; $x^0 = 1$, also at $x = 0$."


def added(ratio: Expr, count: int) -> Expr:
    """Term by term."""
    return sum((ratio**i for i in range(count)), Integer(0))


def _shipped(catalogue: Any, ratio: Expr, counts: range = COUNTS) -> Expr:
    form = catalogue.part("closed.geometric")
    return Matrix([form(ratio, Integer(n)) for n in counts])


TERMS = Claim(
    id="foundations/geometric/terms",
    statement="The geometric sum that ships, added term by term for counts of 0 to 6.",
    derive=lambda: Matrix([added(x, n) for n in COUNTS]),
    ships=lambda catalogue: _shipped(catalogue, x),
    twins=(
        plus("the term x^n too", 1),
        times("first term left out", x),
        replaced("ratio squared", {x: x**2}),
        times("wrong sign", -1),
    ),
    symbols=(x,),
    assumptions=SUM,
    steps="Add the terms; the quotient $(1-x^n)/(1-x)$ cancels to their sum, and $x = 1$ counts "
    "them.",
)


@cache
def solved(count: Expr) -> Expr:
    """f(n) of f(0) = 0, f(n + 1) = x f(n) + 1, by undetermined coefficients and induction."""
    A, C = sympy.symbols("A C")
    generic = A * x**age + C
    step = generic.subs(age, age + 1) - x * generic - 1
    found = sympy.solve([generic.subs(age, 0), sympy.expand(step)], [A, C], dict=True)[0]
    for branch in (generic.subs(found), A * age + C):
        one = branch.has(A)  # at x = 1 the constant is the homogeneous solution: f grows like n
        ratio = Integer(1) if one else x
        closed = branch.subs({A: 1, C: 0})
        require_zero(closed.subs(age, 0), "no terms, no sum")
        require_zero(closed.subs(age, age + 1) - ratio * closed - 1, "one term more")
    return Piecewise((count, Eq(x, 1)), (generic.subs(found).subs(age, count), True))


ANY = Claim(
    id="foundations/geometric/any-count",
    statement="The geometric sum that ships solves f(n + 1) = x f(n) + 1, f(0) = 0; x = 1 is n.",
    derive=lambda: solved(age),
    ships=lambda catalogue: catalogue.part("closed.geometric")(x, age),
    twins=(
        replaced("count off by one", {age: age + 1}),
        times("first term left out", x),
        plus("one term too many", x**age),
        times("wrong sign", -1),
    ),
    symbols=(x,),
    assumptions=SUM,
    steps="Undetermined coefficients for $x \\ne 1$ and $f(n) = n$ for $x = 1$; base and step of "
    "the induction on $n$.",
)

LEMMA = Claim(
    id="foundations/geometric/lemma",
    statement="The geometric sum that all derivations take solves the same recursion.",
    derive=lambda: solved(age),
    ships=stated(geometric(x, age)),
    twins=ANY.twins,
    symbols=(x,),
    assumptions=SUM,
    steps=ANY.steps,
)


def _at_edges(catalogue: Any) -> Expr:
    return Matrix.hstack(*(_shipped(catalogue, Integer(edge), range(5)) for edge in EDGES))


EDGE = Claim(
    id="foundations/geometric/edges",
    statement="The geometric sum that ships at the ratios 0, 1 and -1, counts of 0 to 4.",
    derive=lambda: Matrix(5, 3, lambda n, j: added(Integer(EDGES[j]), n)),
    ships=_at_edges,
    twins=(
        plus("0^0 = 0", -1),
        times("factor 2", 2),
        plus("a term too many", Rational(1, 2)),
    ),
    assumptions=SUM,
    steps="$0, 1, 1, \\dots$ at $x = 0$; $0, 1, 2, \\dots$ at 1; $0, 1, 0, 1, \\dots$ at $-1$.",
)

CLAIMS = (TERMS, ANY, LEMMA, EDGE)
