r"""Kimi Delta Attention, Kimi Team 2025, Eq 1.

$S_t = (I - \beta k k^\top)\,\mathrm{Diag}(\alpha) S_{t-1} + \beta k v^\top$, here transposed. Equal
channels have a closed form at every d; channels of their own are checked on short streams, in which
each index meets the stored key up to six times.
"""

import numpy as np
from sympy import Integer, Rational, diag, eye, zeros

from proofs_check.lemmas import GAUSSIAN, SPHERE
from proofs_check.notation import Expr, age, d, parameter
from proofs_check.short import Stream
from proofs_check.standard import Theorem

alpha, beta = parameter("alpha"), parameter("beta")
GATES = (Rational(1, 2), Rational(4, 5), Integer(1))


def printed(S: Expr, k: Expr, v: Expr) -> Expr:
    """The update at equal channels, S of shape (d_v, d_k)."""
    return alpha * S * (eye(k.rows) - beta * k * k.T) + beta * v * k.T


def by_channel(S: Expr, k: Expr, v: Expr, index: int) -> Expr:
    """The update with a gate per channel: the decay acts before the error is taken."""
    decayed = S * diag(*GATES[: k.rows])
    return decayed + beta * (v - decayed * k) * k.T


THEOREM = Theorem(
    "kda",
    printed,
    parameters=(alpha, beta),
    signal=lambda keys: beta * (alpha * (1 - beta / d)) ** age,
    contracts=lambda keys: 1 - alpha**2 * (1 - beta * (2 - beta * keys.radial(4)) / d),
    edges=((alpha, 0), (alpha, 1), (beta, 0), (beta, 2)),
)

STREAM = Stream(
    "kda",
    "gates per channel",
    start=lambda size: zeros(1, size),
    write=by_channel,
    read=lambda S: S,
    parameters=(beta,),
    ships=lambda catalogue, keys, size, items: catalogue("kda").channels(
        keys, size, items, alpha=np.array(GATES[:size], dtype=object), beta=beta
    ),
)

CLAIMS = (
    *THEOREM.claims(),
    STREAM.claim(SPHERE, 3, 3),
    STREAM.claim(GAUSSIAN, 3, 3),
)
