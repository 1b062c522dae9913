r"""The rank bound: a read-out linear in D features of the query has mean error 1 - D/N or more.

o_j = S phi(k_j) for all pairs at once is S Phi, of rank D. Whatever S is, V - S Phi keeps what of V
is orthogonal to the rows of Phi; that part has norm N - D on average. The pseudo-inverse attains it
for all keys in general position, the outer-product sum for tight frames after a gain.
"""

from typing import Any

import sympy
from sympy import Integer, Matrix, Rational, cancel, eye, sqrt, zeros

from proofs_check.claim import Claim, Kind, plus, replaced, require_zero, stated, times
from proofs_check.notation import Expr, d, state

LOADS = ((1, 2), (1, 3), (2, 3), (2, 2))  # features, items
KEYS = state(3, 2)  # features of three queries in rows
extra = sympy.Symbol("extra", integer=True, positive=True)
NOISE = "Values of mean zero, $E v_i^Tv_j = 0$ for $i \\ne j$, $E|v|^2 = 1$, independent of keys"


def _bounds(catalogue: Any) -> Expr:
    bound = catalogue.part("bounds.rank_bound")
    return Matrix([bound(Integer(D), Integer(N)) for D, N in LOADS])


def least_square(features: Expr, values: Expr) -> Expr:
    """min over S of |V - S Phi|^2 by setting its derivatives to zero."""
    S = Matrix(values.rows, features.cols, lambda i, j: sympy.Symbol(f"s_{i}{j}"))
    miss = values - S * features.T
    loss = (miss * miss.T).trace()
    found = sympy.solve([loss.diff(x) for x in S], list(S), dict=True)[0]
    return cancel(loss.subs(found))


def mean_over_values() -> Expr:
    """E min |v - S Phi|^2 / N for one row of values, at each of the loads; keys stay generic."""
    rows = []
    for D, N in LOADS:
        v = sympy.symbols(f"v_0:{N}", real=True)
        loss = sympy.expand(least_square(KEYS[:N, :D], Matrix([v])))
        squares = (loss.diff(x, 2) / 2 for x in v)  # E v_i v_j = 0, E v_i^2 = 1
        rows.append(cancel(sympy.Add(*squares)) / N)
    return Matrix(rows)


RANDOM = Claim(
    id="bounds/rank/random-values",
    statement="The best linear read-out of 2 or 3 independent values errs by 1 - D/N, any keys.",
    derive=mean_over_values,
    ships=_bounds,
    twins=(
        plus("one feature more", Rational(-1, 3)),
        times("error of all, not of one", 3),
        plus("nothing is stored", 1),
    ),
    assumptions=NOISE + "; features generic; loads of two and three pairs.",
    steps=r"$\min_S |V - S\Phi|^2$ by its normal equations; the average over values of what is "
    "left is a number for every choice of the features.",
)


def one_hot() -> Expr:
    """min over S of |I - S Phi|^2 / N for any features, chosen knowing the values or not."""
    return Matrix([least_square(KEYS[:N, :D], eye(N)) / N for D, N in LOADS])


LEARNT = Claim(
    id="bounds/rank/learnt-keys",
    statement="With N distinct one-hot values the bound holds for learnt keys too (Eckart-Young).",
    derive=one_hot,
    ships=_bounds,
    twins=RANDOM.twins,
    kind=Kind.LEMMA,
    assumptions="Distinct one-hot values; keys that may depend on them. Eckart and Young 1936: no "
    "matrix of rank $D$ is nearer to $I$ than $\\sqrt{N - D}$; checked for loads of two and three.",
    steps=r"The same minimum with $V = I$: it does not depend on the features at all.",
)

large, small = sympy.symbols("sigma_1 sigma_2", positive=True)
tilt = sympy.Symbol("t", real=True)


def nearest_of_rank_one() -> Expr:
    """min over x of |diag(sigma) - x y^T|^2 at y = (1, t), and what its derivative says of t."""
    found = least_square(Matrix([1, tilt]), sympy.diag(large, small))
    best = found.subs(tilt, 0)
    require_zero(best - small**2, "the smaller singular value is left")
    turned = sympy.factor(sympy.diff(found, tilt))
    require_zero(turned.subs(tilt, 0), "stationary along the larger one")
    return Matrix([found, best])


ECKART_YOUNG = Claim(
    id="bounds/rank/eckart-young",
    statement="Eckart-Young on a 2 x 2 matrix: rank one leaves at least the second singular value.",
    derive=nearest_of_rank_one,
    ships=stated(Matrix([small**2 + (large**2 - small**2) * tilt**2 / (1 + tilt**2), small**2])),
    twins=(
        replaced("singular values exchanged", {large: small, small: large}),
        times("factor 2", 2),
        replaced("tilt forgotten", {tilt: 0}),
    ),
    symbols=(large, small, tilt),
    kind=Kind.LEMMA,
    assumptions=r"Eckart and Young 1936. Up to rotations the matrix is $diag(\sigma_1, \sigma_2)$, "
    r"$\sigma_1 \ge \sigma_2$; row space $(1, t)$.",
    steps="Minimise over the columns; what is left exceeds $\\sigma_2^2$ by a multiple of $t^2$.",
)


