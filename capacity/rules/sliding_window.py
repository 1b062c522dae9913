r"""Sliding window of $w$ pairs: $y = \sum_{i > t-w} v_i\,\kappa_h(k_i, q)$."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from capacity.cache import CacheRule, attention
from capacity.held_law import held_law
from capacity.keys import Keys
from capacity.law import Law
from capacity.parameters import param
from capacity.recall import Array
from capacity.rule import Cost, Dims, Source


@dataclass(frozen=True)
class SlidingWindow(CacheRule):
    """The last w pairs, kept exactly; older ones are gone.

    bandwidth 0 is the limit of a kernel without normaliser: a query that equals a cached key reads
    its value (the mean over duplicates), any other reads nothing. bandwidth > 0 is softmax
    attention over the window.
    """

    family = "nonparametric"
    title = "Sliding window"
    update = r"y = \sum_{i > t-w} v_i\,\kappa_h(k_i, q)"
    source = Source("McDermott, Heath, Parhi 2026", "arXiv:2606.25342", "Eq 7")

    window: int = param(64, symbol="w", domain=(1, float("inf")), typical=(1, 16, 64), integer=True)
    bandwidth: float = param(0.0, symbol="h", domain=(0.0, float("inf")), typical=(0.0, 0.25, 0.5))

    def slots(self, dims: Dims) -> int:
        return self.window

    def check_room(self, slots: int, pairs: int) -> None:
        """A window evicts its oldest pair."""

    def weigh(self, keys: Tensor, query: Tensor, filled: Tensor) -> Tensor:
        return attention(keys, query, filled, self.bandwidth)

    def live(self, dims: Dims, t: int) -> dict[str, tuple[int, ...]]:
        held = min(t, self.window)
        return {"keys": (held, dims.d_k), "values": (held, dims.d_v)}

    def cost(self, dims: Dims, t: int) -> Cost:
        return Cost(write=0, read=min(t, self.window) * (dims.d_k + dims.d_v))

    def kept(self, ages: NDArray[np.int64], items: int | None) -> Array:
        """1 for pairs still in the window, 0 for the others."""
        kept: Array = (ages < self.window).astype(float)
        return kept

    def law(self, keys: Keys, dims: Dims) -> Law | None:
        """Exact on given keys, on keys without duplicates, and (bandwidth > 0) as softmax."""
        found = held_law(self.kept, self.window, self.bandwidth, keys, dims.d_k)
        return found or super().law(keys, dims)
