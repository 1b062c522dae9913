r"""The omega rule, Eq 16 of McDermott, Heath, Parhi 2026: a gradient step on the last c pairs.

All c terms are taken at $\theta_{t-1}$. The paper prints squares without their 1/2, and in Eq 9 one
pair more.
"""

from typing import Any

import numpy as np
from sympy import Integer, symbols, zeros

from proofs_check.claim import Claim, instead, replaced, times
from proofs_check.notation import Expr, column, generic, parameter, state
from proofs_check.paper.losses import omega, online

beta = parameter("beta")
KEYS, VALUES = generic("K", 2, 4), generic("V", 2, 4)  # columns, newest first
WEIGHTS = symbols("gamma_0:4", real=True)
QUERY = column("q", 2)
S = state(2, 2)


def step(memory: Expr, places: list[int], weights: tuple[Expr, ...], half: int = 2) -> Expr:
    """Eq 8 with the loss of Eq 16 over the pairs at these places."""
    keys, values = KEYS[:, places], VALUES[:, places]
    return online(lambda X: omega(X, keys, values, weights) / half, memory, beta)


def window(pairs: int, half: int = 2) -> Expr:
    """The step on so many of the newest pairs."""
    return step(S, list(range(pairs)), WEIGHTS[:pairs], half)


def _one_by_one() -> Expr:
    """Each term at the memory that the older ones left: delta steps in a row."""
    memory = S
    for place in (2, 1, 0):
        memory = step(memory, [place], (WEIGHTS[place],))
    return memory


def _shipped(catalogue: Any) -> Expr:
    weights = np.array(WEIGHTS[:3], dtype=object)
    return catalogue("omega").step(
        S, KEYS[:, :3], VALUES[:, :3], beta=beta, window=3, weights=weights
    )


STEP = Claim(
    id="paper/omega/step",
    statement="Eq 16: a step on half the loss of c = 3 pairs, all at theta_(t-1), is what ships.",
    derive=lambda: window(3),
    ships=_shipped,
    twins=(
        instead("as printed (Eq 16): no 1/2", lambda: window(3, half=1)),
        instead("as printed (Eq 9): c + 1 pairs", lambda: window(4)),
        instead("each term at the memory the last one left", _one_by_one),
        replaced("weights reversed", dict(zip(WEIGHTS[:3], WEIGHTS[2::-1]))),
    ),
    rules=("omega",),
    parameters=(beta,),
    symbols=(*KEYS, *VALUES, *WEIGHTS),
    assumptions=r"Any memory of $2 \times 2$, three generic pairs, any weights, newest first.",
    steps=r"Differentiate $\frac12 \sum_{i=t-2}^{t} \gamma_i |\theta k_i - v_i|^2$ by every entry "
    r"of $\theta$ and step by $\beta$ against it.",
)


def _stream() -> Expr:
    """Three pairs into an empty memory, windows of two: the first has one pair."""
    memory = step(zeros(2, 2), [2], WEIGHTS[:1])
    for places in ([1, 2], [0, 1]):
        memory = step(memory, places, WEIGHTS[:2])
    return memory * QUERY


STREAM = Claim(
    id="paper/omega/stream",
    statement="Eq 16 from the first pair on: c = 2 sees one pair, then two, as it ships.",
    derive=_stream,
    ships=lambda catalogue: catalogue("omega").stream(
        KEYS[:, 2::-1],
        VALUES[:, 2::-1],
        QUERY,
        beta=beta,
        window=2,
        weights=np.array(WEIGHTS[:2], dtype=object),
    ),
    twins=(
        replaced("newest pair alone", {WEIGHTS[1]: Integer(0)}),
        replaced("weights exchanged", {WEIGHTS[0]: WEIGHTS[1], WEIGHTS[1]: WEIGHTS[0]}),
        replaced("as printed (Eq 16): no 1/2", {beta: 2 * beta}),
        times("wrong sign", -1),
    ),
    rules=("omega",),
    parameters=(beta,),
    symbols=(*KEYS, *VALUES, *WEIGHTS, *QUERY),
    assumptions="Three generic pairs in the plane, any query; an empty memory at the start.",
    steps="Step by step as above; a window that reaches before the first pair is cut there.",
)

CLAIMS = (STEP, STREAM)
