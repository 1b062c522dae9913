r"""Theorem 2.1, Eqs 2 and 5 of McDermott, Heath, Parhi 2026: softmax is Nadaraya-Watson regression.

For unit q and k, $e^{-|q-k|^2/2h^2} = e^{-1/h^2} e^{k^\top q/h^2}$, and the first factor cancels
between numerator and normaliser; $h = d^{1/4}$ makes $h^2 = \sqrt d$, the scale of Eq 2. Norms of
queries cancel too, norms of keys do not. Scores are whole numbers here: exponents then have
rational powers, and their unit is free because the base e is.
"""

from typing import Any

from sympy import Integer, Matrix, Rational, Symbol, eye, symbols

from proofs_check.claim import Claim, instead, plus, replaced, require_zero, stated, times
from proofs_check.notation import Expr, column, e, state

h = Symbol("h", positive=True)
x = Matrix(symbols("x_0:3", integer=True))  # scores k_i^T q
V = state(2, 3)
KEYS = Matrix(2, 2, symbols("a_0:4", integer=True))  # columns
QUERY = x[:2, :]
root = Symbol("t", positive=True, integer=True)  # d^(1/4)
ITEMS = (2, 3, 4)


def kernel(query: Expr, key: Expr, score: Expr) -> Expr:
    """The RBF kernel from |q|^2, |k|^2 and k^T q, by |q - k|^2 = |q|^2 + |k|^2 - 2 k^T q."""
    k, q = column("k", 3), column("v", 3)
    difference = (q - k).dot(q - k) - (q.dot(q) + k.dot(k) - 2 * k.dot(q))
    require_zero(difference, "the square of a difference")
    return e ** (-(query + key - 2 * score) / (2 * h**2))


def regression(weights: Expr, values: Expr = V) -> Expr:
    """Eq 5: the mean of the values under these weights."""
    return values * Matrix(weights) / sum(weights)


def softmax(scores: Expr, scale: Expr, values: Expr = V) -> Expr:
    """Eq 2 with this factor before the scores."""
    return regression([e ** (score * scale) for score in scores], values)


KERNEL = Claim(
    id="paper/theorem_2_1/kernel",
    statement="Thm 2.1: between unit vectors the RBF kernel is e^(-1/h^2) e^(k.q/h^2).",
    derive=lambda: kernel(Integer(1), Integer(1), x[0]),
    ships=stated(e ** (-1 / h**2) * e ** (x[0] / h**2)),
    twins=(
        times("the constant forgotten", e ** (1 / h**2)),
        replaced("bandwidth doubled", {h: 2 * h}),
        replaced("bandwidth for its square root", {h: h**2}),
        replaced("no 1/2 in the kernel", {x[0]: 2 * x[0]}),
        times("a key of squared norm 3", e ** (-1 / h**2)),
    ),
    symbols=(h, x[0]),
    assumptions="$|q| = |k| = 1$, any dimension; $x = k^T q$.",
    steps="Expand $|q - k|^2 = |q|^2 + |k|^2 - 2 k^T q$ and insert the norms.",
)

ATTENTION = Claim(
    id="paper/theorem_2_1/attention",
    statement="Thm 2.1, Eqs 2 and 5: on unit keys, regression with an RBF kernel is softmax.",
    derive=lambda: regression([kernel(Integer(1), Integer(1), score) for score in x]),
    ships=lambda catalogue: catalogue("softmax").stream(eye(3), V, x, bandwidth=h),
    twins=(
        replaced("bandwidth doubled", {h: 2 * h}),
        replaced("a sign of the scores", {x[0]: -x[0]}),
        instead("without the normaliser", lambda: V * x.applyfunc(lambda z: e ** (z / h**2))),
        instead("the newest pair left out", lambda: softmax(x[:2, :], 1 / h**2, V[:, :2])),
    ),
    rules=("softmax",),
    symbols=(h, *x),
    assumptions="Unit keys and a unit query; three pairs, any values, scores $x_i = k_i^T q$.",
    steps=r"Every kernel has the factor $e^{-1/h^2}$, which cancels. What ships is its whole step "
    "and read-out, run on symbols.",
)


def _with_norms() -> Expr:
    """RBF weights times e^(|k|^2/(2 h^2)), whatever the norms."""
    weights = []
    for i in range(2):
        k = KEYS[:, i]
        weight = kernel(QUERY.dot(QUERY), k.dot(k), k.dot(QUERY))
        weights.append(weight * e ** (k.dot(k) / (2 * h**2)))
    return regression(weights, V[:, :2])


