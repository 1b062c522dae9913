r"""Leaky delta: $S \leftarrow S(\lambda I - \beta k k^\top) + \beta v k^\top$.

Try: python -m capacity predict leaky_delta --rule-file examples/my_rule.py --items 64
"""

from dataclasses import dataclass

from capacity.affine import AffineRule, Step
from capacity.parameters import param
from capacity.rule import Source, Token


@dataclass(frozen=True)
class LeakyDelta(AffineRule):
    """Delta rule whose memory leaks, but whose error is taken before the leak."""

    family, title = "delta", "Leaky delta rule"
    update = r"S \leftarrow S(\lambda I - \beta k k^\top) + \beta v k^\top"
    source = Source("invented for this example", "-", "-")
    leak: float = param(0.98, symbol=r"\lambda", domain=(0.0, 1.0), typical=(0.0, 0.9, 1.0))
    beta: float = param(0.5, symbol=r"\beta", domain=(0.0, 1.0), typical=(0.0, 0.5, 1.0))

    def coefficients(self, token: Token) -> Step:
        k = token.k
        return Step(decay=self.leak, left=self.beta * k, right=k, write=self.beta * k)
