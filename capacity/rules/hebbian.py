r"""Hebbian memory, linear attention: $S \leftarrow S + v k^\top$."""

from dataclasses import dataclass
from typing import Any

from capacity.affine import AffineRule, Step
from capacity.closed import rank_one_recall
from capacity.losses import hebbian_loss
from capacity.rule import Objective, Source, Token


@dataclass(frozen=True)
class Hebbian(AffineRule):
    """Outer-product memory; the online step on the loss -<S k, v>."""

    family = "linear"
    title = "Hebbian"
    update = r"S \leftarrow S + v k^\top"
    source = Source("Katharopoulos et al. 2020", "arXiv:2006.16236", "Eq 18")

    def coefficients(self, token: Token) -> Step:
        return Step(write=token.k)

    def objective(self) -> Objective:
        return Objective(r"-\langle S k, v\rangle", hebbian_loss, rate=1.0)

    def closed_form(self, **where: Any) -> tuple[Any, Any]:
        """Signal and power at d, age, items, m4, m6 (exact; sphere MSE = (N-1)/d)."""
        return rank_one_recall(decay=1, removal=0, write=1, **where)
