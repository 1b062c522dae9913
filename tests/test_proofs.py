"""All claims hold and all twins are refused; and the checker itself refuses what it must."""

import ast
import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sympy
import torch
from typer.testing import CliRunner

import proofs_check
from capacity.discover import rules
from capacity.features.taylor import Taylor
from capacity.isotropic import StepMaps
from capacity.newton_schulz import MUON, newton_schulz
from capacity.rule import Dims, Token
from capacity.rules.delta import Delta
from proofs_check.__main__ import app
from proofs_check.catalogue import Catalogue
from proofs_check.claim import Claim, check, plus, replaced, stated, times
from proofs_check.collect import claims, folders, matching, misfits, proof_files, uncovered
from proofs_check.decide import counterexample, is_zero
from proofs_check.exact_tensors import ExactTorch, exact
from proofs_check.lemmas import GAUSSIAN, geometric, sphere_moment
from proofs_check.notation import age, d, e, parameter
from proofs_check.paper.newton_schulz import orthogonalised, shipped_quintic
from proofs_check.run import run_claims

HOUSE = Path(proofs_check.__file__).parent
KNOWS_WHAT_SHIPS = {
    "shipping.py",
    "catalogue.py",
    "wrapped.py",
    "laws.py",
    "exact_code.py",
    "appendix.py",
    "run.py",
    "__main__.py",
}
beta = parameter("beta")


def _claim(**changes: object) -> Claim:
    """A true claim about the delta rule, to be spoiled."""
    true = Claim(
        id="delta/spoiled",
        statement="-",
        derive=lambda: beta * (1 - beta / d) ** age,
        ships=lambda catalogue: catalogue("delta").closed_form(GAUSSIAN, beta=beta)[0],
        twins=(times("sign", -1), times("factor", 2), replaced("age", {age: age + 1})),
        rules=("delta",),
        parameters=(beta,),
        assumptions="Gaussian keys.",
        steps="Induct on the age.",
    )
    return replace(true, **changes)  # type: ignore[arg-type]


def _reason(catalogue: Catalogue | None = None, seconds: float = 60.0, **changes: object) -> str:
    verdict = check(_claim(**changes), catalogue or Catalogue(), seconds)
    assert not verdict.holds
    return verdict.reason


def test_all_claims_hold_and_all_twins_are_refused() -> None:
    verdicts = list(run_claims(list(claims()), jobs=2))
    assert [f"{x.id}: {x.reason}" for x in verdicts if not x.holds] == []
    assert {x.id for x in verdicts} == set(claims())
    assert all(x.twins_refused == len(x.twins) >= 3 and all(x.twins.values()) for x in verdicts)


def test_every_exact_law_has_a_proof_and_every_proof_what_it_proves() -> None:
    assert [f"{x.file}: {x.reason}" for x in uncovered(Catalogue())] == []


def test_rules_wrappers_and_feature_maps_are_told_apart_by_their_ids() -> None:
    catalogue = Catalogue()
    kinds = (catalogue.rules, catalogue.wrappers, catalogue.features)
    assert sum(map(len, kinds)) == len({name for kind in kinds for name in kind})
    assert {"heads", "rope"} <= set(catalogue.exact("wrappers"))
    assert {"relu", "favor"} <= set(catalogue.exact("features"))


@pytest.mark.parametrize("folder", ["wrappers", "features"])
def test_a_wrapper_or_map_without_proof_and_a_proof_without_one_are_named(folder: str) -> None:
    known = {f"{folder}/told/x": _claim(id=f"{folder}/told/x", rules=("told",))}
    files, shipped = ["told", "ghost", "mute"], ["told", "mute", "bare"]
    found = misfits(files, known, shipped, ["told", "bare"], folder)
    assert [x.file for x in found] == [
        f"proofs_check/{folder}/{stem}.py" for stem in ("bare", "ghost", "mute")
    ]
    assert "declares an exact law and has no proof" in found[0].reason
    assert f"in capacity/{folder}" in found[1].reason


