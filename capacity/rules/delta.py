r"""Delta rule (DeltaNet, LMS): $S \leftarrow S + \beta (v - S k) k^\top$."""

from dataclasses import dataclass
from typing import Any

from capacity.affine import AffineRule, Step
from capacity.closed import rank_one_recall
from capacity.losses import delta_loss
from capacity.parameters import param
from capacity.rule import Objective, Source, Token


@dataclass(frozen=True)
class Delta(AffineRule):
    """One gradient step of size beta on |S k - v|^2 / 2; beta = 1 on unit keys is Kaczmarz."""

    family = "delta"
    title = "Delta rule"
    update = r"S \leftarrow S + \beta (v - S k) k^\top"
    source = Source("Schlag, Irie, Schmidhuber 2021", "arXiv:2102.11174", "Eq 24")
    step_size = "beta"

    beta: float = param(1.0, symbol=r"\beta", domain=(0.0, 2.0), typical=(0.0, 0.5, 1.0, 2.0))

    def coefficients(self, token: Token) -> Step:
        k = token.k
        return Step(left=self.beta * k, right=k, write=self.beta * k)

    def objective(self) -> Objective:
        return Objective(r"\tfrac12 \lVert S k - v\rVert^2", delta_loss, rate=self.beta)

    def closed_form(self, **where: Any) -> tuple[Any, Any]:
        """Signal beta (1 - beta/d)^a and power at d, age, items, m4, m6 (exact)."""
        return rank_one_recall(decay=1, removal=self.beta, write=self.beta, **where)
