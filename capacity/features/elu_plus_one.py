r"""ELU + 1 features: $\phi(k) = \mathrm{elu}(s\sqrt d\,k) + 1$, up to a constant."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from capacity.feature_map import Elementwise
from capacity.parameters import param
from capacity.rule import Source


@dataclass(frozen=True)
class EluPlusOne(Elementwise):
    """x + 1 above 0, e^x below; effective dimension 2.13 as d grows, at scale 1."""

    title = "ELU + 1"
    formula = r"\phi(k) = (\mathrm{elu}(s\sqrt d\,k) + 1)/c"
    source = Source("Katharopoulos et al. 2020", "arXiv:2006.16236", "Eq 7")

    scale: float = param(
        1.0, symbol="s", domain=(0.0, 8.0), open_at=(0.0,), typical=(0.5, 1.0, 2.0, 8.0)
    )

    def function(self, x: Tensor) -> Tensor:
        return torch.nn.functional.elu(self.scale * x) + 1

    def mean_square(self) -> float:
        s = self.scale
        below = math.exp(2 * s**2) * math.erfc(math.sqrt(2) * s) / 2
        return s**2 / 2 + 2 * s / math.sqrt(2 * math.pi) + 0.5 + below