def by_trace() -> Expr:
    """1 - 2 s + p of the projection P = Phi (Phi^T Phi)^{-1} Phi^T: s = p = tr P/N = D/N."""
    gram = KEYS.T * KEYS
    P = KEYS * gram.adjugate() * KEYS.T / gram.det()
    require_zero(P * P - P, "a projection")
    require_zero(P - P.T, "an orthogonal one, so the squares sum to the trace")
    cycled = (gram.adjugate() / gram.det() * KEYS.T * KEYS).trace()
    require_zero(cycled - P.trace(), "the trace is cyclic")
    require_zero(cycled - 2, "and is that of the identity of the features")
    share = d / (d + extra)  # D features, D + extra items
    return Matrix([1 - 2 * share + share, 0])


ANY = Claim(
    id="bounds/rank/pseudo-inverse",
    statement="The pseudo-inverse attains the bound: s = p = D/N for D < N, and 1 for D >= N.",
    derive=by_trace,
    ships=lambda catalogue: Matrix(
        [
            catalogue.part("bounds.rank_bound")(d, d + extra),
            catalogue.part("bounds.rank_bound")(d + extra, d),
        ]
    ),
    twins=(
        replaced("one item more", {extra: extra + 1}),
        replaced("one feature more", {d: d + 1}),
        plus("nothing is stored", 1),
        times("factor 2", 2),
    ),
    symbols=(extra,),
    kind=Kind.LEMMA,
    assumptions="Cited: the trace is cyclic, a projection's is its rank. "
    + NOISE
    + ". $D = d$ features in general position, $N = d + extra$ items; then $N$ "
    "and $D$ exchanged: independent features interpolate.",
    steps=r"The read-out is $VP$ with a projection $P$; $tr P = tr(\Phi^T\Phi)^{-1}\Phi^T\Phi = D$ "
    "by cyclicity (checked on three generic keys in the plane).",
)

MERCEDES = Matrix([[0, 1], [sqrt(3) / 2, Rational(-1, 2)], [-sqrt(3) / 2, Rational(-1, 2)]])
TETRAHEDRON = Matrix([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) / sqrt(3)
FRAMES = (MERCEDES, TETRAHEDRON)


def tight(features: Expr, items: Expr) -> list[Expr]:
    """MSE, and MSE after the best gain, of a recall matrix G with G^2 = (N/D) G and G_ii = 1."""
    s = Integer(1)  # tr G / N
    p = items / features  # tr G^2 / N
    return [1 - 2 * s + p, 1 - s**2 / p, 1 - s**2 / p]


def _summed(catalogue: Any, keys: Expr) -> list[Expr]:
    """The memory that ships, written with these keys and unit vectors as values, and the bound."""
    S = zeros(keys.rows, keys.cols)
    for i in range(keys.rows):
        S = catalogue("hebbian").update(S, keys.row(i).T, eye(keys.rows).col(i))
    R = (S * keys.T).applyfunc(sympy.expand)
    s, p = R.trace() / keys.rows, (R * R.T).trace() / keys.rows
    bound = catalogue.part("bounds.rank_bound")(Integer(keys.cols), Integer(keys.rows))
    return [1 - 2 * s + p, 1 - s**2 / p, bound]


def tight_frames() -> Expr:
    """Both frames; that they are tight is checked."""
    for keys in FRAMES:
        N, D = keys.shape
        excess = (keys.T * keys - Rational(N, D) * eye(D)).applyfunc(sympy.expand)
        require_zero(excess, "the frame is tight")
    return Matrix([tight(Integer(keys.cols), Integer(keys.rows)) for keys in FRAMES])


TIGHT = Claim(
    id="bounds/rank/tight-frames",
    statement="Linear attention on unit-norm tight frames errs by N/d - 1, with a gain 1 - d/N.",
    derive=tight_frames,
    ships=lambda catalogue: Matrix([_summed(catalogue, keys) for keys in FRAMES]),
    twins=(
        times("factor 2", 2),
        plus("one pair more", Rational(1, 3)),
        times("wrong sign", -1),
    ),
    rules=("hebbian",),
    assumptions="Keys: three unit vectors at 120 degrees in the plane, then the four corners of a "
    "tetrahedron. " + NOISE + ".",
    steps=r"$K^TK = (N/d) I$ gives $G^2 = (N/d) G$, so $s = 1$, $p = N/d$; write the frames into "
    "the memory that ships and read them.",
)

CLAIMS = (RANDOM, LEARNT, ECKART_YOUNG, ANY, TIGHT)
