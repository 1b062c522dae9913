r"""Recall of a short stream by brute force: write every pair as printed, then average over keys.

Read-outs are linear in the values, o_j = sum_i R_ji v_i, and R_ji is a polynomial in the entries
of the keys. Values are independent of keys and of each other, E v = 0, E|v|^2 = 1, so

    s_j = E R_jj,    p_j = sum_i E R_ji^2,

each a sum of products of moments of single keys. No lemma on isotropy, no recursion, nothing about
the form of the update; only the dimension and the number of items are small numbers.
"""

from collections.abc import Callable
from functools import cache, reduce
from operator import mul
from typing import Any

import sympy
from sympy import QQ, Integer, Matrix
from sympy.polys.rings import PolyRing

from proofs_check.lemmas import Ensemble, sphere_moment
from proofs_check.notation import Expr, column, d

State = Any  # whatever the printed update carries
Write = Callable[[State, Expr, Expr, int], State]  # (state, k, v, index of the pair) -> state


def recall(
    start: Callable[[int], State],
    write: Write,
    read: Callable[[State], Expr],
    keys: Ensemble,
    size: int,
    items: int,
) -> Expr:
    """Rows (signal, power), newest pair first; start(size) is the empty memory, (1, size) a block.

    read gives the matrix that answers queries, after the last pair.
    """

    def outs(pairs: list[Expr], values: list[Expr]) -> list[Expr]:
        state = start(size)
        for t, (k, v) in enumerate(zip(pairs, values, strict=True)):
            state = write(state, k, Matrix([[v]]), t)
        return [(read(state) * k)[0] for k in pairs]

    return averaged(outs, keys, size, items)


def averaged(
    outs: Callable[[list[Expr], list[Expr]], list[Expr]],
    keys: Ensemble,
    size: int,
    items: int,
    *,
    own: bool = False,
) -> Expr:
    """Rows (signal, power[, own power]), newest pair first, of read-outs linear in the values.

    outs(keys, values) gives what each stored key reads, values being numbers.
    """
    pairs = [column(f"k{t}_", size) for t in range(items)]
    values = [sympy.Symbol(f"v{t}", real=True) for t in range(items)]
    entries = [x for k in pairs for x in k]
    rows = []
    for j, out in reversed(list(enumerate(map(sympy.expand, outs(pairs, values))))):
        free = sorted(out.free_symbols - {*entries, *values}, key=str)
        polynomials = PolyRing(entries, QQ[free] if free else QQ)
        R = [polynomials.from_expr(out.coeff(v)) for v in values]
        squares = [expectation(r**2, keys, size) for r in R]
        row = [expectation(R[j], keys, size), sympy.Add(*squares), *([squares[j]] if own else [])]
        rows.append(row)
    return Matrix(rows).applyfunc(sympy.expand)


def expectation(polynomial: Any, keys: Ensemble, size: int) -> Expr:
    """The expectation over independent keys of R^size; the ring's generators are their entries."""
    domain = polynomial.ring.domain
    total = domain.zero
    for exponents, coefficient in polynomial.terms():
        each = [exponents[i : i + size] for i in range(0, len(exponents), size)]
        moments = [_moment(keys, tuple(sorted(one)), size) for one in each]
        total += coefficient * domain.from_sympy(reduce(mul, moments, Integer(1)))
    return domain.to_sympy(total)


@cache
def _moment(keys: Ensemble, exponents: tuple[int, ...], size: int) -> Expr:
    """E prod k_i^n_i of one key k = r u."""
    if any(n % 2 for n in exponents):
        return Integer(0)
    moment = keys.radial(sum(exponents)) * sphere_moment(*exponents)
    return sympy.sympify(moment).subs(d, size)
