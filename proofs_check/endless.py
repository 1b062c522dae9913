r"""Recall after an endless past by brute force in the plane, from printed steps of a linear state.

A step maps a row of state S to S A + v B^T, A and B polynomials in the entries of its key. With
Z = E S^T S the mean over a fresh key is a linear map, Z -> T Z + N, whose fixed point starts the
stored write; the query u = (R k)(R k)^T of a read-out S R k is followed backwards through T. No
lemma on isotropy is used but that the fixed point has no entry between different axes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sympy
from sympy import QQ, Integer, Matrix, zeros
from sympy.polys.matrices import DomainMatrix
from sympy.polys.rings import PolyRing

from proofs_check.claim import require_zero
from proofs_check.lemmas import Ensemble
from proofs_check.notation import Expr, column
from proofs_check.streams import expectation

SIZE = 2
KEY = column("k0_", SIZE)
Update = Callable[[Expr, Expr, Expr], Expr]  # (state row, k, v) -> state row


@dataclass(frozen=True)
class Endless:
    """Printed steps of one period, the read-out S (R k) of their state row, and free symbols."""

    updates: Sequence[Update]
    read: Expr
    keys: Ensemble
    parameters: tuple[Expr, ...]

    @property
    def width(self) -> int:
        """Entries of the state row."""
        return int(self.read.rows)

    def factors(self) -> list[tuple[Expr, Expr]]:
        """A and B of each step, by differentiation of what is printed."""
        S = Matrix(1, self.width, sympy.symbols(f"S_:{self.width}", real=True))
        v = sympy.Symbol("v", real=True)
        found = []
        for update in self.updates:
            after = update(S, KEY, Matrix([[v]]))
            A, B = after.jacobian(S).T, after.jacobian([v])
            require_zero(after - S * A - v * B.T, "the step is linear in state and value")
            found.append((A, B))
        return found

    def mean(self, expression: Expr) -> Expr:
        """The expectation of a polynomial in the entries of one key."""
        domain = QQ[list(self.parameters)] if self.parameters else QQ
        polynomial = PolyRing(list(KEY), domain).from_expr(sympy.expand(expression))
        return expectation(polynomial, self.keys, SIZE)

    def fresh(self, A: Expr, B: Expr, Z: Expr) -> Expr:
        """E (A^T Z A + B B^T), entry by entry."""
        width = self.width
        found = zeros(width, width)
        for p in range(width):
            for q in range(p, width):
                kept = sum(
                    (Z[i, j] * self.mean(A[i, p] * A[j, q]) for i, j in _places(width)), Integer(0)
                )
                found[p, q] = found[q, p] = kept + self.mean(B[p] * B[q])
        return found

    def steady(self) -> list[Expr]:
        """Z before each step of the period: entries between different axes vanish."""
        free = {}
        for i, j in _places(self.width):
            if i <= j and (i - j) % SIZE == 0:
                free[i, j] = sympy.Symbol(f"z_{i}_{j}", real=True)
        Z = Matrix(
            self.width,
            self.width,
            lambda i, j: free.get((min(i, j), max(i, j)), Integer(0)),
        )
        held = [Z]
        for A, B in self.factors():
            held.append(self.fresh(A, B, held[-1]).applyfunc(sympy.expand))
        equations = [held[-1][place] - Z[place] for place in free]
        solution = _solved(equations, list(free.values()))
        require_zero((held[-1] - Z).subs(solution), "the fixed point is one")
        return [x.subs(solution) for x in held[:-1]]

    def recall(self, ages: int) -> Expr:
        """Rows (signal, power) of the newest ages after whole periods of an endless past."""
        factors, held, rows = self.factors(), self.steady(), []
        last = len(factors) - 1
        query = self.read * KEY
        u, later, q = query * query.T, Integer(0), query
        for age in range(ages):
            A, B = factors[(last - age) % len(factors)]
            Z = held[(last - age) % len(factors)]
            own = A * u * A.T  # sum_pq A_ip A_jq u_pq
            older = sum((Z[place] * self.mean(own[place]) for place in _places(self.width)), 0)
            stored = self.mean((B.T * u * B)[0])
            rows.append([self.mean((B.T * q)[0]), later + stored + older])
            u, added = self._backwards(A, B, u)
            later += self.mean(added)
            q = self._over_fresh(A) * q
        return Matrix(rows)

    def _backwards(self, A: Expr, B: Expr, u: Expr) -> tuple[Expr, Expr]:
        """u before a step with a fresh key, and the power that this step adds."""
        moments = {
            (i, j, p, q): self.mean(A[i, p] * A[j, q])
            for i, j in _places(self.width)
            for p, q in _places(self.width)
        }
        before = Matrix(
            self.width,
            self.width,
            lambda i, j: sum(
                (moments[i, j, p, q] * u[p, q] for p, q in _places(self.width)), Integer(0)
            ),
        )
        added = sum((self.mean(B[p] * B[q]) * u[p, q] for p, q in _places(self.width)), Integer(0))
        return before.applyfunc(sympy.expand), sympy.expand(added)

    def _over_fresh(self, A: Expr) -> Expr:
        return A.applyfunc(self.mean)


def _places(width: int) -> list[tuple[int, int]]:
    return [(i, j) for i in range(width) for j in range(width)]


def _solved(equations: list[Expr], unknown: list[Expr]) -> dict[Expr, Expr]:
    matrix, right = sympy.linear_eq_to_matrix(equations, unknown)
    field = DomainMatrix.from_Matrix(Matrix.hstack(matrix, right)).to_field()
    size = len(unknown)
    found = field[:, :size].lu_solve(field[:, size:]).to_Matrix()
    return dict(zip(unknown, found, strict=True))
