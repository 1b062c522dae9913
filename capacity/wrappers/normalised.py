r"""Normaliser: the read-out is divided by what the same memory reads from values of 1."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from capacity.keys import Keys, Sphere
from capacity.law import Law
from capacity.parameters import param
from capacity.ratio_law import ratio_law
from capacity.rule import Cost, Dims, Objective, Source, State, Token
from capacity.wrapper import Wrapper, pair_kernel, pair_weights


@dataclass(frozen=True)
class Normalised(Wrapper):
    r"""Each value gets one more entry, 1; o = S q without that entry, over that entry plus eps.

    Around Hebbian writes with features this is linear attention with its normaliser
    z = sum_i phi(k_i). Features of either sign leave the divisor without a sign: it may vanish.
    With heads, put the heads outside.

    Law: around writes of equal weight with a kernel kappa(k^T q) >= 0 (Taylor, quadratic), exact
    on the sphere up to a relative eps/kappa(1), by :mod:`capacity.ratio_law`. Exact on given keys
    around every rule that is linear in the values. Otherwise None: the joint law of read-out and
    divisor is missing.
    """

    title = "Normalised"
    update = r"o = \frac{S q}{z^\top q + \varepsilon},\ z = S \text{ for values } 1"
    source = Source("Katharopoulos et al. 2020", "arXiv:2006.16236", "Eqs 19-20")
    place = 2

    eps: float = param(
        1e-10, symbol=r"\varepsilon", domain=(0.0, 1.0), open_at=(0.0,), typical=(1e-10, 1e-6, 1.0)
    )

    def inner_dims(self, dims: Dims) -> Dims:
        return Dims(dims.d_k, dims.d_v + 1, dims.tokens)

    def write(self, state: State, token: Token) -> State:
        return self.inner.write(state, token._replace(values=with_one(token.values)))

    def read(self, state: State, query: Tensor) -> Tensor:
        return self._divided(self.inner.read(state, query))

    def write_stream(self, states: State, keys: Tensor, values: Tensor, start: int = 0) -> State:
        return self.inner.write_stream(states, keys, with_one(values), start)

    def read_stream(self, states: State, queries: Tensor) -> Tensor:
        return self._divided(self.inner.read_stream(states, queries))

    def _divided(self, read: Tensor) -> Tensor:
        return read[..., :-1] / (read[..., -1:] + self.eps)

    def cost(self, dims: Dims, t: int) -> Cost:
        inner = super().cost(dims, t)
        return Cost(inner.write, inner.read + dims.d_v)

    def objective(self) -> Objective | None:
        inner = self.inner.objective()
        if inner is None:
            return None

        def loss(S: Tensor, k: Tensor, v: Tensor) -> Tensor:
            return inner.loss(S, k, with_one(v.T).T)

        return replace(inner, statement=f"{inner.statement} for [v, 1]", loss=loss)

    def law(self, keys: Keys, dims: Dims) -> Law | None:
        inner = self.inner_dims(dims)
        weights, kernel = pair_weights(self.inner, inner), pair_kernel(self.inner, inner)
        if isinstance(keys, Sphere) and weights and weights.equal and kernel and self.eps <= 1e-9:
            return ratio_law(kernel, keys, dims.d_k)
        return super().law(keys, dims)


def with_one(values: Tensor) -> Tensor:
    """Values (..., d_v) with one more entry, 1."""
    return torch.cat([values, torch.ones_like(values[..., :1])], dim=-1)