def _without_norms() -> Expr:
    k = [KEYS[:, i] for i in range(2)]
    return regression([kernel(Integer(0), y.dot(y), y.dot(QUERY)) for y in k], V[:, :2])


NORMS = Claim(
    id="paper/theorem_2_1/norms",
    statement="Keys of any norm: softmax weighs an RBF kernel by e^(|k|^2/2h^2) more.",
    derive=_with_norms,
    ships=lambda catalogue: catalogue("softmax").stream(KEYS, V[:, :2], QUERY, bandwidth=h),
    twins=(
        instead("Theorem 2.1 without unit keys", _without_norms),
        replaced("bandwidth doubled", {h: 2 * h}),
        replaced("a key negated", {KEYS[0, 0]: -KEYS[0, 0], KEYS[1, 0]: -KEYS[1, 0]}),
        plus("a constant", 1),
    ),
    rules=("softmax",),
    symbols=(h, *x, *KEYS),
    assumptions="Two keys and a query in the plane, of any norms; any values.",
    steps=r"$|q|^2$ cancels, $|k_i|^2$ does not: it differs from key to key.",
)

SCALE = Claim(
    id="paper/theorem_2_1/scale",
    statement="Thm 2.1: h = d^(1/4) is the scale 1/sqrt(d) of Eq 2.",
    derive=lambda: softmax(x * root**4, 1 / root**2),
    ships=lambda catalogue: catalogue("softmax").stream(eye(3), V, x * root**4, bandwidth=root),
    twins=(
        instead("scale 1/d", lambda: softmax(x * root**4, 1 / root**4)),
        instead("scale d^(-1/4), h for its square", lambda: softmax(x * root**4, 1 / root)),
        instead("no scale", lambda: softmax(x * root**4, Integer(1))),
    ),
    rules=("softmax",),
    symbols=(root, *x),
    assumptions="$d = t^4$, $h = t$; scores $t^4 x_i$.",
    steps=r"$h^2 = t^2 = \sqrt d$.",
)

ONE_ITEM = Claim(
    id="paper/theorem_2_1/one-item",
    statement="Eqs 2 and 5 with one pair read its value, whatever query and bandwidth.",
    derive=lambda: regression([kernel(Integer(1), Integer(1), x[0])], V[:, :1]),
    ships=lambda catalogue: catalogue("softmax").stream(KEYS[:, :1], V[:, :1], QUERY, bandwidth=h),
    twins=(
        times("without the normaliser", e ** (x[0] / h**2)),
        times("a second, empty slot of score 0 counted", Rational(1, 2)),
        plus("a constant", 1),
    ),
    rules=("softmax",),
    symbols=(h, *x, *KEYS),
    assumptions="One pair.",
    steps="The only weight is divided by itself.",
)


def _relative() -> Expr:
    """The weight of another key over that of the own."""
    own, other = (kernel(Integer(1), Integer(1), Integer(score)) for score in (1, 0))
    return other / own


def _noise(catalogue: Any, items: int) -> Expr:
    """Noise over signal at a stored key of orthonormal keys: one-hot values show the weights."""
    w = catalogue("softmax").stream(eye(items), eye(items), eye(items).col(0), bandwidth=h)
    return sum(y**2 for y in w[1:]) / w[0] ** 2


FLAT = Claim(
    id="paper/theorem_2_1/flat",
    statement="Orthonormal keys: softmax reads noise (N - 1) e^(-2/h^2) times its signal.",
    derive=lambda: Matrix([(n - 1) * _relative() ** 2 for n in ITEMS]),
    ships=lambda catalogue: Matrix([_noise(catalogue, n) for n in ITEMS]),
    twins=(
        plus("one other pair too many", e ** (-2 / h**2)),
        times("the weight, not its square", e ** (1 / h**2)),
        replaced("bandwidth doubled", {h: 2 * h}),
    ),
    rules=("softmax",),
    symbols=(h,),
    assumptions=r"Orthonormal keys, $N$ of 2, 3, 4; uncorrelated values: the signal's power is the "
    "squared weight of the own value, the noise the sum of the squares of the others.",
    steps=r"Other keys lie at $|q - k|^2 = 2$: weights $e^{-1/h^2}$ of the own. At the theorem's "
    r"bandwidth this is $(N - 1) e^{-2/\sqrt d}$, 999 $e^{-1/4}$ at $d = 64$, $N = 1000$: almost "
    "flat, so the bandwidth is a parameter.",
)

CLAIMS = (KERNEL, ATTENTION, NORMS, SCALE, ONE_ITEM, FLAT)
