r"""Eq 15 of McDermott, Heath, Parhi 2026, case study B: a perfect optimiser as a static layer.

Tokens x give $k = W_k x$ and $v = W_v x$. The least-squares map is
$W_v \Sigma W_k^\top (W_k \Sigma W_k^\top)^{-1}$ with $\Sigma = \sum x x^\top$. For d_k = d and
invertible W_k this is $W_v W_k^{-1}$ whatever the context; for d_k < d it depends on the context,
but through $\Sigma$ alone.
"""

from sympy import Integer, Matrix, Rational, Symbol, eye

from proofs_check.calculus import gradient, root, unknown
from proofs_check.claim import Claim, Twin, instead, plus, replaced, require_zero, stated, times
from proofs_check.notation import Expr, generic

W_K, W_V = generic("K", 2, 2), generic("V", 2, 2)
NARROW, ROW = generic("K", 2, 3), generic("V", 1, 3)  # d_k = 2 < d = 3, d_v = 1
one, two = Symbol("a", real=True), Symbol("b", real=True)


def covariance(d: int) -> Expr:
    """A generic symmetric Sigma."""
    found = generic("Sigma", d, d)
    return Matrix(d, d, lambda i, j: found[min(i, j), max(i, j)])


def slope(theta: Expr, key_map: Expr, value_map: Expr, tokens: Expr) -> Expr:
    """The gradient of sum |theta k - v|^2 / 2 over tokens in columns, by differentiation."""

    def loss(X: Expr) -> Expr:
        errors = X * key_map * tokens - value_map * tokens
        return sum(y**2 for y in errors) / 2

    return gradient(loss, theta)


def optimum(key_map: Expr, value_map: Expr, tokens: Expr) -> Expr:
    """The minimiser over these tokens."""
    theta = unknown(value_map.rows, key_map.rows)
    return root(slope(theta, key_map, value_map, tokens), theta)


def optimum_in_covariance(key_map: Expr, value_map: Expr, sigma: Expr) -> Expr:
    """The minimiser for Sigma = sum x x^T, row by row; that nothing else enters is checked."""
    tokens, theta = generic("x", *sigma.shape), unknown(value_map.rows, key_map.rows)
    rest = theta * key_map - value_map
    found = slope(theta, key_map, value_map, tokens) - rest * tokens * tokens.T * key_map.T
    require_zero(found, "the gradient holds the tokens through their covariance alone")
    rows = [(theta[i, :], (rest * sigma * key_map.T)[i, :]) for i in range(theta.rows)]
    return Matrix.vstack(*(root(equations, row) for row, equations in rows))


def in_covariance(key_map: Expr, value_map: Expr, sigma: Expr) -> Expr:
    """W_v Sigma W_k^T (W_k Sigma W_k^T)^(-1), the inverse by cofactors."""
    inner = key_map * sigma * key_map.T
    return value_map * sigma * key_map.T * inner.adjugate() / inner.det()


def _square() -> Expr:
    found = optimum_in_covariance(W_K, W_V, covariance(2))
    require_zero(found * W_K - W_V, "every pair is fitted exactly: theta k = v")
    return found


SQUARE = Claim(
    id="paper/static_layer/square",
    statement="Eq 15: with d_k = d and invertible W_k the optimum is W_v W_k^(-1), a static layer.",
    derive=_square,
    ships=stated(W_V * W_K.adjugate() / W_K.det()),
    twins=(
        instead("W_k^(-1) W_v", lambda: W_K.adjugate() * W_V / W_K.det()),
        instead("W_v W_k^T", lambda: W_V * W_K.T),
        instead("W_v Sigma W_k^T, not whitened", lambda: W_V * covariance(2) * W_K.T),
        times("wrong sign", -1),
    ),
    symbols=(*covariance(2), *W_K, *W_V),
    assumptions=r"$d = d_k = d_v = 2$, $W_k$ invertible; any tokens that span the plane, "
    r"$\Sigma = \sum x x^T$ (or else the optimum is not unique).",
    steps=r"The gradient of the squared error is $(\theta W_k - W_v) \Sigma W_k^T$; solve it for "
    r"each row of $\theta$: $\Sigma$ drops out, and the loss is zero.",
)

