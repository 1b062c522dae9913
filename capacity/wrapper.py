"""Wrappers: rules around a rule, which change what it is given and what is read from it.

A wrapper is itself a rule, so every reader takes a wrapped rule as it takes a plain one, and
wrappers nest. What it does not change it hands on: a wrapper that changes nothing gives the same
numbers bit for bit. Parameters, state, price, objective and law are those of the whole.
"""

import json
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from capacity.additive import Kernel, additive_weights
from capacity.errors import InputError, unknown
from capacity.rule import Cost, Dims, Objective, Rule, State, Token
from capacity.schedule import Weights


@dataclass(frozen=True)
class Wrapper(Rule):
    """A rule around ``inner``. This base hands everything on; subclasses change what they must.

    ``place`` orders wrappers that a command line names together: higher places go outside.
    """

    inner: Rule
    place: ClassVar[int]
    family = "wrapper"

    def __post_init__(self) -> None:
        if not isinstance(self.inner, Rule):
            raise InputError(f"{type(self).__name__} goes around a rule, got {self.inner!r}.")
        super().__post_init__()

    @classmethod
    def parse(cls, inner: Rule, text: str) -> Self:
        """Around ``inner``; the first parameter as JSON, ``4``, or several, ``{"heads": 4}``."""
        try:
            given = json.loads(text)
        except json.JSONDecodeError:
            raise InputError(f"{cls.__name__} needs a JSON value, got {text!r}.") from None
        if not isinstance(given, dict):
            given = {cls.parameters()[0].name: given}
        return cls.around(inner, **given)

    @classmethod
    def around(cls, inner: Rule, **values: Any) -> Self:
        """An instance from named values; an undeclared name is an error that lists the others."""
        names = [parameter.name for parameter in cls.parameters()]
        for name in values:
            if name not in names:
                raise unknown(f"parameter of {cls.__name__}", name, names)
        return cls(inner, **values)

    @property
    def layers(self) -> tuple[Rule, ...]:
        """This wrapper and all that it holds, from the outside in."""
        return (self, *(self.inner.layers if isinstance(self.inner, Wrapper) else (self.inner,)))

    def values(self) -> dict[str, Any]:
        """Own values by name and, under ``inner``, those of the rule with its id."""
        return super().values() | {"inner": {"rule": self.inner.rule_id(), **self.inner.values()}}

    def check_channels(self, d_k: int) -> None:
        """Arrays per channel belong to the inner rule, which checks its own dimension."""

    @property
    def pairs(self) -> int:
        return self.inner.pairs

    @property
    def linear_in_values(self) -> bool:  # type: ignore[override]
        return self.inner.linear_in_values

    def inner_dims(self, dims: Dims) -> Dims:
        """The sizes that the inner rule works with."""
        return dims

    def init(
        self,
        dims: Dims,
        batch: tuple[int, ...] = (),
        rng: torch.Generator | None = None,
        *,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> State:
        return self.inner.init(self.inner_dims(dims), batch, rng, dtype=dtype, device=device)

    def write(self, state: State, token: Token) -> State:
        return self.inner.write(state, token)

    def flush(self, state: State) -> State:
        return self.inner.flush(state)

    def read(self, state: State, query: Tensor) -> Tensor:
        return self.inner.read(state, query)

    def write_stream(self, states: State, keys: Tensor, values: Tensor, start: int = 0) -> State:
        return self.inner.write_stream(states, keys, values, start)

    def read_stream(self, states: State, queries: Tensor) -> Tensor:
        return self.inner.read_stream(states, queries)

    def live(self, dims: Dims, t: int) -> dict[str, tuple[int, ...]]:
        return dict(self.inner.live(self.inner_dims(dims), t))

    def cost(self, dims: Dims, t: int) -> Cost:
        return self.inner.cost(self.inner_dims(dims), t)

    def objective(self) -> Objective | None:
        return self.inner.objective()

    def pair_weights(self, dims: Dims) -> Weights | None:
        """The weights of the writes where the memory only adds, with one kernel for all pairs."""
        return None

    def pair_kernel(self, dims: Dims) -> Kernel | None:
        """That kernel, as a function of k^T q."""
        return None


def pair_weights(rule: Rule, dims: Dims) -> Weights | None:
    """Weights of a memory that only adds; None for any other."""
    return rule.pair_weights(dims) if isinstance(rule, Wrapper) else additive_weights(rule, dims)


def pair_kernel(rule: Rule, dims: Dims) -> Kernel | None:
    """The kernel between pairs of a memory that only adds: k^T q without features."""
    return rule.pair_kernel(dims) if isinstance(rule, Wrapper) else lambda overlap: overlap
