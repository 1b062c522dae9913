"""What lets code that ships run on symbols: exact stand-ins for what it takes from elsewhere.

Symbols for tensors (:mod:`proofs_check.tensors`), sympy's functions for those of ``math``, and for
each quadrature the exact mean over the law that its nodes stand for.
"""

import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial, reduce
from operator import add
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
import sympy
from numpy.typing import NDArray
from sympy import Rational

from capacity.keys import Keys, Signs, parse_keys
from proofs_check.lemmas import ENSEMBLES as ISOTROPIC
from proofs_check.lemmas import Ensemble, sphere_moment, u1
from proofs_check.notation import Expr, d, r
from proofs_check.tensors import exact_torch

Array = NDArray[Any]  # of sympy objects
Average = Callable[[Expr], Expr]


def exact(expression: Expr) -> Expr:
    """An expression or a matrix with its floats (0.5) at their exact binary value."""
    found = sympy.sympify(expression)
    return found.replace(lambda x: isinstance(x, sympy.Float), lambda x: Rational(x))


class Mean:
    """Stands where the weights of a quadrature do: ``mean @ f`` is the exact mean of f.

    first and last reduce the nodes' axis, (nodes,), of what is on the right and on the left: two
    independent copies, where one expression holds both.
    """

    __array_ufunc__ = None  # so that arrays leave the product to this class

    def __init__(self, first: Callable[[Array], Expr], last: Callable[[Array], Expr]) -> None:
        self.first, self.last = first, last

    def __matmul__(self, f: Array) -> Any:
        return np.apply_along_axis(lambda at: self.first(at), 0, f)[()]

    def __rmatmul__(self, f: Array) -> Any:
        return np.apply_along_axis(lambda at: self.last(at), -1, f)[()]


def coordinate(size: Expr) -> tuple[Array, Mean]:
    """One coordinate of a uniform unit vector in R^size: the symbol u1 and the mean over it."""

    def mean(at: Array) -> Expr:
        terms = sympy.Poly(exact(at[0]), u1).terms()
        return sympy.Add(*(c * sympy.sympify(sphere_moment(n)).subs(d, size) for (n,), c in terms))

    return np.array([u1]), Mean(mean, mean)


class ExactKeys(Keys):
    """Isotropic keys whose radii are two symbols, r and s, under the law of r."""

    def __init__(self, keys: Ensemble) -> None:
        self.keys = keys
        self.name = keys.name  # type: ignore[misc]

    def sample(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError("symbols are not drawn")

    def radii(self, d_k: int) -> tuple[Array, Any]:
        other = sympy.Symbol("s", positive=True)

        def mean(expression: Expr) -> Expr:
            return self.keys.mean(exact(expression)).subs(d, d_k)

        weights = Mean(lambda at: mean(at[0]), lambda at: mean(exact(at[-1]).subs(other, r)))
        return np.array([r, other]), weights


def exact_keys(name: str, variances: Sequence[Expr] = ()) -> Keys:
    """An ensemble by name, radii exact where it is isotropic; ``variances`` are those of signs."""
    isotropic = {keys.name: keys for keys in ISOTROPIC}
    if name in isotropic:
        return ExactKeys(isotropic[name])
    return Signs(np.array(variances, float)) if variances else parse_keys(name)


EXACT_MATH = SimpleNamespace(
    sqrt=lambda x: sympy.sqrt(exact(x)),
    exp=sympy.exp,
    erfc=sympy.erfc,
    pi=sympy.pi,
    prod=math.prod,
)


NOTHING: Mapping[str, Any] = {}


class ExactNumpy:
    """numpy with roots and logarithms of symbols, and nothing to keep from falling too low."""

    sqrt = staticmethod(np.vectorize(sympy.sqrt, otypes=[object]))
    log = staticmethod(np.vectorize(sympy.log, otypes=[object]))
    maximum = staticmethod(lambda found, low: found)

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)


@contextmanager
def exact_code(*of: type, **stand_ins: Any) -> Iterator[None]:
    """Within it the modules of classes and their bases take exact functions and these stand-ins."""
    modules = {sys.modules[base.__module__] for each in of for base in each.__mro__}
    with ExitStack() as stack:
        stack.enter_context(exact_torch())
        for module in modules:
            found = {"math": EXACT_MATH, **_exact_tables(module), **stand_ins}
            for name in found.keys() & vars(module).keys():
                stack.enter_context(patch.object(module, name, found[name]))
        yield


def _exact_tables(module: ModuleType) -> dict[str, list[Expr]]:
    """A module's lists of floats, at their exact values."""
    return {
        name: list(map(exact, value))
        for name, value in vars(module).items()
        if isinstance(value, list) and all(isinstance(x, float) for x in value)
    }


class Angle:
    """n theta for a whole number n, given cos theta: its cosine is a polynomial."""

    def __init__(self, cosine: Expr, times: int = 1) -> None:
        self.cosine, self.times = cosine, times

    def __rmul__(self, n: int) -> "Angle":
        return Angle(self.cosine, n * self.times)

    def cos(self) -> Expr:
        return sympy.chebyshevt(self.times, self.cosine)


def angles(*found: Any) -> dict[str, Any]:
    """What makes a rotation turn its planes by these angles a position."""
    return {"frequencies": lambda base, size: np.array(found, dtype=object)}


def known_angles(*cosines: Expr) -> dict[str, Any]:
    """The same, by angles of which the cosines are given."""
    return angles(*map(Angle, cosines))


def interpolated(of: Callable[..., Expr], symbols: tuple[Expr, ...], degree: int) -> Expr:
    """The polynomial of this degree in each symbol that agrees with a matrix of exact numbers.

    ``of`` is called at small whole numbers, where sums and products of floats are exact.
    """
    if not symbols:
        return of()
    first, *rest = symbols
    nodes = [sympy.Integer(n - degree // 2) for n in range(degree + 1)]

    def term(node: Expr) -> Expr:
        basis = sympy.prod([(first - x) / (node - x) for x in nodes if x != node])
        return interpolated(partial(of, node), tuple(rest), degree) * basis

    return reduce(add, map(term, nodes)).expand()
