"""Gates that repeat with a period, and the weights that they leave on additive writes."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from capacity.keys import Array
from capacity.rule import Token


def at_token(rows: Any, token: Token) -> Any:
    """Row ``token.index`` modulo their number, in the dtype and on the device of the keys.

    Safe under vmap, where the index is a batched tensor.
    """
    table = torch.tensor(rows, dtype=token.keys.dtype, device=token.keys.device)
    index = torch.as_tensor(token.index, device=table.device) % len(table)
    return table.index_select(0, index.reshape(1))[0]


@dataclass(frozen=True)
class Weights:
    """S = sum_i c_i v_i k_i^T with c_i = gain_i prod_(t > i) decay_t; both repeat with a period."""

    gain: Array
    decay: Array

    @classmethod
    def of(cls, gain: Any, decay: Any) -> "Weights":
        """Numbers, symbols or arrays (T,) of unlike lengths, repeated to a common period."""
        parts = [np.atleast_1d(np.asarray(x)) for x in (gain, decay)]
        period = math.lcm(*map(len, parts))
        return cls(*(np.resize(x, period) for x in parts))

    @property
    def equal(self) -> bool:
        """Whether every pair keeps the same weight for ever."""
        return bool((self.decay == 1).all() and (self.gain == self.gain[0]).all())

    def by_age(self, items: int) -> Array:
        """c of ages 0 .. items - 1 after ``items`` writes."""
        return self._last(items, items)

    def lifelong(self, ages: int) -> Array:
        """c of the newest ages after a whole number of periods."""
        return self._last(ages, 0)

    def _last(self, ages: int, items: int) -> Array:
        writer = (items - 1 - np.arange(ages)) % len(self.gain)
        passed = np.concatenate([[1], np.cumprod(self.decay[writer[: ages - 1]])])[:ages]
        weights: Array = self.gain[writer] * passed
        return weights

    def total_square(self) -> float:
        """Sum of c^2 over an endless past, after a whole number of periods; it may be infinite."""
        return self._total(2, 0)

    def largest_total(self) -> float:
        """Supremum of sum |c| over all numbers of writes; it may be infinite."""
        return max(self._total(1, residue) for residue in range(len(self.gain)))

    def _total(self, power: int, residue: int) -> float:
        period = (np.abs(self._last(len(self.gain), residue)) ** power).sum()
        left = np.abs(self.decay).prod() ** power
        if period == 0:
            return 0.0
        total: float = period / (1 - left) if left < 1 else np.inf
        return total
