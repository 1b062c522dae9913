r"""Short streams of a linear teacher's pairs, and of a key written twice, by brute force.

The memory after N pairs is S = sum_i v_i R_i^T, R_i a polynomial in the entries of the keys. With
v_i = W_i k_i + eps_i, E W_i^T W_l = rho^2 theta^|i-l| I and E|eps|^2 = 1 - rho^2,

    E <v_i, v_l> = rho^2 theta^|i-l| k_i . k_l + [i = l] (1 - rho^2) given the keys,

so every number asked is a sum of products of moments of single keys. Only the dimension and the
number of items are small numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import QQ, Integer, Matrix
from sympy.polys.rings import PolyRing

from proofs_check.lemmas import Ensemble
from proofs_check.notation import Expr, column
from proofs_check.streams import State, Write, expectation

rho2, theta = sympy.symbols("rho2 theta", real=True)  # signal fraction, correlation of teachers


@dataclass(frozen=True)
class Lesson:
    """A printed update from its empty memory; ``memory`` gives the matrix that answers queries."""

    start: Callable[[int], State]
    write: Write
    memory: Callable[[State], Expr]

    def rows(self, pairs: list[Expr]) -> list[Expr]:
        """R_i of each pair after the last write, columns of polynomials in the keys' entries."""
        state = self.start(pairs[0].rows)
        values = [sympy.Symbol(f"v{t}", real=True) for t in range(len(pairs))]
        for t, (k, v) in enumerate(zip(pairs, values, strict=True)):
            state = self.write(state, k, Matrix([[v]]), t)
        S = self.memory(state).applyfunc(sympy.expand)
        return [S.applyfunc(lambda x, v=v: x.coeff(v)).T for v in values]


def keys_of(size: int, items: int) -> list[Expr]:
    """Generic keys as columns."""
    return [column(f"k{t}_", size) for t in range(items)]


def mean(expression: Expr, pairs: list[Expr], keys: Ensemble, size: int) -> Expr:
    """The expectation of a polynomial in the entries of independent keys."""
    entries = [x for k in dict.fromkeys(map(tuple, pairs)) for x in k]
    free = sorted(expression.free_symbols - set(entries), key=str)
    ring = PolyRing(entries, QQ[free] if free else QQ)
    return expectation(ring.from_expr(sympy.expand(expression)), keys, size)


def agreement(i: int, j: int, pairs: list[Expr]) -> Expr:
    """E <v_i, v_j> given the keys."""
    taught = rho2 * theta ** abs(i - j) * (pairs[i].T * pairs[j])[0]
    return taught + (1 - rho2 if i == j else Integer(0))


def stored(lesson: Lesson, keys: Ensemble, size: int, items: int) -> Expr:
    """Rows (signal, power) of every stored pair, newest first."""
    pairs = keys_of(size, items)
    R = lesson.rows(pairs)
    every = range(items)
    found = []
    for j in reversed(every):
        o = [(row.T * pairs[j])[0] for row in R]
        signal = sum(agreement(i, j, pairs) * o[i] for i in every)
        power = sum(agreement(i, m, pairs) * o[i] * o[m] for i in every for m in every)
        found.append([mean(x, pairs, keys, size) for x in (signal, power)])
    return Matrix(found).applyfunc(sympy.expand)


def unseen(lesson: Lesson, keys: Ensemble, size: int, items: int) -> Expr:
    """Rows (A, P, Q, mu) after 1, ..., items pairs: alignment, power, power of the mean, weight."""
    found = []
    for n in range(1, items + 1):
        pairs = keys_of(size, n)
        R = lesson.rows(pairs)
        every = range(n)
        # E[S | teachers] = sum_i W_i E k_i R_i^T = sum_i m_i W_i
        m = [mean((R[i].T * pairs[i])[0], pairs, keys, size) / size for i in every]
        power = sum(agreement(i, j, pairs) * (R[i].T * R[j])[0] for i in every for j in every)
        path = sum(m[i] * m[j] * theta ** abs(i - j) for i in every for j in every)
        alignment = sum(m[i] * theta ** (n - i) for i in every)
        row = [rho2 * alignment, mean(power, pairs, keys, size) / size, rho2 * path, sum(m)]
        found.append(row)
    return Matrix(found).applyfunc(sympy.expand)


def rebound(lesson: Lesson, keys: Ensemble, size: int, items: int, first: int, second: int) -> Expr:
    """(s1, s2, p) where the pair of age ``second`` has the key of that of age ``first``."""
    pairs = keys_of(size, items)
    one, two = items - 1 - first, items - 1 - second
    pairs[two] = pairs[one]
    o = [(row.T * pairs[one])[0] for row in lesson.rows(pairs)]
    asked: list[Any] = [o[one], o[two], sum(x**2 for x in o)]
    return Matrix([[mean(x, pairs, keys, size) for x in asked]]).applyfunc(sympy.expand)
