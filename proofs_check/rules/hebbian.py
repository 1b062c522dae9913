r"""Linear attention, Katharopoulos et al. 2020, Eq 18: $S_t = S_{t-1} + v_t k_t^\top$.

Nothing fades: s = E r^2 = 1. Each other pair adds E (k.k')^2 = 1/d of power, so on the sphere
MSE = (N - 1)/d and on Gaussian keys (N + 1)/d.
"""

from typing import Any

from sympy import Integer

from proofs_check.claim import Claim, plus, replaced, times
from proofs_check.lemmas import ENSEMBLES, Ensemble, u1
from proofs_check.notation import Expr, before, d, items, r
from proofs_check.standard import Theorem, recall_assumptions


def printed(S: Expr, k: Expr, v: Expr) -> Expr:
    """Eq 18: the new outer product is added."""
    return S + v * k.T


THEOREM = Theorem("hebbian", printed, signal=lambda keys: Integer(1))


def mse(keys: Ensemble) -> Claim:
    """Directly: o - v = (r^2 - 1) v + sum over the others of v_i (k_i . k), terms uncorrelated."""

    def derive() -> Expr:
        other = keys.mean(r**2 * u1**2)  # E (k_i . k)^2 = E r_i^2 u_1^2, times E r^2 = 1
        return (items - 1) * other + keys.mean((r**2 - 1) ** 2)

    def ships(catalogue: Any) -> Expr:
        signal, power = catalogue("hebbian").closed_form(keys)
        return 1 - 2 * signal + power

    return Claim(
        id=f"hebbian/mse/{keys.name}",
        statement=f"Mean squared error, {keys.name} keys: the others' keys overlap by 1/d each.",
        derive=derive,
        ships=ships,
        twins=(
            replaced("items off by one", {before: before + 1}),
            replaced("d off by one", {d: d + 1}),
            times("factor 2", 2),
            plus("key norms vary by 2/d more", 2 / d),
        ),
        rules=("hebbian",),
        assumptions=recall_assumptions(keys),
        steps=r"$o - v = (r^2 - 1) v + \sum_i v_i (k_i \cdot k)$ has uncorrelated terms, so their "
        r"squares add: $E (k_i \cdot k)^2 = 1/d$ for each other pair, and $E (r^2 - 1)^2$.",
    )


CLAIMS = (*THEOREM.claims(), *map(mse, ENSEMBLES))
