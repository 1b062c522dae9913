r"""Sign keys $k_c = \sqrt{\sigma_c}\,\epsilon_c$ of independent signs: unit keys, any covariance.

Short streams are averaged over all signs. Without end, the delta rule's memory has the same power
in every direction, whatever the covariance: with $E S^\top S = w I$ and $|k| = 1$,

    E A w A + beta^2 k k^T = w I - [beta (2 - beta) w - beta^2] k k^T,   w = beta/(2 - beta),

so neither a fresh write nor the stored one changes it.
"""

from itertools import product
from typing import Any

from sympy import Integer, Matrix, Rational, Symbol, expand, eye, sqrt

from proofs_check.claim import Claim, Twin, plus, replaced, require_zero
from proofs_check.notation import Expr, generic
from proofs_check.rules import gated_delta
from proofs_check.rules.gated_delta import alpha, beta
from proofs_check.standard import SCALES

VARIANCES = (Rational(3, 4), Rational(1, 4))
LATER = {alpha: Rational(1, 2), beta: Rational(1, 4)}  # of every second pair
HALF = {alpha: Rational(1, 2), beta: Rational(1, 2)}  # floats hold its powers
ITEMS, AGES = 3, 3
ASSUMED = (
    r"Keys with $k_c = \sqrt{\sigma_c}\,\epsilon_c$, $\sigma = (3/4, 1/4)$, all signs $\epsilon$ "
    "independent and uniform; values independent of keys and of each other, of mean zero, "
    "$E|v|^2 = 1$; "
)


def _read(keys: list[Expr], settings: list[dict[Expr, Expr]]) -> list[list[Expr]]:
    """What each key, newest first, reads of each value: coefficients after the printed writes."""
    count, size = len(keys), keys[0].rows
    S = Matrix.zeros(count, size)  # row i: what multiplies value i
    for t, (k, given) in enumerate(zip(keys, settings, strict=True)):
        before = generic("T", *S.shape)
        after = gated_delta.printed(before, k, eye(count).col(t)).subs(given)
        S = after.xreplace(dict(zip(before, S, strict=True))).applyfunc(expand)
    return [list(S * k) for k in reversed(keys)]


def _averaged(settings: list[dict[Expr, Expr]]) -> Expr:
    """Rows (signal, power, own power) over all signs of all keys."""
    total, every = Matrix.zeros(ITEMS, 3), list(product((1, -1), repeat=2 * ITEMS))
    for signs in every:
        pairs = zip(signs[::2], signs[1::2], strict=True)
        keys = [Matrix([x * sqrt(s) for x, s in zip(e, VARIANCES, strict=True)]) for e in pairs]
        rows = []
        for age, reads in enumerate(_read(keys, settings)):
            own = reads[ITEMS - 1 - age]
            rows.append([own, sum(x**2 for x in reads), own**2])
        total += Matrix(rows).applyfunc(expand)
    return (total / len(every)).applyfunc(expand)


def _steps(catalogue: Any) -> Expr:
    """The law on two steps in turn, A = a I + c k k^T and the write b k."""
    one = (alpha, -alpha * beta, beta)
    two = tuple(Integer(1) * x.subs(LATER) for x in one)
    return catalogue.signs((one, two), VARIANCES, ITEMS)


TWINS = (
    *SCALES,
    plus("wrong by a thousandth", Rational(1, 1000)),
    Twin("ages reversed", lambda x: Matrix(x[::-1, :])),
)

TURNS = Claim(
    id="data/signs/in-turn",
    statement="Signal, power and own power of three pairs on sign keys of two variances, two "
    "gated delta steps in turn.",
    derive=lambda: _averaged([{}, LATER, {}]),
    ships=_steps,
    twins=(*TWINS, replaced("alpha halved", {alpha: alpha / 2})),
    rules=("gated_delta",),
    parameters=(alpha, beta),
    assumptions=ASSUMED + "an empty memory at the start.",
    steps="Write the pairs as printed; read each key; average over all 64 signs.",
)

DECLARED = Claim(
    id="data/signs/gated_delta",
    statement="The same for gated_delta as it declares itself, alpha = beta = 1/2.",
    derive=lambda: _averaged([HALF] * ITEMS),
    ships=lambda catalogue: catalogue.stated(
        catalogue("gated_delta").rule(alpha=0.5, beta=0.5), "signs:3,1", 2, ITEMS
    ),
    twins=TWINS,
    rules=("gated_delta",),
    assumptions=ASSUMED + "an empty memory at the start.",
    steps="Write the pairs as printed; read each key; average over all 64 signs. Floats hold what "
    "ships exactly.",
)


def _for_ever() -> Expr:
    """Rows (signal, power) by age; w I is left alone by every write."""
    t, w = Symbol("t", real=True), beta / (2 - beta)
    k = Matrix([1 - t**2, 2 * t]) / (1 + t**2)  # any unit key of the plane
    A = eye(2) - beta * k * k.T
    require_zero(A * w * A + beta**2 * k * k.T - w * eye(2), "a write leaves w I as it is")
    ages = range(AGES)
    return Matrix([[beta * sum(s * (1 - beta * s) ** a for s in VARIANCES), w] for a in ages])


ENDLESS = Claim(
    id="data/signs/endless",
    statement="After an endless past of delta writes p = beta/(2 - beta) at every age, s = beta "
    "sum sigma (1 - beta sigma)^a.",
    derive=_for_ever,
    ships=lambda catalogue: catalogue.signs(((Integer(1), -beta, beta),), VARIANCES, 0, AGES)[
        :, :2
    ],
    twins=(*TWINS, replaced("beta halved", {beta: beta / 2})),
    rules=("delta",),
    parameters=(beta,),
    assumptions=ASSUMED + r"endlessly many pairs, $0 < \beta < 2$.",
    steps="$w I$ is left as it is by every write of a unit key; so $p = w$. The own value fades by "
    r"$1 - \beta\sigma_c$ a write in channel $c$.",
)

CLAIMS = (TURNS, DECLARED, ENDLESS)
