"""Generic streams of a few pairs, keys and values in columns, oldest first."""

from collections.abc import Callable

from sympy import Matrix, Symbol, zeros

from proofs_check.notation import Expr

Update = Callable[[Expr, Expr, Expr], Expr]  # printed: (S, k, v) -> S


def columns(name: str, size: int, count: int, *, positive: bool | None = None) -> Expr:
    """A generic matrix (size, count); entries are real, positive if asked."""
    return Matrix(size, count, lambda i, j: Symbol(f"{name}{j}_{i}", real=True, positive=positive))


def stored(update: Update, keys: Expr, values: Expr) -> Expr:
    """The memory after these pairs, from an empty one."""
    S = zeros(values.rows, keys.rows)
    for j in range(keys.cols):
        S = update(S, keys.col(j), values.col(j))
    return S


def symbols(*matrices: Expr) -> tuple[Expr, ...]:
    """All symbols of some matrices, in order."""
    found = {x for matrix in matrices for x in matrix.free_symbols}
    return tuple(sorted(found, key=str))
