r"""Dense associative memory, Krotov and Hopfield 2016: $y = \sum_i v_i (k_i^\top q)^n$.

At a stored key k = r u the pair itself contributes r^(2n) v, another one (r r' u_1)^n v', u_1 one
coordinate of a uniform unit vector; values are independent, so powers add:

    s = E r^(2n),   p = E r^(4n) + (N - 1) (E r^(2n))^2 E u_1^(2n).
"""

from collections.abc import Callable
from typing import Any

from sympy import Matrix, Rational

from proofs_check.claim import Claim, plus, replaced, times
from proofs_check.lemmas import ENSEMBLES, SPHERE, Ensemble, sphere_moment
from proofs_check.notation import Expr, before, d, items
from proofs_check.standard import recall_assumptions


def _recall(keys: Ensemble, n: int) -> Expr:
    own, radial = keys.radial(4 * n), keys.radial(2 * n)
    return Matrix([radial, own + (items - 1) * radial**2 * sphere_moment(2 * n), own])


def _ships(keys: Ensemble, n: int) -> Callable[[Any], Expr]:
    def shipped(catalogue: Any) -> Expr:
        rule = catalogue("dense_am").rule.symbolic(degree=n)
        return Matrix(rule.closed_form(d=d, items=items, fixed_norm=keys is SPHERE))

    return shipped


def recall(keys: Ensemble, n: int) -> Claim:
    """Signal, power and own power at one degree."""
    return Claim(
        id=f"dense_am/recall/{keys.name}/degree-{n}",
        statement=f"Signal, power and own power, {keys.name} keys, weights (k.q)^{n}.",
        derive=lambda: _recall(keys, n),
        ships=_ships(keys, n),
        twins=(
            replaced("items off by one", {before: before + 1}),
            replaced("d off by two", {d: d + 2}),
            times("factor 2", 2),
            plus("one fresh pair too many", 1 / d),
            plus("wrong by a thousandth", Rational(1, 1000)),
        ),
        rules=("dense_am",),
        assumptions=recall_assumptions(keys) + " The query is a stored key.",
        steps=f"The pair itself reads with weight $r^{{{2 * n}}}$, each other one with "
        f"$(r r' u_1)^{{{n}}}$; values are uncorrelated, so squares add; moments of $r$ and $u_1$ "
        "are exact integrals.",
    )


CLAIMS = tuple(recall(keys, n) for keys in ENSEMBLES for n in (1, 2, 3, 4))
