"""Symbols in torch's place: reference steps are run as they ship, on exact objects.

An :class:`Exact` stands wherever a step expects a tensor of numbers; masks, counters and indices
stay torch's own. Inside :func:`exact_torch`, calls of torch that meet one are answered from a table
of the same operations on sympy objects; ``torch.func.grad`` differentiates symbols and
``torch.func.vmap`` is a loop. Whatever the table lacks is an error, never a guess.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import numpy as np
import sympy
import torch
from sympy import Matrix
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import (
    _broadcast_to_and_flatten,
    tree_flatten,
    tree_map,
    tree_unflatten,
)

from proofs_check.claim import ProofError
from proofs_check.exact import TABLE, Exact, each, entries

__all__ = ["Exact", "entries", "exact_torch"]


def _softmax(x: Exact, dim: int) -> Exact:
    weights = x.exp()
    return weights / weights.sum(dim, keepdim=True)


def _inverse(x: Exact, **_: Any) -> Exact:
    """Of a regular matrix, by cofactors; it is the pseudo-inverse too."""
    matrix = Matrix(x.entries)
    determinant = sympy.factor(matrix.det())
    if determinant == 0:
        raise ProofError("a singular matrix is inverted: its pseudo-inverse has no formula here.")
    return Exact(matrix.adjugate() / determinant)


def _diag_embed(x: Exact) -> Exact:
    return x[..., None] * torch.eye(x.shape[-1], dtype=x.dtype)


def _where(mask: torch.Tensor, one: Any, other: Any) -> Exact:
    return Exact(np.where(mask.numpy(), entries(one), entries(other)))


def _norm(x: Exact, dim: int, keepdim: bool) -> Exact:
    return x.square().sum(dim, keepdim).sqrt()


def _elu(x: Exact, **_: Any) -> Exact:
    """x above 0 and e^x - 1 below, for entries of a known sign."""
    above = x > 0
    return Exact(np.where(above.numpy(), x.entries, x.exp().entries - 1))


FUNCTIONS: dict[str, Callable[..., Exact]] = {
    "elu": _elu,
    "add": lambda x, y: Exact(x) + y,
    "sub": lambda x, y: Exact(x) - y,
    "mul": lambda x, y: Exact(x) * y,
    "div": lambda x, y: Exact(x) / y,
    "matmul": lambda x, y: Exact(x) @ y,
    "einsum": lambda form, *parts: Exact(np.einsum(form, *map(entries, parts))),
    "where": _where,
    "softmax": _softmax,
    "exp": Exact.exp,
    "log": Exact.log,
    "cat": lambda parts, dim=0: Exact(np.concatenate([entries(x) for x in parts], axis=dim)),
    "stack": lambda parts, dim=0: Exact(np.stack([entries(x) for x in parts], axis=dim)),
    "outer": lambda x, y: Exact(np.outer(entries(x), entries(y))),
    "maximum": lambda x, y: Exact(each(sympy.Max, entries(x), entries(y))),
    "diag": _diag_embed,
    "zeros_like": lambda x: 0 * x,
    "ones_like": lambda x: 0 * x + 1,
    "diag_embed": _diag_embed,
    "linalg_solve": lambda matrix, right: _inverse(matrix) @ right,
    "linalg_pinv": _inverse,
    "linalg_vector_norm": _norm,
}
TABLE.update(FUNCTIONS)


class _Factories(TorchFunctionMode):
    """Factories of tensors look at no type: those given an exact array or a symbol are met here.

    So are masks and indices that become numbers.
    """

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        if function in (torch.as_tensor, torch.tensor) and _is_exact(args[0]):
            return Exact(args[0])
        if function is torch.Tensor.to and torch.float64 in args:
            return Exact(args[0])
        return function(*args, **(kwargs or {}))


def _is_exact(x: Any) -> bool:
    return isinstance(x, Exact | sympy.Basic) or (isinstance(x, np.ndarray) and x.dtype == object)


def gradient(loss: Callable[..., Exact]) -> Callable[..., Any]:
    """In the place of ``torch.func.grad``: of the first argument, a tree of exact arrays."""

    def at(weights: Any, *others: Any) -> Any:
        leaves, form = tree_flatten(weights)
        free = [Exact(each(lambda _: sympy.Dummy(real=True), entries(x))) for x in leaves]
        value = sympy.expand(loss(tree_unflatten(free, form), *others).entries.item())
        back = {x: y for a, b in zip(free, leaves) for x, y in zip(a.entries.flat, entries(b).flat)}
        slopes = [each(lambda x: value.diff(x).subs(back), x.entries) for x in free]
        return tree_unflatten(list(map(Exact, slopes)), form)

    return at


def mapped(function: Callable[..., Any], in_dims: Any = 0) -> Callable[..., Any]:
    """In the place of ``torch.func.vmap``: a loop over the first axis of what is mapped."""

    def over(*args: Any) -> Any:
        leaves, form = tree_flatten(args)
        every = in_dims if isinstance(in_dims, tuple) else (in_dims,) * len(args)
        axes = _broadcast_to_and_flatten(every, form) or []
        count = next(len(x) for x, axis in zip(leaves, axes, strict=True) if axis == 0)

        def one(i: int) -> Any:
            parts = [x if axis is None else x[i] for x, axis in zip(leaves, axes, strict=True)]
            return function(*tree_unflatten(parts, form))

        return tree_map(lambda *parts: torch.stack(parts), *map(one, range(count)))

    return over


@contextmanager
def exact_torch() -> Iterator[None]:
    """Within it, torch's functions take exact arrays."""
    swaps = patch.object(torch.func, "grad", gradient), patch.object(torch.func, "vmap", mapped)
    with swaps[0], swaps[1], _Factories():
        yield