def test_misfits_name_file_and_reason() -> None:
    known = {"delta/x": _claim(id="delta/x")}
    found = misfits(["delta", "ghost", "mute"], known, ["delta", "mute", "bare"], ["delta", "bare"])
    assert [(x.file.split("/")[-1], x.holds) for x in found] == [
        ("bare.py", False),
        ("ghost.py", False),
        ("mute.py", False),
    ]
    assert [x.reason.split("'")[0] for x in found] == [
        "the rule ",
        "there is no rule ",
        "it claims nothing about the rule ",
    ]


def _imports(tree: ast.Module) -> set[str]:
    names = {a.name for x in ast.walk(tree) if isinstance(x, ast.Import) for a in x.names}
    return names | {x.module or "" for x in ast.walk(tree) if isinstance(x, ast.ImportFrom)}


def test_derivations_import_nothing_that_ships() -> None:
    files = [f for f in HOUSE.rglob("*.py") if f.name not in KNOWS_WHAT_SHIPS]
    assert len(files) > len(proof_files())
    seen = {f.relative_to(HOUSE).parts[0] for f in files if f.parent != HOUSE}
    assert seen == set(folders()) == {f.parent.name for f in HOUSE.glob("*/*.py")}
    for file in files:
        for name in _imports(ast.parse(file.read_text())):
            assert name.split(".")[0] != "capacity", file
            assert name not in {"proofs_check.shipping", "proofs_check.run"}, file
    shipping = _imports(ast.parse((HOUSE / "shipping.py").read_text()))
    assert "capacity.affine" in shipping  # control: the walk sees such imports


