"""The best memory within a budget: offers agree with the laws, and nothing overspends."""

import numpy as np
import pytest

from capacity import questions
from capacity.budget import Budget, Offer, best_offers, settings
from capacity.discover import rules, wrapped
from capacity.errors import InputError
from capacity.keys import Orthonormal, Sphere
from capacity.rule import Dims
from capacity.threshold import Criterion

BUDGET, HALF = Budget(bytes=16_384, flops=60_000), Criterion.parse("cos2=0.5")


@pytest.fixture(scope="module")
def offers() -> dict[str, Offer]:
    return {offer.rule: offer for offer in best_offers(BUDGET, HALF, Sphere(), d=16)}


def test_no_offer_overspends_and_one_more_pair_fails_or_costs_too_much(
    offers: dict[str, Offer],
) -> None:
    assert len(offers) > 15
    for offer in offers.values():
        assert offer.state_bytes <= BUDGET.bytes
        assert offer.flops <= BUDGET.flops
        rule = wrapped(rules()[offer.rule].with_values(**offer.parameters), offer.wrappers)
        if offer.limit in ("bytes", "flops"):
            assert BUDGET.exceeded(rule, Dims(16, 16), offer.capacity + 1) == offer.limit


def test_offers_that_the_criterion_ends_are_the_capacities_of_the_law(
    offers: dict[str, Offer],
) -> None:
    """Every load in turn, where the budget tried loads a tenth apart."""
    compared = 0
    for offer in offers.values():
        if offer.limit != "criterion" or offer.wrappers or offer.capacity > 300:
            continue
        found = questions.invert(
            offer.rule, d_k=16, criterion="cos2=0.5", parameters=dict(offer.parameters)
        )
        assert found["capacity"] == offer.capacity, offer
        compared += 1
    assert compared > 8


def test_a_cache_is_ended_by_its_bytes(offers: dict[str, Offer]) -> None:
    """Keys and values of 16 + 16 numbers of 4 bytes a pair."""
    assert offers["softmax"].capacity == 16_384 // (4 * 32)
    assert offers["softmax"].limit == "bytes"
    poor = {o.rule: o for o in best_offers(Budget(16_384, 2000), HALF, Sphere(), d=16)}
    assert poor["softmax"].limit == "flops"
    assert poor["softmax"].capacity == 2000 // (2 * 32)


def test_more_budget_stores_no_less() -> None:
    small, large = (
        {o.rule: o.capacity for o in best_offers(Budget(size, 1e9), HALF, Sphere(), d=8, most=400)}
        for size in (1024, 8192)
    )
    assert set(small) <= set(large)
    assert all(large[rule] >= stored for rule, stored in small.items())
    assert any(large[rule] > stored for rule, stored in small.items())


def test_sizes_grow_while_they_fit_and_features_are_tried(offers: dict[str, Offer]) -> None:
    tried = settings(rules()["sliding_window"], Dims(16, 16), BUDGET)
    windows = [x["window"] for x in tried if "window" in x]
    assert max(windows) == 128  # 128 pairs of 32 numbers of 4 bytes are the whole budget
    assert offers["hebbian"].wrappers
    plain = questions.invert("hebbian", d_k=16, criterion="cos2=0.5")["capacity"]
    assert offers["hebbian"].capacity > plain


def test_the_best_size_is_found_where_none_is_given() -> None:
    free = best_offers(Budget(4096, 1e6), HALF, Sphere(), most=2000)
    assert len({offer.d for offer in free}) > 1
    bits = np.array([offer.bits for offer in free])
    assert (bits >= 0).all()


def test_answers_are_plain_and_keys_may_end() -> None:
    found = questions.budget(state_bytes=4096, flops=1e5, criterion="mse=0.1", d=16)
    first = found["offers"][0]
    assert first["capacity"] == max(offer["capacity"] for offer in found["offers"])
    assert set(first) == set(Offer.__dataclass_fields__)
    ended = best_offers(BUDGET, HALF, Orthonormal(), d=16)
    assert max(offer.capacity for offer in ended) == 16


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"state_bytes": 0}, "needs bytes > 0, got 0"),
        ({"flops": -3}, "needs flops > 0, got -3"),
        ({"scalar_bytes": 0}, "needs scalar_bytes > 0"),
        ({"d": 0}, "d must be a positive integer"),
        ({"criterion": "mse"}, "does not read like"),
    ],
)
def test_impossible_budgets_are_refused(changes: dict[str, object], message: str) -> None:
    asked = {"state_bytes": 4096, "flops": 1e5, "criterion": "mse=0.1", "d": 16}
    with pytest.raises(InputError, match=message):
        questions.budget(**{**asked, **changes})  # type: ignore[arg-type]
