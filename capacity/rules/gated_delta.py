r"""Gated delta rule: $S \leftarrow \alpha S (I - \beta k k^\top) + \beta v k^\top$."""

from dataclasses import dataclass
from typing import Any

from capacity.affine import AffineRule, Step
from capacity.closed import rank_one_recall
from capacity.losses import delta_loss
from capacity.parameters import param
from capacity.rule import Objective, Source, Token


@dataclass(frozen=True)
class GatedDelta(AffineRule):
    """The delta step taken at the decayed memory (the decay acts before the error is taken)."""

    family = "delta"
    title = "Gated delta rule"
    update = r"S \leftarrow \alpha S (I - \beta k k^\top) + \beta v k^\top"
    source = Source("Yang, Kautz, Hatamizadeh 2024", "arXiv:2412.06464", "Eq 10")
    step_size = "beta"

    alpha: float = param(0.99, symbol=r"\alpha", domain=(0.0, 1.0), typical=(0.0, 0.9, 0.99, 1.0))
    beta: float = param(1.0, symbol=r"\beta", domain=(0.0, 2.0), typical=(0.0, 0.5, 1.0, 2.0))

    def coefficients(self, token: Token) -> Step:
        k = token.k
        return Step(decay=self.alpha, left=self.alpha * self.beta * k, right=k, write=self.beta * k)

    def objective(self) -> Objective:
        loss = r"\tfrac12 \lVert S k - v\rVert^2"
        return Objective(loss, delta_loss, rate=self.beta, decay=self.alpha)

    def closed_form(self, **where: Any) -> tuple[Any, Any]:
        """Signal beta (alpha (1 - beta/d))^a and power at d, age, items, m4, m6 (exact)."""
        return rank_one_recall(
            decay=self.alpha, removal=self.alpha * self.beta, write=self.beta, **where
        )
