"""The contract of a memory update rule: declared once, read by every other part.

A rule is a frozen dataclass of parameters with an update (``write``), a read-out (``read``), its
live state, its price, and, where theory has one, an objective and a law. Shapes: a token carries
n pairs, keys (n, d_k) and values (n, d_v); a state S is d_v x d_k and o = S q.
"""

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor

from capacity.errors import InputError
from capacity.keys import Empirical, Keys
from capacity.law import Law
from capacity.parameters import Declared
from capacity.stability import Edge
from capacity.taught import TaughtLaw
from capacity.values import Values

State = Any  # a pytree of tensors; each rule documents its own


@dataclass(frozen=True)
class Source:
    """Where a rule was published: short citation, identifier, equation."""

    citation: str
    identifier: str
    equation: str


@dataclass(frozen=True)
class Dims:
    """Sizes of a memory: key and value dimension, and the longest stream it will be asked to hold.

    Only growing memories (a key-value cache) read ``tokens``.
    """

    d_k: int
    d_v: int
    tokens: int = 0

    def __post_init__(self) -> None:
        for name in ("d_k", "d_v"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be a positive integer, got {getattr(self, name)}.")


class Token(NamedTuple):
    """What arrives at one time step: keys (n, d_k), values (n, d_v), its index in the stream."""

    keys: Any
    values: Any
    index: Any = 0

    @property
    def k(self) -> Any:
        """Keys as columns, (d_k, n)."""
        return self.keys.T

    @property
    def v(self) -> Any:
        """Values as columns, (d_v, n)."""
        return self.values.T


@dataclass(frozen=True)
class Cost:
    """Multiply-adds of writing one token and of reading one query, in the reference step."""

    write: int
    read: int


@dataclass(frozen=True)
class Objective:
    """The online loss that a rule descends: S' = D(S) - rate * grad loss(D(S); k, v).

    loss(S, k, v) is 1/2-weighted where it is a square; k and v are columns (d, n); D multiplies
    by ``decay``, a number or one per channel (d_k,), which is online weight decay.
    ``transform`` names what happens to the gradient before it is descended (momentum, a sum over
    a chunk); empty where nothing does.
    """

    statement: str
    loss: Callable[[Tensor, Tensor, Tensor], Tensor]
    rate: float
    decay: float | Tensor = 1.0
    transform: str = ""


class Rule(Declared, ABC):
    """A memory update rule (see the module docstring).

    ``write`` and ``read`` handle one stream, are safe under ``torch.func.vmap`` and define the
    rule; ``write_stream`` and ``read_stream`` handle a batch of streams and must agree with them.
    """

    family: ClassVar[str]
    title: ClassVar[str]
    update: ClassVar[str]  # LaTeX, as in the source
    source: ClassVar[Source]
    linear_in_values: ClassVar[bool] = False  # for given keys, read-outs are linear in the values

    @classmethod
    def rule_id(cls) -> str:
        """The name on the command line: the class name in snake_case."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()

    @property
    def pairs(self) -> int:
        """Pairs per token."""
        return 1

    @abstractmethod
    def init(
        self,
        dims: Dims,
        batch: tuple[int, ...] = (),
        rng: torch.Generator | None = None,
        *,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> State:
        """The empty state; ``batch`` puts leading axes on every tensor, one memory each."""

    @abstractmethod
    def write(self, state: State, token: Token) -> State:
        """The state after one token."""

    def flush(self, state: State) -> State:
        """Apply a partly filled chunk or window before reading; most rules hold nothing back."""
        return state

    @abstractmethod
    def read(self, state: State, query: Tensor) -> Tensor:
        """The read-out, (d_v,), of one query, (d_k,)."""

    def write_stream(self, states: State, keys: Tensor, values: Tensor, start: int = 0) -> State:
        """Write pairs ``start``, ``start + 1``, ... of a batch of streams: (batch, pairs, d)."""
        n = self.pairs
        if start % n:
            raise InputError(f"A run of pairs must start at a token of {n} pairs, got {start}.")
        write = torch.func.vmap(self.write, in_dims=(0, Token(0, 0, None)))
        for t in range(0, keys.shape[1], n):
            token = Token(keys[:, t : t + n], values[:, t : t + n], torch.tensor((start + t) // n))
            states = write(states, token)
        return states

    def write_through(
        self, states: State, keys: Tensor, values: Tensor, checkpoints: Sequence[int]
    ) -> Iterator[State]:
        """The states after the first n pairs, for each n of ascending ``checkpoints``."""
        for start, stop in pairwise((0, *checkpoints)):
            part = slice(start, stop)
            states = self.write_stream(states, keys[:, part], values[:, part], start)
            yield states

    def read_stream(self, states: State, queries: Tensor) -> Tensor:
        """Read-outs (batch, queries, d_v) of queries (batch, queries, d_k)."""
        read = torch.func.vmap(torch.func.vmap(self.read, in_dims=(None, 0)))
        out: Tensor = read(torch.func.vmap(self.flush)(states), queries)
        return out

    @abstractmethod
    def live(self, dims: Dims, t: int) -> Mapping[str, tuple[int, ...]]:
        """Shapes of the arrays that vary by stream after t pairs."""

    def state_scalars(self, dims: Dims, t: int) -> int:
        """State size in scalars after t pairs."""
        return sum(math.prod(shape) for shape in self.live(dims, t).values())

    @abstractmethod
    def cost(self, dims: Dims, t: int) -> Cost:
        """Multiply-adds per token and per query after t pairs."""

    def objective(self) -> Objective | None:
        """The loss whose gradient step this rule is; None where it has no such reading."""
        return None

    def edge(self, keys: Keys, dims: Dims) -> Edge | None:
        """The step beyond which power grows without bound on these keys; None if unknown."""
        return None

    def taught(self, keys: Keys, dims: Dims, values: Values) -> TaughtLaw | None:
        """Errors on unseen and stored pairs of a linear teacher; None where theory has none."""
        return None

    def law(self, keys: Keys, dims: Dims) -> Law | None:
        """The recall of stored keys on this ensemble; None where theory has no answer.

        Rules that are linear in the values have an exact law on given keys, whatever the keys.
        """
        from capacity.given_keys import GivenKeysLaw

        if self.linear_in_values and isinstance(keys, Empirical):
            return GivenKeysLaw(self, keys, dims)
        return None
