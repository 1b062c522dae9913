"""Laws of the delta family: golden values, relations between rules, z-tests with controls."""

import math
from typing import Any

import numpy as np
import pytest
import torch

from capacity.channel_law import channel_law
from capacity.counter_random import Draws
from capacity.discover import rules
from capacity.keys import Empirical, Gaussian, Keys, Orthonormal, Sphere
from capacity.recall import Status
from capacity.rule import Dims, Rule
from experiments.probes.recall import recall_probe
from experiments.streams import streams
from tests.zscores import law_of, probe_z, z_scores

R = rules()
ISOTROPIC: tuple[Keys, ...] = (Sphere(), Gaussian())
RAMP = np.linspace(0.8, 1.0, 16)


def endless(rule: Rule, d: int, ages: int) -> Any:
    law = rule.law(Sphere(), Dims(d, d))
    assert law is not None
    return law.lifelong(ages)


# --- golden values -----------------------------------------------------------------------------


def test_momentum_golden_values() -> None:
    mse = law_of(R["momentum"](beta=0.3, mu=0.5), Sphere(), Dims(16, 16), 60).mse
    assert [round(float(mse[a]), 5) for a in (0, 4, 30)] == [0.69366, 0.35245, 1.01742]


@pytest.mark.parametrize(
    ("beta", "chunk", "alpha", "chunks", "later", "signal", "power"),
    [
        (0.6, 4, 1.0, 30, 0, 0.60000, 0.49537),
        (0.8, 8, 1.0, 20, 1, 0.48000, 1.03380),
        (0.6, 4, 0.97, 30, 2, 0.40788, 0.42286),
    ],
)
def test_ttt_golden_values_at_every_position_of_a_chunk(
    beta: float, chunk: int, alpha: float, chunks: int, later: int, signal: float, power: float
) -> None:
    rule = R["ttt_linear"](beta=beta, chunk=chunk, alpha=alpha)
    recall = law_of(rule, Sphere(), Dims(16, 16), chunks * chunk)
    inside = slice(later * chunk, (later + 1) * chunk)
    np.testing.assert_array_equal(recall.signal[inside].round(5), signal)
    np.testing.assert_array_equal(recall.power[inside].round(5), power)


def test_kda_golden_values() -> None:
    power = endless(R["kda"](alpha=RAMP, beta=0.7), 16, 11).power
    expected = [0.50316, 0.41112, 0.29941, 0.18812]
    assert [round(float(power[a]), 5) for a in (0, 1, 3, 10)] == expected
    other = endless(R["kda"](alpha=np.linspace(0.9, 0.99, 8), beta=1.0), 8, 4).power
    assert [round(float(other[a]), 5) for a in (0, 3)] == [1.0, 0.72337]


@pytest.mark.parametrize(
    ("w", "a", "eta", "signal", "power"),
    [(0.97, 0.5, 1.0, 0.68438, 0.85071), (0.95, 1.2, 0.6, 0.26928, 0.19572)],
)
def test_rwkv7_golden_values(w: float, a: float, eta: float, signal: float, power: float) -> None:
    recall = law_of(R["rwkv7"](w=w, a=a, eta=eta), Sphere(), Dims(16, 16), 60)
    assert round(float(recall.signal[6]), 5) == signal
    assert round(float(recall.power[6]), 5) == power


def test_omega_golden_values() -> None:
    recall = law_of(R["omega"](beta=0.6, window=2), Sphere(), Dims(16, 16), 60)
    assert [round(float(recall.signal[a]), 5) for a in (1, 6)] == [0.81750, 0.61916]
    assert [round(float(recall.power[a]), 5) for a in (1, 6)] == [0.72101, 0.70895]
    edges = [R["omega"](beta=0.6).edge(Sphere(), Dims(d, d)).value for d in (4, 16, 64)]
    assert [round(edge, 3) for edge in edges] == [1.480, 1.868, 1.968]
    grid = [R["omega"](beta=b / 200) for b in range(1, 200)]
    assert round(max(float(endless(rule, 16, 9).cos2[8]) for rule in grid), 3) == 0.478


