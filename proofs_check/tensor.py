"""Tensors of exact objects: torch code written for numbers, run on symbols.

torch hands its functions over to arguments of another kind (``__torch_function__``). The kernels
use few of them, each defined here on numpy arrays of sympy objects; any other is an error, so that
no number is ever rounded unseen. Constants that the code makes itself are taken exactly.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import sympy
import torch
from numpy.typing import NDArray

from proofs_check.notation import Expr

Array = NDArray[Any]  # of sympy objects


class Exact:
    """Entries of a tensor; knows the methods of torch.Tensor that the kernels call."""

    dtype = torch.float64  # what the constants are made as, before they are taken exactly
    device = "cpu"

    def __init__(self, entries: Any) -> None:
        self.entries: Array = np.array(entries, dtype=object)

    @classmethod
    def of(cls, *matrices: Expr) -> "Exact":
        """A stack of sympy matrices with a batch axis of one, (1, T, rows, columns)."""
        return cls([[matrix.tolist() for matrix in matrices]])

    @classmethod
    def __torch_function__(
        cls, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> "Exact":
        if func.__name__ not in FUNCTIONS:
            raise TypeError(f"torch.{func.__name__} is not defined on symbols.")
        return cls(FUNCTIONS[func.__name__](*map(_array, args), **(kwargs or {})))

    @property
    def shape(self) -> tuple[int, ...]:
        return self.entries.shape

    @property
    def ndim(self) -> int:
        return self.entries.ndim

    @property
    def mT(self) -> "Exact":
        return Exact(self.entries.swapaxes(-1, -2))

    def __getitem__(self, where: Any) -> "Exact":
        return Exact(self.entries[where])

    def __add__(self, other: Any) -> "Exact":
        return Exact(self.entries + _array(other))

    def __sub__(self, other: Any) -> "Exact":
        return Exact(self.entries - _array(other))

    def __mul__(self, other: Any) -> "Exact":
        return Exact(self.entries * _array(other))

    def __matmul__(self, other: Any) -> "Exact":
        return Exact(self.entries @ _array(other))

    def __eq__(self, other: object) -> "Exact":  # type: ignore[override]
        return Exact(self.entries == _array(other))

    __hash__ = None  # type: ignore[assignment]

    def __neg__(self) -> "Exact":
        return Exact(-self.entries)

    def reshape(self, *shape: int) -> "Exact":
        return Exact(self.entries.reshape(shape))

    def permute(self, *axes: int) -> "Exact":
        return Exact(self.entries.transpose(axes))

    def flatten(self, start: int, stop: int = -1) -> "Exact":
        axes = range(self.ndim)[start], range(self.ndim)[stop]
        shape = self.shape
        return Exact(self.entries.reshape(*shape[: axes[0]], -1, *shape[axes[1] + 1 :]))

    def all(self) -> bool:
        return bool(self.entries.all())

    def prod(self, dim: int) -> "Exact":
        return Exact(self.entries.prod(axis=dim))

    def cumprod(self, dim: int) -> "Exact":
        return Exact(self.entries.cumprod(axis=dim))

    def clone(self) -> "Exact":
        return Exact(self.entries)

    def mul_(self, other: Any) -> "Exact":
        self.entries = self.entries * _array(other)
        return self

    def baddbmm_(self, left: Any, right: Any) -> "Exact":
        """Add the product, in place."""
        self.entries = self.entries + _array(left) @ _array(right)
        return self


def _array(x: Any) -> Any:
    """Entries of tensors of either kind, in lists too; anything else as it is."""
    if isinstance(x, Exact):
        return x.entries
    if isinstance(x, torch.Tensor):
        exact = x if x.dtype == torch.bool else x.to(torch.int64)
        if not torch.equal(exact.to(x.dtype), x):
            raise TypeError("only whole numbers join symbols.")
        return exact.numpy()
    if isinstance(x, (list, tuple)):
        return [_array(each) for each in x]
    return int(x) if isinstance(x, float) and x == int(x) else x


def _solve_triangular(
    system: Array, right: Array, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Array:
    """X with X system = right, column after column; the system is read above its diagonal alone."""
    if not (upper and unitriangular) or left:
        raise TypeError("only X U = B with a unit upper triangular U is defined on symbols.")
    found = np.array(right)
    for j in range(system.shape[-1]):
        known = found[..., :j] @ system[..., :j, j, None]
        found[..., j] = right[..., j] - known[..., 0]
    return found


FUNCTIONS: Mapping[str, Callable[..., Array]] = {
    "cat": lambda parts, dim=0: np.concatenate(parts, axis=dim),
    "stack": lambda parts, dim=0: np.stack(parts, axis=dim),
    "where": np.where,
    "ones_like": lambda x: np.ones(x.shape, dtype=int),
    "einsum": np.einsum,
    "linalg_solve_triangular": _solve_triangular,
    "matmul": np.matmul,
    "expand_as": lambda x, like: np.broadcast_to(x, like.shape),
}


def as_matrix(x: Any) -> Expr:
    """The one matrix of a batch of one."""
    return sympy.Matrix(x.entries[0].tolist())
