r"""Replay: $S \leftarrow S + \beta \sum_{i \in B \cup t} (v_i - S k_i) k_i^\top$, $B$ the worst."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from capacity.parameters import param
from capacity.rule import Cost, Dims, Rule, Source, Token


class ReplayState(NamedTuple):
    """The memory, the slots of the buffer, and the number of pairs written."""

    S: Tensor
    keys: Tensor
    values: Tensor
    written: Tensor


@dataclass(frozen=True)
class Replay(Rule):
    """One gradient step a token on the loss of the new pair and of ``cache`` held ones.

    When the buffer is full, the pair that the new memory recalls best leaves it, so that it holds
    the worst-recalled pairs; ties leave the first slot. With the newest pairs held instead this is
    the omega rule of window cache + 1: the same state and the same gradient. No law: which pairs
    stay depends on their values.
    """

    family = "delta"
    title = "Replay of the worst-recalled pairs"
    update = r"S \leftarrow S + \beta \sum_{i \in B \cup \{t\}} (v_i - S k_i) k_i^\top"
    source = Source("after McDermott, Heath, Parhi 2025 (LoLA)", "arXiv:2505.23666", "our variant")

    beta: float = param(0.2, symbol=r"\beta", domain=(0.0, 2.0), typical=(0.0, 0.2, 1.0))
    cache: int = param(7, symbol="c", domain=(1, float("inf")), typical=(1, 7), integer=True)

    def init(
        self,
        dims: Dims,
        batch: tuple[int, ...] = (),
        rng: torch.Generator | None = None,
        *,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> ReplayState:
        shapes = ((dims.d_v, dims.d_k), (self.cache, dims.d_k), (self.cache, dims.d_v))
        S, keys, values = (torch.zeros(*batch, *s, dtype=dtype, device=device) for s in shapes)
        return ReplayState(S, keys, values, torch.zeros(batch, dtype=torch.int64, device=device))

    def write(self, state: ReplayState, token: Token) -> ReplayState:
        # empty slots hold zeros: they add nothing to the gradient
        keys = torch.cat([state.keys, token.keys])
        values = torch.cat([state.values, token.values])
        S = state.S + self.beta * (values - keys @ state.S.mT).mT @ keys
        error = (values - keys @ S.mT).square().sum(dim=1)
        slots = torch.arange(self.cache + 1, device=error.device)
        free = (slots >= state.written) & (slots < self.cache)
        leaves = torch.where(free, -1.0, error).argmin()
        here = (slots[:-1] == leaves)[:, None]
        return ReplayState(
            S,
            torch.where(here, token.keys, state.keys),
            torch.where(here, token.values, state.values),
            state.written + 1,
        )

    def read(self, state: ReplayState, query: Tensor) -> Tensor:
        return state.S @ query

    def read_stream(self, states: ReplayState, queries: Tensor) -> Tensor:
        return queries @ states.S.mT

    def live(self, dims: Dims, t: int) -> dict[str, tuple[int, ...]]:
        held = min(t, self.cache)
        return {"S": (dims.d_v, dims.d_k), "keys": (held, dims.d_k), "values": (held, dims.d_v)}

    def cost(self, dims: Dims, t: int) -> Cost:
        """Errors and gradients of the held pairs and the new one, and their errors afterwards."""
        size = dims.d_k * dims.d_v
        return Cost(write=3 * (min(t, self.cache) + 1) * size, read=size)
