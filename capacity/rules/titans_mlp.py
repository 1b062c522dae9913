r"""Titans: $M \leftarrow \mu M - \beta \nabla \ell$, $\theta \leftarrow \alpha \theta + M$."""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import gelu

from capacity.chunked import normal
from capacity.given_keys import GivenKeysLaw
from capacity.keys import Empirical, Keys
from capacity.law import Law
from capacity.momentum_law import momentum_law
from capacity.parameters import param
from capacity.rule import Cost, Dims, Objective, Rule, Source, Token

Net = tuple[Tensor, Tensor, Tensor]


class TitansMlpState(NamedTuple):
    """First (H, d_k), inner (depth - 2, H, H) and last (d_v, H) layers, their momenta; pairs.

    With depth 1 there is one layer, ``last`` (d_v, d_k), and the others have no entries.
    """

    first: Tensor
    inner: Tensor
    last: Tensor
    first_momentum: Tensor
    inner_momentum: Tensor
    last_momentum: Tensor
    written: Tensor


def net(weights: Net, K: Tensor) -> Tensor:
    """The memory's read-outs at keys in the columns of K, unbatched or with a batch of memories."""
    first, inner, last = weights
    if first.shape[-2] == 0:
        return last @ K
    x = gelu(first @ K)
    for layer in range(inner.shape[-3]):
        x = gelu(inner[..., layer, :, :] @ x / math.sqrt(x.shape[-2]))
    return last @ x / math.sqrt(x.shape[-2])


def loss(S: Any, k: Tensor, v: Tensor) -> Tensor:
    """|f(k) - v|^2 / 2 summed over columns; S is a tuple of layers. Titans prints no 1/2."""
    return (net(S, k) - v).square().sum() / 2


@dataclass(frozen=True)
class TitansMlp(Rule):
    r"""A net of ``depth`` layers, one step of gradient descent with momentum and decay a pair.

    M <- mu M - beta grad l, theta <- alpha theta + M; gradient at the undecayed weights, momentum
    before decay, l = |f(k) - v|^2/2, all layers alike (Titans, Eqs 12-14, gates constant; alpha is
    its 1 - alpha_t). depth 1 is the linear memory S, which is the rule ``momentum``; deeper ones
    have H = width d_k units a layer, GELU between layers and no biases. Our choices: every layer
    but the first divides by the square root of its inputs and hidden weights start at N(0, 1), so
    beta has the units of the delta rule; the last layer starts at zero, so an empty memory reads
    zero. Titans' decay acts on every weight, so alpha < 1 also lets the hidden features fade, for
    good.

    Law: depth 1 exact on isotropic, orthonormal and given keys (:mod:`capacity.momentum_law`).
    Deeper: null. The features start random but move with the last layer from zero on, and
    momentum and decay act on all weights; what is missing is a theory of feature learning from one
    pass over random pairs (no published one was found).
    """

    family = "deep"
    title = "Titans"
    update = (
        r"M \leftarrow \mu M - \beta \nabla \ell(\theta; k, v),\quad "
        r"\theta \leftarrow \alpha \theta + M"
    )
    source = Source("Behrouz, Zhong, Mirrokni 2025 (Titans)", "arXiv:2501.00663", "Eqs 13-14")

    alpha: float = param(1.0, symbol=r"\alpha", domain=(0.0, 1.0), typical=(0.0, 0.99, 1.0))
    mu: float = param(
        0.5, symbol=r"\mu", domain=(0.0, 1.0), open_at=(1.0,), typical=(0.0, 0.5, 0.9)
    )
    beta: float = param(
        0.3, symbol=r"\beta", domain=(0.0, float("inf")), typical=(0.0, 0.1, 0.3, 1.0)
    )
    depth: int = param(2, symbol="L", domain=(1, float("inf")), typical=(1, 2, 3), integer=True)
    width: int = param(4, symbol="H/d", domain=(1, float("inf")), typical=(1, 4), integer=True)

    def shapes(self, dims: Dims) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        """Shapes of the first, the inner and the last layers."""
        if self.depth == 1:
            return (0, dims.d_k), (0, 0, 0), (dims.d_v, dims.d_k)
        hidden = self.width * dims.d_k
        return (hidden, dims.d_k), (self.depth - 2, hidden, hidden), (dims.d_v, hidden)

    def init(
        self,
        dims: Dims,
        batch: tuple[int, ...] = (),
        rng: torch.Generator | None = None,
        *,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> TitansMlpState:
        like = torch.empty(0, dtype=dtype, device=device)
        first, inner, last = ((*batch, *shape) for shape in self.shapes(dims))
        W1, W, WL = normal(first, rng, like), normal(inner, rng, like), like.new_zeros(last)
        M1, M, ML = (torch.zeros_like(x) for x in (W1, W, WL))
        written = torch.zeros(batch, dtype=torch.int64, device=device)
        return TitansMlpState(W1, W, WL, M1, M, ML, written)

    def write(self, state: TitansMlpState, token: Token) -> TitansMlpState:
        theta, before = state[:3], state[3:6]
        gradients = torch.func.grad(loss)(theta, token.k, token.v)
        M = [self.mu * M - self.beta * g for M, g in zip(before, gradients, strict=True)]
        first, inner, last = (self.alpha * W + m for W, m in zip(theta, M, strict=True))
        return TitansMlpState(first, inner, last, M[0], M[1], M[2], state.written + 1)

    def read(self, state: TitansMlpState, query: Tensor) -> Tensor:
        return net(state[:3], query[:, None])[:, 0]

    def read_stream(self, states: TitansMlpState, queries: Tensor) -> Tensor:
        return net(states[:3], queries.mT).mT

    def live(self, dims: Dims, t: int) -> dict[str, tuple[int, ...]]:
        names = ("first", "inner", "last")
        shapes = dict(zip(names, self.shapes(dims), strict=True))
        return shapes | {f"{name}_momentum": shape for name, shape in shapes.items()}

    def cost(self, dims: Dims, t: int) -> Cost:
        """Forward, backward (all layers but the first), weight gradients, momentum and decay."""
        first, inner, last = (math.prod(shape) for shape in self.shapes(dims))
        size = first + inner + last
        backward = inner + last if self.depth > 1 else 0
        return Cost(write=4 * size + backward, read=size)

    def objective(self) -> Objective:
        """loss(S, k, v) takes the weights as a tuple (first, inner, last)."""
        statement = r"\tfrac12 \lVert f(k) - v\rVert^2"
        return Objective(statement, loss, self.beta, self.alpha, "momentum")

    def law(self, keys: Keys, dims: Dims) -> Law | None:
        if self.depth > 1:
            return None
        if isinstance(keys, Empirical):
            return GivenKeysLaw(self, keys, dims)
        return momentum_law(self.alpha, self.mu, self.beta, keys, dims.d_k)
