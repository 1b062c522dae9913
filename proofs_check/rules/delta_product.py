r"""DeltaProduct, Siems et al. 2025.

n_h generalised Householder steps a token, $S \leftarrow S (I - \beta k_j k_j^\top) + \beta v_j
k_j^\top$ for j = 1 .. n_h, after one decay of the token. Checked for two and three pairs a token,
at streams that end inside a token too.
"""

from functools import partial

from sympy import Integer, Matrix, zeros

from proofs_check.claim import Claim, replaced, times
from proofs_check.lemmas import GAUSSIAN, SPHERE
from proofs_check.notation import Expr, column, d, parameter, state
from proofs_check.short import Stream
from proofs_check.standard import WRITES

alpha, beta = parameter("alpha"), parameter("beta")


def printed(S: Expr, k: Expr, v: Expr, index: int, n_h: int) -> Expr:
    """Pair ``index`` of a stream: the first of each token finds the memory decayed."""
    if index % n_h == 0:
        S = alpha * S
    return S + beta * (v - S * k) * k.T


def _token() -> Expr:
    S, k, v = state(2, 2), column("k", 4), column("v", 4)
    for j in range(2):
        S = printed(S, Matrix(k[2 * j : 2 * j + 2]), Matrix(v[2 * j : 2 * j + 2]), j, 2)
    return S


UPDATE = Claim(
    id="delta_product/update",
    statement="The declared coefficients of a token of two pairs are the update as printed.",
    derive=_token,
    ships=lambda catalogue: catalogue("delta_product").token(
        state(2, 2),
        Matrix(2, 2, column("k", 4)).T,
        Matrix(2, 2, column("v", 4)).T,
        0,
        alpha=alpha,
        beta=beta,
        n_h=2,
    ),
    twins=(
        times("wrong sign", -1),
        replaced("alpha halved", {alpha: alpha / 2}),
        replaced("decay at both pairs", {alpha: alpha**2}),
        replaced(
            "pairs swapped", dict(zip(column("k", 4), (*column("k", 4)[2:], *column("k", 4)[:2])))
        ),
    ),
    rules=("delta_product",),
    parameters=(alpha, beta),
    assumptions=WRITES,
    steps="Write two generic pairs one after the other as printed, the first into the decayed "
    "memory; compare each entry with the product of the declared factors.",
)


def _stream(n_h: int) -> Stream:
    return Stream(
        "delta_product",
        f"{n_h} pairs a token",
        start=lambda size: zeros(1, size),
        write=partial(printed, n_h=n_h),
        read=lambda S: S,
        parameters=(alpha, beta),
        ships=lambda catalogue, keys, size, items: (
            catalogue("delta_product")
            .engine(keys, (items,), alpha=alpha, beta=beta, n_h=n_h)
            .subs(d, Integer(size))
        ),
    )


CLAIMS = (
    UPDATE,
    _stream(2).claim(SPHERE, 2, 3),
    _stream(2).claim(SPHERE, 2, 4),
    _stream(2).claim(GAUSSIAN, 3, 3),
    _stream(3).claim(SPHERE, 3, 4),
)
