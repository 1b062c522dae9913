r"""No features: $\phi(k) = k$."""

from dataclasses import dataclass

from torch import Tensor

from capacity.additive import Kernel, Moments, key_moments
from capacity.feature_map import FeatureMap
from capacity.keys import Keys
from capacity.rule import Source


@dataclass(frozen=True)
class Identity(FeatureMap):
    """Keys as they are, bit for bit; moments exact wherever those of the keys are."""

    title = "None"
    formula = r"\phi(k) = k"
    source = Source("McDermott, Heath, Parhi 2026", "arXiv:2606.25342", "Eq 10")
    trivial = True

    def dimension(self, d: int) -> int:
        return d

    def cost(self, d: int) -> int:
        return 0

    def __call__(self, keys: Tensor) -> Tensor:
        return keys

    def kernel(self, d: int) -> Kernel:
        return lambda overlap: overlap

    def moments(self, keys: Keys, d: int) -> Moments | None:
        return key_moments(keys, d)
