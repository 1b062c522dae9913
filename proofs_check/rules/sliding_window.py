r"""Sliding window of w pairs, Eq 7 of McDermott, Heath, Parhi 2026.

The update on a list: append the new pair, drop the first beyond w. At bandwidth 0 a query reads
the pair whose key it equals: s = p = 1 while it is in the list, 0 after.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from sympy import Integer, Matrix, Rational

from proofs_check.claim import Claim, Twin, plus, times
from proofs_check.notation import Expr

SIZES = [(window, items) for window in (1, 2, 3, 5) for items in range(1, 8)]


def _kept(window: int, items: int) -> list[Expr]:
    held: list[int] = []
    for t in range(items):
        held = [*held, t][-window:]
    return [Integer(t in held) for t in reversed(range(items))]


def _derived() -> Expr:
    return Matrix([x for window, items in SIZES for x in _kept(window, items)])


def _ships(change: int = 0) -> Callable[[Any], Expr]:
    def shipped(catalogue: Any) -> Expr:
        rule = catalogue("sliding_window").rule
        found = []
        for window, items in SIZES:
            kept = rule.symbolic(window=window + change).kept(np.arange(items), items)
            found += [Integer(int(x)) for x in kept]
        return Matrix(found)

    return shipped


def _shifted(shipped: Expr) -> Expr:
    return Matrix.vstack(shipped[1:, :], shipped[:1, :])


KEPT = Claim(
    id="sliding_window/kept",
    statement="Which ages are held after each number of pairs, windows of 1, 2, 3 and 5.",
    derive=_derived,
    ships=_ships(),
    twins=(
        Twin("ages off by one", _shifted),
        Twin("what is kept and what is not, swapped", lambda x: x.applyfunc(lambda y: 1 - y)),
        times("factor 2", Integer(2)),
        plus("wrong by a thousandth", Rational(1, 1000)),
    ),
    rules=("sliding_window",),
    assumptions="Bandwidth 0: a query reads the pair whose key it equals. 1 to 7 pairs.",
    steps="Run the update on a list: append the new pair, drop the first beyond the window; a pair "
    "is held (1) or not (0).",
)

CLAIMS = (KEPT,)
