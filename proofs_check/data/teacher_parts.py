r"""Errors on unseen pairs of a teacher: their parts, and their limit after an endless past.

With $\bar S = \sum_a m_a W_{N-1-a}$ the mean of S given the path of the teacher, $F = E|v - S k|^2$
is noise, bias, lag and variance. For the gated delta rule on unit keys A, P, Q and mu obey a linear
recursion, and the limit is its fixed point.
"""

from typing import Any

import numpy as np
from sympy import Matrix, Rational, diff, linsolve, solve, symbols

from proofs_check.claim import Claim, Twin, plus, replaced, require_zero
from proofs_check.data.teacher import STEPS, assumptions
from proofs_check.lemmas import SPHERE
from proofs_check.notation import Expr
from proofs_check.rules.gated_delta import alpha, beta
from proofs_check.standard import SCALES
from proofs_check.teaching import rho2, theta

SIZE = 3
A, P, Q, mu, gain = symbols("A P Q mu gain", positive=True)
NAMES = ("error", "best_gain_error", "floor", "bias", "lag", "variance")


def _parts() -> Expr:
    """Error, error at the best gain, noise, bias, lag and variance; the last four add up."""
    error = 1 - 2 * gain * A + gain**2 * P
    (best,) = solve(diff(error, gain), gain)
    noise, variance = 1 - rho2, P - Q
    fixed = rho2 * (1 - mu) ** 2  # E|W k - mu W k|^2: the path's error where all teachers are one
    path = rho2 - 2 * A + Q  # E|W k - S k|^2 of the mean of S given the path
    require_zero(error.subs(gain, 1) - noise - path - variance, "the parts add up")
    return Matrix(
        [error.subs(gain, 1), error.subs(gain, best), noise, fixed, path - fixed, variance]
    )


def _shipped_parts(catalogue: Any) -> Expr:
    found = catalogue.part("taught.FutureError")(A, P, Q, mu, rho2)
    return Matrix([catalogue.rational(np.asarray(getattr(found, x)).item()) for x in NAMES])


PARTS = Claim(
    id="data/teacher_parts/sum",
    statement="Error on an unseen pair, error at the best gain, noise, bias, lag and variance from "
    "A, P, Q and mu.",
    derive=_parts,
    ships=_shipped_parts,
    twins=(
        *SCALES,
        replaced("power and power of the mean exchanged", {P: Q, Q: P}),
        replaced("noise and signal exchanged", {rho2: 1 - rho2}),
        replaced("weight squared", {mu: mu**2}),
        Twin("bias and lag exchanged", lambda x: Matrix([*x[:3], x[4], x[3], x[5]])),
    ),
    symbols=(A, P, Q, mu, rho2),
    assumptions=assumptions(SPHERE),
    steps="$E|v|^2 = 1$, so $F = 1 - 2A + P$; the best gain is $A/P$. Given the teacher's path "
    "the mean of $S$ errs by $\\rho^2 - 2A + Q$, of which $(1 - \\mu)^2\\rho^2$ would remain if "
    "all teachers were one.",
)


def _limit() -> Expr:
    """The fixed point (A, P, Q, mu) of one write and one move of the teacher, unit keys."""
    kept, heard = alpha * (1 - beta / SIZE), beta / SIZE  # E A = kept I, E k k^T = I/d
    loud = 1  # E|v|^2
    after = (
        theta * (kept * A + heard * rho2),
        alpha**2 * (P - beta * (2 - beta) * P / SIZE)  # |S - beta S k k^T|^2, E|S k|^2 = P
        + 2 * alpha * beta * (1 - beta) * A / SIZE  # (I - beta k k^T) k = (1 - beta) k
        + beta**2 * loud / SIZE,
        kept**2 * Q + 2 * kept * heard * A + heard**2 * rho2,
        kept * mu + heard,
    )
    unknown = (A, P, Q, mu)
    (found,) = linsolve([x - y for x, y in zip(after, unknown, strict=True)], *unknown)
    return Matrix([found])


LIMIT = Claim(
    id="data/teacher_parts/limit",
    statement="gated_delta: alignment, power, power of the mean and weight on unseen pairs after "
    f"an endless past, a drifting teacher, sphere keys of d = {SIZE}.",
    derive=_limit,
    ships=lambda catalogue: catalogue("gated_delta").unseen_for_ever(
        SPHERE, SIZE, rho2, theta, alpha=alpha, beta=beta
    ),
    twins=(
        *SCALES,
        plus("off by a thousandth", Rational(1, 1000)),
        replaced("the teacher moves once more", {theta: theta**2}),
        replaced("alpha and beta swapped", {alpha: beta, beta: alpha}),
    ),
    rules=("gated_delta",),
    parameters=(alpha, beta),
    symbols=(rho2, theta),
    assumptions=assumptions(SPHERE).replace(
        "an empty memory at the start", "endlessly many pairs, a stable memory"
    ),
    steps=STEPS + r" With $E k k^\top = I/d$ one write and one move of the teacher are linear in "
    r"$(A, P, Q, \mu)$; solve for what they leave as it is.",
)

CLAIMS = (PARTS, LIMIT)
