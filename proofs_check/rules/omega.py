r"""Omega rule, Eq 16 of McDermott, Heath, Parhi 2026, 1/2-weighted, window of two pairs.

$S \leftarrow S - \beta \sum_{j<2} \gamma_j (S k_{t-j} - v_{t-j}) k_{t-j}^\top$. The overlap of
windows makes each state depend on the newest key: nothing is assumed of that here.
"""

from functools import partial

import numpy as np
from sympy import Integer, Matrix, Rational, zeros

from proofs_check.claim import Claim, replaced, times
from proofs_check.lemmas import SPHERE
from proofs_check.notation import Expr, column, parameter, state
from proofs_check.short import Stream
from proofs_check.standard import WRITES

beta = parameter("beta")
Pair = tuple[Expr, Expr]


def step(S: Expr, window: tuple[Pair, ...], weights: tuple[Expr, ...]) -> Expr:
    """One gradient step on the window's loss, pairs newest first."""
    gradient = 0 * S
    for weight, (k, v) in zip(weights, window):
        gradient += weight * (S * k - v) * k.T
    return S - beta * gradient


def printed(
    parts: tuple[Expr, tuple[Pair, ...]], k: Expr, v: Expr, index: int, weights: tuple[Expr, ...]
) -> tuple[Expr, tuple[Pair, ...]]:
    """The memory and the previous pair, if there was one."""
    S, held = parts
    return step(S, ((k, v), *held), weights), ((k, v),)


def _two_pairs() -> tuple[Pair, Pair]:
    k, v = column("k", 4), column("v", 4)
    return (k[:2, :], v[:2, :]), (k[2:, :], v[2:, :])


def _shipped_step(catalogue: object) -> Expr:
    newest, held = _two_pairs()
    shipping = catalogue("omega")  # type: ignore[operator]
    return shipping.step(
        state(2, 2),
        Matrix([[newest[0], held[0]]]),
        Matrix([[newest[1], held[1]]]),
        beta=beta,
        window=2,
        weights=np.array([Rational(1, 3), Integer(2)], dtype=object),
    )


STEP = Claim(
    id="omega/update",
    statement="The shipped gradient step is that of the printed loss, weights (1/3, 2).",
    derive=lambda: step(state(2, 2), _two_pairs(), (Rational(1, 3), Integer(2))),
    ships=_shipped_step,
    twins=(
        times("wrong sign", -1),
        replaced("beta halved", {beta: beta / 2}),
        replaced(
            "pairs swapped",
            dict(zip(column("k", 4), (*column("k", 4)[2:], *column("k", 4)[:2]))),
        ),
    ),
    rules=("omega",),
    parameters=(beta,),
    assumptions=WRITES,
    steps="Add the gradients of both pairs of the window at the same memory; compare each entry.",
)


def _stream(*weights: Expr) -> Stream:
    return Stream(
        "omega",
        "weights " + " and ".join(str(x).replace("/", " over ") for x in weights),
        start=lambda size: (zeros(1, size), ()),
        write=partial(printed, weights=weights),
        read=lambda parts: parts[0],
        parameters=(beta,),
        ships=lambda catalogue, keys, size, items: catalogue("omega").windows(
            size, items, beta=beta, window=2, weights=np.array(weights, dtype=object)
        ),
    )


CLAIMS = (
    STEP,
    _stream(Integer(1), Integer(1)).claim(SPHERE, 3, 3),
    _stream(Rational(1, 3), Integer(2)).claim(SPHERE, 2, 4),
)
