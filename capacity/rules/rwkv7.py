r"""RWKV-7: $S \leftarrow S(\mathrm{diag}(w) - \kappa (a \circ \kappa)^\top) + \eta v k^\top$."""

from dataclasses import dataclass
from typing import Any

from capacity.affine import AffineRule, Step, diagonal
from capacity.closed import rank_one_recall
from capacity.parameters import param
from capacity.rule import Source, Token


@dataclass(frozen=True)
class Rwkv7(AffineRule):
    r"""Removal and write with keys and rates of their own: the removal key is \kappa = \xi o k.

    w (decay), a (removal) and xi (removal key) are numbers or (d_k,). RWKV-7 scales \kappa to unit
    norm; here xi says all, and on unit keys the two agree where |xi_i| = 1 for all i. What is
    removed is read from the undecayed memory, as printed; removal before the decay is a -> w a, a
    decay after the whole write is a -> w a with eta -> w eta. w = alpha, a = alpha beta,
    eta = beta is the gated delta rule. eta is one number, where RWKV-7's write key (Eq 7) scales k
    channel by channel. cos^2 does not depend on eta. eta != a steps on no square loss, so there is
    no objective.
    Law: exact on sphere and Gaussian keys, for any gates. A removal key that is independent of k
    is not covered: tokens carry one key a pair.
    """

    family = "delta"
    title = "RWKV-7"
    update = (
        r"S \leftarrow S(\mathrm{diag}(w) - \kappa (a \circ \kappa)^\top) + \eta v k^\top,"
        r"\quad \kappa = \xi \circ k"
    )
    source = Source("Peng et al. 2025 (RWKV-7)", "arXiv:2503.14456", "Eqs 6 and 17")
    step_size = "a"

    w: Any = param(0.97, symbol="w", domain=(0.0, 1.0), typical=(0.0, 0.9, 0.97, 1.0), array=True)
    a: Any = param(0.5, symbol="a", domain=(0.0, 2.0), typical=(0.0, 0.5, 1.0, 2.0), array=True)
    eta: float = param(1.0, symbol=r"\eta", domain=(0.0, 2.0), typical=(0.0, 0.5, 1.0, 2.0))
    xi: Any = param(1.0, symbol=r"\xi", domain=(-1.0, 1.0), typical=(-1.0, 0.5, 1.0), array=True)

    def coefficients(self, token: Token) -> Step:
        k = token.k
        removal = diagonal(self.xi, k)
        return Step(decay=self.w, left=removal, right=diagonal(self.a, removal), write=self.eta * k)

    def closed_form(self, **where: Any) -> tuple[Any, Any]:
        """Signal eta (w - a/d)^age and power at d, age, items, m4, m6 at equal channels."""
        removal = self.a * self.xi**2
        return rank_one_recall(decay=self.w, removal=removal, write=self.eta, **where)
