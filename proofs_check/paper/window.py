r"""A sliding window of c tokens is parametric, Eq 7 of McDermott, Heath, Parhi 2026.

Its state is c (d_k + d_v) scalars once c pairs have been seen; that of a whole cache grows with t.
"""

from typing import Any

from sympy import Integer, Matrix, Sum, Symbol, symbols

from proofs_check.claim import Claim, instead, plus, replaced, times
from proofs_check.notation import Expr, age, before, d, e, state

c, d_v = (Symbol(name, integer=True, positive=True) for name in ("c", "d_v"))
j = Symbol("j", integer=True)
h = Symbol("h", positive=True)
x = Matrix(symbols("x_0:4", integer=True))  # scores, oldest pair first
KEYS = Matrix(4, 4, lambda i, k: Integer(i == k))
V = state(2, 4)
LATER = c + 1 + age  # a time after the window is full


def held(first: Expr, last: Expr) -> Expr:
    """Scalars of the keys and values of pairs first .. last."""
    return Sum(d + d_v, (j, first, last)).doit()


def _sizes() -> Expr:
    return Matrix([held(LATER - c + 1, LATER), held(before + 2, before + 1 + c), held(1, before)])


def _shipped(catalogue: Any) -> Expr:
    window, cache = catalogue("sliding_window"), catalogue("softmax")
    times_full = LATER, before + 1 + c
    sizes = [window.scalars(d, d_v, t, window=c) for t in times_full]
    return Matrix([*sizes, cache.scalars(d, d_v, before)])


STATE = Claim(
    id="paper/window/state",
    statement="Eq 7: a full window holds c (d_k + d_v) scalars whatever t; a cache t (d_k + d_v).",
    derive=_sizes,
    ships=_shipped,
    twins=(
        replaced("c + 1 pairs, as in Eq 9", {c: c + 1}),
        replaced("keys alone", {d_v: Integer(0)}),
        times("kept twice", 2),
        plus("a counter", 1),
    ),
    rules=("sliding_window", "softmax"),
    symbols=(c, d_v),
    assumptions="Two times $t$ after $c$ pairs, and any $t$ of the cache; each pair is kept as it "
    "came.",
    steps=r"Sum $d_k + d_v$ over the pairs that are held, $i > t - c$.",
)


def attention(first: int, normalised: bool = True) -> Expr:
    """Attention over the pairs from the first on."""
    weights = Matrix([e ** (score / h**2) for score in x[first:, :]])
    read = V[:, first:] * weights
    return read / sum(weights) if normalised else read


READ = Claim(
    id="paper/window/attention",
    statement="Eq 7: after four pairs a window of c = 2 is attention over the last two alone.",
    derive=lambda: attention(2),
    ships=lambda catalogue: catalogue("sliding_window").stream(KEYS, V, x, bandwidth=h, window=2),
    twins=(
        instead("the whole cache", lambda: attention(0)),
        instead("c + 1 pairs, as in Eq 9", lambda: attention(1)),
        instead("the newest alone", lambda: attention(3)),
        instead("without the normaliser", lambda: attention(2, normalised=False)),
    ),
    rules=("sliding_window",),
    symbols=(h, *x),
    assumptions="Four pairs with any values and scores $x_i = k_i^T q$.",
    steps="Write four pairs, as it ships: the ring of two keeps the last two. Eq 5 over those.",
)

CLAIMS = (STATE, READ)
