"""Symbols in torch's place: reference steps are run as they ship, on exact objects.

An :class:`Exact` stands wherever a step expects a tensor of numbers; masks, counters and indices
stay torch's own. Inside :func:`exact_torch`, calls of torch that meet one are answered from a table
of the same operations on sympy objects; ``torch.func.grad`` differentiates symbols and
``torch.func.vmap`` is a loop. Whatever the table lacks is an error, never a guess.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import numpy as np
import sympy
import torch
from numpy.typing import NDArray
from sympy import Matrix, Rational
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import (
    _broadcast_to_and_flatten,
    tree_flatten,
    tree_map,
    tree_unflatten,
)

from proofs_check.claim import ProofError
from proofs_check.notation import Expr

Array = NDArray[Any]  # of sympy objects
Axes = int | tuple[int, ...] | None


def _number(x: Any) -> Expr:
    """A sympy object; a float at its exact binary value, an infinite one as such."""
    if isinstance(x, float):
        return Rational(x) if np.isfinite(x) else sympy.sympify(x)
    return sympy.Integer(x) if isinstance(x, bool | np.bool_) else sympy.sympify(x)


def entries(x: Any) -> Array:
    """The entries of an exact array, a tensor, a matrix, a number or a sympy object."""
    if isinstance(x, Exact):
        return x.entries
    if isinstance(x, torch.Tensor | Matrix):
        x = np.array(x.tolist(), dtype=object).reshape(tuple(x.shape))
    return _each(_number, np.array(x, dtype=object))


def _each(function: Callable[..., Any], *arrays: Array) -> Array:
    """A function of numbers, entry by entry."""
    arrays = tuple(np.broadcast_arrays(*arrays))
    found = np.empty(arrays[0].shape, dtype=object)
    for place in np.ndindex(found.shape):
        found[place] = function(*(x[place] for x in arrays))
    return found


def _place(index: Any) -> Any:
    """An index, its tensors as numpy arrays."""
    if isinstance(index, tuple):
        return tuple(map(_place, index))
    return index.numpy() if isinstance(index, torch.Tensor) else index


def _equal(x: Expr, y: Expr) -> bool:
    """Equal for all values of the symbols; others are taken in general position."""
    return bool(sympy.expand(x - y) == 0)


class Exact:
    """An array of sympy objects with as much of a tensor's interface as reference steps use."""

    dtype, device = torch.float64, torch.device("cpu")

    def __init__(self, of: Any) -> None:
        self.entries: Array = entries(of)

    @classmethod
    def __torch_function__(
        cls, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> "Exact":
        name = function.__name__
        if name not in TABLE:
            raise ProofError(f"torch's {name} has no exact counterpart in the table.")
        return TABLE[name](*args, **(kwargs or {}))

    @property
    def shape(self) -> tuple[int, ...]:
        return self.entries.shape

    @property
    def ndim(self) -> int:
        return self.entries.ndim

    @property
    def T(self) -> "Exact":
        return Exact(self.entries.T)

    @property
    def mT(self) -> "Exact":
        return Exact(self.entries.swapaxes(-1, -2))

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: Any) -> "Exact":
        return Exact(self.entries[_place(index)])

    def __neg__(self) -> "Exact":
        return Exact(_each(lambda x: -x, self.entries))

    def _with(self, other: Any, function: Callable[[Expr, Expr], Any]) -> "Exact":
        return Exact(_each(function, self.entries, entries(other)))

    def __add__(self, other: Any) -> "Exact":
        return self._with(other, lambda x, y: x + y)

    def __sub__(self, other: Any) -> "Exact":
        return self._with(other, lambda x, y: x - y)

    def __rsub__(self, other: Any) -> "Exact":
        return self._with(other, lambda x, y: y - x)

    def __mul__(self, other: Any) -> "Exact":
        return self._with(other, lambda x, y: x * y)

    def __truediv__(self, other: Any) -> "Exact":
        return self._with(other, lambda x, y: x / y)

    def __rtruediv__(self, other: Any) -> "Exact":
        return self._with(other, lambda x, y: y / x)

    def __pow__(self, other: Any) -> "Exact":
        return self._with(other, lambda x, y: x**y)

    def __rpow__(self, other: Any) -> "Exact":
        return self._with(other, lambda x, y: y**x)

    def __matmul__(self, other: Any) -> "Exact":
        return Exact(self.entries @ entries(other))

    def __rmatmul__(self, other: Any) -> "Exact":
        return Exact(entries(other) @ self.entries)

    __radd__, __rmul__ = __add__, __mul__

    def _compared(self, other: Any, relation: Callable[[Expr, Expr], Any]) -> torch.Tensor:
        """A mask of torch's; a relation that the symbols leave open is an error."""
        found = _each(lambda x, y: bool(relation(x, y)), self.entries, entries(other))
        return torch.tensor(found.astype(bool))

    def __eq__(self, other: object) -> torch.Tensor:  # type: ignore[override]
        return self._compared(other, _equal)

    def __gt__(self, other: Any) -> torch.Tensor:
        return self._compared(other, lambda x, y: x > y)

    __hash__ = None  # type: ignore[assignment]

    def sum(self, dim: Axes = None, keepdim: bool = False) -> "Exact":
        return Exact(np.sum(self.entries, axis=dim, keepdims=keepdim))

    def square(self) -> "Exact":
        return self * self

    def sqrt(self) -> "Exact":
        """The root; perfect squares are recognised in factored form."""
        return Exact(_each(lambda x: sympy.sqrt(sympy.factor(x)), self.entries))

    def exp(self) -> "Exact":
        """Exponentials of logarithms are powers."""
        return Exact(_each(lambda x: sympy.exp(sympy.expand(x)), self.entries))

    def cos(self) -> "Exact":
        return Exact(_each(sympy.cos, self.entries))

    def sin(self) -> "Exact":
        return Exact(_each(sympy.sin, self.entries))

    def log(self) -> "Exact":
        return Exact(_each(sympy.log, self.entries))

    def sign(self) -> "Exact":
        return Exact(_each(lambda x: sympy.sign(sympy.expand(x)), self.entries))

    def abs(self) -> "Exact":
        return Exact(_each(sympy.Abs, self.entries))

    def clamp(self, min: Any) -> "Exact":
        return Exact(_each(lambda x: sympy.Max(min, sympy.factor(x)), self.entries))

    def argmin(self) -> torch.Tensor:
        """Among numbers, or of a single entry."""
        values = list(self.entries.flat)
        return torch.tensor(min(range(len(values)), key=values.__getitem__))

    def argmax(self, dim: int = -1) -> torch.Tensor:
        return (-self).argmin()

    def index_select(self, dim: int, index: torch.Tensor) -> "Exact":
        return Exact(self.entries.take(index.numpy(), axis=dim))

    def tensor_split(self, at: list[int]) -> tuple["Exact", ...]:
        return tuple(map(Exact, np.split(self.entries, at)))

    def diagonal(self, dim1: int, dim2: int) -> "Exact":
        return Exact(self.entries.diagonal(axis1=dim1, axis2=dim2))

    def reshape(self, *shape: int) -> "Exact":
        return Exact(self.entries.reshape(shape))

    def movedim(self, source: int, target: int) -> "Exact":
        return Exact(np.moveaxis(self.entries, source, target))

    def flatten(self, start: int = 0, end: int = -1) -> "Exact":
        first, last = start % self.ndim, end % self.ndim + 1
        return self.reshape(*self.shape[:first], -1, *self.shape[last:])

    def roll(self, shifts: int, dims: int) -> "Exact":
        return Exact(np.roll(self.entries, shifts, axis=dims))

    def to(self, *_: Any) -> "Exact":
        return self

    def numpy(self) -> Array:
        return self.entries


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


TABLE: Mapping[str, Callable[..., Exact]] = {
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
    "cat": lambda parts, dim=0: Exact(np.concatenate([entries(x) for x in parts], axis=dim)),
    "stack": lambda parts, dim=0: Exact(np.stack([entries(x) for x in parts], axis=dim)),
    "outer": lambda x, y: Exact(np.outer(entries(x), entries(y))),
    "maximum": lambda x, y: Exact(_each(sympy.Max, entries(x), entries(y))),
    "zeros_like": lambda x: 0 * x,
    "ones_like": lambda x: 0 * x + 1,
    "diag_embed": _diag_embed,
    "linalg_solve": lambda matrix, right: _inverse(matrix) @ right,
    "linalg_pinv": _inverse,
    "linalg_vector_norm": _norm,
}


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
        free = [Exact(_each(lambda _: sympy.Dummy(real=True), entries(x))) for x in leaves]
        value = sympy.expand(loss(tree_unflatten(free, form), *others).entries.item())
        back = {x: y for a, b in zip(free, leaves) for x, y in zip(a.entries.flat, entries(b).flat)}
        slopes = [_each(lambda x: value.diff(x).subs(back), x.entries) for x in free]
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
