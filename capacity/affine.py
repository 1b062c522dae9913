r"""Affine rules: S <- S A + V B^T with A = diag(a) - P Q^T built from the token's keys and gates.

Such a rule declares only its coefficients. From them follow, here and once for all rules, the
reference step, the batched kernels and, on isotropic keys, the exact law.
"""

from abc import abstractmethod
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor

from capacity.chunkwise import Coefficients, choose_chunk, write_chunks, write_loop
from capacity.keys import Empirical, Keys, Orthonormal, Signs
from capacity.law import Law
from capacity.rule import Cost, Dims, Rule, Token


class Step(NamedTuple):
    """One factor: S <- S (diag(decay) - left right^T) + values write^T.

    decay is a scalar or (d_k,); left and right are columns (d_k, r), None for no removal;
    write is (d_k, w) and takes the next w values of the token.
    """

    write: Any
    left: Any = None
    right: Any = None
    decay: Any = 1.0


class AffineState(NamedTuple):
    """The matrix memory S, (d_v, d_k), and the number of pairs written."""

    S: Tensor
    count: Tensor


class AffineRule(Rule):
    """A rule that is affine in its state; subclasses declare ``coefficients`` and nothing else."""

    linear_in_values = True
    period: ClassVar[int] = 1  # tokens after which the gates repeat

    @abstractmethod
    def coefficients(self, token: Token) -> Step | tuple[Step, ...]:
        """The factors of one token, in the order in which they are applied.

        Written with operators only, so that proofs can evaluate it on symbols.
        """

    def steps(self, token: Token) -> tuple[Step, ...]:
        """The factors as a tuple, with absent removals as (d_k, 0) columns."""
        found = self.coefficients(token)
        steps = (found,) if isinstance(found, Step) else found
        empty = token.k[:, :0]
        return tuple(
            step if step.left is not None else step._replace(left=empty, right=empty)
            for step in steps
        )

    def init(
        self,
        dims: Dims,
        batch: tuple[int, ...] = (),
        rng: torch.Generator | None = None,
        *,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> AffineState:
        S = torch.zeros(*batch, dims.d_v, dims.d_k, dtype=dtype, device=device)
        return AffineState(S, torch.zeros(batch, dtype=torch.int64, device=device))

    def write(self, state: AffineState, token: Token) -> AffineState:
        S, used = state.S, 0
        for step in self.steps(token):
            V = token.v[:, used : used + step.write.shape[1]]
            S = S * step.decay - (S @ step.left) @ step.right.T + V @ step.write.T
            used += step.write.shape[1]
        return AffineState(S, state.count + used)

    def read(self, state: AffineState, query: Tensor) -> Tensor:
        return state.S @ query

    def read_stream(self, states: AffineState, queries: Tensor) -> Tensor:
        return queries @ states.S.mT

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
        whole = keys.shape[1] - keys.shape[1] % n
        S = states.S
        for lo, hi, size in ((0, whole, n), (whole, keys.shape[1], keys.shape[1] - whole)):
            if hi > lo:
                steps, width = self._coefficients_of(keys[:, lo:hi], size, (start + lo) // n)
                V = values[:, lo:hi].reshape(len(values), -1, width, values.shape[2])
                size = chunk or choose_chunk(len(keys), keys.shape[2], keys.device)
                S = write_loop(S, steps, V) if size == 1 else write_chunks(S, steps, V, size)
        return AffineState(S, states.count + keys.shape[1])

    def _coefficients_of(self, keys: Tensor, n: int, first: int) -> tuple[Coefficients, int]:
        """Coefficients of tokens of n pairs, steps in one row, and values per step."""
        batch, pairs, d = keys.shape
        grouped = keys.reshape(batch, pairs // n, n, d)
        index = torch.arange(first, first + pairs // n, device=keys.device)
        none = keys.new_zeros(n, 0)

        def of(token_keys: Tensor, token_index: Tensor) -> tuple[tuple[Tensor, ...], ...]:
            steps = self.steps(Token(token_keys, none, token_index))
            decays = [torch.as_tensor(s.decay, dtype=keys.dtype, device=keys.device) for s in steps]
            return tuple((a, s.left, s.right, s.write) for a, s in zip(decays, steps, strict=True))

        over_tokens = torch.func.vmap(of, in_dims=(0, 0))
        found = torch.func.vmap(over_tokens, in_dims=(0, None))(grouped, index)
        # (steps per token) x (batch, tokens, ...) -> (batch, tokens * steps per token, ...)
        decay, left, right, write = (
            torch.stack(parts, dim=2).flatten(1, 2) for parts in zip(*found, strict=True)
        )
        plain = decay.ndim == 2 and bool((decay == 1).all())
        return Coefficients(None if plain else decay, left, right, write), write.shape[3]

    def live(self, dims: Dims, t: int) -> dict[str, tuple[int, ...]]:
        return {"S": (dims.d_v, dims.d_k)}

    def cost(self, dims: Dims, t: int) -> Cost:
        """Multiply-adds of the declared factors: decay, S P, and one outer product per direction.

        Removal and write share an outer product where Q and B span the same directions.
        """
        keys = torch.arange(1.0, 1 + self.pairs * dims.d_k, dtype=torch.float64)
        token = Token(keys.cos().reshape(self.pairs, dims.d_k), None, torch.tensor(0))
        size = dims.d_k * dims.d_v
        write = 0
        for step in self.steps(token):
            decays = bool((torch.as_tensor(step.decay) != 1).any())
            outer = int(torch.linalg.matrix_rank(torch.cat([step.right, step.write], dim=1)))
            write += size * (decays + step.left.shape[1] + outer)
        return Cost(write=write, read=size)

    def law(self, keys: Keys, dims: Dims) -> Law | None:
        """Exact on isotropic, orthonormal, sign and given keys, where the coefficients allow it."""
        from capacity.given_keys import GivenKeysLaw
        from capacity.isotropic import isotropic_law, orthonormal_law
        from capacity.spectrum import signs_law

        if isinstance(keys, Empirical):
            return GivenKeysLaw(self, keys, dims)
        if isinstance(keys, Orthonormal):
            return orthonormal_law(self, dims.d_k)
        if isinstance(keys, Signs):
            return signs_law(self, keys, dims.d_k)
        return isotropic_law(self, keys, dims.d_k)
