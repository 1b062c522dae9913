"""The import rule and the rule-blindness of the engine, read off the syntax trees."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from capacity.discover import rules

ROOT = Path(__file__).parent.parent
PACKAGES = ("capacity", "proofs_check", "experiments", "paper_figures")
# Files that may name rules: rules and proofs themselves, presets, hypotheses.
MAY_NAME_RULES = (
    "capacity/rules",
    "proofs_check",
    "experiments/sweeps",
    "experiments/hypotheses",
    "experiments/audit_rules.py",  # the preset of the audit
)

# Words that are rule ids and also something else: a coefficient, a letter, a family of rules.
ALSO_WORDS = {"decay", "omega"} | {rule.family for rule in rules().values()}


def files() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def strings(path: Path) -> Iterator[str]:
    """String constants that are not documentation."""
    tree = ast.parse(path.read_text())
    documents = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if text and id(node) not in documents:
            yield node.value


def allowed_to_name(path: Path) -> bool:
    return any(str(path.relative_to(ROOT)).startswith(folder) for folder in MAY_NAME_RULES)


@pytest.mark.parametrize("path", files(), ids=lambda p: str(p.relative_to(ROOT)))
def test_packages_import_only_capacity_and_themselves(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    ours = {name.split(".")[0] for name in imports(path)} & set(PACKAGES)
    assert ours <= {"capacity", package}


@pytest.mark.parametrize("path", files(), ids=lambda p: str(p.relative_to(ROOT)))
def test_readers_name_no_rule(path: Path) -> None:
    if allowed_to_name(path):
        return
    modules = [name for name in imports(path) if name.startswith("capacity.rules.")]
    assert not modules, f"{path.name} imports {modules}"
    named = set(strings(path)) & (set(rules()) - ALSO_WORDS)
    assert not named, f"{path.name} names {named}"


def test_rules_do_not_import_each_other() -> None:
    for path in (ROOT / "capacity" / "rules").glob("*.py"):
        assert not [name for name in imports(path) if name.startswith("capacity.rules")], path.name


def test_the_check_can_fail(tmp_path: Path) -> None:
    bad = tmp_path / "engine.py"
    bad.write_text("from capacity.rules.delta import Delta\nx = 'hebbian'\n")
    assert "capacity.rules.delta" in set(imports(bad))
    assert set(strings(bad)) & set(rules())


def test_no_file_outgrows_one_idea() -> None:
    for path in files():
        assert len(path.read_text().splitlines()) <= 350, path
