"""numpy's and scipy's functions of numbers, answered for symbols.

They stand in for the modules' own while code that ships runs on symbols. Comparisons are not among
them: what depends on the size of a symbol stays an error.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy

from proofs_check.limits import in_powers
from proofs_check.notation import Expr


def _exact(x: Any) -> Expr:
    """A sympy object; a float at its exact binary value."""
    return sympy.Rational(x) if isinstance(x, float) and np.isfinite(x) else sympy.sympify(x)


def entrywise(function: Callable[[Expr], Expr]) -> Callable[[Any], Any]:
    """A function of numbers and of arrays."""

    def of(x: Any) -> Any:
        if np.ndim(x) == 0:
            return in_powers(function(_exact(x)))
        return np.vectorize(of, otypes=[object])(x)

    return of


class ExactNumpy:
    """numpy with exact functions; the rest is numpy's own."""

    pi = sympy.pi
    exp = staticmethod(entrywise(sympy.exp))
    log = staticmethod(entrywise(sympy.log))
    sqrt = staticmethod(entrywise(sympy.sqrt))
    sin = staticmethod(entrywise(sympy.sin))
    cos = staticmethod(entrywise(sympy.cos))
    arccos = staticmethod(entrywise(sympy.acos))
    log1p = staticmethod(entrywise(lambda x: sympy.log(1 + x)))
    clip = staticmethod(lambda x, low, high: x)
    zeros = staticmethod(lambda shape: np.zeros(shape, dtype=int).astype(object))
    empty = staticmethod(lambda shape: np.empty(shape, dtype=object))
    isinf = staticmethod(lambda x: np.vectorize(lambda y: y in (sympy.oo, -sympy.oo))(x))
    isneginf = staticmethod(lambda x: np.vectorize(lambda y: y == -sympy.oo)(x))
    logaddexp = staticmethod(lambda x, y: sympy.log(ExactNumpy.exp(x) + ExactNumpy.exp(y)))

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)


def logistic(x: Expr) -> Expr:
    """1/(1 + e^-x)."""
    return 1 / (1 + in_powers(sympy.exp(-x)))


STAND_INS: dict[str, Any] = {
    "np": ExactNumpy(),
    "float": lambda x: x,
    "expit": entrywise(logistic),
}
