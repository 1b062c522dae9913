r"""Recall of normalised weights: a stored pair of weight 1 among n others of weights w_1 .. w_n.

    s = E 1/(1 + xi),   own power E 1/(1 + xi)^2,   others E sum w_i^2/(1 + xi)^2,   xi = sum w_i.

Weights are independent and take each of a few values with equal chance, so all of it is a finite
sum; as integrals over t with phi = E e^(-t w), psi = E w^2 e^(-t w), each is done exactly.
"""

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import sympy
from sympy import Integer, Matrix, exp, oo

from proofs_check.notation import Expr

t = sympy.Symbol("t", positive=True)


def direct(values: Sequence[Expr], n: int) -> Expr:
    """Signal, own power and power of the others, summed over all weights."""
    rows = []
    for weights in product(values, repeat=n):
        total = 1 + sum(weights)
        squares = sum(w**2 for w in weights)
        rows.append(Matrix([1 / total, 1 / total**2, squares / total**2]))
    return sum(rows, Matrix([0, 0, 0])) / Integer(len(values)) ** n


def integrated(densities: Callable[..., Any], values: Sequence[Expr], n: int) -> Expr:
    """The same from integrands over dt/t of t, e^-t, phi^n and n t^2 psi phi^(n-1)."""
    phi = sum(exp(-t * w) for w in values) / len(values)
    psi = sum(w**2 * exp(-t * w) for w in values) / len(values)
    found = densities(t, exp(-t), phi**n, n * t**2 * psi * phi ** (n - 1))
    return Matrix([_integral(sympy.expand(x / t)) for x in found])


def _integral(integrand: Expr) -> Expr:
    """Over t from 0 to infinity, term by term."""
    terms = sympy.Add.make_args(sympy.powsimp(integrand))
    return sum((sympy.integrate(term, (t, 0, oo)) for term in terms), Integer(0))
