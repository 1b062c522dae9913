"""Gated linear attention and mLSTM: relations, exact laws with controls, gates of every shape."""

import math

import numpy as np
import pytest
import torch

from capacity.additive import AdditiveLaw, key_moments
from capacity.counter_random import Draws
from capacity.discover import rules
from capacity.errors import InputError
from capacity.keys import Empirical, Gaussian, Keys, Orthonormal, Signs, Sphere
from capacity.rule import Dims, Rule, Token
from capacity.schedule import Weights
from experiments.probes.recall import recall_probe
from experiments.streams import streams
from tests.zscores import law_of, moment_z, probe_z

R = rules()
Z = 4.5
RNG = np.random.default_rng(7)
CHANNELS, ROWS = RNG.uniform(0.5, 1, 8), RNG.uniform(0.6, 1, (5, 8))
SIGNS = Signs(np.arange(1, 9.0))
ENSEMBLES = [Sphere(), Gaussian(), Orthonormal(), SIGNS]


@pytest.mark.parametrize("keys", ENSEMBLES, ids=lambda keys: keys.name)
@pytest.mark.parametrize(
    "alpha", [0.9, np.full(8, 0.9), np.full((3, 8), 0.9), np.full((4, 1), 0.9)]
)
def test_gla_with_equal_gates_is_decay(alpha: object, keys: Keys) -> None:
    dims, gla, decay = Dims(8, 5), R["gla"](alpha=alpha), R["decay"](gamma=0.9)
    k, v = streams(keys, dims, range(3), 8)
    found = [rule.write_stream(rule.init(dims, (3,)), k, v).S for rule in (gla, decay)]
    torch.testing.assert_close(*found, rtol=1e-14, atol=1e-14)
    for items in (1, 5, 8):
        one, other = law_of(gla, keys, dims, items), law_of(decay, keys, dims, items)
        np.testing.assert_allclose(one.signal, other.signal, rtol=1e-12)
        if not isinstance(keys, Orthonormal):
            np.testing.assert_allclose(one.power, other.power, rtol=1e-12)
        else:  # there a scalar decay reads no other pair
            np.testing.assert_allclose(one.power, other.power, rtol=1e-12, atol=1e-15)


def test_gla_law_against_streams() -> None:
    z = []
    for seed, keys in enumerate(ENSEMBLES):
        items = 8 if isinstance(keys, Orthonormal) else 23
        for i, alpha in enumerate((CHANNELS, ROWS, ROWS[:, :1])):
            at, trials = 100 + 10 * seed + i, 3000 if isinstance(keys, Gaussian) else 1000
            rule = R["gla"](alpha=alpha)
            z.append(moment_z(rule, keys, Dims(8, 8), items, trials=trials, seed=at))
    right, wrong = np.array(z).T
    assert right.max() < Z
    assert wrong.min() > Z


def test_gla_law_against_the_probe() -> None:
    z = probe_z(R["gla"](alpha=ROWS), Sphere(), Dims(8, 4), 23, trials=1000, seed=150)
    assert max(map(abs, z.values())) < Z


def test_lifelong_gla_is_the_limit() -> None:
    law = R["gla"](alpha=ROWS).law(Sphere(), Dims(8, 8))
    endless, many = law.lifelong(7), law.recall(1000)
    np.testing.assert_allclose(endless.signal, many.signal[:7], rtol=1e-12)
    np.testing.assert_allclose(endless.power, many.power[:7], rtol=1e-12)
    kept = np.append(CHANNELS[:-1], 1.0)
    assert np.isinf(R["gla"](alpha=kept).law(Sphere(), Dims(8, 8)).lifelong(3).power).all()
    assert R["gla"](alpha=kept).law(Orthonormal(), Dims(8, 8)).lifelong(3) is None


