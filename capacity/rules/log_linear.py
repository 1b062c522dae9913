r"""Log-linear attention: Fenwick buckets of linear states, $y = \sum_l \lambda^l S^{(l)} q$."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from capacity.errors import InputError
from capacity.formula_law import Ages, FormulaLaw
from capacity.keys import Gaussian, Keys, Orthonormal, Sphere
from capacity.law import Law
from capacity.parameters import param
from capacity.rule import Cost, Dims, Rule, Source, Token


class LogLinearState(NamedTuple):
    """One matrix per level, (levels, d_v, d_k), and the number of pairs written."""

    levels: Tensor
    written: Tensor


def buckets(items: int) -> list[tuple[int, int, int]]:
    """(level, first, end) of the buckets that hold pairs 0 .. items - 1, newest first.

    Level 0 is the newest pair alone; level l >= 1 holds 2^(l-1) pairs, one level for each binary
    digit of items - 1 that is 1.
    """
    if items == 0:
        return []
    found, end = [(0, items - 1, items)], items - 1
    for digit in range(end.bit_length()):
        size = 2**digit
        if (items - 1) & size:
            found.append((digit + 1, end - size, end))
            end -= size
    return found


@dataclass(frozen=True)
class LogLinear(Rule):
    """Hebbian states over buckets that double in size with age: O(log t) state.

    The source reads level l with a weight that the network makes from the token. Here the level
    gates are gate^l: gate 1 weighs all levels alike and is the Hebbian memory, gate 0 reads the
    newest pair alone. An oracle that opens only the level that holds the queried pair bounds what
    gates can do: see ``oracle_law``.
    No objective: each write is a Hebbian step on a level that is empty, merging adds levels up, and
    what is read, their gated sum, is moved by both.
    """

    family = "linear"
    title = "Log-linear attention"
    update = (
        r"S^{(m+1)} \leftarrow \textstyle\sum_{l \le m} S^{(l)}, \; S^{(1..m)} \leftarrow 0, \;"
        r" S^{(0)} \leftarrow v k^\top, \quad 2^m \parallel t"
    )
    source = Source("Guo et al. 2025", "arXiv:2506.04761", "section 3.1, Fenwick recurrence")
    linear_in_values = True

    gate: float = param(0.7, symbol=r"\lambda", domain=(0.0, 1.0), typical=(0.0, 0.7, 1.0))

    def init(
        self,
        dims: Dims,
        batch: tuple[int, ...] = (),
        rng: torch.Generator | None = None,
        *,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> LogLinearState:
        levels = max(dims.tokens - 1, 0).bit_length() + 1
        shape = (*batch, levels, dims.d_v, dims.d_k)
        written = torch.zeros(batch, dtype=torch.int64, device=device)
        return LogLinearState(torch.zeros(shape, dtype=dtype, device=device), written)

    def write(self, state: LogLinearState, token: Token) -> LogLinearState:
        """Levels 0 .. m merge into level m + 1, m the lowest binary digit 1 of the count."""
        size = 2 ** torch.arange(len(state.levels), device=state.levels.device)
        lowest = state.written & -state.written  # 2^m, or 0 for the first pair
        merging = (size <= lowest)[:, None, None]
        target = (size == 2 * lowest)[:, None, None]
        kept = torch.where(merging | target, 0.0, state.levels)
        merged = torch.where(merging, state.levels, 0.0).sum(dim=0)
        newest = (size == 1)[:, None, None]
        levels = (
            kept + torch.where(target, merged, 0.0) + torch.where(newest, token.v @ token.k.T, 0.0)
        )
        return LogLinearState(levels, state.written + 1)

    def write_stream(
        self, states: LogLinearState, keys: Tensor, values: Tensor, start: int = 0
    ) -> LogLinearState:
        end = start + keys.shape[1]
        if (max(end - 1, 0)).bit_length() >= states.levels.shape[1]:
            most = 2 ** (states.levels.shape[1] - 1)
            raise InputError(
                f"{type(self).__name__} was made for {most} pairs, got {end}: set dims.tokens."
            )
        levels = torch.zeros_like(states.levels)
        for level, first, last in buckets(end):
            for old, begin, stop in buckets(start):
                if first <= begin and stop <= last:
                    levels[:, level] += states.levels[:, old]
            fresh = slice(max(first - start, 0), max(last - start, 0))
            levels[:, level] += values[:, fresh].mT @ keys[:, fresh]
        return LogLinearState(levels, states.written + keys.shape[1])

    def _combined(self, levels: Tensor) -> Tensor:
        gates = torch.tensor(self.gate, dtype=levels.dtype, device=levels.device) ** torch.arange(
            levels.shape[-3], device=levels.device
        )
        return (gates[:, None, None] * levels).sum(dim=-3)

    def read(self, state: LogLinearState, query: Tensor) -> Tensor:
        return self._combined(state.levels) @ query

    def read_stream(self, states: LogLinearState, queries: Tensor) -> Tensor:
        return queries @ self._combined(states.levels).mT

    def live(self, dims: Dims, t: int) -> dict[str, tuple[int, ...]]:
        """Only levels that hold pairs: one, and one for each binary digit 1 of t - 1."""
        return {"levels": (len(buckets(t)), dims.d_v, dims.d_k)}

    def cost(self, dims: Dims, t: int) -> Cost:
        """Additions of merging counted as multiply-adds, two per pair on average."""
        size = dims.d_k * dims.d_v
        return Cost(write=3 * size, read=len(buckets(t)) * size)

    def _by_age(self, items: int) -> tuple[Ages, Ages]:
        """Level and bucket size of each pair, by age."""
        held = buckets(items)
        sizes = [end - first for _, first, end in held]
        return np.repeat([level for level, _, _ in held], sizes), np.repeat(sizes, sizes)

    def gains(self, items: int) -> tuple[Any, Any]:
        """By age: gain G of the pair, and summed squared gains of the other pairs."""
        levels, _ = self._by_age(items)
        gains = np.array([self.gate ** int(level) for level in levels])
        return gains, (gains**2).sum() - gains**2

    def oracle_gains(self, items: int) -> tuple[Any, Any]:
        """The same where only the level of the queried pair is open."""
        _, sizes = self._by_age(items)
        return np.ones(items, dtype=int), sizes - 1

    @staticmethod
    def closed_form(gain: Any, others: Any, m4: Any, overlap: Any) -> tuple[Any, Any, Any]:
        """Signal, power and own power of a pair read with this gain; overlap = E (k.k')^2.

        others is the sum of the squared gains of the other pairs; numbers, arrays or symbols.
        """
        own = gain**2 * m4
        return gain, own + others * overlap, own

    def law(self, keys: Keys, dims: Dims) -> Law | None:
        """Exact on sphere, Gaussian, orthonormal and given keys; no limit of endless streams.

        With G = gate^level of the pair, m4 = E|k|^4 and n_l pairs on level l:
        s = G, p = G^2 m4 + (sum_l gate^(2l) n_l - G^2)/d; orthonormal keys p = G^2. The buckets
        follow the binary digits of N - 1, so recall at an age has no limit in N. None on sign
        keys, not derived here.
        """
        return self._law(keys, dims, self.gains) or super().law(keys, dims)

    def oracle_law(self, keys: Keys, dims: Dims) -> Law | None:
        """Recall if only the level that holds the queried pair is read, with gate 1; exact.

        On the sphere MSE = (bucket size - 1)/d. No read-out of the query alone attains it: the
        oracle knows the age.
        """
        return self._law(keys, dims, self.oracle_gains)

    def _law(
        self, keys: Keys, dims: Dims, gains: Callable[[int], tuple[Any, Any]]
    ) -> FormulaLaw | None:
        if not isinstance(keys, Sphere | Gaussian | Orthonormal):
            return None
        m4 = 1 + 2 / dims.d_k if isinstance(keys, Gaussian) else 1.0
        overlap = 0.0 if isinstance(keys, Orthonormal) else 1 / dims.d_k
        return FormulaLaw(
            keys, dims.d_k, lambda _, n: self.closed_form(*gains(n), m4, overlap), None, alike=False
        )
