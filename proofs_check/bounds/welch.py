r"""The Welch bound (Welch 1974): N keys in R^d overlap by N^2/d at least, tight frames by no more.

sum_ij (k_i . k_j)^2 = tr F^2 of the frame operator F = sum k k^T, and tr F^2 >= (tr F)^2/d. What is
beyond the bound is the squared distance of F from the nearest multiple of the identity.
"""

from typing import Any

import numpy as np
import sympy
from sympy import Integer, Matrix, Rational, eye, zeros

from proofs_check.bounds.rank import MERCEDES, TETRAHEDRON
from proofs_check.claim import Claim, plus, replaced, stated, times
from proofs_check.notation import Expr, d, state

KEYS = state(3, 2)
ANY_KEYS = "Any three keys in the plane, the rows of $S$."
golden = (1 + sympy.sqrt(5)) / 2
ICOSAHEDRON = Matrix(
    [[0, 1, s * golden] for s in (1, -1)]
    + [[1, s * golden, 0] for s in (1, -1)]
    + [[s * golden, 0, 1] for s in (1, -1)]
) / sympy.sqrt(1 + golden**2)  # one of each pair of opposite corners


def overlaps(keys: Expr) -> Expr:
    """sum_ij (k_i . k_j)^2."""
    return sum(((keys.row(i) * keys.row(j).T)[0] ** 2 for i, j in _pairs(keys.rows)), Integer(0))


def _pairs(count: int) -> list[tuple[int, int]]:
    return [(i, j) for i in range(count) for j in range(count)]


def beyond() -> Expr:
    """(sum |k|^2)^2/d and the squared distance of F from (tr F/d) I, added."""
    F = KEYS.T * KEYS
    away = F - F.trace() / 2 * eye(2)
    return F.trace() ** 2 / 2 + (away * away.T).trace()


def _interference(catalogue: Any) -> Expr:
    """Summed power of all read-outs of the memory that ships, values being unit vectors."""
    S = zeros(3, 2)
    for i in range(3):
        S = catalogue("hebbian").update(S, KEYS.row(i).T, eye(3).col(i))
    R = S * KEYS.T
    return (R * R.T).trace()


SLACK = Claim(
    id="bounds/welch/interference",
    statement="All read-outs of linear attention have power (sum |k|^2)^2/d plus a square.",
    derive=beyond,
    ships=_interference,
    twins=(
        times("factor 2", 2),
        plus("a key's own overlap counted twice", (KEYS[0, 0] ** 2 + KEYS[0, 1] ** 2) ** 2),
        replaced("a key's entries exchanged", {KEYS[0, 0]: KEYS[0, 1], KEYS[0, 1]: KEYS[0, 0]}),
    ),
    rules=("hebbian",),
    assumptions=ANY_KEYS + " Values with $E v_i^Tv_j = 0$, $E|v|^2 = 1$.",
    steps=r"$\sum_{ij}(k_i^Tk_j)^2 = tr F^2 = (tr F)^2/d + |F - (tr F/d) I|^2$; unit keys give "
    "$N^2/d$ at least.",
)

first, second = sympy.symbols("f_1 f_2", real=True)  # tr F, tr F^2


def nearest() -> Expr:
    """min over c of |F - c I|^2 = tr F^2 - 2 c tr F + c^2 d, by its derivative."""
    c = sympy.Symbol("c")
    distance = second - 2 * c * first + c**2 * d
    (best,) = sympy.solve(distance.diff(c), c)
    return sympy.expand(distance.subs(c, best))


ANY = Claim(
    id="bounds/welch/any-dimension",
    statement="tr F^2 - (tr F)^2/d is a least squared distance, so never negative; any d.",
    derive=nearest,
    ships=stated(second - first**2 / d),
    twins=(
        replaced("d off by one", {d: d + 1}),
        times("wrong sign", -1),
        replaced("trace halved", {first: first / 2}),
    ),
    symbols=(first, second),
    assumptions=r"Symmetric $F = \sum kk^T$ with $f_1 = tr F$, $f_2 = tr F^2$; any dimension.",
    steps=r"Minimise $|F - cI|^2$ over $c$; it vanishes for tight frames alone.",
)


def _dimension(catalogue: Any, keys: Expr) -> Expr:
    entries = np.array(keys.tolist(), dtype=object)
    return catalogue.part("keys.effective_dimension")(entries)


DIMENSION = Claim(
    id="bounds/welch/effective-dimension",
    statement="The effective dimension that ships is (sum |k|^2)^2 over all squared overlaps.",
    derive=lambda: (KEYS * KEYS.T).trace() ** 2 / overlaps(KEYS),
    ships=lambda catalogue: _dimension(catalogue, KEYS),
    twins=(
        times("divided by the number of keys", Rational(1, 3)),
        plus("one dimension more", 1),
        replaced("a key doubled in one entry", {KEYS[0, 0]: 2 * KEYS[0, 0]}),
    ),
    assumptions=ANY_KEYS,
    steps="Sum the squared entries of the Gram matrix, not of the second moment: the traces are "
    "the same by cyclicity. By Welch it is at most $d$.",
)

FRAMES = (MERCEDES, TETRAHEDRON, ICOSAHEDRON)


def attained() -> Expr:
    """Rows: effective dimension d, and N^2/d squared overlaps, of each tight frame."""
    found = []
    for keys in FRAMES:
        total = sympy.radsimp(sympy.expand(overlaps(keys)))
        found.append([sympy.radsimp(keys.rows**2 / total), total])
    return Matrix(found)


TIGHT = Claim(
    id="bounds/welch/tight-frames",
    statement="Three vectors at 120 degrees, a tetrahedron and an icosahedron meet the bound.",
    derive=attained,
    ships=lambda catalogue: Matrix(
        [
            [sympy.radsimp(_dimension(catalogue, keys)), Rational(keys.rows**2, keys.cols)]
            for keys in FRAMES
        ]
    ),
    twins=(
        times("factor 2", 2),
        plus("one dimension more", 1),
        times("wrong sign", -1),
    ),
    assumptions="Unit-norm frames: 3 vectors in the plane, 4 and 6 in space.",
    steps="Add the squared overlaps: off the diagonal 1/4, 1/9 and 1/5 each.",
)

CLAIMS = (SLACK, ANY, DIMENSION, TIGHT)
