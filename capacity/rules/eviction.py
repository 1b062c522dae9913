r"""Evicting cache of $c$ pairs: a new one replaces pair $i$ with chance $\propto e^{-\eta A_i}$."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from capacity.cache import CacheRule, attention
from capacity.counter_random import stream_seeds, uniform
from capacity.formula_law import Ages
from capacity.held_law import held_law
from capacity.keys import Keys
from capacity.law import Law
from capacity.parameters import param
from capacity.recall import Array
from capacity.rule import Cost, Dims, Source, Token


class EvictionState(NamedTuple):
    """Slots for keys, values and accumulated attention, the stream's seed, and pairs written."""

    keys: Tensor
    values: Tensor
    attention: Tensor
    seed: Tensor
    written: Tensor


@dataclass(frozen=True)
class Eviction(CacheRule):
    """Every new pair enters; once the cache is full, a held pair leaves.

    The policy is one number, the selectivity eta: 0 evicts at random, infinity in the limit the
    pair with the least accumulated attention (H2O). A_i is the attention that pair i received
    since it came, its own write included; the new key stands for the query, for writes bring no
    other. The choice is the largest of -eta A_i + G_i with Gumbel noise G that is a function of
    the stream's seed and the number of pairs written. bandwidth as in the sliding window. H2O's
    Algorithm 1 may drop the new pair itself, and its code reserves slots for the newest pairs.
    """

    family = "nonparametric"
    title = "Evicting cache"
    update = (
        r"\Pr(\text{evict } i) \propto e^{-\eta A_i}, \quad A_i \leftarrow A_i + \kappa_h(k_i, k)"
    )
    source = Source("Zhang et al. 2023 (H2O)", "arXiv:2306.14048", "greedy eviction, Algorithm 1")

    cache: int = param(64, symbol="c", domain=(1, float("inf")), typical=(1, 16, 64), integer=True)
    selectivity: float = param(
        0.0, symbol=r"\eta", domain=(0.0, float("inf")), typical=(0.0, 1.0, 100.0)
    )
    bandwidth: float = param(0.0, symbol="h", domain=(0.0, float("inf")), typical=(0.0, 0.25, 0.5))

    def slots(self, dims: Dims) -> int:
        return self.cache

    def init(
        self,
        dims: Dims,
        batch: tuple[int, ...] = (),
        rng: torch.Generator | None = None,
        *,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> EvictionState:
        empty = super().init(dims, batch, rng, dtype=dtype, device=device)
        scores = torch.zeros(*batch, self.cache, dtype=dtype, device=device)
        seed = stream_seeds(batch, rng, device)
        return EvictionState(empty.keys, empty.values, scores, seed, empty.written)

    def weigh(self, keys: Tensor, query: Tensor, filled: Tensor) -> Tensor:
        return attention(keys, query, filled, self.bandwidth)

    def _evicted(self, seed: Tensor, written: Tensor, scores: Tensor) -> Tensor:
        """The slot that a new pair takes in a full cache."""
        place = torch.arange(self.cache, device=seed.device)
        noise = uniform(seed[..., None], written[..., None] * self.cache + place)
        gumbel = -torch.log(-torch.log(noise.clamp(2.0**-53, 1 - 2.0**-53)))
        return (gumbel - self.selectivity * scores).argmax(dim=-1)

    def write(self, state: EvictionState, token: Token) -> EvictionState:  # type: ignore[override]
        place = torch.arange(self.cache, device=state.keys.device)
        held = torch.cat([place < state.written, torch.ones_like(place[:1], dtype=torch.bool)])
        received = self.weigh(torch.cat([state.keys, token.keys]), token.keys[0], held)
        scores = state.attention + received[:-1]
        leaves = self._evicted(state.seed, state.written, scores)
        here = place == torch.where(state.written < self.cache, state.written, leaves)
        return EvictionState(
            torch.where(here[:, None], token.keys, state.keys),
            torch.where(here[:, None], token.values, state.values),
            torch.where(here, received[-1], scores),
            state.seed,
            state.written + 1,
        )

    def write_stream(  # type: ignore[override]
        self, states: EvictionState, keys: Tensor, values: Tensor, start: int = 0
    ) -> EvictionState:
        if self.selectivity > 0:
            stepped: EvictionState = super(CacheRule, self).write_stream(
                states, keys, values, start
            )
            return stepped
        pairs = keys.shape[1]
        times = start + torch.arange(pairs, device=keys.device)
        drawn = self._evicted(states.seed[:, None], times[None], states.keys.new_zeros(()))
        slot = torch.where(times < self.cache, times, drawn)
        last = torch.full(states.keys.shape[:2], -1, device=keys.device)  # newest pair of each slot
        last = last.scatter_reduce(1, slot, (times - start).expand_as(slot), "amax")
        fresh = (last >= 0)[..., None]

        def placed(new: Tensor, old: Tensor) -> Tensor:
            index = last.clamp(min=0)[..., None].expand(-1, -1, new.shape[2])
            return torch.where(fresh, new.gather(1, index), old) if pairs else old

        return states._replace(
            keys=placed(keys, states.keys),
            values=placed(values, states.values),
            written=states.written + pairs,
        )

    def live(self, dims: Dims, t: int) -> dict[str, tuple[int, ...]]:
        held = min(t, self.cache)
        shapes: dict[str, tuple[int, ...]] = {"keys": (held, dims.d_k), "values": (held, dims.d_v)}
        return shapes | ({"attention": (held,)} if self.selectivity > 0 else {})

    def cost(self, dims: Dims, t: int) -> Cost:
        held = min(t, self.cache)
        scored = held * dims.d_k if self.selectivity > 0 else 0
        return Cost(write=scored, read=held * (dims.d_k + dims.d_v))

    def kept(self, ages: Ages, items: int | None) -> Array:
        """Chance to be still held, (1 - 1/c)^e after e evictions: e = min(age, N - c) >= 0."""
        evictions = ages if items is None else np.minimum(ages, max(items - self.cache, 0))
        chance: Array = self.survival(evictions.astype(float))
        return chance

    def survival(self, evictions: Any) -> Any:
        """Chance that a held pair outlives so many random evictions; numbers or symbols."""
        return (1 - 1 / self.cache) ** evictions

    def law(self, keys: Keys, dims: Dims) -> Law | None:
        """Exact at selectivity 0, on the keys on which reading has a law.

        None at selectivity > 0: which pairs survive depends on all keys that came later, and no
        law of that survival is known.
        """
        if self.selectivity > 0:
            return None
        return held_law(self.kept, self.cache, self.bandwidth, keys, dims.d_k)
