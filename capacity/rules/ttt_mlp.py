r"""TTT-MLP: $\theta \leftarrow \theta - \beta\,\nabla_\theta \sum_t \ell(\theta; k_t, v_t)$."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from capacity.chunked import ChunkedRule, normal
from capacity.keys import Keys
from capacity.law import Law
from capacity.lazy_law import lazy_law
from capacity.parameters import param
from capacity.rule import Cost, Dims, Objective, Source


class TttMlpState(NamedTuple):
    """Fast weights A (d_v, H) and B (H, d_k), the initial net, and the pairs that wait."""

    A: Tensor
    B: Tensor
    A0: Tensor
    B0: Tensor
    keys: Tensor
    values: Tensor
    waiting: Tensor
    written: Tensor


def read_out(A: Tensor, B: Tensor, K: Tensor) -> Tensor:
    """A relu(B K) / sqrt(H) for keys in the columns of K."""
    return A @ torch.relu(B @ K) / math.sqrt(B.shape[-2])


@dataclass(frozen=True)
class TttMlp(ChunkedRule):
    r"""A two-layer net trained on the stream: gradient steps on each chunk's summed loss.

    f(k) = [A relu(B k) - A0 relu(B0 k)]/sqrt(H), loss |f(k) - v|^2/2, width H = width d_k; each
    chunk takes ``steps`` gradient steps of size beta, the first at the pre-chunk weights. TTT-MLP
    (arXiv:2407.04620) has H = 4 d, one step, chunk 16. Our choices, for a memory that theory can
    meet: ReLU for GELU, no biases; the 1/sqrt(H) scale with N(0, 1) weights, which makes beta a
    step in the units of the delta rule; the initial net subtracted, so an empty memory reads zero;
    no layer norm and no residual k, which would read a key as its own value.

    Law (:mod:`capacity.lazy_law`): asymptotic in the width, error of order 1/sqrt(H), while weights
    stay near their start; on the sphere for chunk 1, on orthonormal and given keys for any chunk.
    Null on other keys and for chunks of random keys: averages over kernel Gram matrices are
    missing. Far from the lazy regime no theory of the recall of an online-trained net is known.
    """

    family = "deep"
    title = "TTT-MLP"
    update = r"\theta \leftarrow \theta - \beta\,\nabla_\theta \sum_t \ell(\theta; k_t, v_t)"
    source = Source("McDermott, Heath, Parhi 2026 (TTT)", "arXiv:2606.25342", "Eq 8")

    beta: float = param(
        0.5, symbol=r"\beta", domain=(0.0, float("inf")), typical=(0.0, 0.1, 0.5, 1.0)
    )
    width: int = param(4, symbol="H/d", domain=(1, float("inf")), typical=(1, 4), integer=True)
    chunk: int = param(1, symbol="b", domain=(1, float("inf")), typical=(1, 16), integer=True)
    steps: int = param(1, symbol="n", domain=(1, float("inf")), typical=(1, 4), integer=True)

    def init(
        self,
        dims: Dims,
        batch: tuple[int, ...] = (),
        rng: torch.Generator | None = None,
        *,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> TttMlpState:
        like, hidden = torch.empty(0, dtype=dtype, device=device), self.width * dims.d_k
        both = normal((*batch, hidden, dims.d_v + dims.d_k), rng, like)
        A, B = both[..., : dims.d_v].mT.contiguous(), both[..., dims.d_v :].contiguous()
        return TttMlpState(A, B, A, B, *self.waiting_room(dims, batch, like))

    def learn(self, state: TttMlpState, keys: Tensor, values: Tensor, real: Tensor) -> TttMlpState:
        target = (values + read_out(state.A0, state.B0, keys.mT).mT).mT

        def loss(weights: tuple[Tensor, Tensor]) -> Tensor:
            return ((read_out(*weights, keys.mT) - target).square() @ real).sum() / 2

        A, B = state.A, state.B
        for _ in range(self.steps):
            down_A, down_B = torch.func.grad(loss)((A, B))
            A, B = A - self.beta * down_A, B - self.beta * down_B
        return state._replace(A=A, B=B)

    def read(self, state: TttMlpState, query: Tensor) -> Tensor:
        q = query[:, None]
        return (read_out(state.A, state.B, q) - read_out(state.A0, state.B0, q))[:, 0]

    def read_stream(self, states: TttMlpState, queries: Tensor) -> Tensor:
        A, B, A0, B0, *_ = torch.func.vmap(self.flush)(states)
        return (read_out(A, B, queries.mT) - read_out(A0, B0, queries.mT)).mT

    def live(self, dims: Dims, t: int) -> Mapping[str, tuple[int, ...]]:
        hidden, held = self.width * dims.d_k, t % self.chunk
        weights = {"A": (dims.d_v, hidden), "B": (hidden, dims.d_k)}
        return weights | {"keys": (held, dims.d_k), "values": (held, dims.d_v)}

    def cost(self, dims: Dims, t: int) -> Cost:
        """A step: forward, backward to the hidden layer, weight gradients; the update per chunk."""
        out, inner = (self.width * dims.d_k * d for d in (dims.d_v, dims.d_k))
        net = out + inner
        step = self.chunk * (2 * net + out) + net
        return Cost(write=net + self.steps * step // self.chunk, read=2 * net)

    def objective(self) -> Objective | None:
        """The summed loss of a chunk; None where a chunk takes several steps."""
        if self.steps > 1:
            return None
        statement = r"\tfrac12 \lVert f(k) - v\rVert^2"
        how = "sum over a chunk" if self.chunk > 1 else ""
        return Objective(statement, chunk_loss, rate=self.beta, transform=how)

    def law(self, keys: Keys, dims: Dims) -> Law | None:
        return lazy_law(self.beta, self.chunk, self.steps, keys, dims.d_k)


def chunk_loss(S: Any, k: Tensor, v: Tensor) -> Tensor:
    """|f(k) - v|^2 / 2 summed over the columns of k; S is a tuple (A, B, A0, B0)."""
    A, B, A0, B0 = S
    return (read_out(A, B, k) - read_out(A0, B0, k) - v).square().sum() / 2
