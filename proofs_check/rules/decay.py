r"""RetNet, Sun et al. 2023, Eq 6: $S_n = \gamma S_{n-1} + K_n^\top V_n$, here transposed.

A write scales everything by gamma: s = gamma^age, and E S^T S = x I obeys x <- gamma^2 x + 1/d.
"""

from proofs_check.notation import Expr, age, parameter
from proofs_check.standard import Theorem

gamma = parameter("gamma")


def printed(S: Expr, k: Expr, v: Expr) -> Expr:
    """Eq 6, with S of shape (d_v, d_k)."""
    return gamma * S + v * k.T


THEOREM = Theorem(
    "decay",
    printed,
    parameters=(gamma,),
    signal=lambda keys: gamma**age,
    contracts=lambda keys: 1 - gamma**2,
    edges=((gamma, 0), (gamma, 1)),
)

CLAIMS = THEOREM.claims()
