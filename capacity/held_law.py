"""Recall of caches that keep or drop a pair by its age alone: windows and random eviction."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from capacity.kernel_law import EXACT, KernelLaw, kernel_law
from capacity.keys import Empirical, Gaussian, Keys, Orthonormal, Sphere
from capacity.law import Law
from capacity.recall import Array, Recall

Chances = Callable[[NDArray[np.int64], int | None], Array]


def distinct(keys: Keys, d: int) -> bool:
    """Whether no two keys of a stream are equal, almost surely."""
    if isinstance(keys, Empirical):
        return len(np.unique(keys.rows, axis=0)) == len(keys.rows)
    return isinstance(keys, Gaussian | Orthonormal) or (isinstance(keys, Sphere) and d > 1)


class HeldLaw(Law):
    """Recall of a cache of ``slots`` pairs that keeps each pair with a chance set by its age alone.

    chances(ages, items) are the chances that pairs are still held; items None: endlessly many.
    With bandwidth 0 a query reads the pair whose key it equals, or nothing: s = p = chance. With
    bandwidth h > 0 the weights are those of :class:`KernelLaw` over min(items, slots) pairs, and
    a key whose pair is gone reads a blend of the others. Exact where the choice of what to keep
    does not look at keys or values; at bandwidth 0, for keys without duplicates.
    """

    statuses = EXACT

    def __init__(
        self,
        chances: Chances,
        slots: int,
        keys: Keys,
        d: int,
        inside: KernelLaw | None,
    ) -> None:
        self.chances, self.slots, self.keys, self.d, self.inside = chances, slots, keys, d, inside

    def recall(self, items: int) -> Recall:
        self.keys.check(self.d, items)
        return self._over(self.chances(np.arange(items), items), min(items, self.slots))

    def lifelong(self, ages: int) -> Recall | None:
        if self.keys.most_items(self.d) is not None:
            return None
        return self._over(self.chances(np.arange(ages), None), self.slots)

    def _over(self, kept: Array, held: int) -> Recall:
        if self.inside is None:
            return Recall(kept, kept, self.statuses, kept)
        one = self.inside.one(held)
        assert one.own_power is not None
        gone = np.where(kept < 1, 1 - kept, 0.0)
        missing = self.inside.missing(held) if gone.any() else 0.0
        power = kept * one.power + gone * missing
        return Recall(kept * one.signal, power, self.statuses, kept * one.own_power)


def held_law(chances: Chances, slots: int, bandwidth: float, keys: Keys, d: int) -> HeldLaw | None:
    """The law of a cache whose evictions ignore keys and values; None where reading has none."""
    if bandwidth == 0:
        return HeldLaw(chances, slots, keys, d, None) if distinct(keys, d) else None
    inside = kernel_law(bandwidth, keys, d)
    return None if inside is None else HeldLaw(chances, slots, keys, d, inside)
