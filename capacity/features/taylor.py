r"""Taylor features (Based): $\phi(k)^\top\phi(q) \propto 1 + x + x^2/2$, $x \propto k^\top q$."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from capacity.additive import Kernel
from capacity.feature_map import FeatureMap
from capacity.keys import Array
from capacity.parameters import param
from capacity.rule import Source


@dataclass(frozen=True)
class Taylor(FeatureMap):
    """Second-order Taylor polynomial of the softmax kernel e^x of queries and keys s sqrt(d) k.

    x carries the 1/sqrt(d) of attention. Unit keys have unit features. Each product of two
    entries is kept once, so D = 1 + d + d (d + 1)/2 (Based keeps both orders: 1 + d + d^2).
    """

    title = "Taylor"
    formula = r"\phi(k)^\top\phi(q) \propto 1 + x + x^2/2,\ x = s^2\sqrt d\,k^\top q"
    source = Source("Arora et al. 2024 (Based)", "arXiv:2402.18668", "second-order Taylor map")

    scale: float = param(
        1.0, symbol="s", domain=(0.0, 100.0), open_at=(0.0,), typical=(0.5, 1.0, 2.0, 100.0)
    )

    def _slope(self, d: int) -> float:
        return self.scale**2 * math.sqrt(d)

    def _size(self, d: int) -> float:
        slope = self._slope(d)
        return 1 + slope + slope * slope / 2

    def dimension(self, d: int) -> int:
        return 1 + d + d * (d + 1) // 2

    def cost(self, d: int) -> int:
        return d * (d + 2)

    def __call__(self, keys: Tensor) -> Tensor:
        d = keys.shape[-1]
        x = keys * math.sqrt(self._slope(d))
        i, j = torch.triu_indices(d, d, device=keys.device)
        factor = 1 - (i == j).to(keys.dtype) * (1 - math.sqrt(0.5))
        one = torch.ones_like(x[..., :1])
        return torch.cat([one, x, x[..., i] * x[..., j] * factor], dim=-1) / math.sqrt(
            self._size(d)
        )

    def kernel(self, d: int) -> Kernel:
        slope, size = self._slope(d), self._size(d)

        def of(overlap: Array) -> Array:
            return (1 + slope * overlap + (slope * overlap) ** 2 / 2) / size

        return of
