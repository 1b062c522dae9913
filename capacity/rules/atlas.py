r"""Atlas: $M \leftarrow \mu M + \nabla L_c(S),\ S \leftarrow \alpha S - \beta\,\mathrm{NS}(M)$."""

from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from capacity.errors import InputError
from capacity.losses import window_loss
from capacity.newton_schulz import MUON, newton_schulz, newton_schulz_cost
from capacity.parameters import param
from capacity.rule import Cost, Dims, Objective, Source, Token
from capacity.window import WindowRule, shifted


class AtlasState(NamedTuple):
    """S and M (d_v, d_k), held pairs, newest first, and the number of pairs written."""

    S: Tensor
    M: Tensor
    keys: Tensor
    values: Tensor
    written: Tensor


@dataclass(frozen=True)
class Atlas(WindowRule):
    """Window loss, momentum, and a step along the orthogonalised momentum (linear memory).

    The gradient of sum_j gamma_j |S k_j - v_j|^2 / 2 is taken at the undecayed memory; Eq 19 has
    no weight decay (alpha = 1), full Atlas has. NS runs ``iterations`` steps of the quintic with
    coefficients ``polynomial`` (Muon's by default; :mod:`capacity.newton_schulz`).

    No law: the polar law is for Hebbian gradients of a chunk, orthogonalised once.
    Theory lacks the polar factor of a gradient that depends on the memory, is taken at every token
    over overlapping windows, and is mixed by momentum; read-outs are not linear in the values.
    """

    family = "delta"
    title = "Atlas (linear memory)"
    update = (
        r"M \leftarrow \mu M + \nabla_S \sum_{i=t-c+1}^{t} \tfrac{\gamma_i}{2}"
        r" \lVert S k_i - v_i\rVert^2,\quad S \leftarrow \alpha S - \beta\,\mathrm{NS}(M)"
    )
    source = Source("McDermott, Heath, Parhi 2026", "arXiv:2606.25342", "Eqs 16 and 19")
    linear_in_values = False

    beta: float = param(0.1, symbol=r"\beta", domain=(0.0, 2.0), typical=(0.0, 0.1, 0.5, 1.0))
    mu: float = param(
        0.5, symbol=r"\mu", domain=(0.0, 1.0), open_at=(1.0,), typical=(0.0, 0.5, 0.9)
    )
    alpha: float = param(1.0, symbol=r"\alpha", domain=(0.0, 1.0), typical=(0.9, 0.99, 1.0))
    window: int = param(4, symbol="c", domain=(1, float("inf")), typical=(1, 4, 16), integer=True)
    weights: Any = param(
        1.0, symbol=r"\gamma", domain=(0.0, float("inf")), typical=(0.5, 1.0), array=True
    )
    iterations: int = param(5, symbol="n_s", domain=(1, 100), typical=(1, 5), integer=True)
    polynomial: Any = param(MUON, symbol="a, b, c", domain=(-10, 10), typical=(MUON,), array=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if np.shape(self.polynomial) != (3,):
            raise InputError(
                "Atlas needs polynomial as the 3 coefficients of x, x^3 and x^5, "
                f"got shape {np.shape(self.polynomial)}."
            )

    def init(
        self,
        dims: Dims,
        batch: tuple[int, ...] = (),
        rng: torch.Generator | None = None,
        *,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> AtlasState:
        like = {"dtype": dtype, "device": device}
        empty = torch.zeros(*batch, dims.d_v, dims.d_k, dtype=dtype, device=device)
        return AtlasState(
            empty,
            empty.clone(),
            self.buffer(dims.d_k, batch, like),
            self.buffer(dims.d_v, batch, like),
            torch.zeros(batch, dtype=torch.int64, device=device),
        )

    def write(self, state: AtlasState, token: Token) -> AtlasState:
        keys, values = shifted(token.keys, state.keys), shifted(token.values, state.values)
        a, b, c = (float(x) for x in self.polynomial)
        M = self.mu * state.M + self.gradient(state.S, keys, values)
        S = self.alpha * state.S - self.beta * newton_schulz(M, self.iterations, (a, b, c))
        held = self.window - 1
        return AtlasState(S, M, keys[:held], values[:held], state.written + 1)

    def read(self, state: AtlasState, query: Tensor) -> Tensor:
        return state.S @ query

    def read_stream(self, states: AtlasState, queries: Tensor) -> Tensor:
        return queries @ states.S.mT

    def live(self, dims: Dims, t: int) -> dict[str, tuple[int, ...]]:
        matrix, held = (dims.d_v, dims.d_k), min(t, self.window - 1)
        return {
            "S": matrix,
            "M": matrix,
            "keys": (held, dims.d_k),
            "values": (held, dims.d_v),
        }

    def cost(self, dims: Dims, t: int) -> Cost:
        size = dims.d_k * dims.d_v
        gradient = 2 * min(t, self.window) * size
        step = newton_schulz_cost(dims.d_v, dims.d_k, self.iterations)
        return Cost(write=gradient + 3 * size + step, read=size)

    def objective(self) -> Objective:
        """The window's loss, pairs newest first, descended along its orthogonalised momentum."""
        weights = torch.tensor(self.pair_weights, dtype=torch.float64)
        return Objective(
            r"\tfrac12 \sum_{j<c} \gamma_j \lVert S k_{t-j} - v_{t-j}\rVert^2",
            partial(window_loss, weights=weights),
            rate=self.beta,
            decay=self.alpha,
            transform="momentum, Newton-Schulz",
        )