def test_gla_with_given_keys_has_an_exact_law() -> None:
    rows = Sphere().sample(Draws(0, torch.arange(1)), 8, 12)[0].numpy()
    recall = law_of(R["gla"](alpha=ROWS), Empirical(rows), Dims(8, 8), 12)
    gates = [
        np.prod([ROWS[t % 5] for t in range(i + 1, 12)] or [np.ones(8)], axis=0) for i in range(12)
    ]
    overlaps = np.array([[(rows[i] * gates[i]) @ rows[j] for i in range(12)] for j in range(12)])
    np.testing.assert_allclose(recall.signal[::-1], np.diag(overlaps), rtol=1e-12)
    np.testing.assert_allclose(recall.power[::-1], (overlaps**2).sum(axis=1), rtol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("alpha", [CHANNELS, ROWS, ROWS[:, :1]])
def test_gates_of_any_shape_in_every_kernel(alpha: np.ndarray, dtype: torch.dtype) -> None:
    rule, dims = R["gla"](alpha=alpha), Dims(8, 3)
    k, v = (x.to(dtype) for x in streams(Sphere(), dims, range(2), 33))
    start = rule.init(dims, (2,), dtype=dtype)
    expected = Rule.write_stream(rule, start, k, v).S
    tolerance = 1e-6 if dtype == torch.float32 else 1e-13
    for chunk in (1, 4, 33, 64):
        found = rule.write_stream(start, k, v, chunk=chunk).S
        assert found.dtype == dtype
        torch.testing.assert_close(found, expected, rtol=tolerance, atol=tolerance)
    halves = rule.write_stream(
        rule.write_stream(start, k[:, :14], v[:, :14]), k[:, 14:], v[:, 14:], 14
    )
    torch.testing.assert_close(halves.S, expected, rtol=tolerance, atol=tolerance)


def test_gates_that_vary_in_time_descend_no_one_loss() -> None:
    assert R["gla"](alpha=CHANNELS).objective() is not None
    assert R["gla"](alpha=ROWS).objective() is None
    assert R["mlstm"](forget_gate=[0.9, 0.5]).objective() is None


@pytest.mark.parametrize(
    ("alpha", "words"),
    [
        (1.5, "Gla needs 0 <= alpha <= 1, got 1.5"),
        ([0.5, math.nan], "Gla needs 0 <= alpha <= 1, got"),
        (np.ones((2, 2, 2)), r"alpha of shape .* got shape \(2, 2, 2\)"),
        (np.ones(5), r"alpha of shape .* with d_k = 8, got shape \(5,\)"),
        (np.ones((4, 5)), r"alpha of shape .* with d_k = 8, got shape \(4, 5\)"),
    ],
)
def test_wrong_gates_are_named(alpha: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        R["gla"](alpha=alpha).init(Dims(8, 8))
    with pytest.raises(InputError, match=words):
        R["gla"](alpha=alpha).law(Sphere(), Dims(8, 8))


def test_mlstm_expanded_by_hand() -> None:
    """Two tokens, two channels: i = (2, 3), f = 1/2."""
    rule = R["mlstm"](input_gate=[math.log(2), math.log(3)], forget_gate=0.5)
    k, v = torch.tensor([[1.0, 2.0], [0.0, 1.0]]), torch.tensor([[5.0], [7.0]])
    state = rule.init(Dims(2, 1), dtype=torch.float64)
    for t in range(2):
        state = rule.write(
            state, Token(k[t : t + 1].double(), v[t : t + 1].double(), torch.tensor(t))
        )
    # C = 5 (1, 2) + 21 (0, 1) = (5, 31); n = (1, 2) + (0, 3) = (1, 5)
    for q, expected in (((1.0, 1.0), 36 / 6), ((0.0, -1.0), -31 / 5), ((0.1, 0.02), 1.12 / 1)):
        found = rule.read(state, torch.tensor(q, dtype=torch.float64))
        assert abs(found.item() - expected) < 1e-14


@pytest.mark.parametrize("input_gate", [-3.0, 0.0, 2.0, "array"])
def test_mlstm_equals_its_parallel_form(input_gate: object) -> None:
    """Weights D_ti = exp(sum of log f + log i), all at once and without a stabiliser."""
    T, dims = 20, Dims(4, 3)
    gate = RNG.normal(size=T) if input_gate == "array" else input_gate
    forget = RNG.uniform(0.3, 1, T)
    rule = R["mlstm"](input_gate=gate, forget_gate=forget)
    k, v = streams(Gaussian(), dims, range(2), T)
    q = torch.randn(2, T, 4, dtype=torch.float64)
    logs = np.cumsum(np.log(forget))
    D = np.tril(np.exp(logs[:, None] - logs[None, :] + np.broadcast_to(gate, T)))
    scores = torch.from_numpy(D) * (q @ k.mT)
    expected = (scores @ v) / scores.sum(2, keepdim=True).abs().clamp(min=1)
    states, found = rule.init(dims, (2,)), []
    for t in range(T):
        states = rule.write_stream(states, k[:, t : t + 1], v[:, t : t + 1], t)
        found.append(rule.read_stream(states, q[:, t : t + 1]))
    torch.testing.assert_close(torch.cat(found, dim=1), expected, rtol=1e-12, atol=1e-13)


def test_the_stabiliser_holds_at_the_edges_of_the_gates() -> None:
    """Weights span e^-80 to e^80 in one float32 state."""
    rule = R["mlstm"](input_gate=[-80.0, 80.0], forget_gate=0.5)
    k, v = (x.float() for x in streams(Sphere(), Dims(4, 3), range(2), 400))
    states = rule.write_stream(rule.init(Dims(4, 3), (2,), dtype=torch.float32), k, v)
    assert torch.isfinite(rule.read_stream(states, k)).all()
    empty = rule.read(rule.init(Dims(4, 3)), k[0, 0].double())
    assert torch.equal(empty, torch.zeros(3, dtype=torch.float64))


def test_mlstm_below_its_normaliser_is_a_decay() -> None:
    gates = {"input_gate": math.log(0.1), "forget_gate": 0.9}
    recall = law_of(R["mlstm"](**gates), Sphere(), Dims(8, 8), 30)
    decay = law_of(R["decay"](gamma=0.9), Sphere(), Dims(8, 8), 30)
    np.testing.assert_allclose(recall.signal, 0.1 * decay.signal, rtol=1e-12)
    np.testing.assert_allclose(recall.power, 0.01 * decay.power, rtol=1e-12)
    for seed, keys in enumerate((Sphere(), SIGNS)):
        rule = R["mlstm"](input_gate=[math.log(0.1), math.log(0.05)], forget_gate=0.9)
        right, wrong = moment_z(rule, keys, Dims(8, 8), 20, seed=200 + seed)
        assert right < Z
        assert wrong > Z


def test_mlstm_has_no_law_where_the_normaliser_acts() -> None:
    assert R["mlstm"]().law(Sphere(), Dims(8, 8)) is None
    assert R["mlstm"](math.log(0.1), 0.9).law(Gaussian(), Dims(8, 8)) is None


def test_mlstm_on_orthonormal_keys_reads_its_capped_weight() -> None:
    rule, dims = R["mlstm"](input_gate=0.3, forget_gate=[0.9, 0.5, 0.6]), Dims(8, 1)
    recall = law_of(rule, Orthonormal(), dims, 7)
    k, v = streams(Orthonormal(), dims, range(3), 7)
    read = rule.read_stream(rule.write_stream(rule.init(dims, (3,)), k, v), k)
    expected = np.broadcast_to(recall.signal[::-1], (3, 7))
    np.testing.assert_allclose((read / v)[:, :, 0].numpy(), expected, rtol=1e-12)
    assert recall.signal[0] == 1.0
    assert recall.signal[-1] < 1.0


@pytest.mark.parametrize("name", ["input_gate", "forget_gate"])
def test_wrong_gates_of_mlstm_are_named(name: str) -> None:
    with pytest.raises(InputError, match=rf"Mlstm needs {name} of shape .* got shape \(2, 2\)"):
        R["mlstm"](**{name: np.ones((2, 2))})


def test_additive_law_is_the_law_of_decay() -> None:
    """The law from weights and three moments agrees with the law from coefficients."""
    dims = Dims(8, 8)
    for keys in (Sphere(), Gaussian(), SIGNS):
        moments = key_moments(keys, 8)
        assert moments is not None
        law = AdditiveLaw(Weights.of(1.0, 0.9), moments, keys, 8)
        other = R["decay"](gamma=0.9).law(keys, dims)
        for one, two in ((law.recall(20), other.recall(20)), (law.lifelong(9), other.lifelong(9))):
            np.testing.assert_allclose(one.signal, two.signal, rtol=1e-12)
            np.testing.assert_allclose(one.power, two.power, rtol=1e-12)


def test_weights_of_unlike_periods() -> None:
    weights = Weights.of([1.0, 2.0], [0.5, 1.0, 0.1])
    c = weights.by_age(7)
    written = [
        (1.0, 2.0)[i % 2] * math.prod((0.5, 1.0, 0.1)[t % 3] for t in range(i + 1, 7))
        for i in range(7)
    ]
    np.testing.assert_allclose(c[::-1], written, rtol=1e-14)
    assert abs(weights.total_square() - (weights.by_age(600) ** 2).sum()) < 1e-12
    assert (
        abs(weights.largest_total() - max(weights.by_age(600 + r).sum() for r in range(6))) < 1e-12
    )
    assert Weights.of(1.0, 1.0).total_square() == math.inf


def test_probe_of_growing_prefixes_agrees_with_gates_that_repeat() -> None:
    """Checkpoints write in runs; the gate of a token depends on its index alone."""
    rule, dims = R["gla"](alpha=ROWS), Dims(8, 4)
    once = recall_probe(rule, Sphere(), dims, (17,), trials=4)[0]
    runs = recall_probe(rule, Sphere(), dims, (3, 11, 17), trials=4)[-1]
    np.testing.assert_allclose(once.by_age["power"].mean, runs.by_age["power"].mean, rtol=1e-12)


@pytest.mark.parametrize("alpha", [0.9, CHANNELS, np.append(CHANNELS[:-1], 1.0)])
def test_closed_form_of_gla_is_its_law(alpha: object) -> None:
    """The closed form is what the proof derives; the law is what ships."""
    for keys, m4 in ((Sphere(), 1.0), (Gaussian(), 1.25)):
        rule, ages = R["gla"](alpha=alpha), np.arange(30)
        s, p = rule.closed_form(d=8, age=ages, items=30, m4=m4, m6=m4 * 1.5)
        recall = law_of(rule, keys, Dims(8, 8), 30)
        np.testing.assert_allclose(recall.signal, s, rtol=1e-12)
        np.testing.assert_allclose(recall.power, p, rtol=1e-12)


def test_closed_form_of_mlstm_is_its_law() -> None:
    rule = R["mlstm"](input_gate=math.log(0.05), forget_gate=0.9)
    s, p = rule.closed_form(d=8, age=np.arange(30), items=30, m4=1.0, m6=1.0)
    recall = law_of(rule, Sphere(), Dims(8, 8), 30)
    np.testing.assert_allclose(recall.signal, s, rtol=1e-12)
    np.testing.assert_allclose(recall.power, p, rtol=1e-12)
