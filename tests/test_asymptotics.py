"""Asymptotic laws are claimed or listed, and their symbolic twins are the laws that ship."""

import ast
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sympy import Float, Rational, Symbol, symbols

import capacity
from capacity.kernel_spectrum import _sphere_moments, spectrum
from capacity.ridge_law import RidgeLaw, decayed_sums
from proofs_check.asymptotic_laws import ShippedRidge, endless_sums, kernel_ridge
from proofs_check.asymptotics import CONJECTURED, DERIVED
from proofs_check.asymptotics.exponential import sums_by_age
from proofs_check.collect import claims, folders
from proofs_check.run import Catalogue

HOUSE = Path(capacity.__file__).parent
WEAK = {"ASYMPTOTIC", "CONJECTURE"}  # a bound is a statement of its own, with a claim
DEFINES = {"recall"}  # the module that defines the statuses


def weak_modules(house: Path) -> Iterator[str]:
    """Modules that give a law a weak status, or say 'asymptotic' and import none that does."""
    for path in sorted(house.rglob("*.py")):
        name = ".".join(path.relative_to(house).with_suffix("").parts)
        text = path.read_text()
        tree = ast.parse(text)
        given = any(isinstance(x, ast.Attribute) and x.attr in WEAK for x in ast.walk(tree))
        imported = {x.module or "" for x in ast.walk(tree) if isinstance(x, ast.ImportFrom)}
        told = imported & {f"capacity.{known}" for known in (*DERIVED, *CONJECTURED)}
        if name not in DEFINES and (given or ("asymptotic" in text.lower() and not told)):
            yield name


def test_every_asymptotic_law_is_derived_or_listed_as_a_conjecture() -> None:
    found = set(weak_modules(HOUSE))
    assert {"ridge_law", "kernel_spectrum", "omega_law", "lazy_law", "attractor"} <= found
    assert found <= DERIVED.keys() | CONJECTURED.keys()
    assert all(len(reason) > 20 for reason in CONJECTURED.values())


def test_a_law_that_is_neither_is_found(tmp_path: Path) -> None:
    (tmp_path / "bold_law.py").write_text("x = Status.CONJECTURE\n")
    (tmp_path / "plain_law.py").write_text('"""Exact."""\n')
    (tmp_path / "quiet_law.py").write_text('"""Asymptotic in d."""\n')
    assert list(weak_modules(tmp_path)) == ["bold_law", "quiet_law"]


def test_every_file_named_there_has_claims() -> None:
    named = {stem for stems in DERIVED.values() for stem in stems}
    assert named <= set(folders()["asymptotics"])
    for stem in named:
        assert [x for x in claims() if x.startswith(f"asymptotics/{stem}/")], stem


def test_the_ridge_law_on_symbols_is_the_law() -> None:
    """At the root that ships, for two variances, a decay and three pairs."""
    sigma, ridge, gamma, items = np.array([0.75, 0.25]), 0.5, 0.5, 3
    law = RidgeLaw(ridge, gamma, sigma)
    m = Symbol("m", positive=True)
    shipped = ShippedRidge(Catalogue(), m, sums_by_age)
    exact = Rational(1, 2), Rational(1, 2), (Rational(3, 4), Rational(1, 4)), items
    at = {m: Float(np.exp(law.overlap(items)), 17)}
    assert float(abs(shipped.gap(*exact).subs(at))) < 1e-12
    assert float(abs(shipped.gap(*exact).subs({m: 2 * at[m]}))) > 1e-3
    rows = np.array(shipped.recall(*exact, items).subs(at), dtype=float)
    found = law.recall(items)
    np.testing.assert_allclose(rows, np.stack([found.signal, found.power], axis=1), rtol=1e-12)
    unseen = float(shipped.unseen(*exact).subs(at))
    assert unseen == pytest.approx(law.fresh_power(items, law.overlap(items)), rel=1e-12)


def test_sums_over_endless_ages_on_symbols_are_the_sums() -> None:
    rate, m = symbols("rate m", positive=True)
    at = {rate: Float(1e-4, 20), m: Float(3, 20)}
    found = [float(x.subs(at)) for x in endless_sums(Catalogue(), rate, m)]
    np.testing.assert_allclose(
        found, decayed_sums(float(np.exp(-1e-4)), np.inf, float(np.log(3))), rtol=1e-12
    )


def test_the_kernel_ridge_law_on_symbols_is_the_law() -> None:
    eta, weight = spectrum(16, 0.5)
    lam, items = 0.1, 20
    signal, power = _sphere_moments(eta, weight, lam, items)
    x, exact = Symbol("x", positive=True), [tuple(map(Float, part)) for part in (eta, weight)]
    residual, moments = kernel_ridge(Catalogue(), x, *exact, Float(lam), items)
    low, high = lam / items, (lam + 1) / items
    for _ in range(60):  # the residual grows with x
        middle = (low + high) / 2
        low, high = (middle, high) if residual.subs(x, middle) < 0 else (low, middle)
    assert float(moments[0].subs(x, low)) == pytest.approx(signal, rel=1e-9)
    assert float(moments[1].subs(x, low)) == pytest.approx(power, rel=1e-9)
