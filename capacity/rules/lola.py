r"""LoLA: a window, a cache of ill-recalled pairs, and $S \leftarrow S + v k^\top$ for the rest."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from capacity.cache import attention
from capacity.formula_law import Ages, FormulaLaw, Moments
from capacity.held_law import distinct
from capacity.keys import Gaussian, Keys, Orthonormal, Sphere
from capacity.law import Law
from capacity.parameters import param
from capacity.rule import Cost, Dims, Rule, Source, Token


class LolaState(NamedTuple):
    """Slots of the window, then of the sparse cache; the linear state; pairs written."""

    keys: Tensor
    values: Tensor
    S: Tensor
    written: Tensor


@dataclass(frozen=True)
class Lola(Rule):
    """Three memories: the last w pairs; c hard pairs; a Hebbian state of all others.

    A pair that leaves the window joins the cached ones; all are scored by their self-recall error
    |S k - v|^2 under the present S, and the pair with the least error is written into S (ties:
    the first slot). A query that equals a held key reads its value, any other reads S q: the
    limit of narrow bandwidth of the source's joint softmax, which holds the pairs and feature maps
    in one normaliser. The source also divides the recall in its error by the state's normaliser; S,
    read without features, has none.

    Law: exact without a sparse cache. With one, which pairs stay depends on their values and on all
    that was written before: what is missing is the joint law of the selected errors.
    No objective: S takes the Hebbian step on a pair that its own error chooses, not on the pair
    that arrives.
    """

    family = "hybrid"
    title = "LoLA"
    update = (
        r"S \leftarrow S + v_j k_j^\top, \quad"
        r" j = \arg\min_{i \in \text{cache} \cup \{t - w\}} \lVert S k_i - v_i\rVert^2"
    )
    source = Source("McDermott, Heath, Parhi 2025 (LoLA)", "arXiv:2505.23666", "self-recall error")

    window: int = param(16, symbol="w", domain=(1, float("inf")), typical=(1, 16), integer=True)
    cache: int = param(16, symbol="c", domain=(0, float("inf")), typical=(0, 16), integer=True)

    def init(
        self,
        dims: Dims,
        batch: tuple[int, ...] = (),
        rng: torch.Generator | None = None,
        *,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> LolaState:
        slots = self.window + self.cache
        shapes = ((slots, dims.d_k), (slots, dims.d_v), (dims.d_v, dims.d_k))
        keys, values, S = (torch.zeros(*batch, *s, dtype=dtype, device=device) for s in shapes)
        return LolaState(keys, values, S, torch.zeros(batch, dtype=torch.int64, device=device))

    def _filled(self, written: Tensor) -> Tensor:
        """Which slots hold a pair: windows fill first, then the cache."""
        place = torch.arange(self.window + self.cache, device=written.device)
        return place < written

    def write(self, state: LolaState, token: Token) -> LolaState:
        here = torch.arange(self.window, device=state.S.device) == state.written % self.window
        turn = here.to(state.S.dtype)
        window_keys, cached_keys = state.keys.tensor_split([self.window])
        window_values, cached_values = state.values.tensor_split([self.window])
        # empty slots hold zeros, so a pair "leaving" an unfilled window changes nothing below
        keys = torch.cat([cached_keys, (turn @ window_keys)[None]])
        values = torch.cat([cached_values, (turn @ window_values)[None]])
        error = (keys @ state.S.mT - values).square().sum(dim=1)
        free = ~self._filled(state.written)[self.window :]
        error = torch.cat([torch.where(free, -1.0, error[:-1]), error[-1:]])
        least = (torch.arange(len(keys), device=keys.device) == error.argmin()).to(keys.dtype)
        S = state.S + torch.outer(least @ values, least @ keys)
        freed = least[:-1, None] > 0
        return LolaState(
            torch.cat(
                [
                    torch.where(here[:, None], token.keys, window_keys),
                    torch.where(freed, keys[-1], cached_keys),
                ]
            ),
            torch.cat(
                [
                    torch.where(here[:, None], token.values, window_values),
                    torch.where(freed, values[-1], cached_values),
                ]
            ),
            S,
            state.written + 1,
        )

    def read(self, state: LolaState, query: Tensor) -> Tensor:
        weights = attention(state.keys, query, self._filled(state.written), 0.0)
        return torch.where(weights.sum() > 0, weights @ state.values, state.S @ query)

    def live(self, dims: Dims, t: int) -> dict[str, tuple[int, ...]]:
        held = min(t, self.window + self.cache)
        shapes: dict[str, tuple[int, ...]] = {"keys": (held, dims.d_k), "values": (held, dims.d_v)}
        return shapes | ({"S": (dims.d_v, dims.d_k)} if t > held else {})

    def cost(self, dims: Dims, t: int) -> Cost:
        """Scores of the cached and the leaving pair and one outer product; matching and S q."""
        size = dims.d_k * dims.d_v
        held = min(t, self.window + self.cache)
        return Cost(write=(self.cache + 2) * size, read=held * dims.d_k + size)

    def law(self, keys: Keys, dims: Dims) -> Law | None:
        """Exact without a sparse cache, on sphere, Gaussian and orthonormal keys; else None.

        Ages below w: s = p = 1. Older, with n = N - w pairs in S and m4 = E|k|^4: s = 1,
        p = m4 + (n - 1)/d (orthonormal 1).
        """
        d = dims.d_k
        if self.cache > 0 or not distinct(keys, d):
            return None
        if not isinstance(keys, Sphere | Gaussian | Orthonormal):
            return None
        m4 = 1 + 2 / d if isinstance(keys, Gaussian) else 1.0
        spread = 0.0 if isinstance(keys, Orthonormal) else 1 / d

        def at(ages: Ages, others: float) -> Moments:
            held = ages < self.window
            own = np.where(held, 1.0, m4)
            return np.ones(len(ages)), np.where(held, 1.0, m4 + others), own

        def formula(ages: Ages, items: int) -> Moments:
            return at(ages, max(items - self.window - 1, 0) * spread)

        return FormulaLaw(keys, d, formula, lambda ages: at(ages, np.inf), alike=False)
