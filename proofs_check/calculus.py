"""Matrix calculus by its definition: every entry differentiated, every linear equation solved."""

from collections.abc import Callable

import sympy
from sympy import Matrix

from proofs_check.claim import ProofError
from proofs_check.notation import Expr

Loss = Callable[[Expr], Expr]  # of a matrix


def unknown(rows: int, columns: int) -> Expr:
    """A matrix of fresh symbols."""
    return Matrix(rows, columns, lambda i, j: sympy.Dummy(f"x_{i}{j}", real=True))


def gradient(loss: Loss, at: Expr) -> Expr:
    """The matrix of dloss/dS_ij at a given S."""
    S = unknown(*at.shape)
    value = loss(S)
    return S.applyfunc(lambda x: sympy.diff(value, x)).subs(dict(zip(S, at, strict=True)))


def stationary(loss: Loss, rows: int, columns: int) -> Expr:
    """The S at which the gradient of a quadratic loss vanishes, by Cramer's rule."""
    S = unknown(rows, columns)
    return root(gradient(loss, S), S)


def root(equations: Expr, S: Expr) -> Expr:
    """The S, generic so far, at which these expressions, linear in it, vanish: exactly one."""
    system, right = sympy.linear_eq_to_matrix(list(equations), list(S))
    determinant = sympy.factor(system.det())
    if determinant == 0:
        raise ProofError("the linear equations have no unique solution.")
    return Matrix(*S.shape, list(system.adjugate() * right / determinant))
