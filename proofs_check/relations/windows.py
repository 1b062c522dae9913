r"""Window rules at their edges: Omega is the delta rule, Atlas a delta rule of unit steps.

With one pair in the window Omega's step is the delta rule's; so is a window whose older weights
vanish. Atlas with one pair, no momentum and no decay orthogonalises the delta rule's gradient
$g = (S k - v) k^\top$. It has rank one, so it is $|g|_F$ times its polar factor, and each iteration
sends the one singular value x, at first 1, to a x + b x^3 + c x^5: the step is along the delta
rule's, with a length that does not depend on the error.
"""

from typing import Any

import numpy as np
from sympy import Integer, Matrix, Rational, Symbol, sqrt

from proofs_check.claim import Claim, Twin, plus, replaced, require_zero
from proofs_check.lemmas import SPHERE
from proofs_check.notation import Expr, age, before, column, d, state
from proofs_check.pairs import columns, stored, symbols
from proofs_check.relations.affine import law
from proofs_check.rules import delta
from proofs_check.rules.delta import beta
from proofs_check.standard import SCALES, WRITES, recall_assumptions

KEYS, VALUES, QUERY = columns("k", 2, 3), columns("v", 2, 3), columns("q", 2, 1)
weight = Symbol("weight", positive=True)
HALVED = replaced("beta halved", {beta: beta / 2})
S, k, v = state(2, 2), column("k", 2), column("v", 2)


def _delta_reads(rate: Expr) -> Expr:
    return (stored(delta.printed, KEYS, VALUES) * QUERY).subs(beta, rate)


SINGLE = Claim(
    id="relations/windows/omega-1/step",
    statement="omega at window = 1 steps as delta with beta times the pair's weight.",
    derive=lambda: delta.printed(S, k, v).subs(beta, beta * weight),
    ships=lambda catalogue: catalogue("omega").step(
        S, k, v, beta=beta, window=1, weights=np.array([weight], dtype=object)
    ),
    twins=(*SCALES, HALVED, replaced("weight squared", {weight: weight**2})),
    rules=("omega", "delta"),
    parameters=(beta,),
    symbols=(weight,),
    assumptions=WRITES,
    steps=r"Insert the edge into the gradient step that ships, of the loss "
    r"$\gamma_0 |S k - v|^2/2$.",
)


def reads(window: int, weights: tuple[int, ...]) -> Claim:
    """The reference step with its buffer, for weights that leave the newest pair alone."""
    return Claim(
        id=f"relations/windows/omega-{window}/reads",
        statement=f"The reference step of omega at window = {window}, weights {weights}, reads as "
        "delta.",
        derive=lambda: _delta_reads(beta),
        ships=lambda catalogue: catalogue("omega").reads(
            KEYS, VALUES, QUERY, beta=beta, window=window, weights=np.array(weights)
        ),
        twins=(
            *SCALES,
            HALVED,
            replaced("pairs swapped", dict(zip(KEYS.col(0), KEYS.col(1), strict=True))),
        ),
        rules=("omega", "delta"),
        parameters=(beta,),
        symbols=symbols(KEYS, VALUES, QUERY),
        assumptions="Three pairs and a query, all generic, into an empty memory.",
        steps="Run the reference step on symbols, buffer included; write the pairs by the delta "
        "rule's printed update.",
    )


def _law(size: int, items: int) -> Expr:
    ages = [{age: a, before: items - 1 - a, d: Integer(size)} for a in range(items)]
    return Matrix.vstack(*(law(delta.THEOREM, SPHERE).subs(where) for where in ages))


def recall(size: int, items: int) -> Claim:
    """The law for windows of two pairs, the older of weight 0."""
    return Claim(
        id=f"relations/windows/omega-2/sphere/d{size}",
        statement="The law of windows of two, the older weight 0, is that of delta: "
        f"{items} pairs, d = {size}.",
        derive=lambda: _law(size, items),
        ships=lambda catalogue: catalogue("omega").windows(
            size, items, beta=beta, window=2, weights=np.array([1, 0], dtype=object)
        ),
        twins=(*SCALES, HALVED, Twin("ages reversed", lambda x: Matrix(x[::-1, :]))),
        rules=("omega", "delta"),
        parameters=(beta,),
        assumptions=recall_assumptions(SPHERE),
        steps="Insert the rates into the recursion for windows of two; compare with the law of the "
        "delta rule, derived from its printed update.",
    )


# A memory whose error and key have rational norms: error rho (2 t, 1 - t^2)/(1 + t^2), key
# kappa (2 u, 1 - u^2)/(1 + u^2). Every error of rank one is of that form.
t, u, rho, kappa = (Symbol(x, positive=True) for x in ("t", "u", "rho", "kappa"))
KEY = kappa * Matrix([2 * u, 1 - u**2]) / (1 + u**2)
ERROR = rho * Matrix([2 * t, 1 - t**2]) / (1 + t**2)
VALUE = S * KEY - ERROR
POLYNOMIALS = {
    "normalised": (1, 0, 0),
    "polar": (Rational(15, 8), Rational(-5, 4), Rational(3, 8)),
    "drifting": (2, Rational(-3, 2), Rational(1, 4)),
}


def _unit_gradient(coefficients: tuple[Expr, ...]) -> Expr:
    """S - beta x g/|g| with x = a + b + c, the polynomial at 1; |g| = |error| |key|."""
    gradient = (S * KEY - VALUE) * KEY.T
    size = sqrt((gradient.T * gradient).trace().factor())
    require_zero(size - rho * kappa, "the norm of the gradient")
    return (S - beta * sum(coefficients) * gradient / size).applyfunc(lambda entry: entry.factor())


def atlas(name: str) -> Claim:
    """One step from a generic memory with an empty momentum, which mu = 0 would drop anyway."""
    coefficients = POLYNOMIALS[name]
    floats = tuple(map(float, coefficients))  # dyadic, so exact

    def ships(catalogue: Any) -> Expr:
        values = {"beta": beta, "mu": 0, "alpha": 1, "window": 1, "iterations": 1}
        (found,) = catalogue("atlas").step_of(
            {"S": S}, KEY, VALUE, polynomial=floats, weights=1.0, **values
        )
        return found.applyfunc(lambda entry: entry.factor())

    return Claim(
        id=f"relations/windows/atlas-1/{name}",
        statement=f"atlas at window = 1, mu = 0, alpha = 1 ({name}) is delta with a step of "
        "length proportional to beta, whatever the error.",
        derive=lambda: _unit_gradient(coefficients),
        ships=ships,
        twins=(
            *SCALES,
            HALVED,
            plus("a constant too many", rho),
            Twin("delta itself", lambda x: S + (x - S) * rho * kappa),
        ),
        rules=("atlas",),
        parameters=(beta,),
        symbols=(t, u, rho, kappa),
        assumptions=WRITES + r" Two dimensions; error and key in all directions but one, of any "
        r"norms $\rho, \kappa > 0$.",
        steps=r"Run the reference step on symbols; $g = (S k - v)k^\top$ has rank one, so "
        r"$g/|g|_F$ is its polar factor and an iteration multiplies it by $a + b + c$; where that "
        r"is 1, all iterations keep it.",
    )


CLAIMS = (
    SINGLE,
    reads(1, (1,)),
    reads(2, (1, 0)),
    recall(3, 4),
    *map(atlas, POLYNOMIALS),
)
