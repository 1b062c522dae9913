"""What is mutated, and which of its slips: found in the source of what ships.

Rules give their coefficients with whatever those call, and their closed forms; the modules of laws
and of the affine law engine give every function. Each function yields at most so many slips, of as
many kinds as it has.
"""

import ast
import importlib
import inspect
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import capacity
from tests.mutations.operators import Slip, slips

HOUSE = Path(capacity.__file__).parent
ENGINE = ("affine", "chunkwise", "isotropic", "radial", "schedule")
LAWS = (
    "additive",
    "bounds",
    "capped_law",
    "channel_law",
    "closed",
    "convolution_law",
    "formula_law",
    "gated_law",
    "head_keys",
    "heads_law",
    "held_law",
    "information",
    "kernel_law",
    "kernel_taught",
    "momentum_law",
    "omega_law",
    "polar_law",
    "ratio_law",
    "rebinding_law",
    "recall",
    "repeated_law",
    "ridge_law",
    "rope_law",
    "sign_law",
    "spectrum",
    "taught",
    "taught_affine",
    "taught_ridge",
)
BASES = ("feature_map",)  # of rules and feature maps
# of rules, feature maps and their bases: what states a formula rather than runs a memory
STATED = (
    *("coefficients", "closed_form", "rates", "weights", "kept", "survival", "formula", "endless"),
    *("gains", "oracle_gains", "_by_age", "at", "rising", "edge", "kernel", "moments"),
    *("mean_square", "_slope", "rectified_means"),
)
# of laws and engine: what no formula depends on
ASIDE = ("cost", "live", "_gate_count", "_touched", "init", "choose_chunk", "_room", "_work")
MOST = {"coefficients": 8, "closed_form": 5}  # slips of a function


@dataclass(frozen=True)
class Mutant:
    """A slip in one function of a module: the number of the slip among all of that function's."""

    module: str
    function: str
    number: int
    kind: str
    change: str

    @property
    def name(self) -> str:
        """Where and what, on one line."""
        return f"{self.place}: {self.change}"

    @property
    def place(self) -> str:
        """Module and function, without the package's name."""
        return f"{self.module.removeprefix('capacity.')}.{self.function}"

    @property
    def target(self) -> tuple[str, str]:
        """Module and function."""
        return self.module, self.function


def mutants(pattern: str = "*") -> list[Mutant]:
    """The mutants whose place is matched, in the order of the source."""
    found = [x for module, names in _targets() for x in _of_module(module, names)]
    return [x for x in found if fnmatch(x.place, pattern) or fnmatch(x.place, pattern + ".*")]


def functions(module: str) -> dict[str, ast.FunctionDef]:
    """The functions and methods of a module by qualified name; those inside others are theirs."""
    found: dict[str, ast.FunctionDef] = {}
    for node in source(module).body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = node
        elif isinstance(node, ast.ClassDef):
            methods = (x for x in node.body if isinstance(x, ast.FunctionDef))
            found |= {f"{node.name}.{x.name}": x for x in methods}
    return found


@cache
def source(module: str) -> ast.Module:
    """The tree of a module."""
    return ast.parse(inspect.getsource(importlib.import_module(module)))


def slip_of(mutant: Mutant) -> Slip:
    """The slip as nodes of the module's tree."""
    node = functions(mutant.module)[mutant.function]
    return slips(node, _parameters(mutant.module, mutant.function))[mutant.number]


def _targets() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Modules, and the names of the functions in them that count; none: all but a few."""
    for folder in ("rules", "features"):
        for file in sorted((HOUSE / folder).glob("[a-z]*.py")):
            yield f"capacity.{folder}.{file.stem}", STATED
    for name in BASES:
        yield f"capacity.{name}", STATED
    for name in (*LAWS, *ENGINE):
        yield f"capacity.{name}", ()


def _of_module(module: str, names: tuple[str, ...]) -> Iterator[Mutant]:
    wanted = _with_helpers(module, names)
    for function, node in functions(module).items():
        name = function.split(".")[-1]
        if name in wanted or not (names or name in ASIDE or name.startswith("__")):
            most = MOST.get(name, 5 if module.endswith(".closed") else 3)
            yield from _of_function(module, function, node, most)


def _with_helpers(module: str, names: tuple[str, ...]) -> set[str]:
    """These names, and the methods that coefficients call."""
    helpers = {
        x.attr
        for function, node in functions(module).items()
        if function.endswith(".coefficients")
        for x in ast.walk(node)
        if isinstance(x, ast.Attribute)
    }
    return {*names, *(helpers if names else ())} - {"write"}


def _of_function(module: str, function: str, node: ast.FunctionDef, most: int) -> Iterator[Mutant]:
    found = slips(node, _parameters(module, function))
    seen: Counter[str] = Counter()
    for number in _varied([x.kind for x in found], most):
        slip = found[number]
        seen[slip.label] += 1
        again = f" ({seen[slip.label]})" if seen[slip.label] > 1 else ""
        yield Mutant(module, function, number, slip.kind, slip.label + again)


def _varied(kinds: Sequence[str], most: int) -> list[int]:
    """At most so many places in a list, in turn of each kind, spread over the list."""
    places = {kind: [i for i, x in enumerate(kinds) if x == kind] for kind in dict.fromkeys(kinds)}
    chosen: list[int] = []
    while len(chosen) < most and any(places.values()):
        for each in places.values():
            if each and len(chosen) < most:
                chosen.append(each.pop(len(each) // 2))
    return sorted(chosen)


def _parameters(module: str, function: str) -> list[str]:
    """The parameters that the class of a method declares."""
    owner = getattr(importlib.import_module(module), function.split(".")[0], None)
    declared = getattr(owner, "parameters", None)
    return [p.name for p in declared()] if declared else []
