r"""Eq 19 of McDermott, Heath, Parhi 2026: $M \leftarrow \gamma M + \nabla L$,
$\theta \leftarrow \theta - \beta\,\mathrm{NS}(M)$, L the halved loss of Eq 16 over a window.

Eq 19 prints no weight decay; full Atlas has
$\theta \leftarrow \alpha \theta - \beta\,\mathrm{NS}(M)$, the gradient taken before the decay. The
earlier momentum is chosen such that the new one is any diagonal matrix; that singular vectors stay
is a claim about NS.
"""

from typing import Any

import numpy as np
from sympy import Integer, Matrix, Symbol, symbols

from proofs_check.calculus import gradient
from proofs_check.claim import Claim, instead, replaced
from proofs_check.notation import Expr, generic, parameter, r, state
from proofs_check.paper.losses import omega
from proofs_check.paper.newton_schulz import MUON, circle, diagonal, quintic

alpha, beta, mu = (parameter(name) for name in ("alpha", "beta", "mu"))
KEYS, VALUES = generic("K", 2, 2), generic("V", 2, 2)  # columns, newest first
WEIGHTS = symbols("gamma_0:2", real=True)
S, t = state(2, 2), Symbol("t", real=True)
ONE = Integer(1)


def slope(pairs: int = 2, half: int = 2) -> Expr:
    """The gradient of the window's loss at the memory before the step."""
    return gradient(lambda X: omega(X, KEYS, VALUES, WEIGHTS[:pairs]) / half, S)


def target() -> Expr:
    """The new momentum, of norm r."""
    return r * diagonal(circle(t))


def before() -> Expr:
    """The momentum that mu M + gradient turns into the target."""
    return (target() - slope()) / mu


def printed(decay: Expr, direction: Expr) -> Expr:
    """The new theta above the new M."""
    return Matrix.vstack(decay * S - beta * direction, mu * before() + slope())


def orthogonal() -> Expr:
    """One iteration of NS with Muon's coefficients at the target."""
    return diagonal(tuple(quintic(value, MUON) for value in circle(t)))


def _shipped(catalogue: Any, decay: Expr) -> Expr:
    parts = {"S": S, "M": before(), "keys": KEYS[:, 1:].T, "values": VALUES[:, 1:].T}
    after = catalogue("atlas").write(
        parts,
        KEYS[:, :1],
        VALUES[:, :1],
        alpha=decay,
        beta=beta,
        mu=mu,
        window=2,
        weights=np.array(WEIGHTS, dtype=object),
        iterations=1,
    )
    return Matrix.vstack(after[0], after[1])


def _with_momentum(momentum: Expr) -> Expr:
    return Matrix.vstack(S - beta * orthogonal(), momentum)


SYMBOLS = (*KEYS, *VALUES, *WEIGHTS, t)
ASSUMED = (
    r"Any memory of $2 \times 2$, a window of two generic pairs with any weights, one iteration "
    "with Muon's coefficients; the new momentum is any diagonal matrix."
)

STEP = Claim(
    id="paper/atlas/step",
    statement="Eq 19 is what ships at alpha = 1: momentum of gradients, a step against its NS.",
    derive=lambda: printed(ONE, orthogonal()),
    ships=lambda catalogue: _shipped(catalogue, ONE),
    twins=(
        replaced("ascent for descent", {beta: -beta}),
        instead("no orthogonalisation", lambda: printed(ONE, target())),
        instead("descent inside M too", lambda: _with_momentum(mu * before() - slope())),
        instead("as printed (Eq 16): no 1/2", lambda: _with_momentum(target() + slope())),
        instead("newest pair alone", lambda: _with_momentum(mu * before() + slope(1))),
    ),
    rules=("atlas",),
    parameters=(alpha, beta, mu),
    symbols=SYMBOLS,
    assumptions=ASSUMED,
    steps=r"Differentiate the halved loss of Eq 16; $M' = \mu M + \nabla L$; its singular values "
    "go through the quintic; step against it. What ships is its whole step, run on symbols.",
)

DECAY = Claim(
    id="paper/atlas/weight-decay",
    statement="Full Atlas decays the memory: alpha theta - beta NS(M); Eq 19 prints alpha = 1.",
    derive=lambda: printed(alpha, orthogonal()),
    ships=lambda catalogue: _shipped(catalogue, alpha),
    twins=(
        replaced("as printed (Eq 19): no weight decay", {alpha: ONE}),
        instead("the step decayed too", lambda: printed(alpha, alpha * orthogonal())),
        replaced("alpha for 1 - alpha", {alpha: 1 - alpha}),
        replaced("decay and momentum exchanged", {alpha: mu}),
    ),
    rules=("atlas",),
    parameters=(alpha, beta, mu),
    symbols=SYMBOLS,
    assumptions=ASSUMED,
    steps="As Eq 19, from the decayed memory; the gradient is that of the memory before it.",
)

CLAIMS = (STEP, DECAY)
