"""Exchanging the code of live functions: for a mutant, or for a twin that tells it was run.

Nothing on disk changes, and whoever holds the function, wherever it was imported to, runs the new
code. Meant for child processes, which end with it.
"""

import ast
import copy
import importlib
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import CodeType, FunctionType
from typing import Any

from tests.mutations.targets import Mutant, slip_of, source

REACHED: set[tuple[str, str]] = set()  # (module, function) of what was run
_NAME = "_reached_by_the_mutation_test"


def install(mutant: Mutant) -> None:
    """Let the mutant's function run its slip."""
    slip = slip_of(mutant)
    tree = copy.copy(source(mutant.module))
    place = {id(slip.node): slip.other}
    _exchange(mutant.target, _Replace(place).visit(_deep(tree, slip.node, place)))


@contextmanager
def watched(targets: Iterable[tuple[str, str]]) -> Iterator[None]:
    """Within it functions note in :data:`REACHED` that they were run."""
    targets = list(targets)
    before = {target: _live(*target).__code__ for target in targets}
    _watch(targets)
    try:
        yield
    finally:
        for target, code in before.items():
            _live(*target).__code__ = code


def _watch(targets: Iterable[tuple[str, str]]) -> None:
    for module, names in _by_module(targets).items():
        vars(sys.modules[module])[_NAME] = REACHED.add
        tree = copy.deepcopy(source(module))
        for name in names:
            _noting(tree, module, name)
        code = compile(ast.fix_missing_locations(tree), f"<watched {module}>", "exec")
        for name in names:
            _live(module, name).__code__ = _code(code, name)


@contextmanager
def noted() -> Iterator[set[tuple[str, str]]]:
    """A set that holds, afterwards, which watched functions were run within."""
    REACHED.clear()
    found: set[tuple[str, str]] = set()
    try:
        yield found
    finally:
        found |= REACHED


def _by_module(targets: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for module, name in targets:
        importlib.import_module(module)
        found.setdefault(module, []).append(name)
    return found


class _Replace(ast.NodeTransformer):
    def __init__(self, by_id: dict[int, ast.expr]) -> None:
        self.by_id = by_id

    def visit(self, node: ast.AST) -> Any:
        return self.by_id.get(id(node)) or self.generic_visit(node)


def _deep(tree: ast.Module, node: ast.expr, place: dict[int, ast.expr]) -> ast.Module:
    """A copy of the tree; the node's copy takes its place among what is replaced."""
    memo: dict[int, Any] = {}
    found = copy.deepcopy(tree, memo)
    place[id(memo[id(node)])] = place.pop(id(node))
    return found


def _exchange(target: tuple[str, str], tree: ast.Module) -> None:
    module, name = target
    code = compile(ast.fix_missing_locations(tree), f"<mutant of {module}>", "exec")
    _live(module, name).__code__ = _code(code, name)


def _noting(tree: ast.Module, module: str, name: str) -> None:
    note = ast.parse(f"{_NAME}(({module!r}, {name!r}))").body[0]
    node = _node(tree, name)
    documented = isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant)
    node.body.insert(1 if documented else 0, note)


def _node(tree: ast.Module, name: str) -> ast.FunctionDef:
    node: Any = tree
    for part in name.split("."):
        node = next(x for x in node.body if getattr(x, "name", None) == part)
    assert isinstance(node, ast.FunctionDef)
    return node


def _code(code: CodeType, name: str) -> CodeType:
    """The code of a function of a module."""
    for part in name.split("."):
        code = next(x for x in code.co_consts if isinstance(x, CodeType) and x.co_name == part)
    return code


def _live(module: str, name: str) -> FunctionType:
    """The function itself, inside properties, static methods and caches."""
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = vars(found)[part]
    for attribute in ("fget", "__func__", "func"):
        if not isinstance(found, FunctionType):
            found = getattr(found, attribute, found)
    while hasattr(found, "__wrapped__"):
        found = found.__wrapped__
    assert isinstance(found, FunctionType), (module, name)
    return found