def test_derivations_run_without_what_ships_and_without_random_numbers() -> None:
    script = """
import random, sys
import numpy, sympy

def refuse(*args, **named):
    raise ImportError("refused")

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "capacity":
            refuse()

sys.meta_path.insert(0, Refuse())
import torch  # which the files of claims may load, to hand it to what ships

for name in ("rand", "randn", "randint", "randperm", "normal", "bernoulli", "multinomial"):
    setattr(torch, name, refuse)
for module in (random, numpy.random):  # sympy orders its questions by a generator of its own
    for name, member in list(vars(module).items()):
        if callable(member) and not name.startswith("_"):
            setattr(module, name, refuse)

def refused(call):
    try:
        call()
    except ImportError:
        return True

assert refused(lambda: __import__("capacity"))
assert refused(lambda: random.random()) and refused(lambda: numpy.random.default_rng(0))
assert refused(lambda: torch.rand(1))
from proofs_check.collect import claims
print(sum(claim.derive() is not None for claim in claims().values()))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) == len(claims())


def test_a_true_claim_holds_and_spoiled_ones_fail_for_their_reason() -> None:
    assert check(_claim(), Catalogue()).holds
    assert "refuted at age=" in _reason(derive=lambda: beta * (1 - beta / d) ** (age + 1))
    assert "differ in shape" in _reason(derive=lambda: sympy.Matrix([beta]))
    assert "floating-point" in _reason(derive=lambda: 1.0 * beta)
    assert "at least 3 twins" in _reason(twins=_claim().twins[:2])
    assert "assumptions and its main steps" in _reason(steps="")
    assert "is not closed" in _reason(steps="Then $x = 1.")
    assert "is not closed" in _reason(assumptions=r"$\frac{1}{d$ is small.")
    assert "twins not refused: idle" in _reason(twins=(*_claim().twins, plus("idle", 0)))
    assert "undeclared symbols: mu" in _reason(derive=lambda: parameter("mu"))
    assert "undeclared symbols: alpha" in _reason(parameters=(beta, parameter("alpha")))
    assert "Unknown rule 'dleta'" in _reason(rules=("dleta",))
    assert "ZeroDivisionError" in _reason(derive=lambda: 1 // 0)


def test_what_is_undecided_or_late_has_failed() -> None:
    unknown = sympy.Function("f")
    assert "undecided" in _reason(derive=lambda: unknown(beta))
    assert "undecided after 0.2 s" in _reason(seconds=0.2, derive=lambda: time.sleep(30))


@pytest.mark.parametrize("kind", ["Integral", "Sum", "Product", "Limit", "Derivative"])
def test_what_is_unevaluated_has_failed_even_where_both_sides_hold_it(kind: str) -> None:
    f, i, x = sympy.Function("f"), sympy.Symbol("i", integer=True), parameter("x")
    left = {
        "Integral": sympy.Integral(sympy.sin(x**3), (x, 0, beta)),
        "Sum": sympy.Sum(beta**i / (i**2 + 7), (i, 1, age)),
        "Product": sympy.Product(1 + beta**i, (i, 1, age)),
        "Limit": sympy.Limit(f(x), x, beta),
        "Derivative": sympy.Derivative(f(beta), beta),
    }[kind]
    twins = (times("sign", -1), times("factor", 2), plus("constant", 1))
    for both in (left + beta, sympy.Matrix([beta, left])):
        reason = _reason(derive=lambda both=both: both, ships=stated(both), twins=twins)
        assert f"holds an unevaluated {kind}" in reason
    assert f"holds an unevaluated {kind}" in _reason(derive=lambda: left)


def test_an_off_by_one_in_what_ships_is_refuted() -> None:
    class Slipped(Delta):
        def closed_form(self, **where: object) -> tuple[object, object]:
            return super().closed_form(**(where | {"items": where["items"] + 1}))  # type: ignore[operator]

    class Halved(Delta):
        def coefficients(self, token):  # type: ignore[no-untyped-def]
            step = super().coefficients(token)
            return step._replace(write=step.write / 2)

    assert check(claims()["delta/power/sphere"], Catalogue({"delta": Delta})).holds
    slipped = check(claims()["delta/power/sphere"], Catalogue({"delta": Slipped}))
    halved = check(claims()["delta/update"], Catalogue({"delta": Halved}))
    for verdict in (slipped, halved):
        assert not verdict.holds
        assert verdict.reason.startswith("refuted at")


@pytest.mark.parametrize("slip", ["fresh", "own", "older", "source", "mean", "query"])
def test_a_slip_of_the_engine_is_refuted(slip: str, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = StepMaps.of

    def slipped(*arguments: object) -> StepMaps:
        maps = honest(*arguments)  # type: ignore[arg-type]
        return replace(maps, **{slip: getattr(maps, slip) * sympy.Rational(51, 50)})

    monkeypatch.setattr(StepMaps, "of", slipped)
    verdict = check(claims()["decay/engine/gaussian"], Catalogue())
    assert not verdict.holds
    assert verdict.reason.startswith("refuted at")


def test_the_degenerate_ratio_is_a_case_of_its_own() -> None:
    x = parameter("x")
    whole = geometric(x**2, age)
    assert is_zero(whole - geometric(x**2, age + 1) + x ** (2 * age))
    wrong = sympy.Piecewise((age + 1, sympy.Eq(x**2, 1)), (whole.args[1].expr, True))
    assert not is_zero(whole - wrong)
    with pytest.raises(TypeError, match="different ratios"):
        is_zero(whole - geometric(x, age))


def test_decisions_are_exact() -> None:
    x = parameter("x")
    assert is_zero((x * (1 - x / d)) ** age - x**age * (1 - x / d) ** age)
    assert is_zero((4 * x**2) ** age - (2 * x) ** (2 * age))
    near = x**age - x ** (age + 1) * (1 + sympy.Rational(1, 10**30))
    assert not is_zero(near)
    assert counterexample(near) is not None
    assert counterexample(x - x) is None


def test_moments_agree_with_integrals_in_low_dimension() -> None:
    angle = sympy.Symbol("angle")
    for n in (2, 4, 6):
        circle = sympy.integrate(sympy.cos(angle) ** n, (angle, 0, 2 * sympy.pi)) / (2 * sympy.pi)
        assert sphere_moment(n).subs(d, 2) == circle
        assert sphere_moment(n).subs(d, 3) == sympy.Rational(1, n + 1)  # Archimedes
        assert sphere_moment(n).subs(d, 1) == 1
    assert GAUSSIAN.moments["m4"].subs(d, 1) == 3
    assert GAUSSIAN.moments["m6"].subs(d, 1) == 15
    assert sphere_moment(2, 2).subs(d, 3) == sympy.Rational(1, 15)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("softmax", {"bandwidth": 0.5}),
        ("kernel_ridge", {"bandwidth": 0.5, "lam": 0.25}),
        ("sliding_window", {"bandwidth": 0.5, "window": 2}),
        ("omega", {"beta": 0.5, "window": 2}),
        ("mesa", {"gamma": 0.75, "lam": 0.25}),
        ("gated_delta", {}),
    ],
)
def test_steps_on_exact_numbers_are_those_on_tensors(name: str, settings: dict[str, Any]) -> None:
    draw = torch.randint(-4, 5, (2, 7), generator=torch.Generator().manual_seed(0)).double() / 4
    keys, values, query = draw[:, :3], draw[:, 3:6], draw[:, 6:]
    rule = rules()[name](**settings)
    state = rule.init(Dims(2, 2, 3))
    for t in range(3):
        state = rule.write(state, Token(keys[:, t : t + 1].T, values[:, t : t + 1].T, t))
    columns = [sympy.Matrix(x.tolist()).applyfunc(sympy.nsimplify) for x in (keys, values, query)]
    numbers = {key: x if isinstance(x, int) else sympy.nsimplify(x) for key, x in settings.items()}
    found = Catalogue()(name).stream(*columns, **numbers).subs(e, sympy.E)
    numbers_found = torch.tensor([float(x) for x in found], dtype=torch.float64)
    torch.testing.assert_close(numbers_found, rule.read(state, query[:, 0]), rtol=1e-12, atol=1e-12)


def test_newton_schulz_on_exact_numbers_is_that_on_tensors() -> None:
    M = [[2, 1], [2, 4]]  # of norm 5
    found = orthogonalised(Catalogue(), sympy.Matrix(M), shipped_quintic(Catalogue(), "MUON"), 2)
    numbers = torch.tensor(found.tolist(), dtype=torch.float64)
    theirs = newton_schulz(torch.tensor(M, dtype=torch.float64), 2, MUON)
    torch.testing.assert_close(numbers, theirs, rtol=1e-12, atol=1e-12)


def test_exact_arrays_answer_only_what_they_know() -> None:
    x = exact([[beta, 2]])
    with ExactTorch():
        assert torch.exp(x)[0, 0] == e**beta
        assert (x.sum(), x.square().sum()) == (beta + 2, beta**2 + 4)
        with pytest.raises(TypeError, match="sigmoid has no exact answer"):
            torch.sigmoid(x)
        with pytest.raises(TypeError, match="unsupported operand"):
            x + torch.arange(2)
        with pytest.raises(TypeError, match="at least 0"):
            x.clamp(min=0)
        with pytest.raises(TypeError, match="truth value"):
            torch.where(x > 0, x, 0.0)
    with pytest.raises(TypeError, match="exp has no exact answer"):
        torch.exp(x)


def test_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["hebbian", "--json", "--no-pdf"])
    assert done.exit_code == 0
    assert {x["id"] for x in json.loads(done.stdout)["claims"]} == set(
        matching("hebbian", claims())
    )
    assert json.loads((tmp_path / "build" / "claims.json").read_text()) == json.loads(done.stdout)
    late = CliRunner().invoke(app, ["delta/power/sphere", "--seconds", "0.001", "--no-pdf"])
    assert late.exit_code == 1
    assert "proofs_check/rules/delta.py: TimeoutError" in late.stdout
    unknown = CliRunner().invoke(app, ["dleta"])
    assert unknown.exit_code == 2
    assert "Unknown claim 'dleta'; nearest: 'delta'" in unknown.output


def test_code_that_ships_runs_on_symbols_and_a_slip_in_it_is_refuted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert check(claims()["features/taylor/action"], Catalogue()).holds
    honest = Taylor._slope
    monkeypatch.setattr(Taylor, "_slope", lambda self, d: 2 * honest(self, d))
    slipped = check(claims()["features/taylor/action"], Catalogue())
    assert slipped.reason.startswith("refuted at")
