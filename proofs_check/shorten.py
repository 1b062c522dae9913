"""Shorter forms of an expression for print, each equal to it: named sums, factors, shared parts."""

from dataclasses import dataclass
from functools import cache

import sympy
from sympy import Eq, Function, Matrix, Piecewise

from proofs_check.decide import is_zero
from proofs_check.notation import Expr
from proofs_check.widths import LINE, width

FACTORED = 600  # operations up to which a factored form is tried,
INDETERMINATES = 6  # and symbols: beyond, factoring takes too long
SHARED = 4000  # operations up to which common parts are sought
WORTH_A_NAME = 16.0  # width of a common part that gets a name of its own
LETTERS = "zyxh"


class Geometric(Function):  # type: ignore[misc]
    """1 + x + ... + x^(n - 1), n at x = 1: a name for the two cases, for print only."""

    def _latex(self, printer: Expr, exp: str | None = None) -> str:
        ratio, count = (printer.doprint(x) for x in self.args)
        power = "" if exp is None else f"^{{{exp}}}"
        return rf"G_{{{count}}}{power}\left({ratio}\right)"


@dataclass(frozen=True)
class Shared:
    """Names of common parts, in the order in which they need each other, and what remains."""

    parts: tuple[tuple[Expr, Expr], ...]
    matrix: Expr

    def restored(self) -> Expr:
        """The matrix with every name replaced by what it stands for."""
        whole = self.matrix
        for name, part in reversed(self.parts):
            whole = whole.xreplace({name: part})
        return whole


def named_sums(expression: Expr) -> Expr:
    """Both cases of a geometric sum under one name; other cases stay as they are."""
    found = {x: _geometric(x) for x in expression.atoms(Piecewise)}
    return expression.xreplace({x: total for x, total in found.items() if total is not None})


@cache
def _geometric(cases: Expr) -> Expr | None:
    """G(ratio, count), where the cases are count at ratio 1 and the quotient elsewhere."""
    (count, condition), *others = cases.args
    if not isinstance(condition, Eq) or len(others) != 1 or others[0].expr.has(Piecewise):
        return None
    excess = condition.lhs - condition.rhs
    for ratio in (1 + excess, 1 - excess):
        quotient = (1 - ratio**count) / (1 - ratio)
        if ratio != 1 and is_zero(others[0].expr - quotient):
            return Geometric(ratio, count)
    return None


def factored(expression: Expr) -> Expr:
    """A scalar as it is or factored, whichever prints shorter."""
    plain = width(sympy.latex(expression))
    large = sympy.count_ops(expression) > FACTORED
    if plain <= LINE / 2 or large or len(expression.free_symbols) > INDETERMINATES:
        return expression
    found = sympy.factor(expression)
    return found if width(sympy.latex(found)) < plain else expression


def shared(matrix: Expr) -> Shared:
    """Parts that are wide and occur more than once, under names of their own."""
    if sum(map(sympy.count_ops, matrix)) > SHARED:
        return Shared((), matrix)
    found, (rest,) = sympy.cse([matrix], symbols=sympy.numbered_symbols("shared_part_"))
    parts, rest = _worthy(found, rest)
    letter = _free_letter(matrix)
    names = {x: sympy.Symbol(f"{letter}_{i}") for i, (x, _) in enumerate(parts, start=1)}
    return Shared(tuple((names[x], y.xreplace(names)) for x, y in parts), rest.xreplace(names))


def _worthy(parts: list[tuple[Expr, Expr]], rest: Expr) -> tuple[list[tuple[Expr, Expr]], Expr]:
    """The parts that are wide and still occur more than once when the others are put back."""
    kept: list[tuple[Expr, Expr]] = []
    back: dict[Expr, Expr] = {}
    for name, part in parts:
        whole = part.xreplace(back)
        if width(sympy.latex(whole)) < WORTH_A_NAME:
            back[name] = whole
        else:
            kept.append((name, whole))
    rest = rest.xreplace(back)
    for name, part in reversed(list(kept)):
        if sum(x.count(name) for x in (*rest, *(y for _, y in kept))) < 2:
            kept = [(x, y.xreplace({name: part})) for x, y in kept if x != name]
            rest = rest.xreplace({name: part})
    return kept, rest


def _free_letter(matrix: Expr) -> str:
    taken = {str(x)[0] for x in matrix.free_symbols}
    return next((letter for letter in LETTERS if letter not in taken), "part")


def as_column(expression: Expr) -> Expr:
    """A scalar as a matrix of one entry; a row as a column."""
    if not isinstance(expression, sympy.MatrixBase):
        return Matrix([expression])
    return expression.T if expression.rows == 1 else expression
