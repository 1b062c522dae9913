"""The house of the proofs: nothing is sampled; bad files fail with file, claim and reason."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import proofs_check
from proofs_check.catalogue import Catalogue
from proofs_check.collect import RULES, claims, folders, title
from tests.test_proofs import KNOWS_WHAT_SHIPS

HOUSE = Path(proofs_check.__file__).parent
ROOT = HOUSE.parent
FILES = [path for path in sorted(HOUSE.rglob("*.py")) if path.name not in KNOWS_WHAT_SHIPS]
MODULES = {"random", "secrets", "uuid"}
CALLS = {"default_rng", "RandomState", "Generator", "manual_seed", "urandom", "getrandbits"}
DRAWS = {"rand", "randn", "randint", "randrange", "randprime", "shuffle", "randMatrix"}
GENERATORS = MODULES | CALLS | DRAWS
DYNAMIC = {"__import__", "import_module", "exec", "eval"}


def _names(tree: ast.Module) -> set[str]:
    """Every name, attribute and part of an imported module's name."""
    found = {x.id for x in ast.walk(tree) if isinstance(x, ast.Name)}
    found |= {x.attr for x in ast.walk(tree) if isinstance(x, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {part for alias in node.names for part in alias.name.split(".")}
        if isinstance(node, ast.ImportFrom):
            found |= set((node.module or "").split("."))
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(HOUSE)))
def test_no_proof_samples_or_imports_by_a_string(path: Path) -> None:
    names = _names(ast.parse(path.read_text()))
    assert not names & GENERATORS
    if path.name != "collect.py":  # finds the files of claims
        assert not names & DYNAMIC


@pytest.mark.parametrize(
    "source",
    [
        "import random",
        "from numpy.random import default_rng",
        "np.random.rand(2)",
        "torch.randn(3)",
        "import sympy.core.random as r",
    ],
)
def test_sampling_would_be_seen(source: str) -> None:
    assert _names(ast.parse(source)) & GENERATORS


def test_what_ships_is_asked_without_random_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("a random number")

    catalogue = Catalogue()
    for module in (np.random, torch):
        for name in ("rand", "randn", "randint", "default_rng", "normal", "random", "Generator"):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, refuse)
    with pytest.raises(RuntimeError, match="a random number"):
        np.random.default_rng(0)
    first = {claim.file: claim for claim in reversed(claims().values())}
    assert len(first) == sum(len(stems) for stems in folders().values())
    for claim in first.values():
        assert claim.ships(catalogue) is not None, claim.id


def test_every_file_and_folder_says_what_it_is_about() -> None:
    for folder, stems in folders().items():
        for name in ("__init__", *stems):
            assert title(f"proofs_check/{folder}/{name}.py"), (folder, name)
    assert title(f"proofs_check/{RULES}/of_nothing.py") == ""


UNDECLARED = """
from proofs_check.notation import parameter
CLAIMS = tuple(
    replace(claim, derive=lambda: parameter("undeclared")) if claim.id.endswith("/held") else claim
    for claim in CLAIMS
)
"""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy with one good proof: what else has an exact law is not proved there."""
    for folder in (HOUSE, HOUSE / RULES):
        (tmp_path / folder.relative_to(ROOT)).mkdir()
        for file in folder.glob("*.py"):
            if folder == HOUSE or file.stem in {"__init__", "eviction"}:
                shutil.copy(file, tmp_path / file.relative_to(ROOT))
    return tmp_path


def _run(house: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line in a folder whose proofs_check comes first."""
    return subprocess.run(
        [sys.executable, "-m", "proofs_check", "--no-pdf", *arguments],
        cwd=house,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_bad_files_fail_with_file_claim_and_reason(house: Path) -> None:
    rules = house / "proofs_check" / "rules"
    (rules / "ghost.py").write_text('"""A proof of nothing."""\n\nCLAIMS = ()\n')
    with (rules / "eviction.py").open("a") as file:
        file.write("\n\nfrom dataclasses import replace\n" + UNDECLARED)
    done = _run(house)
    assert done.returncode == 1, done.stderr
    lines = done.stdout.splitlines()

    def said(claim: str) -> str:
        """The mark of a claim, and what is said below it."""
        (place,) = (i for i, line in enumerate(lines) if line[2:].startswith(f"{claim}  "))
        return f"{lines[place][0]} {lines[place + 1].strip()}"

    assert said("ghost/*") == (
        "✗ proofs_check/rules/ghost.py: there is no rule 'ghost' in capacity/rules."
    )
    assert said("decay/*") == (
        "✗ proofs_check/rules/decay.py: the rule 'decay' declares an exact law and has no proof."
    )
    assert said("eviction/held") == (
        "✗ proofs_check/rules/eviction.py: names undeclared symbols: undeclared."
    )
    assert said("eviction/survival").startswith("✓")  # control: the rest holds
    appendix = (house / "build" / "proofs.tex").read_text()
    for reason in ("there is no rule 'ghost'", "names undeclared symbols: undeclared."):
        assert reason in appendix
    listed = _run(house, "--missing")
    assert listed.returncode == 1
    assert "rules/decay.py" in listed.stdout
    assert "eviction" not in listed.stdout


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('"""Silent."""\n', "AttributeError: "),
        ('"""Broken."""\n\nCLAIMS = (\n', "SyntaxError: "),
        (
            '"""Twice."""\n\nfrom proofs_check.rules.eviction import CLAIMS\n',
            "must be unique and named 'ghost/...'",
        ),
    ],
)
def test_a_file_that_cannot_be_read_as_claims_is_named(house: Path, text: str, reason: str) -> None:
    (house / "proofs_check" / "rules" / "ghost.py").write_text(text)
    done = _run(house, "eviction")
    assert done.returncode == 2
    assert done.stderr.startswith("proofs_check/rules/ghost.py: ")
    assert reason in done.stderr
    assert "Traceback" not in done.stderr
