"""Asymptotic laws at their own rate: |law - probe| <= 4 standard errors + C / n^order.

C is fitted where n is small and must serve where n is large; n is the dimension, or what the law
names instead. Every law of status asymptotic that discovery finds has cells here.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pytest

from capacity.affine import AffineRule
from capacity.discover import rules
from capacity.keys import Gaussian, Keys, Orthonormal, Signs, Sphere
from capacity.recall import Status
from capacity.rule import Dims, Rule
from capacity.values import Values
from experiments.probes.future import future_probe
from experiments.probes.recall import recall_probe
from tests.zscores import law_of

R = rules()
Slip = dict[str, float]  # parameters multiplied in the law alone, for the controls
ENSEMBLES: dict[str, Callable[[int], Keys]] = {
    "sphere": lambda d: Sphere(),
    "gaussian": lambda d: Gaussian(),
    "orthonormal": lambda d: Orthonormal(),
    "signs": lambda d: Signs(1 / np.arange(1, d + 1) ** 0.5),
}


class Cell(NamedTuple):
    """A law along one size n, dimension d or width, at fixed load items/d.

    ``slow`` parameters are rates per d: gamma stands for d (1 - gamma).
    """

    name: str
    keys: str
    values: dict[str, Any]
    load: float
    order: float = 1.0
    trials: int = 200
    small: tuple[int, ...] = (16, 32)
    large: tuple[int, ...] = (64, 96)

    def rule(self, n: int, slip: Slip) -> Rule:
        values = {name: slip.get(name, 1.0) * x for name, x in self.values.items()}
        if self.name == "mesa":
            values["gamma"] = 1 - values["gamma"] / n
        if self.name == "ttt_mlp":
            values["width"] = n
        return R[self.name](**values)

    def d(self, n: int) -> int:
        return 8 if self.name == "ttt_mlp" else n


Gap = tuple[float, float]


def recalled(cell: Cell, n: int, slip: Slip) -> Gap:
    """Largest |law - probe| over signal, power, mse, means over ages, and its standard error."""
    d = cell.d(n)
    keys, items = ENSEMBLES[cell.keys](d), round(cell.load * d)
    dims = Dims(d, 8 if cell.name == "ttt_mlp" else 16)
    at = recall_probe(cell.rule(n, {}), keys, dims, (items,), trials=cell.trials, seed=100 + n)
    law = law_of(cell.rule(n, slip), keys, dims, items)
    gaps = [
        (abs(float(moments.mean) - float(getattr(law, name).mean())), float(moments.stderr))
        for name, moments in at[0].over_ages.items()
        if name in ("signal", "power", "mse")
    ]
    return max(gaps)


def taught(cell: Cell, n: int, slip: Slip) -> Gap:
    """The same of the errors on unseen and stored pairs of a drifting teacher, d drift fixed."""
    values, items = Values(0.7, 0.6 / n), round(cell.load * n)
    dims, keys = Dims(n, 2), ENSEMBLES[cell.keys](n)
    at = future_probe(
        cell.rule(n, {}), keys, dims, (items,), values=values, trials=cell.trials, seed=100 + n
    )[0].moments
    law = cell.rule(n, slip).taught(keys, dims, values)
    assert law is not None
    future = law.future(items)
    expected = {"error": future.error[-1], "variance": future.variance[-1]}
    expected["stored_mse"] = law.stored(items).mse.mean()
    return max(
        (abs(float(at[name].mean) - float(x)), float(at[name].stderr))
        for name, x in expected.items()
    )


def holds(cell: Cell, slip: Slip, gap: Callable[[Cell, int, Slip], Gap]) -> bool:
    """C may use its noise where n is small, and must serve where n is large."""
    fitted = [(n, *gap(cell, n, slip)) for n in cell.small]
    C = max(n**cell.order * (found + 2 * stderr) for n, found, stderr in fitted)
    verified = [(n, *gap(cell, n, slip)) for n in cell.large]
    return all(found < 4 * stderr + C / n**cell.order for n, found, stderr in verified)


RIDGE = [
    Cell("mesa", keys, {"gamma": gamma, "lam": lam}, load)
    for keys in ("sphere", "gaussian", "signs")
    for gamma, lam in ((0.0, 0.1), (1.0, 0.0), (1.0, 1.0))
    for load in (0.5, 2)
]
WINDOWS = [  # no law beyond window = d/4
    Cell("omega", "sphere", values, load, trials=300, small=small)
    for values, small in (
        ({"beta": 0.2, "window": 4}, (16, 32)),
        ({"beta": 0.1, "window": 8}, (32,)),
        ({"beta": 0.3, "window": 3, "weights": np.array([1.0, 0.5, 0.25])}, (16, 32)),
    )
    for load in (1, 3)
]
KERNELS = [
    Cell("kernel_ridge", "sphere", {"bandwidth": h, "lam": lam}, load, trials=80, large=(64,))
    for h, lam in ((0.5, 0.1), (1.0, 0.01), (1.0, 1.0))
    for load in (1, 3)
]
LAZY = [
    Cell("ttt_mlp", keys, values, load, 0.5, 120, (8, 16), (64, 128))
    for keys, values, load in (
        ("sphere", {"beta": 0.5}, 3),
        ("sphere", {"beta": 0.5, "steps": 2}, 3),
        ("orthonormal", {"beta": 0.5}, 1),
        ("orthonormal", {"beta": 0.3, "chunk": 3}, 1),
    )
]
CELLS = [*RIDGE, *WINDOWS, *KERNELS, *LAZY]
TAUGHT = [
    Cell("mesa", keys, {"gamma": gamma, "lam": lam}, load, trials=160, large=(64,))
    for keys in ("sphere", "gaussian")
    for gamma, lam in ((0.0, 0.3), (1.0, 0.1))
    for load in (0.5, 2)
]


def label(cell: Cell) -> str:
    return f"{cell.name}-{cell.keys}-{cell.values}-{cell.load}"


def each(cells: list[Cell]) -> list[Any]:
    """The first cell of a rule on an ensemble, and all of the ridge law; the rest take minutes."""
    first = {(cell.name, cell.keys): cell for cell in reversed(cells)}
    quick = [cell in RIDGE or first[cell.name, cell.keys] is cell for cell in cells]
    return [
        pytest.param(cell, id=label(cell), marks=() if now else pytest.mark.long)
        for cell, now in zip(cells, quick, strict=True)
    ]


@pytest.mark.parametrize("cell", each(CELLS))
def test_error_of_the_law_falls_as_declared(cell: Cell) -> None:
    assert holds(cell, {}, recalled)


@pytest.mark.parametrize("cell", each(TAUGHT))
def test_error_of_the_taught_law_falls_as_declared(cell: Cell) -> None:
    assert holds(cell, {}, taught)


@pytest.mark.parametrize(
    ("cell", "slip"),
    [
        (Cell("mesa", "sphere", {"gamma": 1.0, "lam": 1.0}, 0.5), {"lam": 1.5}),
        (Cell("mesa", "signs", {"gamma": 1.0, "lam": 1.0}, 2), {"lam": 1.5}),
        (WINDOWS[1], {"beta": 1.25}),
        (KERNELS[4], {"lam": 1.3}),
        (LAZY[0], {"beta": 1.5}),
    ],
    ids=lambda x: label(x) if isinstance(x, Cell) else str(x),
)
def test_the_error_of_a_wrong_law_does_not_fall(cell: Cell, slip: Slip) -> None:
    assert not holds(cell, slip, recalled)


def test_the_error_of_a_wrong_taught_law_does_not_fall() -> None:
    assert not holds(TAUGHT[0], {"lam": 1.5}, taught)


def typical(kind: type[Rule]) -> Iterator[Rule]:
    """The defaults, and each typical value in turn; affine rules have one law for all values."""
    yield kind()
    if not issubclass(kind, AffineRule):
        for p in kind.parameters():
            yield from (replace(kind(), **{p.name: value}) for value in p.typical)


def asymptotic() -> Iterator[tuple[str, str]]:
    """Rules and ensembles whose law is asymptotic at some typical value of a parameter."""
    for name, kind in R.items():
        for rule, keys in itertools.product(typical(kind), ENSEMBLES):
            law = rule.law(ENSEMBLES[keys](16), Dims(16, 16))
            if law is not None and Status.ASYMPTOTIC in law.statuses.values():
                yield name, keys


def test_every_asymptotic_law_has_cells() -> None:
    assert set(asymptotic()) == {(cell.name, cell.keys) for cell in CELLS}
    for name, kind in R.items():
        for keys in ENSEMBLES:
            law = kind().taught(ENSEMBLES[keys](16), Dims(16, 16), Values(0.5, 0.01))
            weak = law is not None and Status.ASYMPTOTIC in law.statuses.values()
            assert weak == any((name, keys) == (cell.name, cell.keys) for cell in TAUGHT)
