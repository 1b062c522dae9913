r"""Heads: $h$ memories side by side, $S = \mathrm{diag}(S_1, \dots, S_h)$, each its own keys."""

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_map

from capacity.errors import InputError
from capacity.head_keys import head_keys, split_heads, split_keys
from capacity.heads_law import HeadsLaw
from capacity.heads_taught import heads_taught
from capacity.keys import Gaussian, Keys
from capacity.law import Law
from capacity.parameters import param
from capacity.rule import Cost, Dims, Objective, Source, State, Token
from capacity.taught import TaughtLaw
from capacity.values import Values
from capacity.wrapper import Wrapper


@dataclass(frozen=True)
class Heads(Wrapper):
    """Block-diagonal memory of h heads; p = d_k d_v / h scalars where one head has d_k d_v.

    Head i takes slice i of key, query and value. Its key is that slice, scaled to the norm of the
    whole key: unit keys give each head a unit key of dimension d_k/h. Gates and steps are shared
    by the heads. The state is that of the inner rule with a leading axis of heads.

    Law: that of the inner rule at d -> d/h, and as exact: on sphere and Gaussian keys, on sign and
    given keys as the mean over heads. None for orthonormal keys (slices are not orthonormal) and
    where a head has no sign keys of positive variance. Of a teacher: asymptotic in d/h
    (:mod:`capacity.heads_taught`).
    """

    title = "Heads"
    update = r"S = \mathrm{diag}(S_1, \dots, S_h)"
    source = Source("McDermott, Heath, Parhi 2026", "arXiv:2606.25342", "Eqs 13-14")
    place = 5

    heads: int = param(1, symbol="h", domain=(1, 65536), typical=(1, 2, 4), integer=True)

    def inner_dims(self, dims: Dims) -> Dims:
        for name, size in (("d_k", dims.d_k), ("d_v", dims.d_v)):
            if size % self.heads:
                raise InputError(
                    f"Heads needs heads that divide {name} = {size}, got {self.heads}."
                )
        return Dims(dims.d_k // self.heads, dims.d_v // self.heads, dims.tokens)

    def init(
        self,
        dims: Dims,
        batch: tuple[int, ...] = (),
        rng: torch.Generator | None = None,
        *,
        dtype: torch.dtype = torch.float64,
        device: torch.device | str = "cpu",
    ) -> State:
        inner, every = self.inner_dims(dims), (*batch, self.heads)
        return self.inner.init(inner, every, rng, dtype=dtype, device=device)

    def write(self, state: State, token: Token) -> State:
        keys, values = split_keys(token.keys, self.heads), split_heads(token.values, self.heads)
        write = torch.func.vmap(self.inner.write, in_dims=(0, Token(0, 0, None)))
        return write(state, Token(keys, values, token.index))

    def flush(self, state: State) -> State:
        return torch.func.vmap(self.inner.flush)(state)

    def read(self, state: State, query: Tensor) -> Tensor:
        queries = split_keys(query[None], self.heads)[:, 0]
        read: Tensor = torch.func.vmap(self.inner.read)(state, queries)
        return read.flatten()

    def write_stream(self, states: State, keys: Tensor, values: Tensor, start: int = 0) -> State:
        written = self.inner.write_stream(
            tree_map(lambda x: x.flatten(0, 1), states),
            split_keys(keys, self.heads).flatten(0, 1),
            split_heads(values, self.heads).flatten(0, 1),
            start,
        )
        return tree_map(lambda x: x.unflatten(0, (-1, self.heads)), written)

    def read_stream(self, states: State, queries: Tensor) -> Tensor:
        split = split_keys(queries, self.heads).flatten(0, 1)
        read = self.inner.read_stream(tree_map(lambda x: x.flatten(0, 1), states), split)
        return read.reshape(-1, self.heads, *read.shape[1:]).movedim(1, 2).flatten(2)

    def live(self, dims: Dims, t: int) -> dict[str, tuple[int, ...]]:
        one = self.inner.live(self.inner_dims(dims), t)
        return {name: (self.heads, *shape) for name, shape in one.items()}

    def cost(self, dims: Dims, t: int) -> Cost:
        one = self.inner.cost(self.inner_dims(dims), t)
        scaling = 2 * dims.d_k if self.heads > 1 else 0
        return Cost(*(self.heads * each + scaling for each in (one.write, one.read)))

    def objective(self) -> Objective | None:
        """The sum over heads of the inner loss; S (h, d_v/h, d_k/h), or a tuple of such weights."""
        inner = self.inner.objective()
        if inner is None:
            return None

        def loss(S: Any, k: Tensor, v: Tensor) -> Tensor:
            keys, values = split_keys(k.T, self.heads), split_heads(v.T, self.heads)
            each: Tensor = torch.func.vmap(inner.loss)(S, keys.mT, values.mT)
            return each.sum()

        return replace(inner, statement=rf"\sum_h {inner.statement}", loss=loss)

    def taught(self, keys: Keys, dims: Dims, values: Values) -> TaughtLaw | None:
        inner, ensembles = self.inner_dims(dims), head_keys(keys, self.heads, dims.d_k)
        if self.heads == 1:
            return self.inner.taught(keys, dims, values)
        if ensembles is None or len(ensembles) > 1:
            return None
        return heads_taught(self.inner, self.heads, ensembles[0], inner, values)

    def law(self, keys: Keys, dims: Dims) -> Law | None:
        inner, ensembles = self.inner_dims(dims), head_keys(keys, self.heads, dims.d_k)
        if ensembles is None:
            return None
        laws = [self.inner.law(ensemble, inner) for ensemble in ensembles]
        if self.heads == 1:
            return laws[0]
        found = [law for law in laws if law is not None]
        independent = not isinstance(keys, Gaussian)  # there the heads share one norm
        return (
            HeadsLaw(found, self.heads, independent=independent)
            if len(found) == len(laws)
            else None
        )
