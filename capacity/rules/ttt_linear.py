r"""TTT-Linear: $S_t = S_{t-1} + \beta (v_t - S_{t'} k_t) k_t^\top$, $t'$ the chunk's start."""

from dataclasses import dataclass
from math import sqrt
from typing import Any

from capacity.affine import AffineRule, Step, indicator
from capacity.keys import Keys
from capacity.losses import delta_loss
from capacity.parameters import param
from capacity.rule import Dims, Objective, Source, Token
from capacity.stability import Edge


@dataclass(frozen=True)
class TttLinear(AffineRule):
    """Mini-batch gradient descent: all gradients of a chunk are taken at the memory before it.

    State: the current memory S_t and the anchor S_t' side by side; reads see S_t, so a partly
    filled chunk is already applied. The decay acts once, when a chunk begins. chunk = 1 is the
    delta rule (gated for alpha < 1). The source has no decay and no 1/2 in its loss. Target v, no
    layer normalisation, no residual. Law: exact on isotropic keys, any position in a chunk.
    Mean-square edge on the sphere at alpha = 1: beta < 2 d/(d + chunk - 1), on gaussian keys
    2 d/(d + chunk + 1).
    """

    family = "delta"
    title = "TTT-Linear"
    update = r"S_t = S_{t-1} + \beta (v_t - S_{t'} k_t) k_t^\top"
    source = Source("Sun et al. 2024 (TTT)", "arXiv:2407.04620", "Eq 6, section 2.4")
    blocks = 2

    beta: float = param(
        0.5, symbol=r"\beta", domain=(0.0, float("inf")), typical=(0.0, 0.1, 0.5, 1.0)
    )
    chunk: int = param(4, symbol="b", domain=(1, float("inf")), typical=(1, 4, 16), integer=True)
    alpha: float = param(1.0, symbol=r"\alpha", domain=(0.0, 1.0), typical=(0.0, 0.95, 1.0))

    @property
    def period(self) -> int:
        return self.chunk

    def coefficients(self, token: Token) -> Step:
        k, position = token.k, token.index % self.chunk
        first, last = indicator(position == 0, k), indicator(position == self.chunk - 1, k)
        gate = 1 - (1 - self.alpha) * first
        return Step(
            decay=((gate, gate * last), (0.0, gate * (1 - last))),
            left=(0 * k, gate * self.beta * k),
            right=(k, last * k),
            write=(self.beta * k, last * self.beta * k),
        )

    def edge(self, keys: Keys, dims: Dims) -> Edge | None:
        """The larger root of rho = 1 in rho = alpha^2 (1 - 2 beta b/d + beta^2 b c/d), exact.

        c = m4 + (b - 1)/d with m4 = E|k|^4, so beta = 2/c at alpha = 1.
        """
        radii = keys.radii(dims.d_k)
        if radii is None or self.alpha == 0:
            return None
        nodes, weights = radii
        c: Any = weights @ nodes**4 + (self.chunk - 1) / dims.d_k
        room = dims.d_k / self.chunk * (1 / self.alpha**2 - 1)
        return Edge("beta", (1 + sqrt(1 + c * room)) / c)

    def objective(self) -> Objective:
        return Objective(
            r"\tfrac12 \lVert S_{t'} k - v\rVert^2",
            delta_loss,
            rate=self.beta,
            decay=self.alpha,
            transform="sum over a chunk",
        )
