"""Values from a linear teacher: streams, the exact and asymptotic laws, probes, best parameters."""

import math
from dataclasses import replace

import numpy as np
import padasip
import pytest
import torch

from capacity import questions
from capacity.affine import AffineRule
from capacity.discover import rules, wrapped
from capacity.errors import InputError
from capacity.keys import Gaussian, Keys, Orthonormal, Sphere
from capacity.recall import Status
from capacity.rule import Dims, Rule
from capacity.taught import TaughtLaw
from capacity.values import NOISE, Values, parse_values
from experiments.probes.future import FutureMeasured, future_probe
from experiments.streams import lesson, streams

R = rules()
SPHERE, GAUSSIAN = Sphere(), Gaussian()
Z = 4.0


def law_of(rule: Rule, keys: Keys, d: int, values: Values) -> TaughtLaw:
    law = rule.taught(keys, Dims(d, d), values)
    assert law is not None
    return law


# Streams


@pytest.mark.parametrize("label", ["noise", "teacher:signal=0.7", "teacher:signal=0.5,drift=0.1"])
def test_longer_streams_begin_with_shorter_ones(label: str) -> None:
    values = parse_values(label)
    short = streams(SPHERE, Dims(6, 3), range(4), 5, values=values)[1]
    long = streams(SPHERE, Dims(6, 3), range(7), 11, values=values)[1]
    assert torch.equal(short, long[:4, :5])


def test_a_lesson_holds_the_same_stream_and_the_coming_teacher() -> None:
    """At signal 1 a stored value is what its own teacher answers."""
    values = parse_values("teacher:signal=1,switch=4")
    k, v = streams(SPHERE, Dims(6, 3), range(5), 9, values=values)
    taught = lesson(SPHERE, Dims(6, 3), range(5), (4, 8), values=values, fresh=7)
    torch.testing.assert_close(k[:, :8], taught.keys)
    torch.testing.assert_close(v[:, :8], taught.values)
    # least squares on the answers gives back W; token 8 belongs to the teacher after 8 pairs
    W = torch.linalg.lstsq(taught.queries, taught.answers[8]).solution.mT
    torch.testing.assert_close((W @ k[:, 8, :, None])[..., 0], v[:, 8])
    assert not torch.allclose((W @ k[:, 7, :, None])[..., 0], v[:, 7])


@pytest.mark.parametrize("lag", [1, 5])
def test_a_drifting_teacher_has_its_correlation(lag: int) -> None:
    values, d = Values(signal=0.6, drift=0.2), 8
    taught = lesson(SPHERE, Dims(d, d), range(400), (3, 3 + lag), values=values, fresh=4)
    early, late = taught.answers[3], taught.answers[3 + lag]
    each = (early * late).sum(2).mean(1)
    stderr = float(each.std()) / 20
    assert abs(float(each.mean()) - 0.6 * values.theta**lag) < Z * stderr
    assert abs(float(each.mean()) - 0.6 * values.theta ** (lag + 1)) > Z * stderr / lag


def test_streams_that_share_a_teacher_have_pairs_of_their_own() -> None:
    taught = lesson(SPHERE, Dims(4, 2), range(6), (3,), values=Values(1.0), fresh=2, share=3)
    assert torch.equal(taught.answers[3][0], taught.answers[3][2])
    assert not torch.equal(taught.answers[3][2], taught.answers[3][3])
    assert not torch.equal(taught.keys[0], taught.keys[1])


# Laws


