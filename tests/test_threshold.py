"""Inversion, horizon and optimum against values known otherwise, and on curves with a dip."""

import math

import numpy as np
import pytest

from capacity.discover import rules
from capacity.errors import InputError
from capacity.keys import Empirical, Orthonormal, Sphere
from capacity.law import Law
from capacity.questions import horizon, invert, optimum
from capacity.recall import Recall, Status
from capacity.rule import Dims
from capacity.threshold import Criterion, Over
from capacity.threshold import capacity as find_capacity
from capacity.threshold import horizon as find_horizon

R = rules()
MSE = Criterion.parse("mse=0.1")


class Dip(Law):
    """Error 0.05, then a bump above 0.1 at N = 5 only, then 0.05 again: not monotone in N."""

    def __init__(self) -> None:
        self.statuses = {"signal": Status.EXACT, "power": Status.EXACT}

    def recall(self, items: int) -> Recall:
        error = 0.2 if items == 5 else 0.05
        return Recall(np.ones(items), np.full(items, 1 + error), self.statuses)

    def lifelong(self, ages: int) -> Recall:
        """An error that is small at ages 0..9 and 20..29 only."""
        near = (np.arange(ages) % 20 < 10) & (np.arange(ages) < 30)
        return Recall(np.ones(ages), np.where(near, 1.05, 1.5), self.statuses)


def test_a_bump_ends_the_capacity_and_a_gap_does_not_end_the_horizon() -> None:
    found = find_capacity(Dip(), MSE, Dims(8, 8), Sphere(), Over("mean"))
    assert found.value == 4
    assert find_horizon(Dip(), MSE, 8).value == 29


def test_hebbian_capacity_is_arithmetic() -> None:
    """MSE = (N - 1)/d <= c means N = 1 + floor(c d)."""
    for d, c in ((64, 0.1), (64, 0.5), (10, 0.1), (7, 1.0)):
        answer = invert("hebbian", d_k=d, criterion=f"mse={c}")
        assert answer["capacity"] == 1 + math.floor(c * d + 1e-9)
        assert answer["reason"] is None


def test_capacity_is_the_last_load_that_meets_the_criterion() -> None:
    for name in ("delta", "gated_delta", "decay"):
        law = R[name]().law(Sphere(), Dims(32, 32))
        assert law is not None
        n = find_capacity(law, MSE, Dims(32, 32), Sphere(), Over("worst")).value
        assert n is not None
        assert law.recall(n).mse.max() <= 0.1 < law.recall(n + 1).mse.max()


def test_no_capacity_is_said_with_its_reason() -> None:
    assert invert("delta", d_k=64, criterion="cos2=0.5", over="age:3", limit=300)[
        "reason"
    ].startswith("unbounded")
    assert invert("hebbian", d_k=8, keys="orthonormal", criterion="mse=0.1")["reason"].startswith(
        "censored: met up to the 8 items"
    )
    assert invert("delta", d_k=64, criterion="mse=10", limit=100)["reason"].startswith("censored")
    assert invert("decay", d_k=4, criterion="mse=0.1", parameters={"gamma": 0.0})["capacity"] == 1
    assert invert("delta", d_k=4, criterion="mse=0.1", parameters={"beta": 0.1})["capacity"] == 0


def test_softmax_capacity_is_bracketed_by_its_law() -> None:
    law = R["softmax"](bandwidth=8**-0.5).law(Sphere(), Dims(16, 16))
    assert law is not None
    n = find_capacity(law, MSE, Dims(16, 16), Sphere(), Over("mean")).value
    assert n is not None
    assert law.one(n).mse[0] <= 0.1 < law.one(n + 1).mse[0]
    curve = [law.one(m).mse[0] for m in range(1, 4 * n)]
    assert (np.diff(curve) > 0).all()


def test_decayed_horizon_is_d_over_e_theta() -> None:
    """The best gate for SNR theta reaches d/(e theta), to the next integer."""
    d, theta = 512, 1.0
    best = math.sqrt(1 - math.e * theta / d)
    found = horizon("decay", d_k=d, criterion=f"snr={theta}", parameters={"gamma": best})["horizon"]
    assert abs(found - d / (math.e * theta)) <= 2
    for gamma in (best - 0.0005, best + 0.0005):
        other = horizon("decay", d_k=d, criterion="snr=1", parameters={"gamma": gamma})["horizon"]
        assert other < found


def test_horizon_of_delta_is_where_its_closed_form_crosses() -> None:
    d, beta, threshold = 64, 1.0, 0.5
    exact = math.log(threshold / (beta * (2 - beta))) / (2 * math.log(1 - beta / d))
    assert horizon("delta", d_k=d, criterion="cos2=0.5")["horizon"] == math.floor(exact)
    assert "grows without bound" in horizon("hebbian", d_k=8, criterion="cos2=0.5")["reason"]
    assert (
        "no endless stream"
        in horizon("delta", d_k=8, keys="orthonormal", criterion="cos2=0.5")["reason"]
    )


@pytest.mark.parametrize("x", [0.25, 1.0, 4.0])
def test_best_step_is_the_published_root(x: float) -> None:
    d = 512
    found = optimum("delta", d_k=d, target=f"age:{round(x * d)}")
    beta = (1 + 2 * x - math.sqrt(1 + 4 * x * x)) / (2 * x)
    assert abs(found["optimum"]["beta"] - beta) < 2 / d
    assert abs(found["value"] - beta * (2 - beta) * math.exp(-2 * beta * x)) < 2 / d


def test_best_gate_is_the_published_one() -> None:
    found = optimum("decay", d_k=64, target="age:20")
    # cos2 = 1/(1 + (gamma^(-2a)/(1 - gamma^2) - 1)/d): its best gamma^2 is a/(a + 1) exactly
    assert abs(found["optimum"]["gamma"] ** 2 - 20 / 21) < 1e-6


def test_optimum_for_a_load_beats_its_neighbours() -> None:
    found = optimum("delta", d_k=32, target="load:40", criterion="mse")
    best = found["optimum"]["beta"]
    for beta in (best - 0.02, best + 0.02):
        law = R["delta"](beta=beta).law(Sphere(), Dims(32, 32))
        assert law is not None
        assert law.recall(40).mse.mean() > found["value"]


def test_bits_per_scalar_is_the_rate_distortion_bound() -> None:
    answer = invert("hebbian", d_k=64, criterion="mse=0.1")
    assert answer["bits_per_scalar"] == pytest.approx(7 * 32 * math.log2(10) / 64**2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mse", "does not read like"),
        ("mse=x", "does not read like"),
        ("mse=-1", "needs 0 < mse"),
        ("mse=nan", "needs 0 < mse"),
        ("cos2=1.5", "0 < cos2 <= 1"),
        ("mze=0.1", "did you mean 'mse'"),
        ("accuracy=0.9", "accuracy=0.9@1000"),
        ("accuracy=0.9@1", "at least 2 candidates"),
    ],
)
def test_criteria_that_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Criterion.parse(text)


def test_given_keys_bound_the_load() -> None:
    keys = Empirical(np.eye(4), "rows")
    law = R["hebbian"]().law(keys, Dims(4, 4))
    assert law is not None
    found = find_capacity(law, MSE, Dims(4, 4), keys, Over("mean"))
    assert found.value is None
    assert "4 items" in str(found.reason)
    assert Orthonormal().most_items(4) == 4
