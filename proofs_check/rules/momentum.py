r"""Titans with a linear memory, Behrouz, Zhong, Mirrokni 2025, Eqs 13-14.

The surprise $M \leftarrow \mu M - \beta \nabla \ell(S; k, v)$, $\ell = \lvert S k - v\rvert^2/2$,
at the undecayed memory, then $S \leftarrow \alpha S + M$. The two-block law is checked by brute
force. Without M, S_{t+1} = (alpha + mu) S_t - alpha mu S_{t-1} + beta (v - S_t k) k^T: alpha and mu
may be exchanged in every read-out.
"""

from sympy import Matrix, zeros

from proofs_check.claim import Claim, replaced, times
from proofs_check.lemmas import GAUSSIAN, SPHERE
from proofs_check.notation import Expr, column, d, parameter, state
from proofs_check.short import Stream
from proofs_check.standard import WRITES

alpha, mu, beta = parameter("alpha"), parameter("mu"), parameter("beta")
SYMBOLS = {"alpha": alpha, "mu": mu, "beta": beta}


def printed(blocks: tuple[Expr, Expr], k: Expr, v: Expr, index: int) -> tuple[Expr, Expr]:
    """Momentum first, then the decayed memory takes all of it."""
    S, M = blocks
    gradient = (S * k - v) * k.T
    M = mu * M - beta * gradient
    return alpha * S + M, M


def _update() -> Expr:
    S = state(2, 4)
    return Matrix([printed((S[:, :2], S[:, 2:]), column("k", 2), column("v", 2), 0)])


UPDATE = Claim(
    id="momentum/update",
    statement="The declared coefficients of both blocks are the update as printed.",
    derive=_update,
    ships=lambda catalogue: catalogue("momentum").token(
        state(2, 4), column("k", 2), column("v", 2), 0, **SYMBOLS
    ),
    twins=(
        times("wrong sign", -1),
        replaced("alpha and mu swapped", {alpha: mu, mu: alpha}),
        replaced("beta halved", {beta: beta / 2}),
        replaced("key entries swapped", dict(zip(column("k", 2), column("k", 2)[::-1]))),
    ),
    rules=("momentum",),
    parameters=(alpha, mu, beta),
    assumptions=WRITES,
    steps="Write the printed update on a generic memory and momentum side by side; compare each "
    "entry of both blocks.",
)

STREAM = Stream(
    "momentum",
    "two blocks",
    start=lambda size: (zeros(1, size), zeros(1, size)),
    write=printed,
    read=lambda blocks: blocks[0],
    parameters=(beta, alpha, mu),
    ships=lambda catalogue, keys, size, items: (
        catalogue("momentum").engine(keys, (items,), **SYMBOLS).subs(d, size)
    ),
)

CLAIMS = (
    UPDATE,
    STREAM.claim(SPHERE, 2, 3),
    STREAM.claim(SPHERE, 3, 3),
    STREAM.claim(GAUSSIAN, 2, 3),
)
