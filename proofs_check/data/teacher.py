r"""Unseen and stored pairs of a linear teacher, v = W k + eps, for the printed updates.

The teacher drifts, $E W_i^\top W_l = \rho^2 \theta^{|i-l|} I$; a fixed one has theta = 1. What
ships is the engine's law from the declared coefficients, of which brute force on short streams
shares nothing.
"""

from typing import Any

import sympy
from sympy import Matrix, zeros

from proofs_check.claim import Claim, Twin, plus, replaced, times
from proofs_check.lemmas import GAUSSIAN, SPHERE, Ensemble
from proofs_check.notation import Expr, parameter
from proofs_check.rules.decay import gamma
from proofs_check.rules.decay import printed as decay
from proofs_check.rules.gated_delta import alpha, beta
from proofs_check.rules.gated_delta import printed as gated_delta
from proofs_check.standard import recall_assumptions
from proofs_check.teaching import Lesson, rho2, stored, theta, unseen

mu = parameter("mu")


def _momentum(state: Expr, k: Expr, v: Expr, index: int) -> Expr:
    """Titans with a linear memory: M <- mu M + beta (v - S k) k^T at the undecayed S."""
    S, M = state[:, : k.rows], state[:, k.rows :]
    M = mu * M + beta * (v - S * k) * k.T
    return Matrix.hstack(alpha * S + M, M)


ONE_BLOCK = {"start": lambda n: zeros(1, n), "memory": lambda S: S}
LESSONS: dict[str, tuple[Lesson, tuple[Expr, ...]]] = {
    "decay": (Lesson(write=lambda S, k, v, _: decay(S, k, v), **ONE_BLOCK), (gamma,)),
    "gated_delta": (
        Lesson(write=lambda S, k, v, _: gated_delta(S, k, v), **ONE_BLOCK),
        (alpha, beta),
    ),
    "momentum": (
        Lesson(lambda n: zeros(1, 2 * n), _momentum, lambda S: S[:, : S.cols // 2]),
        (alpha, beta, mu),
    ),
}


def _twins(parameters: tuple[Expr, ...]) -> tuple[Twin, ...]:
    return (
        times("factor 2", 2),
        plus("one fresh pair too many", sympy.Rational(1, 2)),
        replaced("the teacher moves once more", {theta: theta**2}),
        replaced("noise and signal exchanged", {rho2: 1 - rho2}),
        Twin("ages reversed", lambda shipped: Matrix(shipped[::-1, :])),
        *(replaced(f"{x} halved", {x: x / 2}) for x in parameters),
    )


def assumptions(keys: Ensemble) -> str:
    """Of keys, teacher and noise, in words."""
    return (
        recall_assumptions(keys).partition(";")[0]
        + r"; values $v = W k + \varepsilon$, noise and teacher of mean zero, independent of the "
        r"keys, $E|\varepsilon|^2 = 1 - \rho^2$, $E W_i^\top W_l = \rho^2 \theta^{|i-l|} I$; "
        "an empty memory at the start."
    )


STEPS = (
    r"Write every pair as printed: $S = \sum_i v_i R_i^\top$. Average over teacher and noise, then "
    "over the keys with exact moments."
)


def claim(rule: str, keys: Ensemble, size: int, items: int, *, is_stored: bool) -> Claim:
    """Unseen pairs after each write, or stored pairs of each age."""
    lesson, parameters = LESSONS[rule]
    named = {str(x): x for x in parameters}
    kind, what = (
        ("stored", "signal and power of each stored pair")
        if is_stored
        else ("unseen", "alignment, power, power of the mean and weight on unseen pairs")
    )
    derived = stored if is_stored else unseen

    def ships(catalogue: Any) -> Expr:
        asked = catalogue(rule).taught if is_stored else catalogue(rule).unseen
        return asked(keys, size, items, rho2, theta, **named)

    return Claim(
        id=f"data/teacher/{kind}/{rule}/{keys.name}/d{size}/items{items}",
        statement=f"{rule}: {what}, a drifting teacher, {keys.name} keys of d = {size}, "
        f"{items} pairs.",
        derive=lambda: derived(lesson, keys, size, items),
        ships=ships,
        twins=_twins(parameters),
        rules=(rule,),
        parameters=parameters,
        symbols=(rho2, theta),
        assumptions=assumptions(keys),
        steps=STEPS,
    )


CELLS = (
    ("decay", SPHERE, 2, 3),
    ("decay", GAUSSIAN, 3, 3),
    ("gated_delta", SPHERE, 2, 3),
    ("gated_delta", GAUSSIAN, 2, 3),
    ("momentum", SPHERE, 2, 3),
)
CLAIMS = tuple(claim(*cell, is_stored=kind) for cell in CELLS for kind in (False, True))