@pytest.mark.parametrize(("window", "beta", "fresh"), [(4, 0.2, 0.4188), (8, 0.1, 0.3981)])
def test_wide_windows_are_asymptotic(window: int, beta: float, fresh: float) -> None:
    rule = R["omega"](beta=beta, window=window)
    law = rule.law(Sphere(), Dims(64, 64))
    assert law is not None
    assert set(law.statuses.values()) == {Status.ASYMPTOTIC}
    assert round(float(endless(rule, 64, 60).power[-1]), 4) == fresh


def test_asymptotic_window_is_approached_as_d_grows() -> None:
    """Window 2 has both laws: their distance is O(1/d)."""
    from capacity.omega_law import _wide

    gaps = []
    for d in (16, 64, 256):
        exact, wide = (
            law.recall(2 * d)
            for law in (
                R["omega"](beta=0.5).law(Sphere(), Dims(d, d)),
                _wide((0.5, 0.5), Sphere(), d),
            )
        )
        gaps.append(d * np.abs(exact.mse - wide.mse).max())
    assert max(gaps) < 1.2 * min(gaps)


# --- relations ---------------------------------------------------------------------------------

SAME = [
    (R["delta_product"](alpha=0.95, beta=0.8, n_h=1), R["gated_delta"](alpha=0.95, beta=0.8)),
    (R["kda"](alpha=np.full(16, 0.95), beta=0.8), R["gated_delta"](alpha=0.95, beta=0.8)),
    (R["kda"](alpha=0.95, beta=0.8), R["gated_delta"](alpha=0.95, beta=0.8)),
    (R["rwkv7"](w=0.95, a=0.95 * 0.8, eta=0.8), R["gated_delta"](alpha=0.95, beta=0.8)),
    (
        R["rwkv7"](w=np.full(16, 0.95), a=np.full(16, 0.95 * 0.8), eta=0.8),
        R["gated_delta"](alpha=0.95, beta=0.8),
    ),
    (R["momentum"](mu=0.0, alpha=1.0, beta=0.7), R["delta"](beta=0.7)),
    (R["ttt_linear"](chunk=1, beta=0.7), R["delta"](beta=0.7)),
    (R["ttt_linear"](chunk=1, beta=0.7, alpha=0.9), R["gated_delta"](alpha=0.9, beta=0.7)),
    (R["omega"](window=1, beta=0.7), R["delta"](beta=0.7)),
    (R["omega"](window=2, beta=0.7, weights=(1.0, 0.0)), R["delta"](beta=0.7)),
    (R["omega"](window=1, beta=0.5, weights=1.4), R["delta"](beta=0.7)),
]


@pytest.mark.parametrize(("rule", "simpler"), SAME, ids=lambda rule: rule.rule_id())
def test_a_rule_at_its_simplest_is_the_simpler_rule(rule: Rule, simpler: Rule) -> None:
    """Same read-outs and same law; on gaussian keys too where the law is exact there."""
    dims, items = Dims(16, 5), 37
    keys, values = streams(Gaussian(), dims, range(3), items)
    reads = [
        r.read_stream(r.write_stream(r.init(dims, (3,)), keys, values), keys)
        for r in (rule, simpler)
    ]
    torch.testing.assert_close(*reads, rtol=1e-12, atol=1e-12)
    for ensemble in ISOTROPIC:
        law = rule.law(ensemble, dims)
        if law is None:
            assert rule.rule_id() == "omega"
            continue
        for found, expected in (
            (law.recall(items), law_of(simpler, ensemble, dims, items)),
            (law.lifelong(items), simpler.law(ensemble, dims).lifelong(items)),  # type: ignore[union-attr]
        ):
            assert found is not None
            np.testing.assert_allclose(found.signal, expected.signal, rtol=1e-11, atol=1e-13)
            np.testing.assert_allclose(found.power, expected.power, rtol=1e-11)


def test_longhorn_on_unit_keys_is_a_delta_rule() -> None:
    dims = Dims(16, 5)
    longhorn, delta = R["longhorn"](penalty=1.5), R["delta"](beta=0.6)
    keys, values = streams(Sphere(), dims, range(3), 37)
    reads = [
        r.read_stream(r.write_stream(r.init(dims, (3,)), keys, values), keys)
        for r in (longhorn, delta)
    ]
    torch.testing.assert_close(*reads, rtol=1e-12, atol=1e-12)
    one, two = (law_of(r, Sphere(), dims, 37) for r in (longhorn, delta))
    np.testing.assert_allclose(one.power, two.power, rtol=1e-12)


