r"""Longhorn, Liu et al. 2024: the implicit step in closed form.

The step minimises $\lvert S - S_0\rvert^2/2 + \delta \lvert S k - v\rvert^2/2$. Its gradient
vanishes at $S = S_0 + \epsilon (v - S_0 k) k^\top$, epsilon = delta/(1 + delta k^T k): a delta rule
whose step is always below 1/|k|^2. On unit keys beta = delta/(1 + delta).
"""

import sympy

from proofs_check.claim import require_zero
from proofs_check.lemmas import SPHERE
from proofs_check.notation import Expr, age, d, parameter
from proofs_check.standard import Theorem

penalty = parameter("penalty")


def printed(S: Expr, k: Expr, v: Expr) -> Expr:
    """The minimiser, checked against the gradient of what it minimises."""
    epsilon = penalty / (1 + penalty * (k.T * k)[0])
    after = S + epsilon * (v - S * k) * k.T
    gradient = (after - S) + penalty * (after * k - v) * k.T
    require_zero(gradient.applyfunc(sympy.together), "the gradient vanishes at the step")
    return after


def _beta() -> Expr:
    return penalty / (1 + penalty)


THEOREM = Theorem(
    "longhorn",
    printed,
    parameters=(penalty,),
    signal=lambda keys: _beta() * (1 - _beta() / d) ** age,
    contracts=lambda keys: _beta() * (2 - _beta()) / d,
    ensembles=(SPHERE,),
)

CLAIMS = THEOREM.claims()
