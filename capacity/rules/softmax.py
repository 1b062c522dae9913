r"""Softmax attention: $y = \sum_i v_i\, e^{k_i^\top q/h^2} / \sum_j e^{k_j^\top q/h^2}$."""

from dataclasses import dataclass

from torch import Tensor

from capacity.cache import CacheRule, attention
from capacity.kernel_law import densities, kernel_law
from capacity.kernel_taught import TaughtKernelLaw, kernel_taught
from capacity.keys import Keys
from capacity.law import Law
from capacity.parameters import param
from capacity.rule import Cost, Dims, Source
from capacity.taught import TaughtLaw
from capacity.values import Values


@dataclass(frozen=True)
class Softmax(CacheRule):
    """Nadaraya-Watson regression on the whole cache; its state grows by one pair per token.

    Unit-norm keys and bandwidth d_k^(1/4) give the attention of Eq 2 (Theorem 2.1).
    """

    family = "nonparametric"
    title = "Softmax attention"
    update = r"y = \sum_i v_i\, e^{k_i^\top q/h^2} \big/ \sum_j e^{k_j^\top q/h^2}"
    source = Source("McDermott, Heath, Parhi 2026", "arXiv:2606.25342", "Eqs 2 and 5")

    bandwidth: float = param(
        0.25, symbol="h", domain=(0.0, float("inf")), open_at=(0.0,), typical=(0.25, 0.5, 2.83)
    )

    closed_form = staticmethod(densities)  # of the integrals that the law evaluates
    taught_form = TaughtKernelLaw  # whose static methods hold its formulas

    def weigh(self, keys: Tensor, query: Tensor, filled: Tensor) -> Tensor:
        return attention(keys, query, filled, self.bandwidth)

    def cost(self, dims: Dims, t: int) -> Cost:
        return Cost(write=0, read=t * (dims.d_k + dims.d_v))

    def taught(self, keys: Keys, dims: Dims, values: Values) -> TaughtLaw | None:
        """Exact on sphere keys, for any teacher (:mod:`capacity.kernel_taught`)."""
        return kernel_taught(self.bandwidth, keys, dims.d_k, values)

    def law(self, keys: Keys, dims: Dims) -> Law | None:
        """Exact on sphere, Gaussian, orthonormal and given keys (:mod:`capacity.kernel_law`).

        None on sign keys: theory has the law of one score, a sum of weighted signs, only as a sum
        over 2^d sign patterns.
        """
        return kernel_law(self.bandwidth, keys, dims.d_k) or super().law(keys, dims)
