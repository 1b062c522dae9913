"""The mutation test itself: what it mutates, and that its three checks see what they should."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from capacity.affine import AffineRule
from capacity.discover import rules
from capacity.keys import Sphere
from capacity.rule import Dims
from tests.mutations.explained import EXPLAINED
from tests.mutations.farm import forked
from tests.mutations.identities import IDENTITIES
from tests.mutations.identity import Identity
from tests.mutations.measured import without_error
from tests.mutations.operators import slips
from tests.mutations.probes import disagreement
from tests.mutations.swap import install, noted, watched
from tests.mutations.targets import BASES, ENGINE, HOUSE, LAWS, Mutant, mutants

ROOT = Path(__file__).parent.parent
TARGET = ("capacity.rules.delta", "Delta.coefficients")
SAMPLE = "def f(a, n): return a * (n - 1) + 2 * a if n > 1e-9 else kron(a, n)"


def _labels(source: str) -> set[str]:
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    return {slip.label for slip in slips(function)}


def test_slips_are_signs_terms_factors_counts_and_orders() -> None:
    assert _labels(SAMPLE) == {
        "a * (n - 1) + 2 * a -> a * (n - 1) - 2 * a",
        "a * (n - 1) + 2 * a -> a * (n - 1)",
        "a * (n - 1) + 2 * a -> 2 * a",
        "a * (n - 1) -> a",
        "a * (n - 1) -> n - 1",
        "n - 1 -> n + 1",
        "n - 1 -> n",
        "1 -> 2",
        "2 * a -> 2",
        "2 * a -> a",
        "2 -> 3",
        "2 -> 4",
        "kron(a, n) -> kron(n, a)",
    }


def test_every_coefficient_and_closed_form_has_at_least_five_mutants() -> None:
    found = [x.place for x in mutants()]
    for name, rule in rules().items():
        for method in ("coefficients", "closed_form"):
            own = method in vars(rule) and rule.__module__ == f"capacity.rules.{name}"
            if own and not isinstance(vars(rule)[method], staticmethod):
                place = f"rules.{name}.{rule.__name__}.{method}"
                assert found.count(place) >= 5, place
    assert sum(issubclass(rule, AffineRule) for rule in rules().values()) >= 11
    for module in (*LAWS, *ENGINE):
        assert sum(x.startswith(f"{module}.") for x in found) >= 2, module
    assert sum(x.split(".")[0] in ENGINE for x in found) >= 5 * len(ENGINE)


def test_every_module_of_an_exact_law_is_mutated() -> None:
    given = {"keys", "given_keys", "law"}  # the ensembles, streams themselves, and the contract
    exact = {f.stem for f in HOUSE.glob("*.py") if "Status.EXACT" in f.read_text()}
    assert exact - given <= {*LAWS, *ENGINE, *BASES}
    assert {f.stem for f in HOUSE.glob("*_law.py")} - {"lazy_law"} <= {*LAWS, *ENGINE}


def _recalled(mutant: Mutant | None) -> tuple[list[float], set[tuple[str, str]]]:
    """Signal of the delta rule, and which watched function was run for it."""
    with watched([TARGET]), noted() as reached:
        law = rules()["delta"](beta=0.5).law(Sphere(), Dims(4, 4))
        assert law is not None
        before = law.recall(3).signal.tolist()
    if mutant is None:
        return before, reached
    install(mutant)
    law = rules()["delta"](beta=0.5).law(Sphere(), Dims(4, 4))
    assert law is not None
    return law.recall(3).signal.tolist(), reached


def test_a_mutant_lives_in_its_child_alone() -> None:
    chosen = [x for x in mutants("rules.delta.Delta.coefficients") if x.kind == "factor"]
    tasks = [None, *chosen, None]
    found = dict(forked(_recalled, tasks, jobs=2, seconds=60))
    (mutant,) = {x.change for x in chosen} - {"k -> 2 * k"} or {"k -> 2 * k"}
    plain = found[None]
    assert plain == ([0.5, 0.4375, 0.3828125], {TARGET})
    assert all(found[x][0] != plain[0] for x in chosen), mutant
    assert _recalled(None)[0] == plain[0]


def _ends(task: str) -> str:
    if task == "dies":
        raise SystemExit(1)
    while task == "hangs":
        pass
    return task


@pytest.mark.filterwarnings("ignore")
def test_children_that_die_or_hang_are_told() -> None:
    found = dict(forked(_ends, ["ends", "dies", "hangs"], jobs=3, seconds=1))
    assert found == {"ends": "ends", "dies": None, "hangs": None}


def test_explanations_speak_of_mutants_that_exist() -> None:
    assert set(EXPLAINED) <= {x.name for x in mutants()}
    assert all(len(why) > 20 for why in EXPLAINED.values())


def test_each_check_kills_what_it_should_and_lets_the_rest_live(tmp_path: Path) -> None:
    """Evidence passes before any mutation, or the command fails; a step that shifts law and
    measurement alike is seen by proof and referee, not by the probe."""
    command = [sys.executable, "-m", "tests.mutations", "rules.delta.Delta.coefficients"]
    chosen = ["--claims", "delta/update", "--cells", "recall delta(*sphere", "--tests", "lms_is"]
    where = ["--output", str(tmp_path), "--jobs", "2"]
    done = subprocess.run([*command, *chosen, *where], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "mutations.json").read_text())
    by = {x["change"]: x["killers"] for x in found["mutants"]}
    assert by["k -> k * k"] == ["proof", "probe", "referee"]
    assert by["k -> 2 * k"] == ["proof", "referee"]
    assert "| `k -> k * k` | killed | killed | killed |" in (tmp_path / "mutations.md").read_text()


@pytest.mark.parametrize("each", IDENTITIES, ids=lambda each: each.name)
def test_identities_hold_without_error_and_a_slip_of_a_millionth_is_seen(each: Identity) -> None:
    known = without_error(each.known)
    assert disagreement(known, each.asked()) == ""
    slipped = {name: np.asarray(x) * (1 + 1e-6) for name, x in each.asked().items()}
    assert disagreement(known, slipped)
