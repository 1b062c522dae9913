"""Discovery: every module of ``figures`` holds one FIGURE, every module of ``tables`` one TABLE."""

import importlib
import pkgutil
from types import ModuleType
from typing import TypeVar

import paper_figures.figures
import paper_figures.tables
from capacity.errors import InputError
from paper_figures.figure import Figure
from paper_figures.table import Table

T = TypeVar("T", Figure, Table)


def figures() -> dict[str, Figure]:
    """All figures by name."""
    return _found(paper_figures.figures, Figure, "FIGURE")


def tables() -> dict[str, Table]:
    """All tables by name."""
    return _found(paper_figures.tables, Table, "TABLE")


def _found(package: ModuleType, kind: type[T], constant: str) -> dict[str, T]:
    found: dict[str, T] = {}
    for info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        one = getattr(module, constant, None)
        if not isinstance(one, kind) or one.name != info.name:
            where = f"{package.__name__.replace('.', '/')}/{info.name}.py"
            raise InputError(f"{where} must define {constant}, named {info.name!r}.")
        found[info.name] = one
    return dict(sorted(found.items()))
