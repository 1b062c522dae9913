"""State tracking: permutations by swaps, the laws against the probe, and what refuses."""

import math

import numpy as np
import pytest
import torch

from capacity.discover import rules
from capacity.errors import InputError
from capacity.keys import Sphere
from capacity.permutations import exact_share, nearest_keys, swap_keys, swaps, symmetric_group
from capacity.rule import Dims
from capacity.tracking import Tracker
from capacity.values import NOISE
from experiments.probes.state_tracking import measure, state_tracking_probe
from experiments.request import Request
from paper_figures.discover import figures
from paper_figures.figures.state_tracking import ROUNDING
from tests.test_curves import smoke

R = rules()
CHECKPOINTS = (1, 2, 5, 12)
STIRLING = {3: (1, 3, 2), 4: (1, 6, 11, 6), 5: (1, 10, 35, 50, 24)}  # [n, n], [n, n - 1], ...


def reflections(keys: np.ndarray) -> np.ndarray:
    found = np.eye(keys.shape[1])
    for k in keys:
        found = found @ (np.eye(len(k)) - 2 * np.outer(k, k))
    return found


@pytest.mark.parametrize("n", [3, 4, 5])
def test_swaps_are_the_permutation_and_no_fewer_would_do(n: int) -> None:
    """The permutation minus 1 has rank n - cycles, and so many reflections are used."""
    for p in symmetric_group(n):
        wanted = np.eye(n)[:, list(p)]
        np.testing.assert_allclose(reflections(swap_keys(p, n - 1)), wanted, atol=1e-14)
        assert len(swaps(p)) == np.linalg.matrix_rank(wanted - np.eye(n))
        if len(swaps(p)) == n - 1:  # the control: one too few
            assert abs(reflections(swap_keys(p, n - 2)) - wanted).max() > 0.5


@pytest.mark.parametrize("n", STIRLING)
def test_exact_permutations_are_counted_by_stirling_numbers(n: int) -> None:
    shares = np.cumsum(STIRLING[n]) / math.factorial(n)
    assert [exact_share(n, m) for m in range(n)] == pytest.approx(shares, rel=1e-14)


def test_nearest_reflections_are_at_least_as_near_as_swaps() -> None:
    """And nearer for the cycle of five: two reflections turn the plane that turns most."""
    for p in symmetric_group(5):
        wanted = np.eye(5)[:, list(p)]
        for factors in range(1, 5):
            keys = nearest_keys(p, factors)
            norms = np.linalg.norm(keys, axis=1)
            np.testing.assert_allclose(norms[norms > 0], 1, atol=1e-14)
            near, first = (np.vdot(wanted, reflections(k)) for k in (keys, swap_keys(p, factors)))
            assert near >= first - 1e-12
    cycle = (1, 2, 3, 4, 0)
    turned = np.vdot(np.eye(5)[:, list(cycle)], reflections(nearest_keys(cycle, 2)))
    assert turned == pytest.approx(1 + 2 + 2 * math.cos(2 * math.pi / 5), abs=1e-12)


def setting(n_h: int, beta: float, choice: str, n: int) -> Tracker:
    return Tracker(R["delta_product"](alpha=1.0, beta=beta, n_h=n_h), n, choice)


@pytest.mark.parametrize(
    ("n", "n_h", "beta", "choice"),
    [
        (3, 1, 2.0, "swaps"),
        (3, 2, 1.5, "swaps"),
        (5, 2, 2.0, "nearest"),
        (5, 3, 2.0, "swaps"),
        (5, 4, 1.0, "swaps"),
    ],
)
def test_laws_are_what_is_measured(n: int, n_h: int, beta: float, choice: str) -> None:
    tracker = setting(n_h, beta, choice, n)
    found = state_tracking_probe(
        tracker.rule, n, CHECKPOINTS, choice=choice, trials=1500, seed=10 * n + n_h
    )
    laws = {"signal": tracker.signal(12)}
    accuracy = tracker.accuracy(12)
    assert (accuracy is not None) == (beta == 2 and choice == "swaps")
    if accuracy is not None:
        laws["accuracy"] = accuracy
    for name, law in laws.items():
        right, wrong = [], []
        for t, at in found.items():
            mean, stderr = at[name].mean, at[name].stderr
            right.append(abs(mean - law[t]) / stderr)
            wrong.append(abs(mean - law[t + 1 if t < 12 else t - 1]) / stderr)
        assert max(right) < 4
        assert max(wrong) > 8  # the control: one token more


@pytest.mark.parametrize("n", [3, 5])
def test_enough_reflections_track_exactly_and_weaker_factors_fade(n: int) -> None:
    exact = state_tracking_probe(setting(n - 1, 2.0, "swaps", n).rule, n, (200,), trials=50)[200]
    assert exact["accuracy"].mean == 1
    assert exact["signal"].mean == pytest.approx(1, abs=1e-12)
    half = state_tracking_probe(setting(n - 1, 1.0, "swaps", n).rule, n, (200,), trials=50)[200]
    assert half["accuracy"].mean == 0
    assert half["signal"].mean == pytest.approx(1 / n, abs=1e-9)


def test_one_factor_is_the_delta_rule_and_a_sum_of_pairs_tracks_nothing() -> None:
    one, other = R["delta"](beta=1.7), R["delta_product"](alpha=1.0, beta=1.7, n_h=1)
    np.testing.assert_allclose(Tracker(one, 3).products, Tracker(other, 3).products, atol=1e-14)
    still = Tracker(R["hebbian"](), 3)
    np.testing.assert_allclose(still.products, np.broadcast_to(np.eye(3), (6, 3, 3)), atol=1e-14)
    assert still.signal(9)[-1] == pytest.approx(1 / 3, abs=1e-14)


def test_figure_holds_the_sweep_and_the_laws() -> None:
    frame = figures()["state_tracking"].data({"state_tracking": smoke("state_tracking")})
    dots = frame[frame["kind"] == "measured"]
    assert len(dots) == 2 * len(smoke("state_tracking"))
    assert not ((dots["stderr"] > 0) & (dots["stderr"] < ROUNDING)).any()
    enough = frame[(frame["series"] == "$n_h = 4$ swaps") & (frame["kind"] == "law")]
    np.testing.assert_allclose(enough["y"], 1, atol=1e-12)
    assert set(enough["panel"]) == {"accuracy 5", "signal 5"}


def test_what_cannot_be_tracked_is_named() -> None:
    oblong = Request(R["delta"](), Sphere(), NOISE, Dims(3, 4), (1,), 2, 0, torch.float64, "cpu")
    with pytest.raises(InputError, match="d_k = d_v"):
        measure(oblong)
    with pytest.raises(InputError, match="2 <= n <= 6"):
        Tracker(R["delta"](), 7).signal(1)
    with pytest.raises(InputError, match="linear in values"):
        Tracker(R["hopfield"](), 3)
    with pytest.raises(InputError, match="swaps"):
        Tracker(R["delta"](), 3, "best")
