r"""Recursions of first order: of numbers, f <- x f + y, and of vectors, over a cycle of maps."""

from typing import Any

import numpy as np
import sympy
from sympy import Integer, Matrix, Piecewise

from proofs_check.claim import Claim, plus, replaced, stated, times
from proofs_check.lemmas import first_order
from proofs_check.notation import Expr, generic

x, y, start = sympy.symbols("x y f_0", real=True)
COUNTS = range(6)
CYCLE = (generic("M", 2, 2), generic("N", 2, 2), generic("O", 2, 2))
FIRST = generic("z", 2, 1)
ROWS = 7  # more than two doublings of every cycle


def unrolled() -> Expr:
    """f(0), f(1), ... one step at a time."""
    values = [start]
    for _ in COUNTS[1:]:
        values.append(x * values[-1] + y)
    return Matrix(values)


def _closed() -> Expr:
    return Matrix([first_order(ratio=x, source=y, start=start, count=Integer(n)) for n in COUNTS])


UNROLLED = Claim(
    id="foundations/recursion/unrolled",
    statement="f(n + 1) = x f(n) + y in closed form, unrolled for six values, x = 1 included.",
    derive=unrolled,
    ships=stated(_closed()),
    twins=(
        replaced("source and start exchanged", {y: start, start: y}),
        replaced("ratio and source exchanged", {x: y, y: x}),
        plus("one source too many", y),
        times("one step more", x),
    ),
    symbols=(x, y, start),
    assumptions="Any ratio $x$, source $y$ and start $f_0$.",
    steps="Iterate and expand.",
)


def fixed_point() -> Expr:
    """The f that a step leaves alone, and its distance to f(n), which shrinks by x."""
    f = sympy.Symbol("f")
    (still,) = sympy.solve(x * f + y - f, f)
    return Matrix([still + x**n * (start - still) for n in COUNTS])


def _generic() -> Expr:
    return _closed().replace(
        lambda part: isinstance(part, Piecewise), lambda part: part.args[-1].expr
    )


FIXED = Claim(
    id="foundations/recursion/fixed-point",
    statement="For x other than 1, f(n) leaves its fixed point y/(1 - x) by x^n times the start's.",
    derive=fixed_point,
    ships=stated(_generic()),
    twins=UNROLLED.twins,
    symbols=(x, y, start),
    assumptions=r"$x \ne 1$.",
    steps="Solve $f = xf + y$; the difference to it obeys $g(n+1) = x g(n)$.",
)


def one_by_one(period: int) -> Expr:
    """z, M z, N M z, ... with one product a row."""
    rows = [FIRST]
    for i in range(ROWS - 1):
        rows.append((CYCLE[i % period] * rows[-1]).expand())
    return Matrix.hstack(*rows).T


def orbit(period: int) -> Claim:
    """The engine doubles the rows that it has; a cycle of maps need not commute."""

    def ships(catalogue: Any) -> Expr:
        maps = [np.array(matrix.tolist(), dtype=object) for matrix in CYCLE[:period]]
        begin = np.array(list(FIRST), dtype=object)
        return Matrix(catalogue.part("isotropic._orbit")(maps, begin, ROWS))

    names = [x for matrix in CYCLE[:period] for x in matrix]
    return Claim(
        id=f"foundations/recursion/orbit/period{period}",
        statement=f"The engine's doubling over a cycle of {period} generic maps is step by step.",
        derive=lambda: one_by_one(period),
        ships=ships,
        twins=(
            replaced("a map transposed", {names[1]: names[2], names[2]: names[1]}),
            replaced("start's entries exchanged", {FIRST[0]: FIRST[1], FIRST[1]: FIRST[0]}),
            replaced("an entry forgotten", {names[0]: 0}),
            times("wrong sign", -1),
        ),
        symbols=(*names, *FIRST),
        assumptions="Any start and any maps of the plane.",
        steps=f"Multiply one map at a time for {ROWS} rows and compare every entry.",
    )


CLAIMS = (UNROLLED, FIXED, *map(orbit, (1, 2, 3)))
