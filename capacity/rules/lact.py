r"""LaCT: $M \leftarrow \gamma M + \nabla L$, $\theta \leftarrow \theta - \beta\,\mathrm{NS}(M)$."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import silu

from capacity.cache import attention
from capacity.chunked import ChunkedRule, normal
from capacity.newton_schulz import newton_schulz, newton_schulz_cost
from capacity.parameters import param
from capacity.rule import Cost, Dims, Objective, Source


class LactState(NamedTuple):
    """Fast weights W1, W3 (H, d_k) and W2 (d_v, H), their momenta, waiting pairs, the window."""

    W1: Tensor
    W2: Tensor
    W3: Tensor
    M1: Tensor
    M2: Tensor
    M3: Tensor
    keys: Tensor
    values: Tensor
    waiting: Tensor
    written: Tensor
    window_keys: Tensor
    window_values: Tensor


def swiglu(W1: Tensor, W2: Tensor, W3: Tensor, K: Tensor) -> Tensor:
    """W2 (silu(W1 K) * (W3 K)) / sqrt(H) for keys in the columns of K."""
    return W2 @ (silu(W1 @ K) * (W3 @ K)) / math.sqrt(W1.shape[-2])


def chunk_loss(S: Any, k: Tensor, v: Tensor) -> Tensor:
    """-<f(k), v> summed over the columns of k; S is a tuple (W1, W2, W3)."""
    W1, W2, W3 = S
    return -(swiglu(W1, W2, W3, k) * v).sum()


@dataclass(frozen=True)
class Lact(ChunkedRule):
    r"""A SwiGLU net that takes one orthogonalised momentum step a chunk, beside a sliding window.

    f(k) = W2 (silu(W1 k) * W3 k)/sqrt(H), H = width d_k; per chunk M <- gamma M + grad L and
    theta <- theta - beta NS(M), L = -sum_chunk <f(k), v> as in LaCT (arXiv:2505.23884), NS the
    Newton-Schulz iteration with Muon's coefficients, matrix by matrix, as LaCT's code has it for
    view synthesis; for language it has other coefficients at every iteration. A query reads f(q)
    plus attention over the last ``window`` pairs (0: none), which LaCT adds with a learnt scale and
    we with none; bandwidth 0 is exact lookup. A pair inside the window and a learnt chunk is read
    from both. Our choices: W1 and W3 start at N(0, 1) and W2 at zero, so an empty memory reads
    zero; the 1/sqrt(H); gradients are summed with one rate for all tokens; an unfinished chunk is
    applied to be read, which LaCT's language model leaves to the window. Eq 19 has no weight norms,
    and we follow it. LaCT's code restores each row's norm after each step: a W2 that starts at zero
    would stay there.

    Law: null. The write of W2 alone in one chunk is a polar write in features, but the features
    move, NS is no exact polar factor, and chunks add up; no theory of that sum is known.
    """

    family = "deep"
    title = "LaCT"
    update = r"M \leftarrow \gamma M + \nabla L,\; \theta \leftarrow \theta - \beta\,\mathrm{NS}(M)"
    source = Source("McDermott, Heath, Parhi 2026 (LaCT)", "arXiv:2606.25342", "Eq 19")

    beta: float = param(1.0, symbol=r"\beta", domain=(0.0, float("inf")), typical=(0.0, 0.1, 1.0))
    gamma: float = param(0.0, symbol=r"\gamma", domain=(0.0, 1.0), typical=(0.0, 0.9, 1.0))
    chunk: int = param(16, symbol="b", domain=(1, float("inf")), typical=(1, 16), integer=True)
    width: int = param(2, symbol="H/d", domain=(1, float("inf")), typical=(1, 2), integer=True)
    iterations: int = param(5, symbol="n", domain=(0, float("inf")), typical=(0, 5), integer=True)
    window: int = param(16, symbol="w", domain=(0, float("inf")), typical=(0, 16), integer=True)
    bandwidth: float = param(0.0, symbol="h", domain=(0.0, float("inf")), typical=(0.0, 0.25))

    def init(
        self,
        dims: Dims,
        batch: tuple[int, ...] = (),
        rng: torch.Generator | None = None,
        *,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> LactState:
        like, hidden = torch.empty(0, dtype=dtype, device=device), self.width * dims.d_k
        both = normal((*batch, 2 * hidden, dims.d_k), rng, like)
        W1, W3 = both[..., :hidden, :].contiguous(), both[..., hidden:, :].contiguous()
        W2 = like.new_zeros(*batch, dims.d_v, hidden)
        M1, M2, M3 = (torch.zeros_like(x) for x in (W1, W2, W3))
        keys, values, waiting, written = self.waiting_room(dims, batch, like)
        window = [like.new_zeros(*batch, self.window, d) for d in (dims.d_k, dims.d_v)]
        return LactState(
            W1, W2, W3, M1, M2, M3, keys, values, waiting, written, window[0], window[1]
        )

    def learn(self, state: LactState, keys: Tensor, values: Tensor, real: Tensor) -> LactState:
        weights = (state.W1, state.W2, state.W3)
        gradients = torch.func.grad(chunk_loss)(weights, keys.mT, (real[:, None] * values).mT)
        before = (state.M1, state.M2, state.M3)
        momenta = [self.gamma * M + g for M, g in zip(before, gradients, strict=True)]
        learnt = (
            W - self.beta * newton_schulz(M, self.iterations)
            for W, M in zip(weights, momenta, strict=True)
        )
        W1, W2, W3 = learnt
        M1, M2, M3 = momenta
        return state._replace(W1=W1, W2=W2, W3=W3, M1=M1, M2=M2, M3=M3)

    def note(self, state: LactState, keys: Tensor, values: Tensor) -> LactState:
        """The last ``window`` pairs, oldest first; slots not yet used lie before them."""
        both = (state.window_keys, keys), (state.window_values, values)
        kept = [torch.cat(pair)[len(keys) :] for pair in both]
        return state._replace(window_keys=kept[0], window_values=kept[1])

    def read(self, state: LactState, query: Tensor) -> Tensor:
        o = swiglu(state.W1, state.W2, state.W3, query[:, None])[:, 0]
        return o + self.read_window(state, query)

    def read_window(self, state: LactState, query: Tensor) -> Tensor:
        """Attention over the last pairs; zero while there are none."""
        if self.window == 0:
            return state.window_values.sum(dim=0)
        slots = torch.arange(self.window - 1, -1, -1, device=query.device)
        filled = slots < state.written
        weights = attention(state.window_keys, query, filled, self.bandwidth)
        return torch.where(filled.any(), weights, 0.0) @ state.window_values

    def read_stream(self, states: LactState, queries: Tensor) -> Tensor:
        flushed = torch.func.vmap(self.flush)(states)
        over_queries = torch.func.vmap(self.read_window, in_dims=(None, 0))
        near: Tensor = torch.func.vmap(over_queries)(flushed, queries)
        return near + swiglu(flushed.W1, flushed.W2, flushed.W3, queries.mT).mT

    def live(self, dims: Dims, t: int) -> Mapping[str, tuple[int, ...]]:
        hidden, pairs = self.width * dims.d_k, {"keys": t % self.chunk, "values": t % self.chunk}
        pairs |= {"window_keys": min(t, self.window), "window_values": min(t, self.window)}
        inner, outer = (hidden, dims.d_k), (dims.d_v, hidden)
        shapes = {"W1": inner, "W2": outer, "W3": inner, "M1": inner, "M2": outer, "M3": inner}
        size = {True: dims.d_k, False: dims.d_v}
        return shapes | {name: (n, size["keys" in name]) for name, n in pairs.items()}

    def cost(self, dims: Dims, t: int) -> Cost:
        """Forward, backward and weight gradients a token; momentum, NS and update a chunk."""
        hidden = self.width * dims.d_k
        net = hidden * (2 * dims.d_k + dims.d_v)
        orthogonal = 2 * newton_schulz_cost(hidden, dims.d_k, self.iterations)
        orthogonal += newton_schulz_cost(dims.d_v, hidden, self.iterations)
        token = 2 * net + hidden * dims.d_v
        held = min(t, self.window)
        return Cost(
            write=token + (2 * net + orthogonal) // self.chunk,
            read=net + held * (dims.d_k + dims.d_v),
        )

    def objective(self) -> Objective:
        """The chunk's loss, descended along the orthogonalised momentum of its gradient."""
        statement = r"-\sum_t \langle f(k_t), v_t\rangle"
        how = "momentum, Newton-Schulz" if self.gamma else "Newton-Schulz"
        return Objective(statement, chunk_loss, rate=self.beta, transform=how)
