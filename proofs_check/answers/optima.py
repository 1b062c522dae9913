r"""Best steps: the stationarity of cos^2 after an endless past, as a polynomial in the step.

Delta rule, sphere, age a: cos^2 = beta (2 - beta) (1 - beta/d)^(2a) is stationary where

    (1 - beta)(d - beta) = a beta (2 - beta),

and as d grows with x = a/d fixed where x beta^2 - (1 + 2x) beta + 1 = 0, so
beta* = [1 + 2x - sqrt(1 + 4x^2)]/(2x). With x = t/(1 - t^2) the root is rational: beta* = 1 - t.

TTT-Linear in chunks of b, age 0, sphere, no decay: with c = (d + b - 1)/d, g = (1 - 1/d)(b - 1)/d,

    cos^2 = beta (2 - c beta)/(1 + g beta^2) = beta + beta (1 - c beta - g beta^2)/(1 + g beta^2),

stationary where g beta^2 + c beta = 1; there cos^2 = beta*.
"""

from typing import Any

import sympy
from sympy import Integer, Matrix

from proofs_check import affine
from proofs_check.claim import Claim, replaced, require_zero, times
from proofs_check.kernels import SCALES
from proofs_check.lemmas import SPHERE
from proofs_check.notation import Expr, age, d
from proofs_check.rules.delta import beta
from proofs_check.rules.delta import printed as delta
from proofs_check.standard import forgotten, recall_assumptions

t = sympy.Symbol("t", positive=True)
ENDLESS = recall_assumptions(SPHERE) + " Endlessly many pairs."
HALVED = replaced("beta halved", {beta: beta / 2})
ONE_AGE = replaced("age off by one", {age: age + 1})
ONE_D = replaced("d off by one", {d: d + 1})


def shipped_cos2(catalogue: Any) -> Expr:
    """Of the delta rule, from the closed form of what ships."""
    signal, power = catalogue("delta").closed_form(SPHERE, beta=beta)
    return signal**2 / sympy.cancel(forgotten(power))


COS2 = Claim(
    id="answers/optima/delta-cos2",
    statement="cos^2 = beta (2 - beta)(1 - beta/d)^(2a): delta rule, every age, sphere, lifelong.",
    derive=lambda: affine.signal(delta, SPHERE) ** 2 / affine.lifelong_power(delta, SPHERE),
    ships=shipped_cos2,
    twins=(*SCALES, HALVED, ONE_AGE, ONE_D),
    rules=("delta",),
    parameters=(beta,),
    assumptions=ENDLESS,
    steps=r"$s = \beta(1-\beta/d)^a$ and $p = \beta/(2-\beta)$ at every age.",
)


def _shipped_slope(catalogue: Any) -> Expr:
    """d log cos^2/d beta."""
    signal, power = catalogue("delta").closed_form(SPHERE, beta=beta)
    level = sympy.cancel(forgotten(power))
    log_signal = sympy.expand(sympy.diff(signal, beta) / signal)
    return 2 * log_signal - sympy.diff(level, beta) / level


STATIONARY = Claim(
    id="answers/optima/delta-stationary",
    statement="cos^2 of the delta rule at age a is stationary where (1-beta)(d-beta) = "
    "a beta (2-beta).",
    derive=lambda: (
        2 * ((1 - beta) * (d - beta) - age * beta * (2 - beta)) / (beta * (2 - beta) * (d - beta))
    ),
    ships=_shipped_slope,
    twins=(*SCALES, HALVED, ONE_AGE, ONE_D),
    rules=("delta",),
    parameters=(beta,),
    assumptions=ENDLESS,
    steps=r"$\partial_\beta \log\cos^2 = 1/\beta - 1/(2-\beta) - 2a/(d-\beta)$ over a common "
    "denominator.",
)


def _factored() -> Expr:
    """The quadratic x beta^2 - (1 + 2x) beta + 1 by its roots, x = t/(1 - t^2); 0 at the first."""
    x, roots = t / (1 - t**2), (1 - t, 1 + 1 / t)
    product = x * (beta - roots[0]) * (beta - roots[1])
    require_zero(product - (x * beta**2 - (1 + 2 * x) * beta + 1), "these are the roots")
    return Matrix([2 * product / (beta * (2 - beta)), 0])


def _shipped_limit(catalogue: Any) -> Expr:
    """The slope as d grows at a = x d, and at beta = 1 - t."""
    slope = _shipped_slope(catalogue)
    x = t / (1 - t**2)
    small = sympy.Symbol("small", positive=True)  # 1/d
    limit = sympy.cancel(slope.subs(age, x / small).subs(d, 1 / small)).subs(small, 0)
    return Matrix([limit, limit.subs(beta, 1 - t)])


LIMIT = Claim(
    id="answers/optima/delta-limit",
    statement="As d grows, a = x d: stationary at beta* = [1 + 2x - sqrt(1 + 4x^2)]/(2x), which is "
    "1 - t at x = t/(1 - t^2).",
    derive=_factored,
    ships=_shipped_limit,
    twins=(*SCALES, HALVED, replaced("x off", {t: t / 2})),
    rules=("delta",),
    parameters=(beta,),
    symbols=(t,),
    assumptions=ENDLESS + r" $d \to \infty$ with $a = xd$, $x = t/(1-t^2)$.",
    steps=r"$\sqrt{1+4x^2} = (1+t^2)/(1-t^2)$ is rational, and the roots are $1-t$ and $1 + 1/t$; "
    "only the first lies below 2.",
)

CHUNKS = (2, 3)


def _chunk(b: int) -> tuple[Expr, Expr]:
    """c and g."""
    return (d + b - 1) / d, (1 - 1 / d) * (b - 1) / d


def _best_chunk() -> Expr:
    rows = []
    for b in CHUNKS:
        c, g = _chunk(b)
        left = 1 - c * beta - g * beta**2
        rows.append(
            [
                beta * left / (1 + g * beta**2),
                2 * left / (beta * (2 - c * beta) * (1 + g * beta**2)),
            ]
        )
    return Matrix(rows)


def _shipped_chunk(catalogue: Any) -> Expr:
    """cos^2 - beta and d log cos^2/d beta at age 0 of the law engine."""
    rows = []
    for b in CHUNKS:
        engine = catalogue("ttt_linear").engine_of(SPHERE, beta=beta, alpha=Integer(1), chunk=b)
        signal, power = engine.lifelong(1)
        cos2 = sympy.cancel(signal**2 / power)
        rows.append([cos2 - beta, sympy.cancel(sympy.diff(cos2, beta) / cos2)])
    return Matrix(rows)


CHUNK = Claim(
    id="answers/optima/ttt-chunk",
    statement="A chunk just written: cos^2 is stationary where g beta^2 + c beta = 1, and equals "
    "beta there; chunks of 2 and 3, no decay, sphere, any d.",
    derive=_best_chunk,
    ships=_shipped_chunk,
    twins=(*SCALES, HALVED, ONE_D, times("factor 101/100", sympy.Rational(101, 100))),
    rules=("ttt_linear",),
    parameters=(beta,),
    assumptions=ENDLESS + " The newest chunk is full.",
    steps=r"$s = \beta$, fresh power $w = \beta/(2 - c\beta)$ and $p = w(1 + g\beta^2)$ with "
    r"$c = (d+b-1)/d$, $g = (1-1/d)(b-1)/d$. As $d \to \infty$, $y = b/d$: $\beta^\ast = "
    r"[\sqrt{(1+y)^2 + 4y} - (1+y)]/(2y)$.",
)

CLAIMS = (COS2, STATIONARY, LIMIT, CHUNK)
