r"""Decayed Hebbian memory (RetNet, Mamba-2): $S \leftarrow \gamma S + v k^\top$."""

from dataclasses import dataclass
from typing import Any

from capacity.affine import AffineRule, Step
from capacity.closed import rank_one_recall
from capacity.losses import hebbian_loss
from capacity.parameters import param
from capacity.rule import Objective, Source, Token


@dataclass(frozen=True)
class Decay(AffineRule):
    """Hebbian writes into a memory that forgets at a fixed rate (online weight decay)."""

    family = "linear"
    title = "Decayed Hebbian"
    update = r"S \leftarrow \gamma S + v k^\top"
    source = Source("Sun et al. 2023 (RetNet)", "arXiv:2307.08621", "Eq 6")

    gamma: float = param(0.99, symbol=r"\gamma", domain=(0.0, 1.0), typical=(0.0, 0.9, 0.99, 1.0))

    def coefficients(self, token: Token) -> Step:
        return Step(decay=self.gamma, write=token.k)

    def objective(self) -> Objective:
        return Objective(r"-\langle S k, v\rangle", hebbian_loss, rate=1.0, decay=self.gamma)

    def closed_form(self, **where: Any) -> tuple[Any, Any]:
        """Signal gamma^a and power at d, age, items, m4, m6 (exact)."""
        return rank_one_recall(decay=self.gamma, removal=0, write=1, **where)
