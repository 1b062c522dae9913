"""The law on sign keys: against its limits, against Monte Carlo, and with controls that fail."""

from itertools import product

import numpy as np
import pytest
import torch

from capacity.affine import AffineRule, Step
from capacity.counter_random import Draws
from capacity.discover import rules
from capacity.errors import InputError
from capacity.given_keys import recall_matrices, signal_and_power
from capacity.isotropic import isotropic_law
from capacity.keys import Signs, Sphere, parse_keys
from capacity.law import Law
from capacity.recall import Recall
from capacity.rule import Dims, Rule
from capacity.spectrum import SignsLaw, SignStep, signs_law

SIGMA = np.array([0.4, 0.25, 0.15, 0.1, 0.06, 0.04])
D = len(SIGMA)
STREAMS, ITEMS = 1500, 20
Z = 4.5  # two-sided 7e-6 a comparison


def build(name: str, **values: float) -> AffineRule:
    rule = rules()[name].with_values(**values)
    assert isinstance(rule, AffineRule)
    return rule


def law_of(rule: Rule) -> Law:
    law = rule.law(Signs(SIGMA), Dims(D, D))
    assert law is not None
    return law


def covered() -> list[AffineRule]:
    """Affine rules at their defaults that have a law on sign keys."""
    found = [rule() for rule in rules().values() if issubclass(rule, AffineRule)]
    return [rule for rule in found if signs_law(rule, Signs(SIGMA), D) is not None]