@pytest.mark.parametrize("keys", [SPHERE, GAUSSIAN])
@pytest.mark.parametrize("name", [x for x in R if issubclass(R[x], AffineRule)])
def test_without_a_teacher_stored_recall_is_the_law(name: str, keys: Keys) -> None:
    rule, dims = R[name](), Dims(8, 8)
    plain, taught = rule.law(keys, dims), rule.taught(keys, dims, NOISE)
    if taught is None:  # gates per channel, say: not isotropic
        assert getattr(plain, "cycle", None) is None
        return
    assert plain is not None
    one, other = plain.recall(24), taught.stored(24)
    np.testing.assert_allclose(other.signal, one.signal, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(other.power, one.power, rtol=1e-12)
    assert not taught.future(24).alignment.any()


CELLS = [
    ("decay", {"gamma": 0.95}, SPHERE, "teacher:signal=0.8,drift=0.02"),
    ("hebbian", {}, GAUSSIAN, "teacher:signal=0.5"),
    ("delta", {"beta": 0.5}, SPHERE, "teacher:signal=0.7,drift=0.02"),
    ("delta", {"beta": 0.4}, GAUSSIAN, "teacher:signal=0.5,switch=25"),
    ("gated_delta", {"alpha": 0.97, "beta": 0.6}, SPHERE, "teacher:signal=0.9,drift=0.04"),
    ("momentum", {"alpha": 0.95, "mu": 0.5, "beta": 0.3}, SPHERE, "teacher:signal=0.7,drift=0.02"),
    ("ttt_linear", {"beta": 0.3, "chunk": 4}, GAUSSIAN, "teacher:signal=0.7,drift=0.01"),
    ("delta_product", {"alpha": 0.98, "beta": 0.5, "n_h": 2}, SPHERE, "teacher:signal=1"),
]


def z_scores(measured: FutureMeasured, law: TaughtLaw, slip: float = 1.0) -> dict[str, float]:
    future, at = law.future(measured.items), measured.items - 1
    expected = {
        "error": future.error[at],
        "alignment": future.alignment[at],
        "power": future.power[at],
        "variance": future.variance[at],
        "systematic": future.bias[at] + future.lag[at],
        "stored_mse": law.stored(measured.items).mse.mean(),
    }
    return {
        name: float((measured.moments[name].mean - slip * x) / measured.moments[name].stderr)
        for name, x in expected.items()
    }


@pytest.mark.parametrize("cell", range(len(CELLS)), ids=[f"{x[0]}-{x[3]}" for x in CELLS])
def test_exact_laws_against_the_probe(cell: int) -> None:
    """Twelve numbers a cell over 500 groups of streams; a law 5 % off is refused."""
    name, parameters, keys, label = CELLS[cell]
    rule, values, dims = R[name](**parameters), parse_values(label), Dims(16, 16)
    law = law_of(rule, keys, 16, values)
    measured = future_probe(rule, keys, dims, (20, 60), values=values, trials=2000, seed=100 + cell)
    right = [z for at in measured for z in z_scores(at, law).values()]
    assert max(map(abs, right)) < Z
    wrong = [z for at in measured for z in z_scores(at, law, slip=1.05).values()]
    assert max(map(abs, wrong)) > Z


GOLDEN = [
    ("delta", {"beta": 0.5}, 80, 16, 0.7, 0.99, 0.61212, 0.19688),
    ("gated_delta", {"alpha": 0.97, "beta": 0.6}, 60, 16, 0.9, 0.98, 0.53548, 0.17185),
    ("mesa", {"gamma": 0.98, "lam": 0.1}, 120, 64, 0.7, 0.995, 0.73863, 0.07925),
]


@pytest.mark.parametrize(("name", "values", "items", "d", "r", "theta", "unseen", "stored"), GOLDEN)
def test_golden_values_under_a_teacher(
    name: str,
    values: dict[str, float],
    items: int,
    d: int,
    r: float,
    theta: float,
    unseen: float,
    stored: float,
) -> None:
    """Error on an unseen pair, and on the stored pair of age 5."""
    law = law_of(R[name](**values), SPHERE, d, Values(r, 1 - theta**2))
    assert float(law.future(items).error[-1]) == pytest.approx(unseen, abs=5e-6)
    assert float(law.stored(items).mse[5]) == pytest.approx(stored, abs=5e-6)


def test_golden_values_of_a_decay_that_writes_a_tenth() -> None:
    """An input gain eta multiplies every read-out: F = 1 - 2 eta A + eta^2 P."""
    law, eta = law_of(R["decay"](gamma=0.95), SPHERE, 16, Values(0.8, 1 - 0.99**2)), 0.1
    future, stored = law.future(60), law.stored(60)
    unseen = 1 - 2 * eta * future.alignment[-1] + eta**2 * future.power[-1]
    assert unseen == pytest.approx(0.85372, abs=5e-6)
    recalled = 1 - 2 * eta * stored.signal[5] + eta**2 * stored.power[5]
    assert recalled == pytest.approx(0.71678, abs=5e-6)


def test_parts_add_up_and_a_fixed_teacher_lags_nothing() -> None:
    for drift in (0.0, 0.03):
        found = law_of(R["gated_delta"](alpha=0.97), SPHERE, 16, Values(0.7, drift)).future(40)
        parts = found.floor + found.bias + found.lag + found.variance
        np.testing.assert_allclose(parts, found.error, rtol=1e-13)
        assert np.allclose(found.lag, 0, atol=1e-14) == (drift == 0)


@pytest.mark.parametrize(
    "rule", [R["gated_delta"](alpha=0.9), R["ttt_linear"](beta=0.2), R["mesa"](gamma=0.9)]
)
def test_the_steady_state_is_the_limit(rule: Rule) -> None:
    law = law_of(rule, SPHERE, 8, Values(0.7, 0.02))
    steady, late = law.steady(), law.future(960)
    assert steady is not None
    for name in ("error", "bias", "lag", "variance"):
        assert getattr(steady, name) == pytest.approx(getattr(late, name)[-1], rel=1e-9)
    assert law_of(R["hebbian"](), SPHERE, 8, Values(0.7)).steady() is None


# What adaptive filtering knows


@pytest.mark.parametrize("beta", [0.2, 1.0, 1.6])
@pytest.mark.parametrize("d", [4, 32])
def test_misadjustment_of_lms_and_nlms(beta: float, d: int) -> None:
    """beta/(2 - beta) on unit keys; h/(1 - h), h = (1/2) sum beta s/(1 - beta s), on Gaussian."""
    steady = law_of(R["delta"](beta=beta), SPHERE, d, Values(0.5)).steady()
    assert steady is not None
    assert steady.variance / steady.floor == pytest.approx(beta / (2 - beta), rel=1e-12)
    h = beta / 2 / (1 - beta / d)
    gaussian = law_of(R["delta"](beta=beta), GAUSSIAN, d, Values(0.5)).steady()
    if h >= 1:
        assert gaussian is None
    else:
        assert gaussian is not None
        assert gaussian.variance / gaussian.floor == pytest.approx(h / (1 - h), rel=1e-12)


def _excess_of_padasip(make: object, d: int, runs: int, tokens: int) -> np.ndarray:
    """Mean square a-priori error less noise of a third party's filter, late in each run."""
    rng, found = np.random.default_rng(3), []
    for _ in range(runs):
        keys = rng.standard_normal((tokens, d)) / math.sqrt(d)
        target = keys @ rng.standard_normal(d)
        noise = rng.standard_normal(tokens) * math.sqrt(0.1)
        output, _, _ = make().run(target + noise, keys)  # type: ignore[operator]
        found.append(((output - target)[tokens // 2 :] ** 2).mean())
    return np.array(found)


def test_padasip_settles_where_the_law_says() -> None:
    """LMS is the delta rule on Gaussian keys; its mean over late tokens, one number a run."""
    d, beta = 8, 0.5
    values = Values(1 / 1.1)  # E|W k|^2 = 1 and noise 0.1, in units of their sum
    steady = law_of(R["delta"](beta=beta), GAUSSIAN, d, values).steady()
    assert steady is not None
    found = _excess_of_padasip(
        lambda: padasip.filters.FilterLMS(n=d, mu=beta, w="zeros"), d, runs=60, tokens=1000
    )
    stderr = found.std(ddof=1) / math.sqrt(len(found))
    expected = float(steady.variance) * 1.1
    assert abs(found.mean() - expected) < Z * stderr
    assert abs(found.mean() - 1.2 * expected) > Z * stderr


def test_normalised_lms_of_padasip_settles_at_beta_over_two_minus_beta() -> None:
    """On unit keys, where a step of mu/|k|^2 is the delta rule's."""
    d, beta = 8, 1.2

    def unit(make: object) -> np.ndarray:
        rng, found = np.random.default_rng(4), []
        for _ in range(60):
            keys = rng.standard_normal((1000, d))
            keys /= np.linalg.norm(keys, axis=1, keepdims=True)
            target = keys @ rng.standard_normal(d)
            output, _, _ = make().run(target + rng.standard_normal(1000), keys)  # type: ignore[operator]
            found.append(((output - target)[500:] ** 2).mean())
        return np.array(found)

    found = unit(lambda: padasip.filters.FilterNLMS(n=d, mu=beta, eps=1e-12, w="zeros"))
    stderr = found.std(ddof=1) / math.sqrt(len(found))
    assert abs(found.mean() - beta / (2 - beta)) < Z * stderr
    assert abs(found.mean() - 1.2 * beta / (2 - beta)) > Z * stderr
    steady = law_of(R["delta"](beta=beta), SPHERE, d, Values(0.5)).steady()
    assert steady is not None
    assert steady.variance / steady.floor == pytest.approx(beta / (2 - beta), rel=1e-12)


def test_recursive_least_squares_of_padasip_settles_where_the_law_says() -> None:
    """Its forgetting factor is gamma and its ridge has decayed away; the law errs by O(1/d)."""
    d, gamma = 32, 0.98
    values = Values(1 / 1.1)
    steady = law_of(R["mesa"](gamma=gamma, lam=1e-9), GAUSSIAN, d, values).steady()
    assert steady is not None
    found = _excess_of_padasip(
        lambda: padasip.filters.FilterRLS(n=d, mu=gamma, eps=0.1, w="zeros"), d, runs=12, tokens=800
    )
    stderr = found.std(ddof=1) / math.sqrt(len(found))
    expected = float(steady.variance) * 1.1
    assert abs(found.mean() - expected) < Z * stderr + 2 / d * expected
    assert abs(found.mean() - 1.5 * expected) > Z * stderr + 2 / d * expected


# Best parameters


def best(rule: str, values: str, d: int = 64, **more: object) -> dict[str, object]:
    return questions.optimum(rule, d_k=d, target="future", values=values, **more)  # type: ignore[arg-type]


def test_best_decay_is_the_closed_form() -> None:
    """With a free gain, gamma* = [1 + q1 q2 - sqrt((1 - q1^2)(1 - q2^2))]/(q1 + q2)."""
    d, r, theta = 32, 0.7, 0.995
    q1, q2 = theta, theta * (1 - 2 * r / d)
    closed = (1 + q1 * q2 - math.sqrt((1 - q1**2) * (1 - q2**2))) / (q1 + q2)
    label = f"teacher:signal={r},drift={1 - theta**2}"
    found = best("decay", label, d, criterion="best_gain_mse")
    assert found["optimum"]["gamma"] == pytest.approx(closed, abs=2e-6)  # type: ignore[index]


@pytest.mark.parametrize("d", [128, 512])
def test_best_step_under_drift_approaches_its_limit(d: int) -> None:
    """d -> infinity at T = d tau/2: beta* = [sqrt(r T (T + 2 (1 - r))) - T]/(1 - r), to O(1/d)."""
    r, T = 0.7, 0.05
    theta = 1 - T / d
    limit = (math.sqrt(r * T * (T + 2 * (1 - r))) - T) / (1 - r)
    found = best("delta", f"teacher:signal={r},drift={1 - theta**2}", d)
    assert found["optimum"]["beta"] == pytest.approx(limit, abs=2 / d)  # type: ignore[index]


def test_the_best_gate_near_one_is_found() -> None:
    found = best("gated_delta", "teacher:signal=0.7,drift=0.009975")
    assert found["optimum"]["alpha"] == pytest.approx(0.99496, abs=1e-4)  # type: ignore[index]
    assert found["value"] == pytest.approx(0.675856, abs=1e-5)


@pytest.mark.parametrize("d", [64, 256])
@pytest.mark.parametrize("r", [0.5, 0.8])
def test_best_ridge_for_a_fixed_teacher_is_the_posterior_mean(r: float, d: int) -> None:
    """lam* = (1 - r)/r at every load; the asymptotic law's own minimum, to its O(1/d)."""
    found = questions.optimum(
        "mesa",
        d_k=d,
        target=f"future:{3 * d // 2}",
        values=f"teacher:signal={r}",
        parameters={"gamma": 1.0, "beta": 1.0},
    )
    assert found["optimum"]["lam"] == pytest.approx((1 - r) / r, rel=2 / d)


# Input


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("teacher", "Values are noise or teacher"),
        ("teacher:drift=0.1", "Values are noise or teacher"),
        ("teacher:signal=0.5,speed=1", "Values are noise or teacher"),
        ("teacher:signal=x", "is no number"),
        ("teacher:signal=1.5", "0 <= signal <= 1, got 1.5"),
        ("teacher:signal=0.5,drift=-1", "0 <= drift <= 1, got -1"),
        ("teacher:signal=0.5,switch=-3", "switch = 0, 1, 2"),
        ("teacher:signal=0.5,drift=0.1,switch=3", "drifts or switches, not both"),
    ],
)
def test_impossible_values_are_refused(label: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_values(label)


@pytest.mark.parametrize("values", [NOISE, Values(0.25), Values(1.0, 0.5), Values(0.5, switch=7)])
def test_labels_give_values_back(values: Values) -> None:
    assert parse_values(values.label) == values
    assert parse_values(replace(values, signal=0.0).label) == NOISE


def test_what_has_no_law_says_so() -> None:
    assert R["kernel_ridge"]().taught(SPHERE, Dims(8, 8), Values(0.5)) is None
    assert R["delta"]().taught(Orthonormal(), Dims(8, 8), Values(0.5)) is None
    assert R["mesa"]().taught(SPHERE, Dims(8, 8), Values(0.5, switch=4)) is None
    with pytest.raises(InputError, match="judged by mse"):
        best("delta", "teacher:signal=0.5", criterion="cos2")
    with pytest.raises(InputError, match="share needs at least 2"):
        future_probe(R["delta"](), SPHERE, Dims(8, 8), (4,), values=Values(0.5), trials=9, share=1)


@pytest.mark.parametrize("label", ["teacher:signal=1", "teacher:signal=0.7,drift=0.01"])
def test_heads_learn_their_own_slice_of_the_teacher(label: str) -> None:
    """Within h/d of the measurement, beside its error; with the whole signal a head would not be.

    What is not learnt of the teacher is bias, for ever.
    """
    values, d, heads, items = parse_values(label), 32, 4, 40
    plain = R["delta"](beta=0.5)
    rule = wrapped(plain, {"heads": str(heads)})
    law = law_of(rule, SPHERE, d, values)
    assert set(law.statuses.values()) == {Status.ASYMPTOTIC}
    found = future_probe(rule, SPHERE, Dims(d, d), (items,), values=values, trials=600)[0]
    future, alone = law.future(items), law_of(plain, SPHERE, d // heads, values).future(items)
    told = {"error": future.error, "variance": future.variance, "alignment": future.alignment}
    told["systematic"] = future.bias + future.lag
    for name, expected in told.items():
        at, slack = found.moments[name], heads / d * abs(expected[-1])
        assert abs(at.mean - expected[-1]) < slack + Z * at.stderr, name
    assert abs(found.moments["error"].mean - alone.error[-1]) > 3 * slack  # the control
    stored = law.stored(items).mse.mean()
    assert abs(found.moments["stored_mse"].mean / stored - 1) < heads / d
    one = law_of(wrapped(plain, {"heads": "1"}), SPHERE, d, values)
    assert (one.future(9).error == law_of(plain, SPHERE, d, values).future(9).error).all()


def test_heads_that_have_learnt_their_slices_lack_the_others() -> None:
    law = law_of(wrapped(R["delta"](beta=0.5), {"heads": "4"}), SPHERE, 64, Values(1.0))
    steady = law.steady()
    assert steady is not None
    assert steady.bias == pytest.approx(3 / 4)
    assert steady.lag == pytest.approx(0, abs=1e-9)
    assert wrapped(R["delta"](), {"heads": "4"}).taught(Orthonormal(), Dims(64, 64), NOISE) is None
