"""Softmax attention under a linear teacher: its exact law, limits, and the probe."""

import numpy as np
import pytest

from capacity.discover import rules
from capacity.kernel_taught import TaughtKernelLaw
from capacity.keys import Gaussian, Orthonormal, Sphere
from capacity.rule import Dims, Rule
from capacity.values import NOISE, Values, parse_values
from experiments.probes.future import future_probe
from tests.test_teacher import law_of, z_scores

SOFTMAX, SPHERE, Z = rules()["softmax"], Sphere(), 4.0


def softmax(bandwidth: float) -> Rule:
    found: Rule = SOFTMAX(bandwidth=bandwidth)
    return found


CELLS = [
    (2, 0.28, "teacher:signal=1", (2, 8)),
    (8, 0.5, "teacher:signal=0.7,drift=0.05", (5, 20)),
    (16, 0.3, "teacher:signal=0.5", (16, 48)),
    (4, 0.6, "teacher:signal=0.8,switch=6", (4, 15)),
]


@pytest.mark.parametrize("cell", range(len(CELLS)), ids=[f"d{x[0]}-{x[2]}" for x in CELLS])
def test_the_law_against_the_probe(cell: int) -> None:
    """Twelve numbers over 2000 groups of streams; a law 10 % off is refused."""
    d, bandwidth, label, checkpoints = CELLS[cell]
    rule, values = softmax(bandwidth), parse_values(label)
    law = law_of(rule, SPHERE, d, values)
    measured = future_probe(
        rule, SPHERE, Dims(d, d), checkpoints, values=values, trials=4000, share=2, seed=700 + cell
    )
    right = [z for at in measured for z in z_scores(at, law).values()]
    assert max(map(abs, right)) < Z
    wrong = [z for at in measured for z in z_scores(at, law, slip=1.1).values()]
    assert max(map(abs, wrong)) > Z


def test_without_a_teacher_stored_recall_is_the_law() -> None:
    taught = law_of(softmax(0.4), SPHERE, 6, NOISE).stored(9)
    plain = softmax(0.4).law(SPHERE, Dims(6, 6))
    assert plain is not None
    np.testing.assert_allclose(taught.signal, plain.recall(9).signal, rtol=1e-13)
    np.testing.assert_allclose(taught.power, plain.recall(9).power, rtol=1e-13)
    other = law_of(softmax(0.4), SPHERE, 6, Values(0.5)).stored(9)
    assert not np.allclose(other.signal, plain.recall(9).signal, rtol=1e-3)


@pytest.mark.parametrize("items", [1, 2, 7])
@pytest.mark.parametrize("signal", [0.5, 1.0])
def test_a_wide_kernel_reads_the_mean_of_all_values(items: int, signal: float) -> None:
    """Errors 1 + 1/N at unseen and 1 - 1/N at stored keys, less O(1/h^2) that it still sees."""
    law = law_of(softmax(1e4), SPHERE, 5, Values(signal))
    assert law.future(items).error[-1] == pytest.approx(1 + 1 / items, abs=1e-7)
    assert law.stored(items).mse.mean() == pytest.approx(1 - 1 / items, abs=1e-7)


@pytest.mark.parametrize("items", [2, 5])
def test_a_narrow_kernel_answers_with_the_nearest_value(items: int) -> None:
    """F = 2 - 2 rho^2 E max_i x_i; on the circle the nearest angle is pi u, u the least of N."""
    law = law_of(softmax(0.1), SPHERE, 2, Values(0.8))
    angle = np.linspace(0, np.pi, 200_001)
    density = items / np.pi * (1 - angle / np.pi) ** (items - 1)
    nearest = float(np.trapezoid(np.cos(angle) * density, angle))
    # weights tie within angles of about h^2, where both keys answer almost alike
    assert law.future(items).error[-1] == pytest.approx(2 - 1.6 * nearest, abs=0.02)
    assert law.future(items).error[-1] != pytest.approx(2 - 1.6 * nearest**2, abs=0.02)


@pytest.mark.parametrize(("label", "kept"), [("teacher:signal=0.8", True), ("noise", False)])
def test_the_steady_state_is_the_limit(label: str, kept: bool) -> None:
    """Finite N differs by O(1/N): halving the distance takes twice the pairs."""
    law = law_of(softmax(0.8), SPHERE, 4, parse_values(label))
    steady = law.steady()
    assert steady is not None
    near, far = (law.future(400).error[n - 1] - steady.error for n in (400, 200))
    assert 1.9 < far / near < 2.1
    assert (steady.alignment > 0.1) == kept


def test_teachers_that_drift_average_out_and_those_that_switch_have_no_limit() -> None:
    drifting = law_of(softmax(0.5), SPHERE, 4, Values(0.8, 0.1)).steady()
    assert drifting is not None
    assert float(drifting.error) == 1.0
    assert law_of(softmax(0.5), SPHERE, 4, Values(0.8, switch=5)).steady() is None


def test_parts_add_up() -> None:
    found = law_of(softmax(0.4), SPHERE, 6, Values(0.7, 0.05)).future(12)
    parts = found.floor + found.bias + found.lag + found.variance
    np.testing.assert_allclose(parts, found.error, rtol=1e-13)
    fixed = law_of(softmax(0.4), SPHERE, 6, Values(0.7)).future(12)
    np.testing.assert_allclose(fixed.lag, 0, atol=1e-14)
    assert found.lag[-1] > 0.01


def test_where_no_law_is_known() -> None:
    values, dims = Values(0.5), Dims(4, 4)
    assert isinstance(softmax(0.5).taught(SPHERE, dims, values), TaughtKernelLaw)
    for keys in (Gaussian(), Orthonormal()):
        assert softmax(0.5).taught(keys, dims, values) is None
    assert softmax(1e-3).taught(SPHERE, dims, values) is None  # too narrow to integrate
