r"""Softmax as h -> 0, Eqs 11 and 12 of McDermott, Heath, Parhi 2026 (case study A).

With $t = e^{-1/h^2}$ a read is a rational function of t, and h -> 0 is t = 0. A pair whose score
lies g below the best has weight t^g: 0 in the limit. So the values of the best keys are averaged:
of the nearest, if it is the only one. Eq 11 prints q_t where k_i is meant.
"""

from collections.abc import Callable
from typing import Any

from sympy import Integer, Matrix, Rational, Symbol, cancel, eye, symbols

from proofs_check.claim import Claim, Twin, instead, plus, replaced, require_zero, times
from proofs_check.notation import Expr, column, e, state

h, t = Symbol("h", positive=True), Symbol("t", positive=True)
V = state(2, 3)
# Gaps between pairs of keys and between queries and keys, in units that make them whole.
near, far, other = symbols("g_0:3", integer=True, positive=True)
GAPS = Matrix([[0, near, far], [near, 0, other], [far, other, 0]])  # |k_i - k_j|^2 / 2
best = Symbol("x", integer=True)  # score of the nearest key


def limit(read: Expr, at: int = 0) -> Expr:
    """A read in t = e^(-1/h^2), at t = 0, which is h = 0, or at t = 1, which is h without end."""
    return read.subs(e, t ** (-(h**2))).applyfunc(lambda x: cancel(x).subs(t, at))


def shipped(scores: tuple[Expr, ...], at: int = 0) -> Callable[[Any], Expr]:
    """The limit of what ships, at a query with these scores."""
    return lambda catalogue: limit(
        catalogue("softmax").stream(eye(3), V, Matrix(scores), bandwidth=h), at
    )


def regression(gaps: Expr) -> Expr:
    """Eq 5 in t: weights t^gap, all over t^(least gap); the gaps are squared distances over 2."""
    weights = [t**gap for gap in gaps]
    return V * Matrix(weights) / sum(weights)


def _gap_is_a_distance() -> None:
    """On unit keys 1 - k_i . k_j is |k_i - k_j|^2 / 2, so positive if they differ."""
    k, other_key = column("k", 3), column("v", 3)
    square = (k - other_key).dot(k - other_key)
    norms = k.dot(k) + other_key.dot(other_key) - 2
    require_zero(square / 2 - (1 - k.dot(other_key)) - norms / 2, "the gap of unit keys")


def _recall() -> Expr:
    _gap_is_a_distance()
    return Matrix.hstack(*(regression(GAPS.col(i)).subs(t, 0) for i in range(3)))


RECALL = Claim(
    id="paper/nearest_neighbour/recall",
    statement="Eq 11 with k_i for q_t: as h -> 0 every stored key reads its own value.",
    derive=_recall,
    ships=lambda catalogue: Matrix.hstack(
        *(shipped(tuple(-GAPS.col(i)))(catalogue) for i in range(3))
    ),
    twins=(
        Twin("as printed (Eq 11): q_t for k_i", lambda x: Matrix.hstack(*[x[:, 2]] * 3)),
        Twin("values of the next pair", lambda x: Matrix.hstack(x[:, 1:], x[:, :1])),
        instead("the mean, as h -> infinity", lambda: V * Matrix(3, 3, [Rational(1, 3)] * 9)),
        times("half", Rational(1, 2)),
    ),
    rules=("softmax",),
    symbols=(near, far, other),
    assumptions="Three different keys of unit norm: gaps $g_{ij} = |k_i - k_j|^2/2 > 0$, in any "
    "unit in which they are whole. The printed twin reads all at $q_t$, next to the third key.",
    steps=r"$k_i^T k_i - k_i^T k_j = g_{ij}$; weights $t^{g_{ij}}$ with $t = e^{-1/h^2}$ vanish at "
    "$t = 0$ but for the own.",
)


def _reads(gaps: tuple[Expr, ...]) -> Expr:
    return regression(Matrix(gaps)).subs(t, 0)


LOOKUP = Claim(
    id="paper/nearest_neighbour/lookup",
    statement="Eq 12: as h -> 0 any query reads the value of its nearest key, none in between.",
    derive=lambda: _reads((Integer(0), near, far)),
    ships=shipped((best, best - near, best - far)),
    twins=(
        replaced("the second nearest", {V[0, 0]: V[0, 1], V[1, 0]: V[1, 1]}),
        instead("a mean of the nearest two", lambda: (V[:, 0] + V[:, 1]) / 2),
        instead("linear in the gaps", lambda: (far * V[:, 0] + near * V[:, 1]) / (near + far)),
        plus("a constant", 1),
    ),
    rules=("softmax",),
    symbols=(near, far, best),
    assumptions="A query off the keys with a single nearest key, the first; scores $x$, $x - g_0$, "
    "$x - g_1$, gaps positive.",
    steps="The common factor of the weights cancels; the others vanish at $t = 0$. The read does "
    "not depend on $x$ and the gaps: $m$ is constant around a key, so nothing is generalised.",
)

DUPLICATES = Claim(
    id="paper/nearest_neighbour/duplicates",
    statement="Eqs 11-12 need one nearest key: a key stored twice reads the mean of its values.",
    derive=lambda: _reads((Integer(0), Integer(0), far)),
    ships=shipped((best, best, best - far)),
    twins=(
        instead("as printed (Eq 12): one of the values", lambda: V[:, 0]),
        instead("the newest wins", lambda: V[:, 1]),
        times("their sum", 2),
        instead("the mean of all three", lambda: V * Matrix([Rational(1, 3)] * 3)),
    ),
    rules=("softmax",),
    symbols=(far, best),
    assumptions="The first two keys are equal, or equally near; the third is farther.",
    steps="Equal weights stay equal in the limit.",
)

WIDE = Claim(
    id="paper/nearest_neighbour/wide",
    statement="The other end: as h grows without bound any query reads the mean of all values.",
    derive=lambda: regression(Matrix([0, near, far])).subs(t, 1),
    ships=shipped((best, best - near, best - far), 1),
    twins=(
        instead("the nearest value", lambda: V[:, 0]),
        times("their sum", 3),
        instead("one pair forgotten", lambda: (V[:, 0] + V[:, 1]) / 2),
    ),
    rules=("softmax",),
    symbols=(near, far, best),
    assumptions="Three pairs, any query.",
    steps="$t = e^{-1/h^2} = 1$: all weights are equal.",
)

CLAIMS = (RECALL, LOOKUP, DUPLICATES, WIDE)
