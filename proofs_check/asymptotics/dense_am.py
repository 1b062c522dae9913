r"""Patterns of signs that a dense associative memory keeps: d^n/(2 (2n - 1)!! ln d).

At a stored pattern of d signs a unit's field is d^n from the pattern itself plus crosstalk from P
others, each (k_i . k)^n. As d grows the overlap is N(0, d) (central limit theorem, cited), so the
crosstalk has the variance P d^n E g^(2n), and with Gaussian tails (cited) one of d units is wrong
when e^(-z/2) = 1/d, z = d^(2n)/variance. Status: asymptotic in d.
"""

from typing import Any

from sympy import Matrix, Symbol, log, solve

from proofs_check.claim import Claim, Kind, Twin, replaced
from proofs_check.lemmas import gaussian_moment
from proofs_check.notation import Expr, d
from proofs_check.standard import SCALES

LOG, P = (Symbol(x, positive=True) for x in ("LOG", "P"))  # ln d; number of patterns
DEGREES = (1, 2, 3)


def _patterns() -> Expr:
    """P at which z = 2 ln d, for each degree."""
    found = []
    for n in DEGREES:
        variance = P * d**n * gaussian_moment(2 * n)
        found += solve(d ** (2 * n) / variance - 2 * LOG, P)
    return Matrix(found)


def _shipped(catalogue: Any) -> Expr:
    found = []
    with catalogue.swapped("rules.dense_am"):
        for n in DEGREES:
            rule = catalogue("dense_am").rule.symbolic(degree=n)
            found.append(rule.pattern_capacity(d).subs(log(d), LOG))
    return Matrix(found)


PATTERNS = Claim(
    id="asymptotics/dense_am/patterns",
    statement="Patterns that one update leaves without an error: d^n/(2 (2n-1)!! ln d), degrees "
    "1 to 3 (Krotov, Hopfield 2016).",
    derive=_patterns,
    ships=_shipped,
    twins=(
        *SCALES,
        replaced("natural for twice the logarithm", {LOG: 2 * LOG}),
        replaced("d doubled", {d: 2 * d}),
        Twin("degrees off by one", lambda x: Matrix([*x[1:], x[0]])),
    ),
    rules=("dense_am",),
    symbols=(LOG,),
    assumptions="Patterns of independent signs. Cited lemmas: the overlap of two patterns tends to "
    r"$N(0, d)$, and Gaussian tails fall as $e^{-z/2}$ at $\sqrt z$ standard deviations, both "
    "to leading order. LOG is ln d.",
    steps=r"$E g^{2n} = (2n - 1)!!$ by integration; the ratio $z = d^{2n}/(P d^n (2n - 1)!!)$ of "
    r"signal to crosstalk reaches $2 \ln d$ at this $P$.",
    kind=Kind.LEMMA,
)

CLAIMS = (PATTERNS,)