def measured(rule: AffineRule, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Signal and power per stream and age; values enter through their exact moments."""
    keys = Signs(SIGMA).sample(Draws(seed, torch.arange(STREAMS)), D, ITEMS)
    s, p = signal_and_power(recall_matrices(rule, keys))
    return s.flip(1).numpy(), p.flip(1).numpy()


def z_scores(recall: Recall, streams: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """z of the mean over ages and of the newest and the oldest pair, for signal and power.

    A number that does not vary by stream has no z; there it is compared to rounding.
    """
    scores = []
    for predicted, found in zip((recall.signal, recall.power), streams, strict=True):
        for pick in (slice(None), slice(0, 1), slice(-1, None)):
            each = found[:, pick].mean(axis=1)
            gap = each.mean() - predicted[pick].mean()
            stderr = each.std(ddof=1) / np.sqrt(len(each))
            scores.append(gap / max(stderr, 1e-13))
    return np.abs(scores)


@pytest.mark.parametrize("rule", covered(), ids=lambda rule: rule.rule_id())
def test_law_agrees_with_monte_carlo(rule: AffineRule) -> None:
    assert z_scores(law_of(rule).recall(ITEMS), measured(rule, 1)).max() < Z


@pytest.mark.parametrize("beta", [0.3, 1.7])
@pytest.mark.parametrize("decay", [1.0, 0.9])
def test_law_agrees_at_other_steps(beta: float, decay: float) -> None:
    rule = build("gated_delta", alpha=decay, beta=beta)
    assert z_scores(law_of(rule).recall(ITEMS), measured(rule, 2)).max() < Z


def test_law_off_by_two_percent_fails() -> None:
    rule = build("delta")
    right = law_of(rule).recall(ITEMS)
    wrong = Recall(1.02 * right.signal, 1.02 * right.power)
    assert z_scores(wrong, measured(rule, 1)).max() > Z


def test_a_step_off_by_two_percent_fails() -> None:
    rule = build("delta", beta=0.5)
    slipped = law_of(build("delta", beta=0.51)).recall(ITEMS)
    assert z_scores(slipped, measured(rule, 1)).max() > Z


def enumerated(rule: AffineRule, variances: np.ndarray, items: int) -> Recall:
    """Signal and power by age averaged over every stream of signs there is: no sampling."""
    d = len(variances)
    signs = np.array(list(product([-1.0, 1.0], repeat=d * items))).reshape(-1, items, d)
    keys = torch.from_numpy(signs * np.sqrt(variances))
    s, p = (x.mean(dim=0).flip(0).numpy() for x in signal_and_power(recall_matrices(rule, keys)))
    return Recall(s, p)


def worst_gap(rule: AffineRule) -> float:
    variances = np.array([0.5, 0.3, 0.2])
    law = signs_law(rule, Signs(variances), 3)
    assert law is not None
    got, all_of_them = law.recall(4), enumerated(rule, variances, 4)
    return max(
        float(np.abs(got.signal - all_of_them.signal).max()),
        float(np.abs(got.power - all_of_them.power).max()),
    )


@pytest.mark.parametrize("rule", covered(), ids=lambda rule: rule.rule_id())
def test_law_is_the_average_over_all_signs(rule: AffineRule) -> None:
    assert worst_gap(rule) < 1e-12


def test_a_lost_pairing_of_signs_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """E k_i k_j k_i k_j pairs in two ways; a law that counts one is refused."""
    rule = build("delta", beta=1.5)
    assert worst_gap(rule) < 1e-12
    right = SignStep.pair_factors

    def one_way(step: SignStep, sigma: np.ndarray) -> np.ndarray:
        return right(step, sigma) - step.change**2 * np.outer(sigma, sigma)

    monkeypatch.setattr(SignStep, "pair_factors", one_way)
    assert worst_gap(rule) > 1e-3


def test_hebbian_error_is_load_over_effective_dimension() -> None:
    d_eff = 1 / np.sum(SIGMA**2)
    for items in (1, 2, 7, 100):
        mse = law_of(build("hebbian")).recall(items).mse
        np.testing.assert_allclose(mse, (items - 1) / d_eff, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("beta", [0.2, 1.0, 1.6])
def test_delta_in_the_long_run(beta: float) -> None:
    """Known for every law of unit-norm keys: p = beta/(2 - beta) at every age."""
    recall = law_of(build("delta", beta=beta)).lifelong(50)
    assert recall is not None
    signal = beta * ((1 - beta * SIGMA[:, None]) ** np.arange(50) * SIGMA[:, None]).sum(axis=0)
    np.testing.assert_allclose(recall.signal, signal, rtol=1e-12)
    np.testing.assert_allclose(recall.power, beta / (2 - beta), rtol=1e-10)


def test_lifelong_is_the_limit_of_many_items() -> None:
    rule = build("gated_delta", alpha=0.9, beta=0.7)
    endless = law_of(rule).lifelong(10)
    assert endless is not None
    many = law_of(rule).recall(600)  # what is left of the start is below 0.9^1180
    np.testing.assert_allclose(endless.power, many.power[:10], rtol=1e-10)


def test_hebbian_power_diverges() -> None:
    recall = law_of(build("hebbian")).lifelong(3)
    assert recall is not None
    assert np.isinf(recall.power).all()


def test_one_direction_is_the_sphere_in_one_dimension() -> None:
    """Unit keys on a line: both ensembles are the same, at every step."""
    rule = build("delta", beta=0.7)
    sphere, line = isotropic_law(rule, Sphere(), 1), signs_law(rule, Signs(np.ones(1)), 1)
    assert sphere is not None
    assert line is not None
    for quantity in ("signal", "power"):
        np.testing.assert_allclose(
            getattr(line.recall(9), quantity), getattr(sphere.recall(9), quantity), rtol=1e-12
        )


def test_directions_without_variance_change_nothing() -> None:
    rule = build("delta", beta=0.7)
    padded = rule.law(Signs(np.append(SIGMA, [0.0, 0.0])), Dims(D + 2, D))
    assert padded is not None
    np.testing.assert_array_equal(padded.recall(9).power, law_of(rule).recall(9).power)
    assert padded.lifelong(3) is not None


def test_a_period_of_unlike_steps() -> None:
    """Two steps in turn against their own Monte Carlo; the swapped order is refused."""
    cycle = [SignStep(0.8, -0.5, 0.6), SignStep(1.0, -1.2, 1.1)]

    class Turns(AffineRule):
        period = 2

        def coefficients(self, token):  # type: ignore[no-untyped-def]
            a, c, b = torch.where(
                token.index % 2 == 0, *(torch.tensor(step, dtype=torch.float64) for step in cycle)
            )
            return Step(decay=a, left=-c * token.k, right=token.k, write=b * token.k)

        def cost(self, dims, t):  # type: ignore[no-untyped-def]
            raise NotImplementedError

    rule = object.__new__(Turns)
    streams = measured(rule, 3)
    assert z_scores(law_of(rule).recall(ITEMS), streams).max() < Z
    assert z_scores(SignsLaw(cycle[::-1], SIGMA).recall(ITEMS), streams).max() > Z


def test_a_longer_question_after_a_short_one_agrees() -> None:
    law = law_of(build("delta"))
    law.recall(5)
    fresh = law_of(build("delta")).recall(300)
    np.testing.assert_array_equal(law.recall(300).power, fresh.power)


def test_keys_have_unit_norm_and_their_label_gives_them_back() -> None:
    keys = Signs(2 * SIGMA)
    rows = keys.sample(Draws(0, torch.arange(1)), D, 50)[0].numpy()
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, rtol=1e-12)
    again = parse_keys(keys.label)
    np.testing.assert_allclose(
        again.sample(Draws(0, torch.arange(1)), D, 50)[0].numpy(), rows, rtol=1e-15
    )
    shorter = keys.sample(Draws(0, torch.arange(1)), D, 20)[0].numpy()
    np.testing.assert_array_equal(rows[:20], shorter)


@pytest.mark.parametrize("variances", [[-0.1, 1.1], [0.0, 0.0], [np.nan], [[1.0]], []])
def test_impossible_variances_are_refused(variances: list[float]) -> None:
    with pytest.raises(InputError, match="finite variances >= 0"):
        Signs(np.array(variances))


def test_wrong_dimension_and_labels_are_refused() -> None:
    with pytest.raises(InputError, match="6 variances, got d_k = 4"):
        Signs(SIGMA).sample(Draws(0, torch.arange(1)), 4, 3)[0].numpy()
    with pytest.raises(InputError, match="signs:VARIANCE"):
        parse_keys("signs:a,b")
