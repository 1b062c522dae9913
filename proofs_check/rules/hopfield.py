r"""Hopfield network read once by its signs, Gaussian keys and values, no self-coupling.

Given the keys, h_a and v_a are jointly Gaussian, so E v_a sign(h_a) = sqrt(2/pi) Cov/sd(h_a). With
g^2 the squared key without its entry a, Cov/sd is [1 + xi/(d g^2)]^(-1/2)/sqrt(d), xi a chi-square
of N - 1 degrees and d g^2 one of d - 1, so s sqrt(pi/2) = E sqrt(x), x ~ Beta((d-1)/2, (N-1)/2).
For N - 1 = 2 b even both Beta integrals are finite sums, a = (d - 1)/2:

    int x^(c-1) (1-x)^(b-1) dx = sum_j C(b-1, j) (-1)^j/(c + j),   E sqrt(x) = I(a + 1/2)/I(a).
"""

from typing import Any

from sympy import Integer, Matrix, Rational, binomial, expand_func

from proofs_check.claim import Claim, Twin, plus, replaced, times
from proofs_check.notation import Expr, d

LOADS = (3, 5, 7, 9)


def _beta(c: Expr, b: int) -> Expr:
    return sum((binomial(b - 1, j) * (-1) ** j / (c + j) for j in range(b)), Integer(0))


def _derived() -> Expr:
    a, half = (d - 1) / 2, Rational(1, 2)
    return Matrix([_beta(a + half, n // 2) / _beta(a, n // 2) for n in LOADS])


def _shipped(catalogue: Any) -> Expr:
    rule = catalogue("hopfield").rule()
    return Matrix([expand_func(rule.closed_form(d=d, items=Integer(n))) for n in LOADS])


SIGNAL = Claim(
    id="hopfield/signal/gaussian",
    statement="s sqrt(pi/2) = E sqrt(Beta((d-1)/2, (N-1)/2)) after one step, at N = 3, 5, 7, 9.",
    derive=_derived,
    ships=_shipped,
    twins=(
        replaced("d off by one", {d: d + 1}),
        times("factor 2", Integer(2)),
        plus("wrong by a thousandth", Rational(1, 1000)),
        Twin("loads off by one", lambda x: Matrix.vstack(x[1:, :], x[:1, :])),
    ),
    rules=("hopfield",),
    assumptions="All entries of keys and values independent and normal, of mean zero; no "
    r"self-coupling; one step of signs. Given the keys, $h_a$ and $v_a$ are jointly normal, so "
    r"$E\, v_a \mathrm{sign}(h_a) = \sqrt{2/\pi}\, \mathrm{Cov}/\mathrm{sd}(h_a)$, and "
    r"$s \sqrt{\pi/2} = E \sqrt{x}$ with $x \sim \mathrm{Beta}((d-1)/2, (N-1)/2)$.",
    steps="At odd $N$ both Beta integrals are finite sums by the binomial theorem; their quotient "
    "is compared with the Gamma functions that ship, expanded.",
)

CLAIMS = (SIGNAL,)
