r"""Sparse attention is not enough, McDermott, Heath, Parhi 2026.

In their program, x <- 5, y <- x + 5, x <- 3, z <- y + x, what is dropped may be what is asked for.
The query about z needs every assignment: z = a + b + c in the constants a, b, c of the first three,
so what is dropped leaves it undetermined, though x has been overwritten since.
"""

from collections.abc import Callable, Mapping

from sympy import Integer, Matrix, symbols

from proofs_check.claim import Claim, instead, stated, times
from proofs_check.notation import Expr

a, b, c = CONSTANTS = symbols("a b c", real=True)
PRINTED = {a: Integer(5), b: Integer(5), c: Integer(3)}
Values = Mapping[str, Expr]
# Each assignment: the name, and its value from what the names hold.
PROGRAM: tuple[tuple[str, Callable[[Values], Expr]], ...] = (
    ("x", lambda held: a),
    ("y", lambda held: held["x"] + b),
    ("x", lambda held: c),
    ("z", lambda held: held["y"] + held["x"]),
)


def run(order: tuple[int, ...] = (0, 1, 2, 3)) -> Expr:
    """z after these assignments, in this order."""
    held: dict[str, Expr] = {}
    for line in order:
        name, value = PROGRAM[line]
        held[name] = value(held)
    return held["z"]


def needed(z: Expr) -> Expr:
    """z as printed, and how far it moves with each constant."""
    return Matrix([z.subs(PRINTED), *(z.diff(constant) for constant in CONSTANTS)])


NEEDED = Claim(
    id="paper/sparse_attention/needed",
    statement="x <- 5, y <- x + 5, x <- 3, z <- y + x: z = 13, and each assignment moves it.",
    derive=lambda: needed(run()),
    ships=stated(Matrix([13, 1, 1, 1])),
    twins=(
        instead("the first assignment evicted", lambda: needed(run((2, 1, 3)))),
        instead("the second value of x evicted", lambda: needed(run((0, 1, 3)))),
        instead("y assigned after the second x", lambda: needed(run((0, 2, 1, 3)))),
        times("twice", 2),
    ),
    assumptions="The four assignments as printed, constants $a$, $b$, $c$ for 5, 5, 3.",
    steps="Run the program on symbols: $z = a + b + c$. A memory that has lost an assignment "
    "cannot tell programs apart that differ there alone.",
)

CLAIMS = (NEEDED,)
