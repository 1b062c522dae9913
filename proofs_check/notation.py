"""Symbols that every proof shares; a rule's own parameters are declared in its proof file.

d: key dimension; age: pairs written after the stored one; before: pairs written before it, so a
memory holds before + 1 + age = items of them; r: radius |k| of a key; S, k, v: generic entries.
"""

from typing import Any

import sympy

Expr = Any  # a sympy expression or matrix (sympy ships no types)

d = sympy.Symbol("d", integer=True, positive=True)
age = sympy.Symbol("age", integer=True, nonnegative=True)
before = sympy.Symbol("before", integer=True, nonnegative=True)
items = before + 1 + age
r = sympy.Symbol("r", positive=True)
e = sympy.Symbol("e", positive=True)  # of Euler's number only e^x e^y = e^(x + y) is used

SHAPES = ((2, 2), (3, 2), (2, 3))  # (d_v, d_k) at which printed and declared updates are compared


def generic(name: str, rows: int, columns: int) -> Expr:
    """A matrix of free real symbols."""
    return sympy.Matrix(rows, columns, lambda i, j: sympy.Symbol(f"{name}_{i}{j}", real=True))


def state(d_v: int, d_k: int) -> Expr:
    """A generic state S, (d_v, d_k)."""
    return generic("S", d_v, d_k)


def column(name: str, size: int) -> Expr:
    """A generic key or value as a column, (size, 1)."""
    return sympy.Matrix(size, 1, lambda i, _: sympy.Symbol(f"{name}_{i}", real=True))


def parameter(name: str) -> Expr:
    """A real parameter of a rule, named as the rule names it."""
    return sympy.Symbol(name, real=True)


ENTRIES = frozenset().union(
    *(
        state(m, n).free_symbols | column("k", n).free_symbols | column("v", m).free_symbols
        for m, n in SHAPES
    )
) | state(2, 4).free_symbols.union(column("k", 4).free_symbols, column("v", 4).free_symbols)
SHARED = ENTRIES | {d, age, before, r, e}