def test_longhorn_minimises_what_it_says() -> None:
    """The implicit step is the minimum of |S - S_0|^2/2 + delta |S k - v|^2/2."""
    rule, dims = R["longhorn"](penalty=2.0), Dims(4, 3)
    keys, values = streams(Gaussian(), dims, range(1), 6)
    state = rule.write_stream(rule.init(dims, (1,)), keys[:, :5], values[:, :5])
    before = state.S[0]
    S = rule.write_stream(state, keys[:, 5:], values[:, 5:], 5).S[0].requires_grad_()
    fit = (S @ keys[0, 5] - values[0, 5]).square().sum()
    total = (S - before).square().sum() / 2 + rule.penalty * fit / 2
    (gradient,) = torch.autograd.grad(total, S)
    assert gradient.abs().max() < 1e-14


def test_decay_and_momentum_may_be_exchanged() -> None:
    """S obeys one second-order recursion in which alpha and mu enter alike."""
    dims, reads = Dims(6, 4), []
    keys, values = streams(Gaussian(), dims, range(2), 30)
    for alpha, mu in ((0.95, 0.4), (0.4, 0.95)):
        rule = R["momentum"](alpha=alpha, mu=mu, beta=0.3)
        states = rule.write_stream(rule.init(dims, (2,)), keys, values)
        reads.append(rule.read_stream(states, keys))
    torch.testing.assert_close(*reads, rtol=1e-12, atol=1e-12)


def test_cos2_of_rwkv7_does_not_depend_on_its_write() -> None:
    at = [law_of(R["rwkv7"](w=0.95, a=0.6, eta=e), Sphere(), Dims(8, 8), 30).cos2 for e in (0.3, 1)]
    np.testing.assert_allclose(*at, rtol=1e-12)


@pytest.mark.parametrize("keys", ISOTROPIC)
def test_channel_law_with_equal_channels_is_the_isotropic_law(keys: Keys) -> None:
    rule = R["kda"](alpha=0.9, beta=0.7)
    found = channel_law(rule, keys, 8)
    assert found is not None
    expected = law_of(rule, keys, Dims(8, 8), 40)
    at = found.recall(40)
    np.testing.assert_allclose(at.power, expected.power, rtol=1e-12)
    np.testing.assert_allclose(at.own_power, expected.own_power, rtol=1e-12)


# --- z-tests: each cell its own seed -----------------------------------------------------------

GENTLE = 0.45 * 8 / 10  # gaussian keys: beta <= d/(2(d + 2)) at d = 8
LOW, HIGH = np.linspace(0.7, 1.0, 8), np.linspace(0.2, 1.4, 8)
CELLS: list[tuple[Rule, Keys, int]] = [
    (R["longhorn"](penalty=1.0), Sphere(), 20),
    (R["longhorn"](penalty=3.0), Gaussian(), 20),
    (R["delta_product"](alpha=0.9, beta=1.3, n_h=2), Sphere(), 20),
    (R["delta_product"](alpha=0.9, beta=1.3, n_h=3), Sphere(), 20),  # 20 = 6 * 3 + 2
    (R["delta_product"](alpha=0.95, beta=GENTLE, n_h=2), Gaussian(), 21),
    (R["momentum"](beta=0.3, mu=0.5), Sphere(), 20),
    (R["momentum"](beta=0.4, mu=0.7, alpha=0.9), Sphere(), 24),
    (R["momentum"](beta=0.15, mu=0.5, alpha=0.97), Gaussian(), 20),
    (R["ttt_linear"](beta=0.6, chunk=4), Sphere(), 20),
    (R["ttt_linear"](beta=0.5, chunk=5, alpha=0.9), Sphere(), 23),  # three pairs into a chunk
    (R["ttt_linear"](beta=0.3, chunk=3), Gaussian(), 20),
    (R["kda"](alpha=LOW, beta=1.3), Sphere(), 20),
    (R["kda"](alpha=LOW, beta=GENTLE), Gaussian(), 20),
    (R["rwkv7"](w=0.97, a=0.5, eta=1.0), Sphere(), 20),
    (R["rwkv7"](w=LOW, a=HIGH, eta=0.8), Sphere(), 20),
    (R["rwkv7"](w=LOW, a=0.3 * HIGH, eta=0.8), Gaussian(), 20),
    (R["rwkv7"](w=0.97, a=1.0, eta=0.8, xi=(-1.0) ** np.arange(len(LOW))), Sphere(), 20),
    (R["omega"](beta=0.6, window=2), Sphere(), 20),
    (R["omega"](beta=0.6, window=2, weights=(0.4, 1.5)), Sphere(), 21),
    (R["omega"](beta=GENTLE, window=1), Gaussian(), 20),
]


