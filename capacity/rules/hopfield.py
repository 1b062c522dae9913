r"""Hopfield network: $x \leftarrow \mathrm{sign}\big((S - \mathrm{diag}\, S)\, x\big)/\sqrt d$."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from capacity.errors import InputError
from capacity.keys import Keys
from capacity.law import Law
from capacity.losses import hebbian_loss
from capacity.parameters import param
from capacity.rule import Cost, Dims, Objective, Rule, Source, Token
from capacity.sign_law import root_beta_mean, sign_law


class HopfieldState(NamedTuple):
    """The couplings S, (d, d), and the number of pairs written."""

    S: Tensor
    written: Tensor


@dataclass(frozen=True)
class Hopfield(Rule):
    """Outer products, read by threshold units without self-coupling, ``steps`` times from the key.

    Patterns are pairs with v = k: the autoassociative network, whose cue is a damaged pattern.
    Other pairs make it heteroassociative, and the first step reads the value's signs; further steps
    take each value for the next key (a sequence memory). The read-out is sign(h)/sqrt(d), of unit
    norm; d_k = d_v is required. For sign patterns the classical capacities are in
    :mod:`capacity.attractor`.
    """

    family = "linear"
    title = "Hopfield network"
    update = (
        r"S \leftarrow S + v k^\top, \quad x \leftarrow \mathrm{sign}(S_{i \neq j}\, x)/\sqrt d"
    )
    source = Source("Hopfield 1982", "doi:10.1073/pnas.79.8.2554", "Eqs 1 and 2, all units at once")

    steps: int = param(1, symbol="n", domain=(1, 1000), typical=(1, 2), integer=True)

    def check(self, dims: Dims) -> None:
        """Raise :class:`InputError` unless read-outs can be fed back."""
        if dims.d_k != dims.d_v:
            raise InputError(
                f"Hopfield needs d_v = d_k = {dims.d_k}, for it feeds read-outs back as queries; "
                f"got d_v = {dims.d_v}."
            )

    def init(
        self,
        dims: Dims,
        batch: tuple[int, ...] = (),
        rng: torch.Generator | None = None,
        *,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> HopfieldState:
        self.check(dims)
        S = torch.zeros(*batch, dims.d_v, dims.d_k, dtype=dtype, device=device)
        return HopfieldState(S, torch.zeros(batch, dtype=torch.int64, device=device))

    def write(self, state: HopfieldState, token: Token) -> HopfieldState:
        return HopfieldState(state.S + token.v @ token.k.T, state.written + 1)

    def write_stream(
        self, states: HopfieldState, keys: Tensor, values: Tensor, start: int = 0
    ) -> HopfieldState:
        return HopfieldState(states.S + values.mT @ keys, states.written + keys.shape[1])

    def read(self, state: HopfieldState, query: Tensor) -> Tensor:
        return self.read_stream(HopfieldState(state.S[None], state.written), query[None, None])[
            0, 0
        ]

    def read_stream(self, states: HopfieldState, queries: Tensor) -> Tensor:
        couplings = states.S - torch.diag_embed(states.S.diagonal(dim1=-2, dim2=-1))
        x = queries
        for _ in range(self.steps):
            x = (x @ couplings.mT).sign() / x.shape[-1] ** 0.5
        return x

    def live(self, dims: Dims, t: int) -> dict[str, tuple[int, ...]]:
        return {"S": (dims.d_v, dims.d_k)}

    def cost(self, dims: Dims, t: int) -> Cost:
        size = dims.d_k * dims.d_v
        return Cost(write=size, read=self.steps * size)

    def objective(self) -> Objective:
        return Objective(r"-\langle S k, v\rangle", hebbian_loss, rate=1.0)

    def closed_form(self, *, d: Any, items: Any) -> Any:
        """sqrt(pi/2) s after one step, Gaussian keys; numbers or symbols."""
        return root_beta_mean((d - 1) / 2, (items - 1) / 2)

    def law(self, keys: Keys, dims: Dims) -> Law | None:
        """Exact for one step on sphere and Gaussian keys (Gaussian values), d > 1.

        None for more steps: values independent of keys are no keys themselves, so a second step
        reads what was never stored, and its overlap with the first value is not derived here.
        None on orthonormal and sign keys: without the diagonal other keys are no longer
        independent of the field. None on given keys: the signs are not linear in the values.
        """
        self.check(dims)
        return sign_law(keys, dims.d_k) if self.steps == 1 else None
