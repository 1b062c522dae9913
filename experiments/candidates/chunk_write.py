r"""Chunk write: $S \leftarrow \alpha S + \beta f(\sum_i v_i k_i^\top)$, $f$ polar or as it is."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from capacity.chunked import ChunkedRule
from capacity.newton_schulz import newton_schulz, newton_schulz_cost
from capacity.parameters import param
from capacity.rule import Cost, Dims, Source

PRICED = 5  # iterations that an exact factor is priced as


class ChunkState(NamedTuple):
    """The memory, the pairs that wait for their chunk, how many wait, and how many came."""

    S: Tensor
    keys: Tensor
    values: Tensor
    waiting: Tensor
    written: Tensor


@dataclass(frozen=True)
class ChunkWrite(ChunkedRule):
    """One step a chunk along its Hebbian gradient, as it is or orthogonalised (Muon).

    orthogonal = 1 takes the polar factor: exactly with iterations = 0, by that many of Muon's
    Newton-Schulz iterations else. The memory of LaCT and Atlas with their loss, momentum and deep
    net taken away, so that orthogonalisation alone is left. Laws of whole chunks:
    :mod:`capacity.polar_law`.
    """

    family = "linear"
    title = "Chunk write"
    update = r"S \leftarrow \alpha S + \beta f\left(\sum_i v_i k_i^\top\right)"
    source = Source("after Jordan et al. 2024 (Muon)", "kellerjordan.github.io/posts/muon", "ours")

    chunk: int = param(16, symbol="b", domain=(1, float("inf")), typical=(1, 16), integer=True)
    alpha: float = param(1.0, symbol=r"\alpha", domain=(0.0, 1.0), typical=(0.9, 1.0))
    beta: float = param(1.0, symbol=r"\beta", domain=(0.0, float("inf")), typical=(0.5, 1.0))
    orthogonal: int = param(1, symbol="o", domain=(0, 1), typical=(0, 1), integer=True)
    iterations: int = param(0, symbol="n_s", domain=(0, 100), typical=(0, 5), integer=True)

    def init(
        self,
        dims: Dims,
        batch: tuple[int, ...] = (),
        rng: torch.Generator | None = None,
        *,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> ChunkState:
        S = torch.zeros(*batch, dims.d_v, dims.d_k, dtype=dtype, device=device)
        return ChunkState(S, *self.waiting_room(dims, batch, S))

    def learn(self, state: ChunkState, keys: Tensor, values: Tensor, real: Tensor) -> ChunkState:
        gradient = (values * real[:, None]).mT @ keys
        S = self.alpha * state.S + self.beta * self.direction(gradient)
        return state._replace(S=S)

    def direction(self, gradient: Tensor) -> Tensor:
        """f of the gradient (d_v, d_k)."""
        if not self.orthogonal:
            return gradient
        return newton_schulz(gradient, self.iterations) if self.iterations else polar(gradient)

    def read(self, state: ChunkState, query: Tensor) -> Tensor:
        return state.S @ query

    def read_stream(self, states: ChunkState, queries: Tensor) -> Tensor:
        flushed = torch.func.vmap(self.flush)(states)
        out: Tensor = queries @ flushed.S.mT
        return out

    def live(self, dims: Dims, t: int) -> dict[str, tuple[int, ...]]:
        waiting = t % self.chunk
        shapes = {"keys": (waiting, dims.d_k), "values": (waiting, dims.d_v)}
        return {"S": (dims.d_v, dims.d_k), **shapes}

    def cost(self, dims: Dims, t: int) -> Cost:
        """An outer product a pair, and its share of a chunk's orthogonalisation and decay."""
        size = dims.d_k * dims.d_v
        step = newton_schulz_cost(dims.d_v, dims.d_k, self.iterations or PRICED)
        return Cost(write=size + (size + self.orthogonal * step) // self.chunk, read=size)


def polar(M: Tensor) -> Tensor:
    """U V^T of the singular values above rounding, of M = U diag(s) V^T."""
    U, s, Vh = torch.linalg.svd(M, full_matrices=False)
    rounding = max(M.shape[-2:]) * torch.finfo(M.dtype).eps
    kept = (s > rounding * s.amax(dim=-1, keepdim=True)).to(M.dtype)
    factor: Tensor = (U * kept[..., None, :]) @ Vh
    return factor
