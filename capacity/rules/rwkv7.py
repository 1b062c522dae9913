r"""RWKV-7: $S \leftarrow S(\mathrm{diag}(w) - k (a \circ k)^\top) + \eta v k^\top$."""

from dataclasses import dataclass
from typing import Any

from capacity.affine import AffineRule, Step, diagonal
from capacity.closed import rank_one_recall
from capacity.parameters import param
from capacity.rule import Source, Token


@dataclass(frozen=True)
class Rwkv7(AffineRule):
    r"""Removal and write with rates of their own; removal key \hat\kappa = k (THEORY 12.8).

    w (decay) and a (removal) are numbers or (d_k,). What is removed is read from the undecayed
    memory, as printed; removal before the decay is a -> w a, a decay after the whole write is
    a -> w a with eta -> w eta. w = alpha, a = alpha beta, eta = beta is the gated delta rule.
    cos^2 does not depend on eta. eta != a steps on no square loss, so there is no objective.
    Law: exact on isotropic keys. A removal key independent of k is not covered here: tokens carry
    one key a pair.
    """

    family = "delta"
    title = "RWKV-7"
    update = (
        r"S \leftarrow S(\mathrm{diag}(w) - \hat\kappa (a \circ \hat\kappa)^\top) + \eta v k^\top"
    )
    source = Source("Peng et al. 2025 (RWKV-7)", "arXiv:2503.14456", "Eq 17")
    step_size = "a"

    w: Any = param(0.97, symbol="w", domain=(0.0, 1.0), typical=(0.0, 0.9, 0.97, 1.0), array=True)
    a: Any = param(0.5, symbol="a", domain=(0.0, 2.0), typical=(0.0, 0.5, 1.0, 2.0), array=True)
    eta: float = param(1.0, symbol=r"\eta", domain=(0.0, 2.0), typical=(0.0, 0.5, 1.0, 2.0))

    def coefficients(self, token: Token) -> Step:
        k = token.k
        return Step(decay=self.w, left=k, right=diagonal(self.a, k), write=self.eta * k)

    def closed_form(self, **where: Any) -> tuple[Any, Any]:
        """Signal eta (w - a/d)^age and power at d, age, items, m4, m6 at equal channels."""
        return rank_one_recall(decay=self.w, removal=self.a, write=self.eta, **where)
