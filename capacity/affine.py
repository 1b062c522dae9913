r"""Affine rules: S <- S A + V B^T with A = diag(a) - P Q^T built from the token's keys and gates.

Such a rule declares only its coefficients. From them follow, here and once for all rules, the
reference step, the batched kernels and, on isotropic keys, the exact law. A state of several
blocks (a memory and its momentum) is one wide S with the blocks side by side; block 0 is read.
"""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor

from capacity.chunkwise import Coefficients, choose_chunk, write_chunks, write_loop
from capacity.errors import InputError
from capacity.gates import gates, mix
from capacity.keys import Empirical, Keys, Orthonormal, Signs
from capacity.law import Law
from capacity.rule import Cost, Dims, Rule, Token
from capacity.stability import STABLE, Edge, largest_stable, warn_beyond_edge
from capacity.taught import TaughtLaw
from capacity.values import Values

if TYPE_CHECKING:
    from capacity.channel_law import ChannelLaw
    from capacity.isotropic import IsotropicLaw


class Step(NamedTuple):
    """One factor: S <- S (diag(decay) - left right^T) + values write^T.

    decay is a scalar or (d_k,); left and right are columns (d_k, r), None for no removal;
    write is (d_k, w) and takes the next w values of the token. With several blocks, left, right
    and write are tuples of such columns, one a block, and decay is a nested tuple G: what block i
    holds is added G[i][j] times to block j.
    """

    write: Any
    left: Any = None
    right: Any = None
    decay: Any = 1.0


def diagonal(gate: Any, columns: Any) -> Any:
    """diag(gate) columns, for a scalar or a gate per channel, (d_k,)."""
    if np.ndim(gate) == 0:
        return gate * columns
    return (_like(gate, columns) if isinstance(columns, Tensor) else gate)[:, None] * columns


def indicator(condition: Any, columns: Any) -> Any:
    """1 where a condition on the token's index holds, else 0, as precise as the columns."""
    return condition.to(columns.dtype) if isinstance(condition, Tensor) else int(condition)


def _like(gate: Any, columns: Tensor) -> Tensor:
    """A gate as a tensor of the columns' kind; declared arrays are frozen, hence copied."""
    make = torch.tensor if isinstance(gate, np.ndarray) else torch.as_tensor
    return make(gate, dtype=columns.dtype, device=columns.device)


def _as_tensors(step: Step) -> Step:
    """Blocks stacked, gates as tensors, absent removals as columns without entries."""

    def stacked(x: Any) -> Tensor:
        return torch.cat(x, dim=0) if isinstance(x, tuple) else x

    write = stacked(step.write)

    def number(x: Any) -> Tensor:
        if isinstance(x, tuple):
            return torch.stack([number(y) for y in x])
        return _like(x, write)

    none = write[:, :0]
    left, right = (none if x is None else stacked(x) for x in (step.left, step.right))
    return Step(write, left, right, number(step.decay))


class AffineState(NamedTuple):
    """The matrix memory S, (d_v, blocks d_k), and the number of pairs written."""

    S: Tensor
    count: Tensor  # type: ignore[assignment]


