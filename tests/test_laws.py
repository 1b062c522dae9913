"""Exact laws of the first rules: golden values, closed forms, and the z-test with its control."""

import itertools

import numpy as np
import pytest

from capacity.discover import rules
from capacity.keys import Gaussian, Keys, Orthonormal, Sphere
from capacity.rule import Dims, Rule
from experiments.probes.recall import recall_probe
from tests.zscores import law_of, probe_z, z_scores

R = rules()
ENSEMBLES = {"sphere": Sphere(), "gaussian": Gaussian(), "orthonormal": Orthonormal()}


def radial_moments(keys: Keys, d: int) -> dict[str, float]:
    if isinstance(keys, Sphere):
        return {"m4": 1.0, "m6": 1.0}
    return {"m4": 1 + 2 / d, "m6": (1 + 2 / d) * (1 + 4 / d)}


@pytest.mark.parametrize(
    ("rule", "keys", "items", "values"),
    [
        (R["delta"](beta=1.0), "sphere", 40, {1: 0.12052, 5: 0.53169, 15: 1.19498, 39: 1.76993}),
        (R["delta"](beta=0.5), "sphere", 60, {0: 0.32843, 5: 0.47424, 39: 1.03251}),
        (
            R["gated_delta"](alpha=0.95, beta=0.8),
            "sphere",
            60,
            {0: 0.04952, 5: 0.44557, 39: 1.23462},
        ),
        (R["gated_delta"](alpha=0.97, beta=0.7), "gaussian", 40, {5: 0.46238}),
        (R["decay"](gamma=0.9), "sphere", 50, {10: 0.74556}),
        (R["decay"](gamma=0.9), "gaussian", 50, {10: 0.76076}),
    ],
)
def test_golden_values(rule: Rule, keys: str, items: int, values: dict[int, float]) -> None:
    mse = law_of(rule, ENSEMBLES[keys], Dims(16, 16), items).mse
    for age, value in values.items():
        assert round(float(mse[age]), 5) == value


@pytest.mark.parametrize("keys", [Sphere(), Gaussian()])
def test_hebbian_error_is_the_textbook_one(keys: Keys) -> None:
    shift = -1 if isinstance(keys, Sphere) else 1
    for d, items in ((1, 3), (16, 40), (64, 5)):
        mse = law_of(R["hebbian"](), keys, Dims(d, d), items).mse
        np.testing.assert_allclose(mse, (items + shift) / d, rtol=0, atol=1e-12)


