"""Rules that keep pairs as they came: a cache of keys and values, weighed when a query arrives."""

from abc import abstractmethod
from typing import Any, NamedTuple

import torch
from torch import Tensor

from capacity.errors import InputError
from capacity.rule import Dims, Rule, Token

_WORKING_SET = 2**24  # scalars compared at once in a batched read


class CacheState(NamedTuple):
    """Slots for keys (slots, d_k) and values (slots, d_v), and the number of pairs written."""

    keys: Tensor
    values: Tensor
    written: Tensor


def attention(keys: Tensor, query: Tensor, filled: Tensor, bandwidth: float) -> Tensor:
    """Softmax weights (slots,) of the filled slots, e^{k.q/bandwidth^2} normalised to sum 1.

    bandwidth 0 is the limit of a kernel without normaliser: a key equal to the query, to rounding,
    has weight 1 (duplicates share it), any other weight 0.
    """
    if bandwidth > 0:
        scores = keys @ query / bandwidth**2
        return torch.softmax(torch.where(filled, scores, -torch.inf), dim=0)
    same = (equal(keys, query) & filled).to(query.dtype)
    return same / same.sum().clamp(min=1)


def equal(keys: Tensor, query: Tensor) -> Tensor:
    """Which keys (slots,) are the query, to rounding.

    A feature map need not give the same last bit in a batch as alone.
    """
    rounding = 16 * torch.finfo(query.dtype).eps * query.abs().amax()
    return ((keys - query).abs() <= rounding).all(dim=1)


class CacheRule(Rule):
    """A ring of slots; subclasses say how many there are and how a query weighs the pairs."""

    linear_in_values = True

    @abstractmethod
    def weigh(self, keys: Tensor, query: Tensor, filled: Tensor) -> Tensor:
        """Weights (slots,) of the cached pairs for one query; ``filled`` marks the used slots."""

    def slots(self, dims: Dims) -> int:
        """Pairs that the cache holds; a growing cache holds the longest stream, dims.tokens."""
        return dims.tokens

    def init(
        self,
        dims: Dims,
        batch: tuple[int, ...] = (),
        rng: torch.Generator | None = None,
        *,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> Any:
        slots = self.slots(dims)
        keys = torch.zeros(*batch, slots, dims.d_k, dtype=dtype, device=device)
        values = torch.zeros(*batch, slots, dims.d_v, dtype=dtype, device=device)
        return CacheState(keys, values, torch.zeros(batch, dtype=torch.int64, device=device))

    def write(self, state: CacheState, token: Token) -> CacheState:
        slots = state.keys.shape[0]
        here = (torch.arange(slots, device=state.keys.device) == state.written % slots)[:, None]
        keys = torch.where(here, token.keys, state.keys)
        values = torch.where(here, token.values, state.values)
        return CacheState(keys, values, state.written + 1)

    def write_stream(
        self, states: CacheState, keys: Tensor, values: Tensor, start: int = 0
    ) -> CacheState:
        slots, pairs = states.keys.shape[1], keys.shape[1]
        self.check_room(slots, start + pairs)
        kept = min(slots, pairs)
        where = torch.arange(start + pairs - kept, start + pairs, device=keys.device) % slots
        cached_keys, cached_values = states.keys.clone(), states.values.clone()
        cached_keys[:, where] = keys[:, pairs - kept :]
        cached_values[:, where] = values[:, pairs - kept :]
        return CacheState(cached_keys, cached_values, states.written + pairs)

    def check_room(self, slots: int, pairs: int) -> None:
        """A growing cache must have been made for the stream: nothing is evicted in silence."""
        if pairs > slots:
            raise InputError(
                f"{type(self).__name__} was made for {slots} pairs, got {pairs}: set dims.tokens."
            )

    def read(self, state: CacheState, query: Tensor) -> Tensor:
        filled = torch.arange(state.keys.shape[0], device=query.device) < state.written
        return self.weigh(state.keys, query, filled) @ state.values

    def read_stream(self, states: Any, queries: Tensor) -> Tensor:
        """Streams in blocks, so that comparing every query with every key fits in memory."""
        keys, values = states.keys, states.values
        filled = torch.arange(keys.shape[1], device=keys.device) < states.written[:, None]
        weigh = torch.func.vmap(torch.func.vmap(self.weigh, in_dims=(None, 0, None)))
        block = max(1, _WORKING_SET // (queries.shape[1] * keys[0].numel() + 1))
        parts = []
        for first in range(0, len(queries), block):
            some = slice(first, first + block)
            parts.append(weigh(keys[some], queries[some], filled[some]) @ values[some])
        return torch.cat(parts)

    def live(self, dims: Dims, t: int) -> dict[str, tuple[int, ...]]:
        return {"keys": (t, dims.d_k), "values": (t, dims.d_v)}
