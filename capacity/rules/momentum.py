r"""Linear Titans: $M \leftarrow \mu M + \beta (v - S k) k^\top$, $S \leftarrow \alpha S + M$."""

from dataclasses import dataclass

from capacity.affine import AffineRule, Step
from capacity.losses import delta_loss
from capacity.parameters import param
from capacity.rule import Objective, Source, Token


@dataclass(frozen=True)
class Momentum(AffineRule):
    """Delta rule with momentum and decay; the gradient is taken at the undecayed memory.

    alpha is the printed 1 - alpha_t; the printed loss (Eq 12) has no 1/2.
    State: S and the momentum M side by side. mu = 0 and alpha = 1 is the delta rule; with
    mu = 0 and alpha < 1 it differs from the gated delta rule, whose error is taken after the
    decay. Read-outs do not change when alpha and mu are exchanged. Law: exact on isotropic keys,
    by the two-block recursion.
    """

    family = "delta"
    title = "Momentum (linear Titans)"
    update = r"M \leftarrow \mu M + \beta (v - S k) k^\top,\quad S \leftarrow \alpha S + M"
    source = Source("Behrouz, Zhong, Mirrokni 2025 (Titans)", "arXiv:2501.00663", "Eqs 13-14")
    blocks = 2
    step_size = "beta"

    alpha: float = param(1.0, symbol=r"\alpha", domain=(0.0, 1.0), typical=(0.0, 0.9, 0.99, 1.0))
    mu: float = param(
        0.5, symbol=r"\mu", domain=(0.0, 1.0), open_at=(1.0,), typical=(0.0, 0.5, 0.9)
    )
    beta: float = param(0.5, symbol=r"\beta", domain=(0.0, 2.0), typical=(0.0, 0.3, 1.0, 2.0))

    def coefficients(self, token: Token) -> Step:
        k = token.k
        return Step(
            decay=((self.alpha, 0.0), (self.mu, self.mu)),
            left=(self.beta * k, 0 * k),
            right=(k, k),
            write=(self.beta * k, self.beta * k),
        )

    def objective(self) -> Objective:
        return Objective(
            r"\tfrac12 \lVert S k - v\rVert^2",
            delta_loss,
            rate=self.beta,
            decay=self.alpha,
            transform="momentum",
        )
