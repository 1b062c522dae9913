"""Laws as they ship, run on exact objects: what no declared closed form says of a rule.

Recall is the shipped classes' own; numpy's linear algebra is replaced by sympy's, and a memory is
taken to be stable, so lifelong power is the fixed point wherever there is one.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
import sympy
from sympy import Matrix
from sympy.polys.matrices import DomainMatrix

from capacity import gated_law, omega_law, spectrum
from capacity.isotropic import IsotropicLaw, OrthonormalLaw, StepMaps
from capacity.keys import parse_keys
from capacity.law import Law
from capacity.recall import Recall
from capacity.ridge_law import OrthonormalRidgeLaw
from capacity.rule import Dims, Rule
from proofs_check.exact_code import Array, ExactNumpy, exact, exact_keys
from proofs_check.notation import Expr, d, r

COLUMNS = "signal power own_power"


def solved(matrix: Array, right: Array) -> Array:
    """The exact solution of a linear system."""
    both = Matrix.hstack(Matrix(matrix), Matrix(right)).applyfunc(exact)
    field = DomainMatrix.from_Matrix(both).to_field()
    size = both.rows
    found = field[:, :size].lu_solve(field[:, size:]).to_Matrix()
    return np.array(list(found), dtype=object)


class StableNumpy(ExactNumpy):
    """numpy with exact linear algebra, for memories that forget."""

    linalg = SimpleNamespace(solve=solved, eigvals=lambda matrix: np.zeros(1))

    @staticmethod
    def eye(n: int, **_: Any) -> Array:
        return np.eye(n, dtype=int)

    @staticmethod
    def zeros(shape: Any, *_: Any) -> Array:
        return np.full(shape, sympy.Integer(0), dtype=object)

    empty = zeros


@contextmanager
def stable(module: ModuleType) -> Iterator[None]:
    """Within it a module solves exactly."""
    with patch.object(module, "np", StableNumpy()):
        yield


def recalled(recall: Recall | None, names: str = "signal power") -> Expr:
    """Columns of a recall by name, newest first."""
    columns = [np.array(getattr(recall, name), dtype=object) for name in names.split()]
    return Matrix(np.stack(columns, axis=1)).applyfunc(exact)


def metric(name: str, signal: Expr, power: Expr) -> Expr:
    """A metric of recall with this signal and power."""
    recall = Recall(np.array([signal], dtype=object), np.array([power], dtype=object))
    return exact(getattr(recall, name)[0])


def window_growth(b0: Expr, b1: Expr) -> Expr:
    """det(1 - growth) of the law of windows of two pairs, on memories alike in all directions."""
    kept = [omega_law.X1, omega_law.X2, omega_law.X3]
    step = Matrix(omega_law.WindowTwoLaw(b0, b1, d).step)
    return (sympy.eye(3) - step.extract(kept, kept).applyfunc(exact)).det()


def window_lifelong(b0: Expr, b1: Expr, ages: int) -> Expr:
    """Rows (signal, power) of the law of windows of two pairs after an endless past."""
    return lifelong(omega_law.WindowTwoLaw(b0, b1, d), ages)


def lifelong(law: Law, ages: int) -> Expr:
    """Rows (signal, power) of a law after an endless past, newest first."""
    with stable(sys.modules[type(law).__module__]):
        return recalled(law.lifelong(ages))


def gated(gates: Array, keys: str, items: int, ages: int = 0) -> Expr:
    """Rows (signal, power, own power) of additive memories with these gates, (T, d), per channel.

    After ``items`` pairs or, where ``ages`` is given, of so many after an endless past.
    """
    ensemble = exact_keys(keys)
    moments = gated_law.square_moments(ensemble, gates.shape[1])
    assert moments is not None
    law = gated_law.GatedLaw(gates, ensemble, moments)
    with patch.object(gated_law, "float", lambda x: x, create=True):
        return recalled(law.lifelong(ages) if ages else law.recall(items), COLUMNS)


def signs(
    steps: Sequence[tuple[Expr, ...]], variances: Sequence[Expr], items: int, ages: int = 0
) -> Expr:
    """Rows (signal, power, own power) on sign keys of steps (across, change, write) in turn.

    After ``items`` pairs or, where ``ages`` is given, of so many after an endless past.
    """
    cycle = [spectrum.SignStep(*step) for step in steps]
    tables = patch.object(spectrum, "max", lambda asked, _: asked, create=True)  # no longer ones
    with stable(spectrum), tables:
        law = spectrum.SignsLaw(cycle, np.array(variances, dtype=object))
        return recalled(law.lifelong(ages) if ages else law.recall(items), COLUMNS)


def orthonormal_ridge(ridge: Expr, gamma: Expr, loads: Sequence[int]) -> Expr:
    """Rows (signal, power, own power) of ridge memories on orthonormal keys."""
    law = OrthonormalRidgeLaw(ridge, gamma, max(loads))
    return Matrix.vstack(*(recalled(law.recall(n), COLUMNS) for n in loads))


def stated(rule: Rule, keys: str, size: int, items: int) -> Expr:
    """Rows (signal, power, own power) of the law as a user gets it, its floats exact."""
    law = rule.law(parse_keys(keys), Dims(size, size, items))
    assert law is not None
    return recalled(law.recall(items), COLUMNS)


class Engine:
    """The law engine on exact maps of one period of steps."""

    def __init__(self, cycle: list[StepMaps], steps: list[Any]) -> None:
        self.law, self.cycle, self.steps = IsotropicLaw(cycle), cycle, steps

    def own(self, loads: Sequence[int]) -> Expr:
        """Own power at every age of each load, newest first."""
        return Matrix.vstack(*(recalled(self.law.recall(n), "own_power") for n in loads))

    def lifelong(self, ages: int) -> Expr:
        """Rows (signal, power) of these ages after an endless past."""
        return lifelong(self.law, ages)

    def carry(self) -> Expr:
        """What one period does to the power of a memory, vec W after = carry @ vec W."""
        found = sympy.eye(self.law.blocks**2)
        for maps in self.cycle:
            found = Matrix(maps.power).applyfunc(exact) * found
        return found

    def orthonormal(self, loads: Sequence[int], size: int) -> Expr:
        """Rows (signal, power, own power) on orthonormal keys at every age of each load."""
        squeezed = [type(x)(x.across[0], x.along[0], x.write[0]) for x in self.steps]
        law = OrthonormalLaw(squeezed, size)
        return Matrix.vstack(*(recalled(law.recall(n), COLUMNS) for n in loads)).subs(r, 1)