class AffineRule(Rule):
    """A rule that is affine in its state; subclasses declare ``coefficients`` and nothing else."""

    linear_in_values = True
    blocks: ClassVar[int] = 1
    step_size: ClassVar[str] = ""  # the parameter that, too large, makes the memory diverge

    @property
    def period(self) -> int:
        """Tokens after which the gates repeat."""
        return 1

    @abstractmethod
    def coefficients(self, token: Token) -> Step | tuple[Step, ...]:
        """The factors of one token, in the order in which they are applied.

        Written with operators only, so that proofs can evaluate it on symbols.
        """

    def steps(self, token: Token) -> tuple[Step, ...]:
        """The factors as tensors: blocks stacked, absent removals as columns without entries."""
        self.check_channels(token.keys.shape[1])
        found = self.coefficients(token)
        return tuple(_as_tensors(step) for step in ((found,) if isinstance(found, Step) else found))

    def init(
        self,
        dims: Dims,
        batch: tuple[int, ...] = (),
        rng: torch.Generator | None = None,
        *,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> AffineState:
        self.check_channels(dims.d_k)
        width = self.blocks * dims.d_k
        S = torch.zeros(*batch, dims.d_v, width, dtype=dtype, device=device)
        return AffineState(S, torch.zeros(batch, dtype=torch.int64, device=device))

    def write(self, state: AffineState, token: Token) -> AffineState:
        S, used = state.S, 0
        for step in self.steps(token):
            V = token.v[:, used : used + step.write.shape[1]]
            gated = S * step.decay if step.decay.ndim < 2 else mix(S, step.decay)
            S = gated - (S @ step.left) @ step.right.T + V @ step.write.T
            used += step.write.shape[1]
        return AffineState(S, state.count + used)

    def read(self, state: AffineState, query: Tensor) -> Tensor:
        return state.S[:, : query.shape[0]] @ query

    def read_stream(self, states: AffineState, queries: Tensor) -> Tensor:
        return queries @ states.S[:, :, : queries.shape[2]].mT

    def write_stream(
        self,
        states: AffineState,
        keys: Tensor,
        values: Tensor,
        start: int = 0,
        *,
        chunk: int | None = None,
    ) -> AffineState:
        """Write a batch of streams; ``chunk`` overrides the choice of kernel (1: the loop)."""
        if keys.shape[1] == 0:
            return states
        n = self.pairs
        if start % n:
            raise InputError(f"A run of pairs must start at a token of {n} pairs, got {start}.")
        whole = keys.shape[1] - keys.shape[1] % n
        S = states.S
        for lo, hi, size in ((0, whole, n), (whole, keys.shape[1], keys.shape[1] - whole)):
            if hi > lo:
                steps, width = self._coefficients_of(keys[:, lo:hi], size, (start + lo) // n)
                V = values[:, lo:hi].reshape(len(values), -1, width, values.shape[2])
                size = chunk or choose_chunk(keys.shape[2])
                S = write_loop(S, steps, V) if size == 1 else write_chunks(S, steps, V, size)
        return AffineState(S, states.count + keys.shape[1])

    def write_through(
        self, states: AffineState, keys: Tensor, values: Tensor, checkpoints: Sequence[int]
    ) -> Iterator[AffineState]:
        """The coefficients of the whole stream are made once and shared by all checkpoints."""
        n = self.pairs
        if any(items % n for items in checkpoints):
            yield from super().write_through(states, keys, values, checkpoints)
            return
        last = checkpoints[-1]
        steps, width = self._coefficients_of(keys[:, :last], n, 0)
        V = values[:, :last].reshape(len(values), -1, width, values.shape[2])
        per_pair = V.shape[1] / last
        S, chunk = states.S, choose_chunk(keys.shape[2])
        for start, stop in pairwise((0, *checkpoints)):
            part = slice(round(start * per_pair), round(stop * per_pair))
            S = write_chunks(S, steps.span(part.start, part.stop), V[:, part], chunk)
            yield AffineState(S, states.count + stop)

    def _coefficients_of(self, keys: Tensor, n: int, first: int) -> tuple[Coefficients, int]:
        """Coefficients of tokens of n pairs, steps in one row, and values per step."""
        batch, pairs, d = keys.shape
        grouped = keys.reshape(batch, pairs // n, n, d)
        index = torch.arange(first, first + pairs // n, device=keys.device)
        none = keys.new_zeros(n, 0)

        def of(token_keys: Tensor, token_index: Tensor) -> tuple[tuple[Tensor, ...], ...]:
            steps = self.steps(Token(token_keys, none, token_index))
            return tuple((step.decay, step.left, step.right, step.write) for step in steps)

        found = torch.func.vmap(of)(grouped.flatten(0, 1), index.repeat(batch))
        rows = pairs // n * len(found)
        # (steps per token) x (batch * tokens, ...) -> (batch, tokens * steps per token, ...)
        decay, left, right, write = (
            torch.stack(parts, dim=1).reshape(batch, rows, *parts[0].shape[1:])
            for parts in zip(*found, strict=True)
        )
        return Coefficients(gates(decay), left, right, write), write.shape[3]

    def live(self, dims: Dims, t: int) -> dict[str, tuple[int, ...]]:
        return {"S": (dims.d_v, self.blocks * dims.d_k)}

    def cost(self, dims: Dims, t: int) -> Cost:
        """Multiply-adds of the declared factors: decay, S P, and one outer product per direction.

        Removal and write share an outer product where Q and B span the same directions. Blocks
        that a factor does not touch are free, and so are gates of 0 and 1.
        """
        keys = torch.arange(1.0, 1 + self.pairs * dims.d_k, dtype=torch.float64)
        token = Token(keys.cos().reshape(self.pairs, dims.d_k), None, torch.tensor(0))
        size = dims.d_k * dims.d_v
        write = 0
        for step in self.steps(token):
            outer = torch.cat([step.right, step.write], dim=1)
            rank = int(torch.linalg.matrix_rank(outer))
            write += size * (_gate_count(step.decay) + _touched(step.left, dims.d_k))
            write += size * rank * _touched(outer, dims.d_k) // max(outer.shape[1], 1)
        return Cost(write=write, read=size)

    def law(self, keys: Keys, dims: Dims) -> Law | None:
        """Exact on isotropic, orthonormal, sign and given keys, where the coefficients allow it.

        Memories that only add have an exact law on every ensemble with moments of overlaps.
        """
        from capacity.additive import additive_law
        from capacity.given_keys import GivenKeysLaw
        from capacity.isotropic import orthonormal_law
        from capacity.spectrum import signs_law

        if isinstance(keys, Empirical):
            return GivenKeysLaw(self, keys, dims)
        if isinstance(keys, Orthonormal):
            return orthonormal_law(self, dims.d_k)
        if isinstance(keys, Signs):
            return signs_law(self, keys, dims.d_k)
        overlaps = keys.overlaps(dims.d_k)
        if overlaps is not None:
            return additive_law(self, keys, dims, overlaps)
        law = self._moment_law(keys, dims.d_k)
        if law is not None and law.growth() > STABLE:
            warn_beyond_edge(self, keys, dims)
        return law

    def taught(self, keys: Keys, dims: Dims, values: Values) -> TaughtLaw | None:
        """Exact on isotropic keys."""
        from capacity.taught_affine import taught_affine

        return taught_affine(self, keys, dims.d_k, values)

    def _moment_law(self, keys: Keys, d: int) -> "IsotropicLaw | ChannelLaw | None":
        from capacity.channel_law import channel_law
        from capacity.isotropic import isotropic_law

        return isotropic_law(self, keys, d) or channel_law(self, keys, d)

    def edge(self, keys: Keys, dims: Dims) -> Edge | None:
        """The largest step at which the mean square of the memory stays finite, by bisection.

        Exact to 1e-12 on isotropic keys; None elsewhere, and where no step size is declared.
        """
        if not self.step_size or keys.radii(dims.d_k) is None:
            return None
        if np.ndim(getattr(self, self.step_size)) > 0:
            return None
        others = {p.name: getattr(self, p.name) for p in self.parameters()}

        def stable(step: float) -> bool:
            rule = type(self).symbolic(**(others | {self.step_size: step}))
            law = rule._moment_law(keys, dims.d_k)
            return law is not None and law.growth() <= STABLE

        found = largest_stable(stable)
        return None if found is None else Edge(self.step_size, found)


def _gate_count(decay: Tensor) -> int:
    """Multiplications by gates, in units of one block; factors 0 and 1 cost none."""
    if decay.ndim < 2:
        return int(bool((decay != 1).any()))
    return int(((decay != 0) & (decay != 1)).sum())


def _touched(columns: Tensor, d_k: int) -> int:
    """Blocks that columns reach, summed over the columns."""
    return int(columns.reshape(len(columns) // d_k, d_k, columns.shape[1]).any(dim=1).sum())
