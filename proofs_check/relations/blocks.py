r"""Rules of two blocks at their edges: momentum, TTT-Linear, and Titans with a linear memory.

Without momentum the memory takes one gradient step at the undecayed state, $S \leftarrow \alpha S -
\beta \nabla \ell(S)$: the delta rule at alpha = 1 and, for alpha < 1, not the gated delta rule,
whose error is taken after the decay. With momentum, alpha and mu may be exchanged in every
read-out. Chunks of one pair are the gated delta rule, and a net of one layer is the momentum rule.
"""

from typing import Any

import numpy as np
from sympy import Integer, Matrix, zeros

from proofs_check.claim import Claim, Twin, replaced
from proofs_check.lemmas import ENSEMBLES
from proofs_check.notation import Expr, column, r, state
from proofs_check.relations.affine import Edge, same_law, same_reads
from proofs_check.rules import delta, gated_delta, momentum
from proofs_check.rules.momentum import alpha, beta, mu
from proofs_check.standard import SCALES, WRITES

BLOCKS, k, v = state(2, 4), column("k", 4)[:2, :], column("v", 4)[:2, :]
S, M = BLOCKS[:, :2], BLOCKS[:, 2:]
SECOND = column("k", 4)[2:, :], column("v", 4)[2:, :]  # the pair after (k, v)
HALVED = replaced("beta halved", {beta: beta / 2})


def gradient() -> Expr:
    """Of |S k - v|^2/2, entry by entry."""
    error = S * k - v
    loss = (error.T * error)[0] / 2
    return S.applyfunc(lambda entry: loss.diff(entry))


def _without_momentum(catalogue: Any) -> Expr:
    """The memory after one token at mu = 0."""
    values = {"alpha": alpha, "mu": Integer(0), "beta": beta}
    return catalogue("momentum").token(BLOCKS, k, v, 0, **values)[:, :2]


UNDECAYED = Claim(
    id="relations/blocks/momentum-0/update",
    statement="momentum at mu = 0 takes one gradient step at the undecayed memory, whatever M.",
    derive=lambda: alpha * S - beta * gradient(),
    ships=_without_momentum,
    twins=(
        *SCALES,
        HALVED,
        replaced("no decay", {alpha: 1}),
        Twin("gradient at the decayed memory", lambda x: x + beta * (1 - alpha) * S * k * k.T),
    ),
    rules=("momentum",),
    parameters=(alpha, beta),
    assumptions=WRITES,
    steps="Differentiate the loss on generic matrices; insert the edge into the declared blocks.",
)

NOT_GATED = Claim(
    id="relations/blocks/momentum-0/not-gated",
    statement="momentum at mu = 0 less gated_delta is -beta (1 - alpha) S k k^T: 0 for all S and k "
    "only at alpha = 1 or beta = 0.",
    derive=lambda: -beta * (1 - alpha) * S * k * k.T,
    ships=lambda catalogue: (
        _without_momentum(catalogue)
        - catalogue("gated_delta").update(S, k, v, alpha=alpha, beta=beta)
    ),
    twins=(
        *SCALES,
        Twin("no difference", lambda x: 0 * x),
        replaced("alpha halved", {alpha: alpha / 2}),
    ),
    rules=("momentum", "gated_delta"),
    parameters=(alpha, beta),
    assumptions=WRITES,
    steps=r"The two steps are $\alpha S + \beta(v - S k)k^\top$ and $\alpha S + \beta(v - \alpha S "
    r"k)k^\top$: values cancel in the difference.",
)


def _recursion() -> Expr:
    """M eliminated: S_2 from S_1 and S_0, and S_1 from an empty memory; symmetric in alpha, mu."""
    key, value = SECOND
    first, _ = momentum.printed((S, M), k, v, 0)
    second = (alpha + mu) * first - alpha * mu * S + beta * (value - first * key) * key.T
    return second.col_join(beta * v * k.T)


def _two_tokens(catalogue: Any) -> Expr:
    """Block 0 after two tokens, and after one from an empty memory."""
    ship, values = catalogue("momentum"), {"alpha": alpha, "mu": mu, "beta": beta}
    twice = ship.token(ship.token(BLOCKS, k, v, 0, **values), *SECOND, 1, **values)
    return twice[:, :2].col_join(ship.token(zeros(2, 4), k, v, 0, **values)[:, :2])


EXCHANGE = Claim(
    id="relations/blocks/momentum/exchange",
    statement="momentum obeys S_2 = (alpha + mu) S_1 - alpha mu S_0 + beta (v - S_1 k) k^T: every "
    "read-out is symmetric in alpha and mu.",
    derive=_recursion,
    ships=_two_tokens,
    twins=(
        *SCALES,
        HALVED,
        replaced("alpha and mu swapped in one state", {alpha: mu, mu: alpha}),
        replaced("no momentum", {mu: 0}),
    ),
    rules=("momentum",),
    parameters=(alpha, mu, beta),
    assumptions=WRITES + " For the symmetry: an empty memory at the start.",
    steps=r"Two tokens from generic $S_0$, $M_0$; eliminate $M$ from $S_1 = \alpha S_0 + M_1$. The "
    r"recursion and its first states $0$, $\beta v k^\top$ are symmetric in $\alpha$ and $\mu$, so "
    "by induction all states are.",
)


