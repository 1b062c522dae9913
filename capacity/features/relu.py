r"""ReLU features: $\phi(k) = \mathrm{relu}(\sqrt d\,k)$, up to a constant."""

from dataclasses import dataclass

from torch import Tensor

from capacity.feature_map import Elementwise
from capacity.rule import Source


@dataclass(frozen=True)
class Relu(Elementwise):
    """Effective dimension pi^2 as d grows: all features share one positive mean."""

    title = "ReLU"
    formula = r"\phi(k) = \mathrm{relu}(\sqrt d\,k)/\sqrt{d/2}"
    source = Source("Kasai et al. 2021 (T2R)", "arXiv:2103.13076", "feature map, without weights")

    def function(self, x: Tensor) -> Tensor:
        return x.clamp(min=0)

    def mean_square(self) -> float:
        return 0.5