@pytest.mark.parametrize(
    ("rule", "keys", "items", "seed"),
    [(*cell, 7000 + i) for i, cell in enumerate(CELLS)],
    ids=lambda x: x.rule_id() if isinstance(x, Rule) else str(getattr(x, "name", x)),
)
def test_laws_agree_with_probes(rule: Rule, keys: Keys, items: int, seed: int) -> None:
    """2,000 streams a cell; the control is the next test."""
    dims = Dims(8, 6)
    measured = recall_probe(rule, keys, dims, (items,), trials=2000, seed=seed)[0]
    recall = law_of(rule, keys, dims, items)
    assert set(recall.statuses.values()) == {Status.EXACT}
    assert max(abs(z) for z in z_scores(measured, recall).values()) < 4.5


@pytest.mark.parametrize(
    "rule",
    [
        R["momentum"](beta=0.5),
        R["ttt_linear"](beta=0.5),
        R["kda"](alpha=LOW, beta=0.5),
        R["omega"](beta=0.5),
        R["delta_product"](beta=0.5),
        R["longhorn"](penalty=1.0),
        R["rwkv7"](w=LOW, a=0.5, eta=0.5),
    ],
    ids=lambda rule: rule.rule_id(),
)
def test_a_law_off_by_two_percent_fails(rule: Rule) -> None:
    z = probe_z(rule, Sphere(), Dims(8, 64), 12, trials=16_000, seed=7100, scale=1.02)
    assert max(abs(z["signal"]), abs(z["power"])) > 4.5


@pytest.mark.parametrize("name", ["longhorn", "delta_product", "momentum", "ttt_linear", "omega"])
def test_orthonormal_keys_are_deterministic(name: str) -> None:
    """p = s^2, and a read-out is its own value times s, to rounding."""
    rule, dims = R[name](), Dims(8, 3)
    for items in (1, 5, 8):
        recall = law_of(rule, Orthonormal(), dims, items)
        np.testing.assert_allclose(recall.power, recall.signal**2, atol=1e-14)
        keys, values = streams(Orthonormal(), dims, range(2), items)
        reads = rule.read_stream(rule.write_stream(rule.init(dims, (2,)), keys, values), keys)
        expected = values * torch.tensor(recall.signal.copy()).flip(0)[:, None]
        torch.testing.assert_close(reads, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["kda", "momentum", "ttt_linear", "omega", "rwkv7", "longhorn"])
def test_given_keys_have_an_exact_law(name: str) -> None:
    """The law's power is the mean over fresh values at the same keys: z below 4.5."""
    rule, dims = R[name](), Dims(5, 4000)
    rows = Gaussian().sample(Draws(3, torch.arange(1)), 5, 9)[0].numpy()
    recall = law_of(rule, Empirical(rows), dims, 9)
    keys = torch.tensor(rows)[None]
    values = torch.randn(
        1, 9, 4000, generator=torch.Generator().manual_seed(1), dtype=torch.float64
    )
    read = rule.read_stream(rule.write_stream(rule.init(dims, (1,)), keys, values), keys)[0]
    squares = read.square().flip(0).numpy()
    stderr = squares.std(axis=1, ddof=1) / math.sqrt(4000)
    assert (np.abs(squares.mean(axis=1) - recall.power) / stderr).max() < 4.5