def _both() -> Expr:
    """Memory and momentum after one pair, as Titans prints them."""
    after, moved = momentum.printed((S, M), k, v, 0)
    return after.col_join(moved)


ONE_LAYER = Claim(
    id="relations/blocks/titans_mlp-to-momentum/step",
    statement="The reference step of titans_mlp at depth 1 is the momentum rule's, in S and M.",
    derive=_both,
    ships=lambda catalogue: Matrix.vstack(
        *catalogue("titans_mlp").step_of(
            {"last": S, "last_momentum": M}, k, v, alpha=alpha, mu=mu, beta=beta, depth=1
        )
    ),
    twins=(
        *SCALES,
        HALVED,
        replaced("alpha and mu swapped", {alpha: mu, mu: alpha}),
        replaced("no momentum", {mu: 0}),
    ),
    rules=("titans_mlp", "momentum"),
    parameters=(alpha, mu, beta),
    assumptions=WRITES,
    steps="Run the reference step on symbols, its automatic gradient replaced by exact "
    "differentiation of the same loss; compare with momentum as printed.",
)


def _along_and_across() -> Expr:
    """What a key r e_1 does to S and M, block to block: along it, across it, and its write."""
    before, one = column("k", 4), column("v", 1)[0]  # S and M, along and across the key
    blocks = Matrix([[before[0], before[1]]]), Matrix([[before[2], before[3]]])
    after = Matrix.hstack(*momentum.printed(blocks, Matrix([r, 0]), Matrix([one]), 0))
    along, across = (Matrix([after[i], after[i + 2]]) for i in (0, 1))
    maps = (x.jacobian([before[i], before[i + 2]]).T for i, x in enumerate((along, across)))
    return Matrix([*next(maps), *next(maps), *along.diff(one)])


def _closed_steps(catalogue: Any) -> Expr:
    """The same as the closed law declares it, a polynomial through exact numbers."""

    def at(*numbers: Expr) -> Expr:
        *parameters, radius = map(float, numbers)
        step = catalogue.part("momentum_law._steps")(*parameters, np.array([radius]))
        parts = (*step.along.flat, *step.across.flat, *step.write.flat)
        return Matrix([catalogue.rational(float(x)) for x in parts])

    return catalogue.interpolated(at, (alpha, mu, beta, r), 2)


CLOSED_STEPS = Claim(
    id="relations/blocks/titans_mlp-to-momentum/law",
    statement="The steps of the closed law of titans_mlp at depth 1 are the momentum rule's, along "
    "a key of norm r and across it.",
    derive=_along_and_across,
    ships=_closed_steps,
    twins=(
        *SCALES,
        HALVED,
        replaced("alpha and mu swapped", {alpha: mu, mu: alpha}),
        replaced("norm squared", {r: r**2}),
    ),
    rules=("titans_mlp", "momentum"),
    parameters=(alpha, mu, beta),
    assumptions=WRITES,
    steps="Write $v$ at $r e_1$ as printed; differentiate both blocks after it by both before it, "
    "and by $v$. What ships is a polynomial of degree two or less in each argument, taken through "
    "its values at small whole numbers, where its floats are exact.",
)


def _one_pair_chunk(catalogue: Any) -> Expr:
    """Both blocks after a token, the memory being its own anchor."""
    values = {"alpha": alpha, "beta": beta, "chunk": 1}
    return catalogue("ttt_linear").token(Matrix([[S, S]]), k, v, 0, **values)


CHUNK = Claim(
    id="relations/blocks/ttt_linear-to-gated_delta/update",
    statement="ttt_linear at chunk = 1 writes both its blocks as gated_delta.",
    derive=lambda: Matrix([[gated_delta.printed(S, k, v)] * 2]),
    ships=_one_pair_chunk,
    twins=(
        *SCALES,
        HALVED,
        replaced("alpha and beta swapped", {alpha: beta, beta: alpha}),
        Twin("gradient at the undecayed memory", lambda x: x - _late()),
    ),
    rules=("ttt_linear", "gated_delta"),
    parameters=(alpha, beta),
    assumptions=WRITES + " The anchor equals the memory, as after every whole chunk.",
    steps="Insert chunk = 1 into the declared blocks; compare each with the printed update.",
)


def _late() -> Expr:
    change = beta * (1 - alpha) * S * k * k.T
    return Matrix([[change, change]])


EDGES = (
    Edge(
        delta.THEOREM,
        "momentum",
        {"alpha": Integer(1), "mu": Integer(0), "beta": beta},
        "mu = 0, alpha = 1",
        (beta,),
        engine=True,
        theme="blocks",
    ),
    Edge(
        gated_delta.THEOREM,
        "ttt_linear",
        {"alpha": alpha, "beta": beta, "chunk": 1},
        "chunk = 1",
        (alpha, beta),
        engine=True,
        theme="blocks",
    ),
)


def edge_claims(edge: Edge) -> tuple[Claim, ...]:
    """The reference step, and the law on each ensemble."""
    return (same_reads(edge), *(same_law(edge, keys) for keys in ENSEMBLES))


CLAIMS = (
    UNDECAYED,
    NOT_GATED,
    EXCHANGE,
    ONE_LAYER,
    CLOSED_STEPS,
    CHUNK,
    *(claim for edge in EDGES for claim in edge_claims(edge)),
)
