"""Arrays of sympy objects that reference steps take for tensors.

What torch's own functions make of them is in :mod:`proofs_check.tensors`, which fills the table.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy
import torch
from numpy.typing import NDArray
from sympy import Matrix, Rational

from proofs_check.claim import ProofError
from proofs_check.notation import Expr

Array = NDArray[Any]  # of sympy objects
Axes = int | tuple[int, ...] | None
TABLE: dict[str, "Callable[..., Exact]"] = {}  # functions of torch, by name


def number(x: Any) -> Expr:
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
    return each(number, np.array(x, dtype=object))


def each(function: Callable[..., Any], *arrays: Array) -> Array:
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
    __array_ufunc__ = None  # numpy's numbers leave operators to this class

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

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return self.entries

    def __len__(self) -> int:
        return len(self.entries)

    def __getitem__(self, index: Any) -> "Exact":
        return Exact(self.entries[_place(index)])

    def __neg__(self) -> "Exact":
        return Exact(each(lambda x: -x, self.entries))

    def _with(self, other: Any, function: Callable[[Expr, Expr], Any]) -> "Exact":
        return Exact(each(function, self.entries, entries(other)))

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
        found = each(lambda x, y: bool(relation(x, y)), self.entries, entries(other))
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
        return Exact(each(lambda x: sympy.sqrt(sympy.factor(x)), self.entries))

    def exp(self) -> "Exact":
        """Exponentials of logarithms are powers."""
        return Exact(each(lambda x: sympy.exp(sympy.expand(x)), self.entries))

    def cos(self) -> "Exact":
        return Exact(each(sympy.cos, self.entries))

    def sin(self) -> "Exact":
        return Exact(each(sympy.sin, self.entries))

    def log(self) -> "Exact":
        return Exact(each(sympy.log, self.entries))

    def sign(self) -> "Exact":
        return Exact(each(lambda x: sympy.sign(sympy.expand(x)), self.entries))

    def abs(self) -> "Exact":
        return Exact(each(sympy.Abs, self.entries))

    def clamp(self, min: Any, max: Any = sympy.oo) -> "Exact":
        """Signs are seen in factored form; a number of unknown size stays open."""
        low, high = number(min), number(max)
        return Exact(each(lambda x: sympy.Min(high, sympy.Max(low, sympy.factor(x))), self.entries))

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

    def like(self, other: Any) -> "Exact":
        """The same entries in the shape of another array."""
        return self.reshape(*other.shape)

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
