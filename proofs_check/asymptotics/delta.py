r"""The delta rule as d grows at age x d and N = X d: recursions become linear flows.

With rates a1 = lim d (rho - 1), a2 = lim d (tau - 1) and source beta^2 of the derived recursions,

    s = beta e^(-beta x),    w' = a1 w + beta^2,    y' = a2 y,    p = w(X) + y(x),

w the power at an unseen key and y what the stored write adds along its key. At beta = 1 the mean
squared error is $(1 - e^{-x})(2 - e^{-X})$. The exact law's powers $(1 + c/d + \dots)^{n d}$
become $e^{c n}$.
"""

from typing import Any

import sympy
from sympy import Integer, Matrix, Pow, Rational, Symbol, exp, together

from proofs_check import affine
from proofs_check.claim import Claim, Kind, plus, replaced, require_zero
from proofs_check.lemmas import ENSEMBLES, SPHERE, Ensemble, not_one
from proofs_check.limits import limit_at_zero
from proofs_check.notation import Expr, age, before, d
from proofs_check.rules import delta
from proofs_check.rules.delta import beta
from proofs_check.standard import SCALES

small = Symbol("small", positive=True)  # 1/d
x, X = (Symbol(name, integer=True, positive=True) for name in ("x", "X"))  # age/d, N/d
q = Symbol("q", positive=True)  # e^(1/4), so that all exponents below are whole numbers
LEMMA = r"cited lemma: $(1 + c/d + O(d^{-2}))^{n d} \to e^{c n}$"


def grown(expression: Expr) -> Expr:
    """The limit of an expression in d that is rational."""
    return limit_at_zero(together(expression.subs(d, 1 / small)), small)


def flow(expression: Expr) -> Expr:
    """An exact law at age = x d and N = X d as d grows: powers by the lemma, the rest by limits."""
    kept: dict[Expr, Expr] = {}

    def limit(power: Expr) -> Expr:
        count = power.exp.subs({before: (X - x) * d, age: x * d})
        constant, rest = sympy.expand(count).as_independent(d, as_Add=True)
        value = exp(sympy.expand(grown((power.base - 1) * d) * rest / d))
        stand_in = kept.setdefault(value, sympy.Dummy())
        return power.base**constant * stand_in

    plain = not_one(expression).replace(_symbolic, limit)
    found = grown(plain.subs({before: (X - x) * d, age: x * d}))
    return found.subs({stand_in: value for value, stand_in in kept.items()})


def _symbolic(expression: Expr) -> bool:
    return isinstance(expression, Pow) and expression.exp.has(age, before)


def _solved(keys: Ensemble) -> Expr:
    """(s, p) from the flows: w = beta^2 (e^(a1 n) - 1)/a1 after n d writes."""
    rho, tau, source = affine.spectrum(delta.printed, keys)
    a1, a2 = grown(d * (rho - 1)), grown(d * (tau - 1))
    added = grown(d * source)

    def unseen(n: Expr) -> Expr:
        return added * (exp(a1 * n) - 1) / a1

    n = Symbol("n", positive=True)
    require_zero(unseen(n).diff(n) - a1 * unseen(n) - added, "w solves its flow")
    require_zero(unseen(Integer(0)), "from an empty memory")
    # the stored write makes (1 - beta)^2 w + beta^2 along its key, w across
    along = (1 - beta) ** 2 * unseen(X - x) + beta**2 - unseen(X - x)
    fades = grown(d * ((1 - beta / d) - 1))
    return Matrix([[beta * exp(fades * x), unseen(X) + along * exp(a2 * x)]])


def in_quarters(expression: Expr) -> Expr:
    """Exponentials as powers of q = e^(1/4)."""
    return expression.replace(exp, lambda exponent: q ** (4 * exponent))


def _shipped(catalogue: Any, keys: Ensemble, step: Expr) -> Expr:
    """(s, p) of the closed form, in the limit."""
    found = catalogue("delta").closed_form(keys, beta=step)
    return in_quarters(Matrix([[flow(part) for part in found]]))


def limit(keys: Ensemble, step: Expr) -> Claim:
    """Signal and power at one step size."""
    name = str(step).replace("/", "over")
    return Claim(
        id=f"asymptotics/delta/limit/{keys.name}/beta{name}",
        statement=f"delta as d grows, age x d and N = X d, beta = {step}: s = beta e^(-beta x) and "
        f"p from the flows of its moments, {keys.name} keys.",
        derive=lambda: in_quarters(_solved(keys).subs(beta, step)),
        ships=lambda catalogue: _shipped(catalogue, keys, step),
        twins=(
            *SCALES,
            replaced("age doubled", {x: 2 * x}),
            replaced("items doubled", {X: 2 * X}),
            plus("wrong by a thousandth", Rational(1, 1000)),
        ),
        rules=("delta",),
        symbols=(q, x, X),
        assumptions=f"The exact law on {keys.name} keys; {LEMMA}. q stands for $e^{{1/4}}$.",
        steps=r"The derived recursions have $\rho = 1 + a_1/d$, $\tau = 1 + a_2/d$ and source "
        r"$\beta^2/d$ to leading order; solve their flows. In the closed form that ships replace "
        "each power by the lemma and let $d$ grow in the rest.",
        kind=Kind.LEMMA,
    )


def _error() -> Expr:
    """1 - 2 s + p at beta = 1."""
    s, p = _solved(SPHERE).subs(beta, 1)
    found = 1 - 2 * s + p
    product = (1 - exp(-x)) * (2 - exp(-X))
    require_zero(in_quarters(sympy.expand(found - product)), "the error is a product")
    return in_quarters(product)


def _shipped_error(catalogue: Any) -> Expr:
    s, p = _shipped(catalogue, SPHERE, Integer(1))
    return 1 - 2 * s + p


ERROR = Claim(
    id="asymptotics/delta/error",
    statement="delta at beta = 1 as d grows: MSE = (1 - e^-x)(2 - e^-X), age x d, N = X d pairs.",
    derive=_error,
    ships=_shipped_error,
    twins=(
        *SCALES,
        replaced("age and items swapped", {x: X, X: x}),
        replaced("age doubled", {x: 2 * x}),
        plus("wrong by a thousandth", Rational(1, 1000)),
    ),
    rules=("delta",),
    symbols=(q, x, X),
    assumptions=f"The exact law on sphere keys; {LEMMA}. q stands for $e^{{1/4}}$.",
    steps=r"Insert $\beta = 1$ into the flows' solution; it factors.",
    kind=Kind.LEMMA,
)

CLAIMS = (
    *(limit(keys, step) for keys in ENSEMBLES for step in (Integer(1), Rational(1, 2))),
    ERROR,
)
