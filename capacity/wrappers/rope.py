r"""Rotary positions: $k_t \to R_t k_t$, and a query is turned to the newest position."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from capacity.errors import InputError
from capacity.gated_law import square_moments
from capacity.keys import Empirical, Keys
from capacity.law import Law
from capacity.parameters import param
from capacity.rope_law import RopeLaw
from capacity.rule import Cost, Dims, Source, State, Token
from capacity.wrapper import Wrapper, pair_weights


class RopeState(NamedTuple):
    """The inner state and the position of the token written last."""

    inner: State
    position: Tensor


def frequencies(base: float, d: int) -> np.ndarray:
    """Angles per position of the d/2 planes (x_0, x_1), (x_2, x_3), ...: base^(-2 i/d)."""
    angles: np.ndarray = base ** (-2.0 * np.arange(d // 2) / d)
    return angles


@dataclass(frozen=True)
class Rope(Wrapper):
    """The rule on rotated keys; a query is rotated to the position of the token written last.

    A stored key of age a is then read through R_a: recall falls with age by the rotation alone,
    and the newest pair is read as without rotation. Positions count tokens from 0.

    Law: around rules that only add, exact on sphere and Gaussian keys:
    s = c E k^T R_a k, p = c^2 E (k^T R_a k)^2 + sum_(i != j) c_i^2 / d. Exact on given keys around
    every rule that is linear in the values. Otherwise None: laws of the stored key alone do not
    say what a rotated one reads. No objective: the loss depends on the position.
    """

    title = "RoPE"
    update = r"k_t \to R_t k_t,\ q \to R_t q"
    source = Source("Su et al. 2021 (RoFormer)", "arXiv:2104.09864", "section 3.2.2")
    place = 3

    base: float = param(1e4, symbol="b", domain=(1.0, 1e9), typical=(1.0, 1e4, 1e6))

    def inner_dims(self, dims: Dims) -> Dims:
        if dims.d_k % 2:
            raise InputError(f"Rope needs an even d_k, got {dims.d_k}.")
        return dims

    def rotate(self, x: Tensor, position: Tensor) -> Tensor:
        """Vectors (..., d) at positions that broadcast against (...)."""
        theta = torch.as_tensor(frequencies(self.base, x.shape[-1]), device=x.device)
        angle = position[..., None] * theta
        cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
        first, second = x[..., 0::2], x[..., 1::2]
        turned = torch.stack([first * cos - second * sin, first * sin + second * cos], dim=-1)
        return turned.flatten(-2)

    def init(
        self,
        dims: Dims,
        batch: tuple[int, ...] = (),
        rng: torch.Generator | None = None,
        *,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> RopeState:
        inner = super().init(dims, batch, rng, dtype=dtype, device=device)
        return RopeState(inner, torch.zeros(batch, dtype=torch.int64, device=device))

    def write(self, state: RopeState, token: Token) -> RopeState:
        position = torch.as_tensor(token.index, device=token.keys.device)
        keys = self.rotate(token.keys, position[..., None])
        inner = self.inner.write(state.inner, token._replace(keys=keys))
        return RopeState(inner, position.expand_as(state.position))

    def flush(self, state: RopeState) -> RopeState:
        return state._replace(inner=self.inner.flush(state.inner))

    def read(self, state: RopeState, query: Tensor) -> Tensor:
        return self.inner.read(state.inner, self.rotate(query, state.position))

    def write_stream(
        self, states: RopeState, keys: Tensor, values: Tensor, start: int = 0
    ) -> RopeState:
        if keys.shape[1] == 0:
            return states
        position = torch.arange(start, start + keys.shape[1], device=keys.device) // self.pairs
        inner = self.inner.write_stream(states.inner, self.rotate(keys, position), values, start)
        return RopeState(inner, position[-1].expand_as(states.position))

    def read_stream(self, states: RopeState, queries: Tensor) -> Tensor:
        turned = self.rotate(queries, states.position[:, None])
        return self.inner.read_stream(states.inner, turned)

    def cost(self, dims: Dims, t: int) -> Cost:
        inner = super().cost(dims, t)
        return Cost(inner.write + 2 * dims.d_k * self.pairs, inner.read + 2 * dims.d_k)

    def objective(self) -> None:
        return None

    def law(self, keys: Keys, dims: Dims) -> Law | None:
        weights = pair_weights(self.inner, self.inner_dims(dims))
        if isinstance(keys, Empirical) or isinstance(self.inner, Wrapper):
            return super().law(keys, dims)
        moments = square_moments(keys, dims.d_k) if keys.radii(dims.d_k) else None
        if weights is None or moments is None:
            return None
        return RopeLaw(weights, moments, frequencies(self.base, dims.d_k))
