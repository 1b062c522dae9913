r"""Short convolution of keys, $k_t \to \sum_j w_j k_{t-j}$; a query is filtered as the next key."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from capacity.convolution_law import ConvolutionLaw
from capacity.errors import InputError
from capacity.keys import Empirical, Keys
from capacity.law import Law
from capacity.parameters import param
from capacity.rule import Cost, Dims, Source, State, Token
from capacity.wrapper import Wrapper, pair_weights


class ConvolutionState(NamedTuple):
    """The inner state and the last keys as they came, (taps - 1, d_k), oldest first."""

    inner: State
    recent: Tensor


@dataclass(frozen=True)
class ShortConvolution(Wrapper):
    """A causal filter over keys, the same for all channels; values pass unchanged.

    taps is one number or (c,): taps[0] weighs the key itself, taps[j] the key of j pairs before.
    A query is filtered as the key that would come next: q -> taps[0] q + sum_j taps[j] k_(N-j).
    Before the first pair there are zeros.

    Law: around rules that only add, exact on independent isotropic keys (sphere, Gaussian). Exact
    on given keys around every rule that is linear in the values. Otherwise None: filtered keys are
    not independent of each other. No objective: the loss depends on the past.
    """

    title = "Short convolution"
    update = r"k_t \to \sum_{j<c} w_j k_{t-j}"
    source = Source("Fu et al. 2023 (H3)", "arXiv:2212.14052", "shift SSM, as a finite filter")
    place = 4

    taps: Any = param(1.0, symbol="w", domain=(-16.0, 16.0), typical=(0.5, 1.0), array=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if np.ndim(self.taps) > 1:
            shape = np.shape(self.taps)
            raise InputError(f"ShortConvolution needs taps of shape () or (c,), got shape {shape}.")

    @property
    def filter(self) -> np.ndarray:
        """The taps as an array, (c,)."""
        return np.atleast_1d(np.asarray(self.taps))

    def init(
        self,
        dims: Dims,
        batch: tuple[int, ...] = (),
        rng: torch.Generator | None = None,
        *,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> ConvolutionState:
        inner = super().init(dims, batch, rng, dtype=dtype, device=device)
        shape = (*batch, len(self.filter) - 1, dims.d_k)
        return ConvolutionState(inner, torch.zeros(shape, dtype=dtype, device=device))

    def filtered(self, recent: Tensor, keys: Tensor) -> tuple[Tensor, Tensor]:
        """Keys (..., n, d) after the filter, and the keys to remember."""
        past, n = recent.shape[-2], keys.shape[-2]
        padded = torch.cat([recent, keys], dim=-2)
        found = self.filter[0] * keys
        for j in range(1, past + 1):
            found = found + self.filter[j] * padded[..., past - j : past - j + n, :]
        return found, padded[..., n:, :]

    def write(self, state: ConvolutionState, token: Token) -> ConvolutionState:
        keys, recent = self.filtered(state.recent, token.keys)
        return ConvolutionState(self.inner.write(state.inner, token._replace(keys=keys)), recent)

    def flush(self, state: ConvolutionState) -> ConvolutionState:
        return state._replace(inner=self.inner.flush(state.inner))

    def read(self, state: ConvolutionState, query: Tensor) -> Tensor:
        return self.inner.read(state.inner, self.filtered(state.recent, query[None])[0][0])

    def write_stream(
        self, states: ConvolutionState, keys: Tensor, values: Tensor, start: int = 0
    ) -> ConvolutionState:
        found, recent = self.filtered(states.recent, keys)
        return ConvolutionState(self.inner.write_stream(states.inner, found, values, start), recent)

    def read_stream(self, states: ConvolutionState, queries: Tensor) -> Tensor:
        each = self.filtered(
            states.recent[:, None].expand(-1, queries.shape[1], -1, -1), queries[:, :, None]
        )
        return self.inner.read_stream(states.inner, each[0][:, :, 0])

    def live(self, dims: Dims, t: int) -> dict[str, tuple[int, ...]]:
        return super().live(dims, t) | {"recent": (min(t, len(self.filter) - 1), dims.d_k)}

    def cost(self, dims: Dims, t: int) -> Cost:
        inner, one = super().cost(dims, t), (len(self.filter) - 1) * dims.d_k
        return Cost(inner.write + self.pairs * one, inner.read + one)

    def objective(self) -> None:
        return None

    def law(self, keys: Keys, dims: Dims) -> Law | None:
        if isinstance(keys, Empirical) or isinstance(self.inner, Wrapper):
            return super().law(keys, dims)
        weights, radii = pair_weights(self.inner, dims), keys.radii(dims.d_k)
        if weights is None or radii is None:
            return None
        return ConvolutionLaw(weights, self.filter, radii, dims.d_k)
