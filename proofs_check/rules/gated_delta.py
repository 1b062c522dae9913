r"""Gated DeltaNet, Yang, Kautz, Hatamizadeh 2024, Eq 10.

$S_t = S_{t-1} (\alpha_t (I - \beta_t k_t k_t^\top)) + \beta_t v_t k_t^\top$: the gate acts before
the error is taken. Hence A = alpha (I - beta k k^T) and

    s = beta (alpha (1 - beta/d))^age,    1 - rho = 1 - alpha^2 (1 - beta (2 - beta E r^4)/d).
"""

from sympy import eye

from proofs_check.notation import Expr, age, d, parameter
from proofs_check.standard import Theorem

alpha, beta = parameter("alpha"), parameter("beta")


def printed(S: Expr, k: Expr, v: Expr) -> Expr:
    """Eq 10, gates constant in time."""
    return S * (alpha * (eye(k.rows) - beta * k * k.T)) + beta * v * k.T


THEOREM = Theorem(
    "gated_delta",
    printed,
    parameters=(alpha, beta),
    signal=lambda keys: beta * (alpha * (1 - beta / d)) ** age,
    contracts=lambda keys: 1 - alpha**2 * (1 - beta * (2 - beta * keys.radial(4)) / d),
    edges=((alpha, 0), (alpha, 1), (beta, 0), (beta, 2)),
)

CLAIMS = THEOREM.claims()
