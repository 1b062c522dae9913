r"""Longhorn: $S \leftarrow S + \frac{\delta}{1 + \delta\lvert k\rvert^2} (v - S k) k^\top$."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from capacity.affine import AffineRule, Step
from capacity.closed import rank_one_recall
from capacity.losses import delta_loss
from capacity.parameters import param
from capacity.rule import Objective, Source, Token


@dataclass(frozen=True)
class Longhorn(AffineRule):
    """Implicit (proximal) step: the S that minimises |S - S_0|^2 / 2 + delta |S k - v|^2 / 2.

    Stable for every penalty. On unit keys it is the delta rule with beta = delta/(1 + delta).
    This is the exact step; Longhorn's layer keeps only the diagonal of k k^T in the removal, and
    has a penalty for each value channel.
    Law: exact on isotropic keys; on gaussian ones the radial integrals are numerical (1e-12).
    """

    family = "delta"
    title = "Longhorn"
    update = r"S \leftarrow S + \tfrac{\delta}{1 + \delta \lvert k \rvert^2} (v - S k) k^\top"
    source = Source("Liu et al. 2024 (Longhorn)", "arXiv:2407.14207", "implicit step, closed form")

    penalty: float = param(
        1.0, symbol=r"\delta", domain=(0.0, float("inf")), typical=(0.0, 0.5, 1.0, 10.0)
    )

    def rate(self, square: Any) -> Any:
        """The step at |k|^2 = square."""
        return self.penalty / (1 + self.penalty * square)

    def coefficients(self, token: Token) -> Step:
        k = token.k
        written = k * self.rate(k.T @ k)
        return Step(left=written, right=k, write=written)

    def objective(self) -> Objective:
        """The Moreau envelope of delta |S k - v|^2 / 2: its unit gradient step is implicit."""

        def envelope(S: Tensor, k: Tensor, v: Tensor) -> Tensor:
            rate: Tensor = self.rate(k.square().sum())
            return rate * delta_loss(S, k, v)

        statement = r"\tfrac12 \tfrac{\delta}{1+\delta\lvert k\rvert^2} \lVert S k - v\rVert^2"
        return Objective(statement, envelope, rate=1.0)

    def closed_form(self, **where: Any) -> tuple[Any, Any]:
        """Signal and power at d, age, items on unit keys (m4 = m6 = 1), exact."""
        beta = self.rate(1)
        return rank_one_recall(decay=1, removal=beta, write=beta, **where)
