"""Which code determines a measurement: digests of the rule's file and of the engine it runs on."""

import ast
import hashlib
import importlib.metadata
import importlib.util
import inspect
import platform
from functools import cache
from pathlib import Path

from capacity.parameters import Declared
from capacity.rule import Rule

# The measuring engine itself, beside whatever the files of rule and wrappers import.
ENGINE = ("experiments.request", "experiments.statistics", "experiments.streams")
# Theory that rules import for their laws; it never touches a measured number.
THEORY = frozenset(
    f"capacity.{name}"
    for name in (
        "accuracy", "closed", "formula_law", "given_keys", "heads_taught", "held_law",
        "information", "isotropic", "kernel_law", "kernel_spectrum", "kernel_taught", "law",
        "lazy_law", "momentum_law", "optimum", "radial", "rebinding_law", "recall", "ridge_law",
        "sign_law", "spectrum", "taught", "taught_affine", "taught_ridge", "threshold",
    )
)  # fmt: skip
LIBRARIES = ("numpy", "torch")


@cache
def _source(module: str) -> tuple[str, tuple[str, ...]]:
    """Source text of one of our modules, and the modules of ours that it imports."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    text = Path(spec.origin).read_text()
    return text, _imports(text)


def _imports(text: str) -> tuple[str, ...]:
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    ours = (name for name in found if name.split(".")[0] in ("capacity", "experiments"))
    return tuple(sorted(ours))


def code_digest(rule: Rule, probe: str = "experiments.probes.recall") -> str:
    """SHA-256 over the files of the rule and its wrappers, and all of ours that they import.

    ``probe`` is the module that measures.
    """
    layers = getattr(rule, "layers", (rule,))
    held = (x for layer in layers for x in vars(layer).values() if isinstance(x, Declared))
    declared = dict.fromkeys(type(each) for each in (*layers, *held))  # feature maps are held
    return _digest(tuple(map(inspect.getfile, declared)), probe)


@cache
def _digest(files: tuple[str, ...], probe: str) -> str:
    texts = [Path(file).read_text() for file in files]
    sources = {f"rule {i}": text for i, text in enumerate(texts)}
    waiting = [*(name for text in texts for name in _imports(text)), *ENGINE, probe]
    while waiting:
        module = waiting.pop()
        if module in sources or module in THEORY or module.startswith("capacity.rules."):
            continue
        sources[module], imported = _source(module)
        waiting.extend(imported)
    # discovery and the command line choose what runs, not what it gives
    for bystander in ("capacity.discover", "capacity.settings", "capacity.rules", "capacity"):
        sources.pop(bystander, None)
    joined = "\0".join(f"{name}\0{sources[name]}" for name in sorted(sources))
    return hashlib.sha256(joined.encode()).hexdigest()


@cache
def library_versions() -> dict[str, str]:
    """Versions of the libraries that compute, and of Python."""
    versions = {name: importlib.metadata.version(name) for name in LIBRARIES}
    return versions | {"python": platform.python_version()}
