r"""Delta steps without a value as swaps: what a memory needs to track permutations.

The factor $I - \beta k k^\top$ with $k = (e_i - e_j)/\sqrt 2$ exchanges two columns of the memory
for $\beta = 2$ and mixes them for less; products of such factors are permutations.
"""

from sympy import Integer, Matrix, Rational, eye, sqrt, zeros

from proofs_check.claim import Claim, instead, replaced, times
from proofs_check.notation import Expr, state
from proofs_check.rules.delta_product import alpha, beta

ROWS = 2
S2, S3 = state(ROWS, 2), state(ROWS, 3)


def difference(i: int, j: int, n: int) -> Expr:
    """(e_i - e_j)/sqrt 2."""
    return Matrix([(int(a == i) - int(a == j)) / sqrt(2) for a in range(n)])


def swapped(S: Expr, i: int, j: int) -> Expr:
    """S with two columns exchanged."""
    order = list(range(S.cols))
    order[i], order[j] = order[j], order[i]
    return Matrix.hstack(*(S.col(a) for a in order))


def mixed(S: Expr) -> Expr:
    """What one swap at weight beta/2 and none at 1 - beta/2 leave on average."""
    return (1 - beta / 2) * S + beta / 2 * swapped(S, 0, 1)


ONE = Claim(
    id="relations/transpositions/one",
    statement="A delta step without a value mixes two columns: swapped with weight beta/2.",
    derive=lambda: mixed(S2),
    ships=lambda catalogue: catalogue("delta").update(
        S2, difference(0, 1, 2), zeros(ROWS, 1), beta=beta
    ),
    twins=(
        replaced("beta halved", {beta: beta / 2}),
        replaced("beta doubled", {beta: 2 * beta}),
        instead("swapped at beta = 1", lambda: (1 - beta) * S2 + beta * swapped(S2, 0, 1)),
        times("wrong sign", -1),
    ),
    rules=("delta",),
    parameters=(beta,),
    assumptions=r"A generic memory of two columns, the key $(e_1 - e_2)/\sqrt 2$, the value 0.",
    steps=r"$I - 2 k k^\top$ is the swap $T$, so $I - \beta k k^\top = (1 - \beta/2) I + (\beta/2)"
    r" T$. At $\beta = 2$ the swap alone is left; for $\beta \le 1$ no entry of the memory prefers"
    " the swapped place.",
)


def _cycle(S: Expr) -> Expr:
    """Swap columns 1 and 2, then 2 and 3."""
    return swapped(swapped(S, 0, 1), 1, 2)


CYCLE = Claim(
    id="relations/transpositions/cycle",
    statement="One token of n_h = 2 reflections turns three columns in a cycle.",
    derive=lambda: _cycle(S3),
    ships=lambda catalogue: catalogue("delta_product").token(
        S3,
        Matrix.hstack(difference(0, 1, 3), difference(1, 2, 3)),
        zeros(ROWS, 2),
        0,
        alpha=1,
        beta=2,
        n_h=2,
    ),
    twins=(
        instead("the swaps in the other order", lambda: swapped(swapped(S3, 1, 2), 0, 1)),
        instead("one swap alone", lambda: swapped(S3, 0, 1)),
        instead("no swap", lambda: S3 * eye(3)),
        times("twice", Integer(2)),
    ),
    rules=("delta_product",),
    assumptions=r"A generic memory of three columns, the keys $(e_1 - e_2)/\sqrt 2$ and $(e_2 -"
    r" e_3)/\sqrt 2$, values 0, $\alpha = 1$, $\beta = 2$.",
    steps="Exchange columns 1 and 2, then 2 and 3: the first column goes to the end. No single"
    " reflection does this: it fixes a plane, and the cycle fixes a line.",
)


def _spared() -> Expr:
    """The product of a swap and of a factor with a key of zero, at any alpha."""
    return alpha * swapped(S2, 0, 1)


IDLE = Claim(
    id="relations/transpositions/idle",
    statement="A key of zero is a factor that changes nothing: a token may hold fewer swaps.",
    derive=_spared,
    ships=lambda catalogue: catalogue("delta_product").token(
        S2,
        Matrix.hstack(difference(0, 1, 2), zeros(2, 1)),
        zeros(ROWS, 2),
        0,
        alpha=alpha,
        beta=2,
        n_h=2,
    ),
    twins=(
        instead("two swaps", lambda: alpha * S2),
        replaced("decay at both pairs", {alpha: alpha**2}),
        times("half", Rational(1, 2)),
    ),
    rules=("delta_product",),
    parameters=(alpha,),
    assumptions=r"A generic memory of two columns, keys $(e_1 - e_2)/\sqrt 2$ and 0, values 0, "
    r"$\beta = 2$.",
    steps=r"$I - 2 k k^\top = I$ at $k = 0$; the swap is left, after one decay of the token.",
)

CLAIMS = (ONE, CYCLE, IDLE)
