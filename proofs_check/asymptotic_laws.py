"""Asymptotic laws as they ship, on symbols: the root of an equation is a symbol, not searched for.

``catalogue`` hands out parts of the shipping code and modules whose functions take symbols.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import numpy as np
import sympy
from sympy import Matrix, Rational, sympify

from proofs_check.notation import Expr

Sums = Callable[[Expr, Any, Expr], tuple[Expr, Expr]]  # (gamma, items, log m) -> of f and of f^2


class ShippedRidge:
    """The law of weighted ridge regression, its sums over ages exact and its root m given.

    m: the symbol that stands for the root of :meth:`gap`; sigma: the variances of the keys.
    """

    def __init__(self, catalogue: Any, m: Expr, sums: Sums) -> None:
        self._catalogue, self._m, self._sums = catalogue, m, sums

    @contextmanager
    def _law(self, ridge: Expr, gamma: Expr, sigma: tuple[Expr, ...]) -> Iterator[Any]:
        root = patch.object(self._catalogue.part("ridge_law.RidgeLaw"), "overlap", self._root)
        swapped = self._catalogue.swapped("ridge_law", decayed_sums=self._sums)
        with swapped as module, root:
            yield module.RidgeLaw(ridge, gamma, np.array(sigma, dtype=object))

    def _root(self, *_: Any) -> Expr:
        return sympy.log(self._m)

    def gap(self, ridge: Expr, gamma: Expr, sigma: tuple[Expr, ...], items: Expr) -> Expr:
        """What vanishes at the root, as a function of m."""
        with self._law(ridge, gamma, sigma) as law:
            return sympify(law._excess(self._root(), items))

    def unseen(self, ridge: Expr, gamma: Expr, sigma: tuple[Expr, ...], items: Expr) -> Expr:
        """The power at a key that was never stored, as a function of m."""
        with self._law(ridge, gamma, sigma) as law:
            return sympify(law.fresh_power(items, self._root()))

    def recall(
        self, ridge: Expr, gamma: Expr, sigma: tuple[Expr, ...], items: Expr, ages: int
    ) -> Expr:
        """Rows (signal, power), newest first, as functions of m."""
        with self._law(ridge, gamma, sigma) as law:
            found = law._at(items, ages)
        return Matrix(np.stack([found.signal, found.power], axis=1))


def endless_sums(catalogue: Any, rate: Expr, m: Expr) -> tuple[Expr, Expr]:
    """The shipped sums of f and f^2 over endlessly many ages of a slow decay."""
    with catalogue.swapped("ridge_law") as module:
        whole, squares = module._endless_sums(rate, sympy.log(m))
    return whole, squares


def kernel_ridge(
    catalogue: Any, x: Expr, eta: tuple[Expr, ...], weight: tuple[Expr, ...], lam: Expr, items: Expr
) -> tuple[Expr, Expr]:
    """What vanishes at the effective ridge x, and (signal, power) there."""
    residual = []

    def root(excess: Callable[[Expr], Expr], *_: Any) -> Expr:
        residual.append(excess(sympy.log(x)))
        return sympy.log(x)

    arrays = (np.array(part, dtype=object) for part in (eta, weight))
    with catalogue.swapped("kernel_spectrum", brentq=root) as module:
        moments = module._sphere_moments(*arrays, lam, items)
    return residual[0], Matrix([moments])


def wide_windows(
    catalogue: Any, rates: tuple[Expr, ...], d: Expr, ages: int, *, endless: bool = False
) -> Expr:
    """Rows (signal, power) of the law of wide windows: of as many items as ages, or of endless."""
    every = np.vectorize(catalogue.part("closed.geometric"), otypes=[object])
    recall = _with_exact(catalogue.part("closed.rank_one_recall"))
    windows = catalogue.swapped("omega_law", geometric=every, rank_one_recall=recall)
    with catalogue.swapped("closed", geometric=every), windows as module:
        law = module._wide(rates, catalogue.part("keys.Sphere")(), d)
        numbers = np.arange(ages)
        signal, power, _ = law.endless(numbers) if endless else law.formula(numbers, ages)
    return Matrix(np.stack([signal, power], axis=1)).applyfunc(sympify)


def _with_exact(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, its literal floats (1.0) at their exact values."""
    return lambda **where: function(
        **{name: Rational(x) if isinstance(x, float) else x for name, x in where.items()}
    )


def window_two(catalogue: Any, rates: tuple[Expr, ...], d: Expr, items: int) -> tuple[Expr, Expr]:
    """Rows (signal, power) of the exact law, and the fresh power of endlessly many pairs."""
    names = ("X1", "X2", "X3", "C0", "ONE")
    X1, *others, c0, one = (catalogue.part(f"omega_law.{name}") for name in names)
    law, kept = catalogue.part("omega_law.WindowTwoLaw")(*rates, d), [X1, *others]
    step, state = Matrix(law.step), sympy.zeros(8, 1)
    state[c0], state[one] = step[c0, one], 1
    system = sympy.eye(3) - step.extract(kept, kept)
    source = step.extract(kept, [c0, one]) * state.extract([c0, one], [0])
    for place, x in zip(kept, system.adjugate() * source / system.det(), strict=True):
        state[place] = x
    found = law.recall(items)
    rows = Matrix(np.stack([found.signal, found.power], axis=1))
    return rows, (Matrix(law.mean) * state)[0]