@pytest.mark.parametrize("keys", [Sphere(), Gaussian()])
@pytest.mark.parametrize("name", ["hebbian", "decay", "delta", "gated_delta"])
def test_closed_form_equals_the_recursion(name: str, keys: Keys) -> None:
    typical = [p.typical for p in R[name].parameters()]
    for values in itertools.product(*typical):
        rule = R[name](*values)
        for d, items in ((1, 7), (2, 30), (16, 100), (65, 33)):
            recall = law_of(rule, keys, Dims(d, d), items)
            signal, power = rule.closed_form(
                d=d, age=np.arange(items), items=items, **radial_moments(keys, d)
            )
            np.testing.assert_allclose(
                recall.signal, signal + 0 * recall.signal, rtol=1e-12, atol=1e-14
            )
            np.testing.assert_allclose(recall.power, power, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("keys", [Sphere(), Gaussian()])
def test_lifelong_limit_is_the_limit(keys: Keys) -> None:
    rule, dims = R["gated_delta"](alpha=0.97, beta=0.7), Dims(8, 8)
    law = rule.law(keys, dims)
    assert law is not None
    many, forever = law.recall(3000), law.lifelong(100)
    assert forever is not None
    np.testing.assert_allclose(many.power[:100], forever.power, rtol=1e-10)
    np.testing.assert_allclose(many.signal[:100], forever.signal, rtol=1e-10)
    steady = R["delta"](beta=0.6).law(Sphere(), dims)
    assert steady is not None
    found = steady.lifelong(50)
    assert found is not None
    np.testing.assert_allclose(found.power, 0.6 / 1.4, rtol=1e-12)
    endless = R["hebbian"]().law(keys, dims)
    assert endless is not None
    unbounded = endless.lifelong(3)
    assert unbounded is not None
    assert np.isinf(unbounded.power).all()


def cells() -> list[tuple[Rule, Keys, int, int]]:
    """200 cells over rules, ensembles, dimensions, loads and parameters.

    Gaussian keys keep beta <= d/(2(d+2)): beyond it fourth moments make standard errors lie.
    """
    found: list[tuple[Rule, Keys, int, int]] = []
    for d, load in itertools.product((8, 16, 32, 64), (0.5, 1, 2, 3)):
        items = round(load * d)
        small = 0.9 * d / (2 * (d + 2))
        sphere = [
            R["hebbian"](),
            R["decay"](gamma=0.9),
            R["decay"](gamma=0.99),
            R["delta"](beta=0.3),
            R["delta"](beta=1.0),
            R["delta"](beta=1.5),
            R["gated_delta"](alpha=0.97, beta=0.8),
            R["gated_delta"](alpha=0.9, beta=1.3),
        ]
        gaussian = [
            R["hebbian"](),
            R["decay"](gamma=0.95),
            R["delta"](beta=small),
            R["gated_delta"](alpha=0.97, beta=small),
        ]
        found += [(rule, Sphere(), d, items) for rule in sphere]
        found += [(rule, Gaussian(), d, items) for rule in gaussian]
    found += [
        (R["delta"](beta=b), Sphere(), 8, 24) for b in (0.1, 0.2, 0.5, 0.7, 0.9, 1.2, 1.7, 1.9)
    ]
    return found


def test_z_scores_of_200_cells_are_standard_normal() -> None:
    """Bounds hold for a right law with probability above 0.999; for one 2 % off they must not."""
    z, off = [], []
    for seed, (rule, keys, d, items) in enumerate(cells()):
        dims = Dims(d, 16)
        measured = recall_probe(rule, keys, dims, (items,), trials=1000, seed=seed)[0]
        recall = law_of(rule, keys, dims, items)
        z.append(z_scores(measured, recall)["mse"])
        off.append(z_scores(measured, recall, scale=1.02)["mse"])
    assert len(z) == 200
    assert normal_enough(z), (np.mean(z), np.std(z), np.abs(z).max())
    assert not normal_enough(off)


def normal_enough(z: list[float]) -> bool:
    spread = 0.85 < np.std(z) < 1.15
    return bool(abs(np.mean(z)) < 0.25 and spread and np.abs(z).max() < 4.5)


@pytest.mark.parametrize("name", ["hebbian", "decay", "delta", "gated_delta"])
def test_cells_without_variance_are_exact(name: str) -> None:
    rule = R[name]()
    for items in (1, 5, 8):
        recall = law_of(rule, Orthonormal(), Dims(8, 3), items)
        at = recall_probe(rule, Orthonormal(), Dims(8, 3), (items,), trials=20)[0]
        expected = recall.mse * np.ones(items)
        power = at.by_age["power"].mean
        np.testing.assert_allclose(
            at.by_age["mse"].mean, expected * (power / np.maximum(recall.power, 1e-300)), atol=1e-12
        )


def test_window_is_exact() -> None:
    rule = R["sliding_window"](window=5)
    recall = law_of(rule, Sphere(), Dims(4, 4), 9)
    at = recall_probe(rule, Sphere(), Dims(4, 4), (9,), trials=10)[0]
    np.testing.assert_array_equal(recall.mse, [0] * 5 + [1] * 4)
    np.testing.assert_allclose(at.by_age["mse"].mean[:5], 0, atol=1e-12)
    np.testing.assert_array_equal(at.by_age["power"].mean[5:], 0)


def test_softmax_and_its_window_by_z() -> None:
    z = [
        probe_z(R["softmax"](bandwidth=h), Sphere(), Dims(d, d), n, seed=i)
        for i, (h, d, n) in enumerate([(0.5, 32, 64), (8**-0.5, 16, 200), (2.83, 64, 30)])
    ]
    z.append(
        probe_z(R["sliding_window"](window=8, bandwidth=0.5), Sphere(), Dims(8, 8), 20, seed=9)
    )
    for found in z:
        assert max(abs(x) for x in found.values()) < 4.5
    wrong = probe_z(
        R["softmax"](bandwidth=0.5), Sphere(), Dims(32, 32), 64, trials=4000, scale=1.02
    )
    assert abs(wrong["signal"]) > 4.5
