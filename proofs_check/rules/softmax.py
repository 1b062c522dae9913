r"""Softmax attention, Eqs 2 and 5 of McDermott, Heath, Parhi 2026, at a stored key.

Its own weight is 1, the n others w_1 .. w_n; xi their sum. Values are independent, so

    s = E 1/(1 + xi),   own power E 1/(1 + xi)^2,   others E sum w_i^2/(1 + xi)^2.

Here the w_i are independent and take two values with chance 1/2 each, so every expectation is a
finite sum. What ships is one integral over t of phi = E e^(-tw) and psi = E w^2 e^(-tw); each is
done exactly. Both sides are linear in the law of (w_1, .., w_n), and products of such two-point
laws with free values span all of them, so the identity holds for any law of the weights.
"""

from itertools import product
from typing import Any

import sympy
from sympy import Integer, Matrix, Rational, exp, oo

from proofs_check.claim import Claim, plus, replaced, times
from proofs_check.notation import Expr, d, r

VALUES = (r, 1 / d)  # two free positive numbers
t = sympy.Symbol("t", positive=True)


def _direct(n: int) -> Expr:
    rows = []
    for weights in product(VALUES, repeat=n):
        total = 1 + sum(weights)
        squares = sum(w**2 for w in weights)
        rows.append(Matrix([1 / total, 1 / total**2, squares / total**2]))
    return sum(rows, Matrix([0, 0, 0])) / Integer(2) ** n


def _shipped(n: int, catalogue: Any) -> Expr:
    phi = sum(exp(-t * w) for w in VALUES) / 2
    psi = sum(w**2 * exp(-t * w) for w in VALUES) / 2
    form = catalogue("softmax").rule.closed_form
    integrands = form(t, exp(-t), phi**n, n * t**2 * psi * phi ** (n - 1))
    return Matrix([_integral(sympy.expand(x / t)) for x in integrands])


def _integral(integrand: Expr) -> Expr:
    """Over t from 0 to infinity, term by term: c t^j e^(-a t) gives c j!/a^(j+1)."""
    found = Integer(0)
    for term in sympy.Add.make_args(sympy.powsimp(integrand)):
        found += sympy.integrate(term, (t, 0, oo))
    return found


def representation(n: int) -> Claim:
    """The integrals with n other pairs."""
    return Claim(
        id=f"softmax/integrals/{n}-others",
        statement=f"Signal, own power and others' power with {n} other pairs, as integrals.",
        derive=lambda: _direct(n),
        ships=lambda catalogue: _shipped(n, catalogue),
        twins=(
            times("factor 2", Integer(2)),
            replaced("a weight halved", {r: r / 2}),
            replaced("a weight squared", {r: r**2}),
            plus("wrong by a thousandth", Rational(1, 1000)),
        ),
        rules=("softmax",),
        assumptions="A stored key is read; its own weight is 1, those of the others are "
        "independent and take the values $r$ or $1/d$, which stand for any two positive numbers, "
        "with chance 1/2 each. Values are independent, of mean zero, $E|v|^2 = 1$. Products of "
        "such two-point laws span all joint laws, in which both sides are linear.",
        steps="Sum over all weights that the others may take. What ships is an integral over $t$ "
        r"of $\phi = E e^{-t w}$ and $\psi = E w^2 e^{-t w}$; integrate it term by term.",
    )


CLAIMS = tuple(map(representation, (1, 2, 3)))
