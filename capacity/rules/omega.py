r"""Omega rule: $S \leftarrow S - \beta \sum_{j<c} \gamma_j (S k_{t-j} - v_{t-j}) k_{t-j}^\top$."""

from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor

from capacity.keys import Keys
from capacity.law import Law
from capacity.losses import window_loss
from capacity.omega_law import omega_edge, omega_law
from capacity.parameters import param
from capacity.rule import Cost, Dims, Objective, Source, Token
from capacity.stability import Edge, warn_beyond_edge
from capacity.window import WindowRule, shifted, windows


class OmegaState(NamedTuple):
    """S (d_v, d_k), the window's held pairs, newest first, and the number of pairs written."""

    S: Tensor
    keys: Tensor
    values: Tensor
    written: Tensor


@dataclass(frozen=True)
class Omega(WindowRule):
    """One gradient step a token on the weighted loss of the last ``window`` pairs (c terms).

    window = 1 is the delta rule. Laws: window 1 exact on isotropic keys; window 2 exact on the
    sphere, any weights; orthonormal and given keys exact; wider windows on the sphere asymptotic
    in d (a delta rule with beta_eff = 1 - prod (1 - beta gamma_j), error O(c/d)).
    On gaussian keys theory lacks the norms' correlation between overlapping windows: no law.
    """

    family = "delta"
    title = "Omega rule"
    update = r"S \leftarrow S - \beta \sum_{i=t-c+1}^{t} \gamma_i (S k_i - v_i) k_i^\top"
    source = Source("McDermott, Heath, Parhi 2026", "arXiv:2606.25342", "Eq 16")

    beta: float = param(0.5, symbol=r"\beta", domain=(0.0, 2.0), typical=(0.0, 0.2, 0.5, 1.0, 2.0))
    window: int = param(2, symbol="c", domain=(1, float("inf")), typical=(1, 2, 4), integer=True)
    weights: Any = param(
        1.0, symbol=r"\gamma", domain=(0.0, float("inf")), typical=(0.5, 1.0), array=True
    )

    @property
    def rates(self) -> tuple[float, ...]:
        """beta gamma_j, newest first."""
        return tuple(self.beta * weight for weight in self.pair_weights)

    def init(
        self,
        dims: Dims,
        batch: tuple[int, ...] = (),
        rng: torch.Generator | None = None,
        *,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> OmegaState:
        like = {"dtype": dtype, "device": device}
        return OmegaState(
            torch.zeros(*batch, dims.d_v, dims.d_k, dtype=dtype, device=device),
            self.buffer(dims.d_k, batch, like),
            self.buffer(dims.d_v, batch, like),
            torch.zeros(batch, dtype=torch.int64, device=device),
        )

    def step(self, S: Any, keys: Any, values: Any) -> Any:
        """The memory after one window of pairs, rows newest first."""
        return S - self.beta * self.gradient(S, keys, values)

    def write(self, state: OmegaState, token: Token) -> OmegaState:
        keys, values = shifted(token.keys, state.keys), shifted(token.values, state.values)
        S, held = self.step(state.S, keys, values), self.window - 1
        return OmegaState(S, keys[:held], values[:held], state.written + 1)

    def write_stream(
        self, states: OmegaState, keys: Tensor, values: Tensor, start: int = 0
    ) -> OmegaState:
        if keys.shape[1] == 0:
            return states
        K, V = windows(states.keys, keys), windows(states.values, values)
        rates = torch.tensor(self.rates, dtype=keys.dtype, device=keys.device)[:, None]
        S = states.S.clone()
        for t in range(keys.shape[1]):
            errors = V[:, t] - K[:, t] @ S.mT
            S.baddbmm_((rates * errors).mT, K[:, t])
        held = self.window - 1
        written = states.written + keys.shape[1]
        return OmegaState(S, K[:, -1, :held], V[:, -1, :held], written)

    def read(self, state: OmegaState, query: Tensor) -> Tensor:
        return state.S @ query

    def read_stream(self, states: OmegaState, queries: Tensor) -> Tensor:
        return queries @ states.S.mT

    def live(self, dims: Dims, t: int) -> dict[str, tuple[int, ...]]:
        held = min(t, self.window - 1)
        return {"S": (dims.d_v, dims.d_k), "keys": (held, dims.d_k), "values": (held, dims.d_v)}

    def cost(self, dims: Dims, t: int) -> Cost:
        size = dims.d_k * dims.d_v
        return Cost(write=2 * min(t, self.window) * size, read=size)

    def objective(self) -> Objective:
        weights = torch.tensor(self.pair_weights, dtype=torch.float64)
        statement = r"\tfrac12 \sum_{j<c} \gamma_j \lVert S k_{t-j} - v_{t-j}\rVert^2"
        return Objective(statement, partial(window_loss, weights=weights), rate=self.beta)

    def edge(self, keys: Keys, dims: Dims) -> Edge | None:
        """The largest stable beta at these weights, where the law is exact; else None."""
        found = omega_edge(self.pair_weights, keys, dims.d_k)
        return None if found is None else Edge("beta", found)

    def law(self, keys: Keys, dims: Dims) -> Law | None:
        given = super().law(keys, dims)
        if given is not None:
            return given
        warn_beyond_edge(self, keys, dims)
        return omega_law(self.rates, keys, dims.d_k)
