"""Discovery: every module of ``capacity.rules`` holds one rule whose id is the module's name."""

import importlib
import importlib.util
import inspect
import pkgutil
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import capacity.rules
from capacity.errors import InputError, unknown
from capacity.rule import Rule


def _rules_in(module: ModuleType) -> list[type[Rule]]:
    return [
        found
        for found in vars(module).values()
        if inspect.isclass(found)
        and issubclass(found, Rule)
        and not inspect.isabstract(found)
        and found.__module__ == module.__name__
    ]


def _only_rule(module: ModuleType, where: str) -> type[Rule]:
    found = _rules_in(module)
    if len(found) != 1:
        names = ", ".join(rule.__name__ for rule in found) or "none"
        raise InputError(f"{where} must define exactly one final rule, found {names}.")
    return found[0]


@cache
def rules() -> dict[str, type[Rule]]:
    """All rules by id, sorted; a module without exactly one rule of its own name is an error."""
    found = {}
    for info in pkgutil.iter_modules(capacity.rules.__path__):
        module = importlib.import_module(f"capacity.rules.{info.name}")
        rule = _only_rule(module, f"capacity/rules/{info.name}.py")
        if rule.rule_id() != info.name:
            raise InputError(
                f"capacity/rules/{info.name}.py defines {rule.__name__}, whose id is "
                f"{rule.rule_id()}: file and class must agree."
            )
        found[info.name] = rule
    return dict(sorted(found.items()))


def rule_from_file(path: Path) -> type[Rule]:
    """The one rule of a user's own file; its id may not be that of a rule that ships."""
    if not path.is_file() or path.suffix != ".py":
        raise InputError(f"{path} is not a Python file with a rule.")
    spec = importlib.util.spec_from_file_location(f"user_rule_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except Exception as problem:
        raise InputError(f"{path} cannot be imported: {problem!r}.") from problem
    rule = _only_rule(module, str(path))
    if rule.rule_id() in rules():
        raise InputError(f"{path} defines {rule.rule_id()!r}, which is already taken.")
    return rule


def rule_class(name: str, rule_file: Path | None = None) -> type[Rule]:
    """The rule with this id, looked up among those that ship and the one of ``rule_file``."""
    known = dict(rules())
    if rule_file is not None:
        own = rule_from_file(rule_file)
        known[own.rule_id()] = own
    if name not in known:
        raise unknown("rule", name, known)
    return known[name]
