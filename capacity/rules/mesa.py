r"""Mesa memory (gated ridge regression): $y = A\,(B + \lambda I)^{-1} q$."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from capacity.keys import Empirical, Keys
from capacity.law import Law
from capacity.parameters import param
from capacity.ridge_law import ridge_law
from capacity.rule import Cost, Dims, Rule, Source, Token
from capacity.solvers import conjugate_gradient
from capacity.taught import TaughtLaw
from capacity.taught_ridge import taught_ridge
from capacity.values import Values


class MesaState(NamedTuple):
    """Moments A = sum of gamma^age beta v k^T, (d_v, d_k), and B of k k^T; pairs written."""

    A: Tensor
    B: Tensor
    written: Tensor


@dataclass(frozen=True)
class Mesa(Rule):
    r"""The minimiser of a whole stream's weighted ridge loss, solved when a query arrives.

    A <- gamma A + beta v k^T, B <- gamma B + beta k k^T, y = A (B + lam I)^{-1} q: the S = y/q of

        min_S  1/2 sum_i gamma^age beta |S k_i - v_i|^2 + lam/2 tr(S S^T).

    Eq 17 prints this loss without gamma, beta and the 1/2 of the squares; its minimiser has lam/2
    for lam and is not Eq 18. Only the ratio lam/beta enters the read-out. lam = 0 is the limit
    lam -> 0, the pseudo-inverse of B (eigenvalues below the rounding of the largest count as
    zero). cg_steps = 0 solves exactly;
    otherwise that many conjugate-gradient steps from zero, with an error that falls as
    ((sqrt(c) - 1)/(sqrt(c) + 1))^steps, c the condition number of B + lam I; cg_steps >= d_k is
    exact but for rounding. At lam = 0 conjugate gradients need queries in the span of the keys.

    Law (:mod:`capacity.ridge_law`): asymptotic with error O(1/d) at fixed N/d, lam/beta and
    d (1 - gamma); exact on orthonormal and given keys, and at lam = 0, gamma = 1 on sphere and
    Gaussian keys. With 0 < cg_steps < d_k only given keys have a law: what is missing is the
    average of the truncated solver over the key ensemble.
    No online objective: an update touches moments, never the map, so it is no gradient step.
    """

    linear_in_values = True
    family = "second order"
    title = "Mesa"
    update = (
        r"A \leftarrow \gamma A + \beta v k^\top,\; B \leftarrow \gamma B + \beta k k^\top,\; "
        r"y = A (B + \lambda I)^{-1} q"
    )
    source = Source("McDermott, Heath, Parhi 2026 (MesaNet)", "arXiv:2606.25342", "Eq 18")

    gamma: float = param(1.0, symbol=r"\gamma", domain=(0.0, 1.0), typical=(0.0, 0.9, 0.99, 1.0))
    beta: float = param(
        1.0, symbol=r"\beta", domain=(0.0, float("inf")), open_at=(0.0,), typical=(0.5, 1.0)
    )
    lam: float = param(0.1, symbol=r"\lambda", domain=(0.0, float("inf")), typical=(0.0, 0.1, 1.0))
    cg_steps: int = param(0, symbol="n", domain=(0, float("inf")), typical=(0, 16), integer=True)

    def init(
        self,
        dims: Dims,
        batch: tuple[int, ...] = (),
        rng: torch.Generator | None = None,
        *,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> MesaState:
        A = torch.zeros(*batch, dims.d_v, dims.d_k, dtype=dtype, device=device)
        B = torch.zeros(*batch, dims.d_k, dims.d_k, dtype=dtype, device=device)
        return MesaState(A, B, torch.zeros(batch, dtype=torch.int64, device=device))

    def write(self, state: MesaState, token: Token) -> MesaState:
        k, v = token.k, token.v
        A = self.gamma * state.A + self.beta * v @ k.mT
        B = self.gamma * state.B + self.beta * k @ k.mT
        return MesaState(A, B, state.written + 1)

    def read(self, state: MesaState, query: Tensor) -> Tensor:
        return self._readout(state.A, state.B, query[:, None])[:, 0]

    def write_stream(
        self, states: MesaState, keys: Tensor, values: Tensor, start: int = 0
    ) -> MesaState:
        items = keys.shape[1]
        ages = torch.arange(items - 1, -1, -1, dtype=keys.dtype, device=keys.device)
        weighted = keys * (self.beta * self.gamma**ages)[:, None]
        A = self.gamma**items * states.A + values.mT @ weighted
        B = self.gamma**items * states.B + keys.mT @ weighted
        return MesaState(A, B, states.written + items)

    def read_stream(self, states: MesaState, queries: Tensor) -> Tensor:
        o: Tensor = self._readout(states.A, states.B, queries.mT).mT
        return o

    def _readout(self, A: Tensor, B: Tensor, Q: Tensor) -> Tensor:
        """A (B + lam I)^{-1} Q for queries in the columns of Q."""
        ridge = B + self.lam * torch.eye(B.shape[-1], dtype=B.dtype, device=B.device)
        solved: Tensor
        if self.cg_steps:
            solved = conjugate_gradient(ridge, Q, self.cg_steps)
        elif self.lam == 0:
            solved = torch.linalg.pinv(B, hermitian=True) @ Q
        else:
            solved = torch.linalg.solve(ridge, Q)
        return A @ solved

    def live(self, dims: Dims, t: int) -> dict[str, tuple[int, ...]]:
        return {"A": (dims.d_v, dims.d_k), "B": (dims.d_k, dims.d_k)}

    def cost(self, dims: Dims, t: int) -> Cost:
        """A read pays for its own solve: elimination d_k^3/3 + d_k^2, or the gradient steps."""
        d = dims.d_k
        solve = self.cg_steps * (d**2 + 5 * d) if self.cg_steps else d**3 // 3 + d**2
        return Cost(write=2 * d * (dims.d_v + d), read=solve + d * dims.d_v)

    def taught(self, keys: Keys, dims: Dims, values: Values) -> TaughtLaw | None:
        """Asymptotic on isotropic keys, for teachers that are fixed or drift."""
        if 0 < self.cg_steps < dims.d_k:
            return None
        return taught_ridge(self.lam / self.beta, self.gamma, keys, dims.d_k, values)

    def law(self, keys: Keys, dims: Dims) -> Law | None:
        if isinstance(keys, Empirical):
            return super().law(keys, dims)
        if 0 < self.cg_steps < dims.d_k:
            return None
        return ridge_law(self.lam / self.beta, self.gamma, keys, dims.d_k)
