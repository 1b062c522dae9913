r"""KDA: $S \leftarrow S\,\mathrm{diag}(\alpha)(I - \beta k k^\top) + \beta v k^\top$."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from capacity.affine import AffineRule, Step, diagonal
from capacity.closed import rank_one_recall
from capacity.losses import delta_loss
from capacity.parameters import param
from capacity.rule import Objective, Source, Token


@dataclass(frozen=True)
class Kda(AffineRule):
    """Gated delta rule whose channels forget at their own rates; alpha is a number or (d_k,).

    The decay acts before the error is taken. The printed S is our transpose. Equal channels are
    the gated delta rule. Law: exact on isotropic keys for any number of items.
    """

    family = "delta"
    title = "Kimi Delta Attention"
    update = r"S \leftarrow S\,\mathrm{diag}(\alpha)(I - \beta k k^\top) + \beta v k^\top"
    source = Source("Kimi Team 2025 (Kimi Linear)", "arXiv:2510.26692", "Eq 1")
    step_size = "beta"

    alpha: Any = param(
        0.95, symbol=r"\alpha", domain=(0.0, 1.0), typical=(0.0, 0.9, 0.99, 1.0), array=True
    )
    beta: float = param(1.0, symbol=r"\beta", domain=(0.0, 2.0), typical=(0.0, 0.5, 1.0, 2.0))

    def coefficients(self, token: Token) -> Step:
        k = token.k
        erased = self.beta * diagonal(self.alpha, k)
        return Step(decay=self.alpha, left=erased, right=k, write=self.beta * k)

    def objective(self) -> Objective:
        decay = self.alpha if np.ndim(self.alpha) == 0 else torch.tensor(self.alpha)
        loss = r"\tfrac12 \lVert S k - v\rVert^2"
        return Objective(loss, delta_loss, rate=self.beta, decay=decay)

    def closed_form(self, **where: Any) -> tuple[Any, Any]:
        """Signal and power at d, age, items, m4, m6 for equal channels (exact)."""
        erased = self.alpha * self.beta
        return rank_one_recall(decay=self.alpha, removal=erased, write=self.beta, **where)
