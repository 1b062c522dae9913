r"""Stated limits of linear memories, McDermott, Heath, Parhi 2026.

A linear map stores at most rank($\theta$) orthogonal pairs: $\theta K = V$ and K of full rank give
rank V <= rank $\theta$. As many are stored exactly by writing them on orthonormal keys; on others,
an instantaneous update overwrites what was stored before.
"""

from typing import Any

from sympy import Integer, Matrix, Rational, Symbol, cancel, eye, zeros

from proofs_check.calculus import root, unknown
from proofs_check.claim import (
    Claim,
    Kind,
    Twin,
    instead,
    plus,
    replaced,
    require_zero,
    stated,
    times,
)
from proofs_check.notation import Expr, generic
from proofs_check.paper.newton_schulz import circle, rotation

LEFT, RIGHT = generic("A", 3, 2), generic("B", 2, 3)  # theta = A B: any of rank two
VALUES = generic("V", 2, 3)
s, t = Symbol("s", real=True), Symbol("t", real=True)


def turned() -> Expr:
    """Three orthonormal keys in columns: the axes turned about two of them."""
    first = Matrix.diag(rotation(s), 1)
    second = Matrix.diag(1, rotation(t))
    return first * second


def _volume(theta: Expr) -> Expr:
    """What the reads of three orthonormal keys span: their determinant."""
    keys = turned()
    require_zero(keys.T * keys - eye(3), "the keys are orthonormal")
    return Matrix([cancel((theta * keys).det(method="berkowitz"))])


RANK = Claim(
    id="paper/requirements/rank",
    statement="A map of rank 2 cannot read three independent values: at most rank(theta) pairs.",
    derive=lambda: _volume(LEFT * RIGHT),
    ships=stated(zeros(1, 1)),
    twins=(
        instead("a map of rank 3", lambda: _volume(eye(3))),
        instead("two keys alone", lambda: Matrix([(LEFT * RIGHT)[:2, :2].det()])),
        plus("values of volume 1", 1),
    ),
    symbols=(*LEFT, *RIGHT, s, t),
    kind=Kind.LEMMA,
    assumptions=r"$\mathrm{rank}(\theta K) \le \mathrm{rank}(\theta)$ (Horn and Johnson 2013, "
    r"section 0.4.5) in any dimension; here any $\theta = A B$ of $3 \times 3$ and rank at most 2, "
    "three orthonormal keys.",
    steps="The reads have a vanishing determinant; three orthonormal values have one of $1$ or "
    "$-1$, so they cannot be the reads.",
)


def _reads(catalogue: Any) -> Expr:
    """Each key asked after all three were written."""
    hebbian = catalogue("hebbian")
    reads = [hebbian.stream(turned(), VALUES, turned()[:, i]) for i in range(3)]
    return Matrix.hstack(*reads).applyfunc(cancel)


ATTAINED = Claim(
    id="paper/requirements/attained",
    statement="Three orthonormal keys in R^3, written as linear attention ships, read exactly.",
    derive=lambda: VALUES,
    ships=_reads,
    twins=(
        Twin("values of the next key", lambda x: Matrix.hstack(x[:, 1:], x[:, :1])),
        times("mean for sum", Rational(1, 3)),
        instead("rank two: the last forgotten", lambda: Matrix.hstack(VALUES[:, :2], zeros(2, 1))),
    ),
    rules=("hebbian",),
    symbols=(*VALUES, s, t),
    assumptions="Orthonormal keys at two free angles, any values.",
    steps="$k_i^T k_j$ is 1 or 0: of $\\sum_i v_i k_i^T k_j$ only $v_j$ is left.",
)

OLD, NEW = VALUES[:, 0], VALUES[:, 1]
KEYS = Matrix([[1, circle(s)[0]], [0, circle(s)[1]]])  # two unit keys, overlap cos
overlap = circle(s)[0]


def nearest_fit() -> Expr:
    """What the first key reads in the map next to v_1 k_1^T that reads v_2 at k_2, by Lagrange."""
    rows = []
    for i in range(2):
        theta, multiplier = unknown(1, 2), unknown(1, 1)
        change = theta - Matrix([[OLD[i], 0]])
        conditions = [*(change - multiplier * KEYS[:, 1].T), (theta * KEYS[:, 1])[0] - NEW[i]]
        solved = root(Matrix([conditions]), Matrix([[*theta, *multiplier]]))
        rows.append(solved[:, :2] * KEYS[:, 0])
    return Matrix.vstack(*rows)


OVERWRITE = Claim(
    id="paper/requirements/overwrite",
    statement="The delta rule at step 1 fits a new pair by the least change: older ones are lost.",
    derive=nearest_fit,
    ships=lambda catalogue: catalogue("delta").stream(
        KEYS, VALUES[:, :2], KEYS[:, 0], beta=Integer(1)
    ),
    twins=(
        instead("nothing overwritten", lambda: OLD),
        instead("added, not corrected", lambda: OLD + overlap * NEW),
        replaced("overlap reversed", {s: 1 / s}),
        instead("the new value", lambda: NEW),
    ),
    rules=("delta",),
    symbols=(*VALUES, s),
    assumptions="Two unit keys of overlap $x$; an empty memory, then the two pairs.",
    steps=r"Minimise $|\theta - v_1 k_1^T|^2/2$ under $\theta k_2 = v_2$ with multipliers. The "
    r"first key then reads $v_1 + x (v_2 - x v_1)$.",
)

INTERFERENCE = Claim(
    id="paper/requirements/interference",
    statement="Linear attention adds x v_2 to what the first of two keys of overlap x reads.",
    derive=lambda: (OLD * KEYS[:, 0].T + NEW * KEYS[:, 1].T) * KEYS[:, 0],
    ships=lambda catalogue: catalogue("hebbian").stream(KEYS, VALUES[:, :2], KEYS[:, 0]),
    twins=(
        instead("nothing added", lambda: OLD),
        instead("corrected, not added", lambda: OLD + overlap * (NEW - overlap * OLD)),
        replaced("overlap reversed", {s: 1 / s}),
    ),
    rules=("hebbian",),
    symbols=(*VALUES, s),
    assumptions="Two unit keys of overlap $x$; an empty memory, then the two pairs.",
    steps="Multiply out.",
)

CLAIMS = (RANK, ATTAINED, OVERWRITE, INTERFERENCE)
