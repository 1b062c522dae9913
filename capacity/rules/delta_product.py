r"""DeltaProduct: decay once, then $n_h$ delta steps a token."""

from dataclasses import dataclass

from capacity.affine import AffineRule, Step
from capacity.losses import delta_loss
from capacity.parameters import param
from capacity.rule import Objective, Source, Token


@dataclass(frozen=True)
class DeltaProduct(AffineRule):
    """n_h pairs a token, written one after the other into a memory that decays once a token.

    The decay comes first, as in the gated delta rule, which is n_h = 1. Products of several
    reflections-like factors track states that one factor cannot. Ages count pairs: those of one
    token are ordered. A last token may hold fewer than n_h pairs. Law: exact on isotropic keys.
    """

    family = "delta"
    title = "DeltaProduct"
    update = (
        r"S \leftarrow \alpha S \prod_{j=1}^{n_h} (I - \beta k_j k_j^\top)"
        r" + \beta \sum_j v_j k_j^\top \prod_{i>j} (I - \beta k_i k_i^\top)"
    )
    source = Source("Siems et al. 2025 (DeltaProduct)", "arXiv:2502.10297", "gated recurrence")
    step_size = "beta"

    alpha: float = param(0.99, symbol=r"\alpha", domain=(0.0, 1.0), typical=(0.0, 0.9, 0.99, 1.0))
    beta: float = param(1.0, symbol=r"\beta", domain=(0.0, 2.0), typical=(0.0, 0.5, 1.0, 2.0))
    n_h: int = param(2, symbol="n_h", domain=(1, float("inf")), typical=(1, 2, 3), integer=True)

    @property
    def pairs(self) -> int:
        return self.n_h

    def coefficients(self, token: Token) -> tuple[Step, ...]:
        keys = [token.k[:, j : j + 1] for j in range(token.k.shape[1])]
        decays = [self.alpha, *[1] * (len(keys) - 1)]
        return tuple(
            Step(decay=a, left=a * self.beta * k, right=k, write=self.beta * k)
            for a, k in zip(decays, keys, strict=True)
        )

    def objective(self) -> Objective:
        """The delta rule's, descended once for each pair of the token in turn."""
        loss = r"\tfrac12 \lVert S k_j - v_j\rVert^2"
        how = "one step a pair" if self.n_h > 1 else ""
        return Objective(loss, delta_loss, rate=self.beta, decay=self.alpha, transform=how)
