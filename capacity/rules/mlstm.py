r"""mLSTM (xLSTM): $C \leftarrow f C + e^{\tilde\imath} v k^\top$, read over its normaliser."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from capacity.additive import AdditiveLaw, key_moments
from capacity.capped_law import CappedLaw
from capacity.closed import exponential, rank_one_recall
from capacity.errors import InputError
from capacity.keys import Keys, Orthonormal, Signs, Sphere
from capacity.law import Law
from capacity.losses import hebbian_loss
from capacity.parameters import param
from capacity.rule import Cost, Dims, Objective, Rule, Source, Token
from capacity.schedule import Weights, at_token

ROUNDING = 1e-12  # i = 1 - f computed in floating point still counts as a total weight of 1


class MlstmState(NamedTuple):
    """C (d_v, d_k) and n (d_k,), both times e^-m, and the running maximum m of the log weights."""

    C: Tensor
    n: Tensor
    m: Tensor


@dataclass(frozen=True)
class Mlstm(Rule):
    r"""Matrix memory with exponential input gate, normaliser and a stabiliser that cancels.

    C <- f C + i v k^T, n <- f n + i k with i = exp(input_gate), read as C q / max(|n^T q|, 1); the
    state holds e^-m C and e^-m n with m <- max(log f + m, log i), and 1 becomes e^-m. Gates are
    numbers or one a token, (T,), repeated with period T: ``input_gate`` is the pre-activation
    log i, ``forget_gate`` the value f. Keys enter as they are; the paper's 1/sqrt(d) on keys
    belongs to its projections (Eq 23). There is no output gate.

    Law: exact on orthonormal keys, where a stored key reads min(1, i f^age) of its value, and on
    sphere and sign keys while the sum of all weights stays at or below 1 (constant gates:
    i <= 1 - f), where |n^T q| <= 1 and the normaliser never acts. Otherwise None: the joint law
    of C q and n^T q is missing.
    """

    family = "linear"
    title = "mLSTM"
    update = r"C \leftarrow f C + i v k^\top,\ n \leftarrow f n + i k,\ i = e^{\tilde\imath}"
    source = Source("Beck et al. 2024 (xLSTM)", "arXiv:2405.04517", "Eqs 15-17 and 19-21")
    linear_in_values = True

    input_gate: Any = param(
        0.0, symbol=r"\tilde\imath", domain=(-80.0, 80.0), typical=(-5.0, 0.0, 2.0), array=True
    )
    forget_gate: Any = param(
        0.99, symbol="f", domain=(0.0, 1.0), typical=(0.0, 0.9, 0.99, 1.0), array=True
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("input_gate", "forget_gate"):
            shape = np.shape(getattr(self, name))
            if len(shape) > 1:
                raise InputError(f"Mlstm needs {name} of shape () or (T,), got shape {shape}.")

    def check_channels(self, d_k: int) -> None:
        """Gates belong to tokens, not to channels: any dimension will do."""

    def init(
        self,
        dims: Dims,
        batch: tuple[int, ...] = (),
        rng: torch.Generator | None = None,
        *,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> MlstmState:
        C = torch.zeros(*batch, dims.d_v, dims.d_k, dtype=dtype, device=device)
        return MlstmState(C, C.new_zeros(*batch, dims.d_k), C.new_full(batch, -torch.inf))

    def write(self, state: MlstmState, token: Token) -> MlstmState:
        log_i = at_token(np.atleast_1d(self.input_gate), token)
        log_f = at_token(np.atleast_1d(self.forget_gate), token).log() + state.m
        m = torch.maximum(log_f, log_i)
        i, f = (log_i - m).exp(), (log_f - m).exp()
        k, v = token.k[:, 0], token.v[:, 0]
        return MlstmState(f * state.C + i * torch.outer(v, k), f * state.n + i * k, m)

    def read(self, state: MlstmState, query: Tensor) -> Tensor:
        overlap = (state.n @ query).abs()
        return state.C @ query / torch.maximum(overlap, (-state.m).exp())

    def live(self, dims: Dims, t: int) -> dict[str, tuple[int, ...]]:
        return {"C": (dims.d_v, dims.d_k), "n": (dims.d_k,), "m": ()}

    def cost(self, dims: Dims, t: int) -> Cost:
        return Cost(write=2 * dims.d_k * (dims.d_v + 1), read=dims.d_k * (dims.d_v + 1) + dims.d_v)

    def objective(self) -> Objective | None:
        """The Hebbian loss of C, before the stabiliser; none where gates vary in time."""
        if np.ndim(self.input_gate) or np.ndim(self.forget_gate):
            return None
        rate = float(np.exp(self.input_gate))
        return Objective(r"-\langle C k, v\rangle", hebbian_loss, rate, self.forget_gate)

    def weights(self) -> Weights:
        """Weights i prod f of the pairs before the normaliser; numbers or symbols."""
        return Weights.of(exponential(self.input_gate), self.forget_gate)

    def closed_form(self, **where: Any) -> tuple[Any, Any]:
        """Signal i f^a and power of constant gates where the normaliser never acts (exact)."""
        gain = exponential(self.input_gate)
        return rank_one_recall(decay=self.forget_gate, removal=0, write=gain, **where)

    def law(self, keys: Keys, dims: Dims) -> Law | None:
        weights = self.weights()
        if isinstance(keys, Orthonormal):
            return CappedLaw(weights, dims.d_k)
        if isinstance(keys, Sphere | Signs) and weights.largest_total() <= 1 + ROUNDING:
            moments = key_moments(keys, dims.d_k)
            return AdditiveLaw(weights, moments, keys, dims.d_k) if moments else None
        return super().law(keys, dims)