CONTEXT = Claim(
    id="paper/static_layer/context",
    statement="Eq 15 fails for d_k < d: the optimum depends on the context, through Sigma alone.",
    derive=lambda: optimum_in_covariance(NARROW, ROW, covariance(3)),
    ships=stated(in_covariance(NARROW, ROW, covariance(3))),
    twins=(
        instead(
            "as printed (Eq 15): no context, W_v times the pseudo-inverse",
            lambda: in_covariance(NARROW, ROW, eye(3)),
        ),
        replaced("two covariances forgotten", {covariance(3)[i, 2]: Integer(0) for i in range(2)}),
        replaced("a variance doubled", {covariance(3)[2, 2]: 2 * covariance(3)[2, 2]}),
        times("wrong sign", -1),
    ),
    symbols=(*covariance(3), *NARROW, *ROW),
    assumptions=r"$d = 3$, $d_k = 2$, $d_v = 1$ (rows of $W_v$ do not meet); tokens with "
    r"$W_k \Sigma W_k^T$ regular, $\Sigma = \sum x x^T$.",
    steps=r"The gradient of the squared error is $(\theta W_k - W_v) \Sigma W_k^T$, tokens enter "
    r"through $\Sigma$ alone; solve it for $\theta$. Now $\Sigma$ does not drop out.",
)

# A context with the energies a and b along the axes; W_k = (1, 1), W_v = (1, 0).
AXES = Matrix.diag(one, two)
SUM, FIRST = Matrix([[1, 1]]), Matrix([[1, 0]])

INSTANCE = Claim(
    id="paper/static_layer/instance",
    statement="Keys x_1 + x_2, values x_1: the optimum is the share of x_1 in the energy.",
    derive=lambda: optimum(SUM, FIRST, AXES),
    ships=stated(Matrix([[one**2 / (one**2 + two**2)]])),
    twins=(
        instead("as printed (Eq 15): no context", lambda: Matrix([[Rational(1, 2)]])),
        replaced("the share of the other", {one: two, two: one}),
        replaced("amplitudes for energies", {one**2: one, two**2: two}),
        plus("a constant", 1),
    ),
    symbols=(one, two),
    assumptions="$d = 2$, $d_k = d_v = 1$, $k = x_1 + x_2$, $v = x_1$; tokens $(a, 0)$ and "
    "$(0, b)$.",
    steps=r"Solve $\sum (\theta k - v) k = 0$; it moves from 0 to 1 as $a$ and $b$ do.",
)


def _turned() -> Expr:
    """The optimum over tokens mixed among themselves by a rotation, which keeps Sigma."""
    s, c = Rational(3, 5), Rational(4, 5)
    turn = Matrix([[c, -s], [s, c]])
    require_zero(AXES * turn * turn.T * AXES.T - AXES * AXES.T, "the covariance is the same")
    return optimum(SUM, FIRST, AXES * turn)


SAME_COVARIANCE = Claim(
    id="paper/static_layer/same-covariance",
    statement="Other tokens of the same covariance have the same optimum.",
    derive=_turned,
    ships=stated(in_covariance(SUM, FIRST, AXES * AXES.T)),
    twins=(
        replaced("one energy changed", {one: 2 * one}),
        Twin("the share of the other", lambda x: x.applyfunc(lambda y: 1 - y)),
        times("half", Rational(1, 2)),
    ),
    symbols=(one, two),
    assumptions=r"Tokens $X Q$, $Q$ a rotation by $\arccos \frac45$, in place of $X$.",
    steps="$X Q Q^T X^T = X X^T$; solve for the optimum over the new tokens.",
)

CLAIMS = (SQUARE, CONTEXT, INSTANCE, SAME_COVARIANCE)
