r"""Eqs 8 and 9 of McDermott, Heath, Parhi 2026: online gradient steps and their losses.

Eq 9 prints $|\theta k - v|^2$ without the 1/2, so its gradient is $2 (\theta k - v) k^\top$; the
rules that ship descend halves of the squares. Its omega sum runs over c + 1 pairs, that of Eq 16
over c.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from sympy import Matrix, Rational, Sum, Symbol, symbols

from proofs_check.calculus import Loss, gradient
from proofs_check.claim import Claim, Twin, instead, plus, replaced, require_zero, stated, times
from proofs_check.notation import SHAPES, Expr, column, generic, parameter, state

beta = parameter("beta")
KEYS, VALUES = generic("K", 2, 3), generic("V", 2, 3)  # columns, newest first
WEIGHTS = symbols("gamma_0:3", real=True)
k0, k1 = column("k", 2)
MATRICES = r"Any memory, of $2 \times 2$, $3 \times 2$ or $2 \times 3$, any key and value."


def hebbian(S: Expr, k: Expr, v: Expr) -> Expr:
    """Eq 9's first loss."""
    return -(S * k).dot(v)


def delta(S: Expr, k: Expr, v: Expr) -> Expr:
    """Eq 9's second loss, as printed."""
    error = S * k - v
    return error.dot(error)


def omega(S: Expr, keys: Expr, values: Expr, weights: tuple[Expr, ...]) -> Expr:
    """The sum of Eqs 9 and 16 over as many pairs as there are weights, newest first."""
    return sum(w * delta(S, keys[:, j], values[:, j]) for j, w in enumerate(weights))


def online(loss: Loss, S: Expr, rate: Expr) -> Expr:
    """Eq 8: one step against the gradient at the memory before it."""
    return S - rate * gradient(loss, S)


def entries(update: Callable[[Expr, Expr, Expr], Expr]) -> Expr:
    """All entries of an update's result in the shapes of :data:`SHAPES`."""
    after = [update(state(m, n), column("k", n), column("v", m)) for m, n in SHAPES]
    return Matrix([entry for each in after for entry in each])


def _values() -> Expr:
    S, k, v = state(2, 2), KEYS[:, 0], VALUES[:, 0]
    pairs = (KEYS[:, :2], VALUES[:, :2], WEIGHTS[:2])
    return Matrix([hebbian(S, k, v), delta(S, k, v) / 2, omega(S, *pairs) / 2])


def _shipped_values(catalogue: Any) -> Expr:
    S, k, v = state(2, 2), KEYS[:, 0], VALUES[:, 0]
    window = {"window": 2, "weights": np.array(WEIGHTS[:2], dtype=object)}
    return Matrix(
        [
            catalogue("hebbian").loss(S, k, v),
            catalogue("delta").loss(S, k, v),
            catalogue("omega").loss(S, KEYS[:, :2], VALUES[:, :2], **window),
        ]
    )


LOSSES = Claim(
    id="paper/losses/values",
    statement="Eqs 9 and 16: the losses that ship are Hebbian, half delta, half omega.",
    derive=_values,
    ships=_shipped_values,
    twins=(
        instead("as printed (Eqs 9 and 16): no 1/2", lambda: 2 * _values()),
        times("wrong sign", -1),
        replaced("weights exchanged", {WEIGHTS[0]: WEIGHTS[1], WEIGHTS[1]: WEIGHTS[0]}),
        replaced("values negated", {x: -x for x in VALUES}),
    ),
    rules=("hebbian", "delta", "omega"),
    symbols=(*KEYS, *VALUES, *WEIGHTS),
    assumptions=r"Any memory of $2 \times 2$, any pairs, a window of two.",
    steps="Write the printed sums; halve the squares; compare with the losses of the rules.",
)

DELTA = Claim(
    id="paper/losses/delta",
    statement="Eqs 8-9: a gradient step on half the delta loss is the delta rule that ships.",
    derive=lambda: entries(lambda S, k, v: online(lambda X: delta(X, k, v) / 2, S, beta)),
    ships=lambda catalogue: entries(lambda S, k, v: catalogue("delta").update(S, k, v, beta=beta)),
    twins=(
        replaced("as printed (Eq 9): no 1/2", {beta: 2 * beta}),
        replaced("ascent for descent", {beta: -beta}),
        replaced("key entries exchanged", {k0: k1, k1: k0}),
        plus("a constant", 1),
    ),
    rules=("delta",),
    parameters=(beta,),
    assumptions=MATRICES,
    steps=r"Differentiate $\frac12 |\theta k - v|^2$ by every entry of $\theta$; step by "
    r"$\beta$ against it.",
)

FACTOR = Claim(
    id="paper/losses/factor",
    statement="Eq 9: the delta loss as printed has the gradient 2 (theta k - v) k^T.",
    derive=lambda: entries(lambda S, k, v: gradient(lambda X: delta(X, k, v), S)),
    ships=stated(entries(lambda S, k, v: 2 * (S * k - v) * k.T)),
    twins=(
        times("without the 2, as of the halved loss", Rational(1, 2)),
        times("wrong sign", -1),
        replaced("error and value exchanged", dict(zip(column("v", 2), -column("v", 2)))),
    ),
    assumptions=MATRICES,
    steps="Differentiate by every entry.",
)

DESCENT = Claim(
    id="paper/losses/descent",
    statement="Eq 8: a small step lowers half the delta loss at the rate |theta k - v|^2 |k|^2.",
    derive=lambda: (
        delta(
            online(lambda X: delta(X, KEYS[:, 0], VALUES[:, 0]) / 2, state(2, 2), beta),
            KEYS[:, 0],
            VALUES[:, 0],
        )
        .diff(beta)
        .subs(beta, 0)
        / 2
    ),
    ships=stated(-delta(state(2, 2), KEYS[:, 0], VALUES[:, 0]) * KEYS[:, 0].dot(KEYS[:, 0])),
    twins=(
        times("plus for minus in Eq 8", -1),
        times("as printed (Eq 9): no 1/2 in the step", 2),
        replaced("value negated", {x: -x for x in VALUES}),
    ),
    symbols=(*KEYS, *VALUES),
    assumptions=r"Any memory of $2 \times 2$, any pair; the loss after the step, as a function "
    r"of its size $\beta$.",
    steps=r"Insert the step into the loss and differentiate at $\beta = 0$: minus the squared "
    "norm of the gradient.",
)

t, c, j = (Symbol(name, integer=True, positive=True) for name in ("t", "c", "j"))


def _counts(first: Expr) -> Expr:
    """Terms of a sum over j = first .. t."""
    found = Sum(1, (j, first, t)).doit()
    require_zero(found - (t - first + 1), "a sum of ones counts")
    return found


COUNT = Claim(
    id="paper/losses/count",
    statement="The omega sum has c + 1 terms in Eq 9 and c terms in Eq 16.",
    derive=lambda: Matrix([_counts(t - c), _counts(t - c + 1)]),
    ships=stated(Matrix([c + 1, c])),
    twins=(
        Twin("as printed (Eq 9): Eq 16's sum from t - c", lambda x: Matrix([x[0], x[0]])),
        Twin("Eq 9's sum from t - c + 1", lambda x: Matrix([x[1], x[1]])),
        Twin("the two exchanged", lambda x: x[::-1, :]),
    ),
    symbols=(c,),
    assumptions="$j$ runs from $t - c$ to $t$ in Eq 9, from $t - c + 1$ to $t$ in Eq 16.",
    steps="Sum ones.",
)

CLAIMS = (LOSSES, DELTA, FACTOR, DESCENT, COUNT)
