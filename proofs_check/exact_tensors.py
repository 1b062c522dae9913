"""Exact arrays that pass for tensors, so that reference steps written for torch run on symbols.

Inside :class:`ExactTorch` the few functions of torch that the steps and read-outs call answer for
arrays of sympy objects; e^x is a power of the symbol :data:`proofs_check.notation.e`. Nothing is
approximated: a function, or a condition, without an exact answer is an error, never a guess.
Decimals in the code (3.4445) count as the decimals they are written as.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy
import torch
from sympy import Integer, Matrix, Rational, oo
from torch.overrides import TorchFunctionMode

from proofs_check.notation import Expr, e


class Exact(np.ndarray):
    """An array of sympy objects that answers to the names by which tensors are called."""

    dtype = property(lambda self: torch.float64)
    device = property(lambda self: torch.device("cpu"))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        found = getattr(ufunc, method)(*map(_plain, inputs), **options)
        return found.view(Exact) if isinstance(found, np.ndarray) else found

    @classmethod
    def __torch_function__(
        cls, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        raise TypeError(f"torch.{function.__name__} has no exact answer here.")

    def __repr__(self) -> str:
        return repr(self.view(np.ndarray))

    def clone(self) -> Any:
        return self.copy()

    def square(self) -> Any:
        return self * self

    def sum(self, dim: Any = None, *, keepdim: bool = False) -> Any:  # type: ignore[override]
        reduce: Any = np.add.reduce
        return reduce(self, axis=dim, keepdims=keepdim)

    def sqrt(self) -> Any:
        """Roots of perfect squares come out rational."""
        return _entrywise(lambda x: sympy.sqrt(sympy.factor(x)), self)

    def clamp(self, *, min: int) -> Any:
        """Nothing to clamp: entries are proved not to lie below."""
        return _entrywise(lambda x: _at_least(x, min), self)


def exact(values: Any) -> Any:
    """A matrix, or nested lists, as an exact array."""
    rows = values.tolist() if isinstance(values, sympy.MatrixBase) else values
    found = np.array(rows, dtype=object)
    if isinstance(values, sympy.MatrixBase):
        found = found.reshape(values.shape)  # also where there are no rows
    return _entrywise(_number, found)


def _entrywise(function: Callable[[Any], Any], values: Any) -> Any:
    plain = np.asarray(values, dtype=object)
    found = np.empty(plain.shape, dtype=object)
    for place in np.ndindex(plain.shape):
        found[place] = function(plain[place])
    return found.view(Exact)


def _number(x: Any) -> Expr:
    if isinstance(x, float):  # numpy's too
        return sympy.sympify(x) if np.isinf(x) else Rational(repr(float(x)))
    return Integer(x) if isinstance(x, bool) else sympy.sympify(x)


def _plain(x: Any) -> Any:
    if isinstance(x, Exact):
        return x.view(np.ndarray)
    return _number(x) if isinstance(x, float) else x


def _at_least(x: Expr, low: int) -> Expr:
    if not sympy.factor(x - low).is_nonnegative:
        raise TypeError(f"Cannot tell whether {x} is at least {low}.")
    return x


def _power(x: Expr) -> Expr:
    return Integer(0) if x == -oo else e**x


def _where(condition: Any, yes: Any, no: Any) -> Any:
    return exact(np.where(np.asarray(condition, dtype=bool), yes, no))


def _softmax(x: Any, *, dim: int) -> Any:
    weights = _entrywise(_power, x)
    return weights / weights.sum(dim, keepdim=True)


def _inverse(x: Any, *, hermitian: bool = False) -> Any:
    matrix = Matrix(x.tolist())
    return exact(matrix.adjugate() / matrix.det())  # division by zero where it is singular


def _zeros(*size: int, dtype: Any = torch.float64, device: Any = None) -> Any:
    if not dtype.is_floating_point:
        return torch.zeros(*size, dtype=dtype)
    return exact(np.zeros(size))


ANSWERS: dict[str, Callable[..., Any]] = {
    "cat": lambda parts, dim=0: np.concatenate(parts, axis=dim).view(Exact),
    "diag": lambda x: exact(np.diag(np.asarray(x))),
    "exp": lambda x: _entrywise(_power, x),
    "eye": lambda n, **_: exact(np.eye(n)),
    "linalg_pinv": _inverse,
    "linalg_solve": lambda x, right: _inverse(x) @ right,
    "softmax": _softmax,
    "as_tensor": lambda data, **_: exact(data),
    "tensor": lambda data, **_: exact(data),
    "to": lambda x, kind: exact(x.tolist()),
    "where": _where,
    "zeros": _zeros,
}


class ExactTorch(TorchFunctionMode):
    """A context in which torch's functions take exact arrays."""

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        options = kwargs or {}
        kind = options.get("dtype") or next((x for x in args if isinstance(x, torch.dtype)), None)
        floats = kind is not None and kind.is_floating_point
        if function.__name__ in ANSWERS and (floats or any(map(_holds_symbols, args))):
            return ANSWERS[function.__name__](*args, **options)
        return function(*args, **options)  # whole numbers and conditions


def _holds_symbols(x: Any) -> bool:
    return isinstance(x, Exact) or (isinstance(x, (list, tuple)) and any(map(_holds_symbols, x)))
