"""Discovery: one rule, wrapper or feature map a module; its id is the module's name."""

import importlib
import importlib.util
import inspect
import pkgutil
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TypeVar

import capacity.features
import capacity.rules
import capacity.wrappers
from capacity.errors import InputError, unknown
from capacity.feature_map import FeatureMap
from capacity.rule import Rule
from capacity.settings import parse_settings
from capacity.wrapper import Wrapper

T = TypeVar("T")


def _final(module: ModuleType, base: type[T]) -> list[type[T]]:
    return [
        found
        for found in vars(module).values()
        if inspect.isclass(found)
        and issubclass(found, base)
        and not inspect.isabstract(found)
        and found.__module__ == module.__name__
    ]


def _only(module: ModuleType, where: str, base: type[T], kind: str) -> type[T]:
    found = _final(module, base)
    if len(found) != 1:
        names = ", ".join(each.__name__ for each in found) or "none"
        raise InputError(f"{where} must define exactly one final {kind}, found {names}.")
    return found[0]


def _discover(
    package: ModuleType, base: type[T], kind: str, name_of: Callable[[type[T]], str]
) -> dict[str, type[T]]:
    """All of one kind by id, sorted; a module without exactly one of its own name is an error."""
    found = {}
    for info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        where = f"{package.__name__.replace('.', '/')}/{info.name}.py"
        each = _only(module, where, base, kind)
        if name_of(each) != info.name:
            raise InputError(
                f"{where} defines {each.__name__}, whose id is {name_of(each)}: "
                "file and class must agree."
            )
        found[info.name] = each
    return dict(sorted(found.items()))


@cache
def rules() -> dict[str, type[Rule]]:
    """All rules by id, sorted; a module without exactly one rule of its own name is an error."""
    return _discover(capacity.rules, Rule, "rule", lambda rule: rule.rule_id())  # type: ignore[type-abstract]


@cache
def wrappers() -> dict[str, type[Wrapper]]:
    """All wrappers by id, sorted, as strict as :func:`rules`."""
    return _discover(capacity.wrappers, Wrapper, "wrapper", lambda wrapper: wrapper.rule_id())


@cache
def feature_maps() -> dict[str, type[FeatureMap]]:
    """All feature maps by id, sorted, as strict as :func:`rules`."""
    return _discover(capacity.features, FeatureMap, "feature map", lambda each: each.map_id())  # type: ignore[type-abstract]


def parse_feature_map(text: str) -> FeatureMap:
    """The map of a label: ``relu``, or with parameters ``dpfp:nu=2``, ``favor:seed=1,scale=2``."""
    name, _, rest = text.partition(":")
    if name not in feature_maps():
        raise unknown("feature map", name, feature_maps())
    chosen: FeatureMap = feature_maps()[name].with_values(
        **parse_settings(rest.split(",") if rest else [])
    )
    return chosen


def wrapped(rule: Rule, options: Mapping[str, str]) -> Rule:
    """The rule inside the named wrappers, each from the text of its option: ``{"heads": "4"}``.

    Wrappers nest by their declared place, whatever the order of the options.
    """
    for name in options:
        if name not in wrappers():
            raise unknown("wrapper", name, wrappers())
    for name in sorted(options, key=lambda name: wrappers()[name].place):
        rule = wrappers()[name].parse(rule, options[name])
    return rule


def import_file(path: Path, name: str) -> ModuleType:
    """A user's Python file as a module; :class:`InputError` with its own error if it fails."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except InputError as problem:  # it says itself what is allowed
        raise InputError(f"{path} cannot be imported: {problem}") from problem
    except Exception as problem:
        raise InputError(f"{path} cannot be imported: {problem!r}.") from problem
    return module


def rule_from_file(path: Path) -> type[Rule]:
    """The one rule of a user's own file; its id may not be that of a rule that ships."""
    if not path.is_file() or path.suffix != ".py":
        raise InputError(f"{path} is not a Python file with a rule.")
    module = import_file(path, f"user_rule_{path.stem}")
    rule = _only(module, str(path), Rule, "rule")  # type: ignore[type-abstract]
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
