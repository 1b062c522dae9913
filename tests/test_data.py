"""Data beyond white noise: structured keys, and keys that are written twice."""

import math

import numpy as np
import pytest
import torch

from capacity.correlated_keys import Autoregressive, Spectrum, Spike, Structured
from capacity.discover import rules
from capacity.errors import InputError
from capacity.keys import Gaussian, Keys, Sphere, parse_keys
from capacity.rebinding_law import RebindingLaw, Rebound, rebinding_law
from capacity.rule import Dims
from experiments.probes.rebinding import rebinding_probe
from experiments.streams import streams
from tests.zscores import probe_z

R, SPHERE = rules(), Sphere()
Z = 4.0
STRUCTURED = [Spectrum(1.0), Spectrum(0.0), Spike(0.3), Autoregressive(0.9)]


@pytest.mark.parametrize("keys", STRUCTURED, ids=lambda keys: keys.label)
def test_structured_keys_have_unit_mean_square_and_keep_their_label(keys: Structured) -> None:
    k, _ = streams(keys, Dims(12, 1), range(600), 8)
    squares = k.square().sum(2).mean(1)
    stderr = max(float(squares.std()) / math.sqrt(600), 1e-14)
    assert abs(float(squares.mean()) - 1) < Z * stderr
    assert parse_keys(keys.label) == keys
    assert torch.equal(streams(keys, Dims(12, 1), range(3), 4)[0], k[:3, :4])


@pytest.mark.parametrize("keys", STRUCTURED[:3], ids=lambda keys: keys.label)
def test_effective_dimension_is_the_participation_ratio(keys: Structured) -> None:
    """E (k . k')^2 = tr Sigma^2 for independent keys."""
    k, _ = streams(keys, Dims(12, 1), range(4000), 2)
    each = (k[:, 0] * k[:, 1]).sum(1).square()
    stderr = float(each.std()) / math.sqrt(4000)
    shared = 1 / keys.effective_dimension(12)
    assert abs(float(each.mean()) - shared) < Z * stderr
    assert abs(float(each.mean()) - 1.5 * shared) > Z * stderr


def test_neighbours_of_an_autoregressive_stream_are_correlated() -> None:
    k, _ = streams(Autoregressive(0.8), Dims(10, 1), range(500), 6)
    for lag in (1, 3):
        each = (k[:, lag:] * k[:, :-lag]).sum(2).mean(1)
        stderr = float(each.std()) / math.sqrt(500)
        assert abs(float(each.mean()) - 0.8**lag) < Z * stderr


@pytest.mark.parametrize("keys", STRUCTURED[:3], ids=lambda keys: keys.label)
@pytest.mark.parametrize("name", ["hebbian", "decay"])
def test_additive_laws_on_structured_keys(name: str, keys: Structured) -> None:
    seed = 300 + STRUCTURED.index(keys)
    for slip, holds in ((1.0, True), (1.1, False)):
        found = probe_z(R[name](), keys, Dims(12, 4), 30, trials=3000, seed=seed, scale=slip)
        assert (max(map(abs, found.values())) < Z) == holds


def test_rules_that_remove_have_no_law_there() -> None:
    assert R["delta"]().law(Spectrum(1.0), Dims(8, 8)) is None
    assert R["hebbian"]().law(Autoregressive(0.5), Dims(8, 8)) is None


def law_of(name: str, keys: Keys = SPHERE, **parameters: float) -> RebindingLaw:
    law = rebinding_law(R[name](**parameters), keys, 16)
    assert law is not None
    return law


@pytest.mark.parametrize(
    ("beta", "alpha", "items", "first", "second"),
    [(0.6, 1.0, 50, 12, 4), (0.8, 0.95, 50, 12, 4), (1.4, 1.0, 40, 20, 8)],
)
def test_the_delta_rule_overwrites(
    beta: float, alpha: float, items: int, first: int, second: int
) -> None:
    """s1 = beta (1 - beta) alpha^a1 (1 - beta/d)^(a1 - 1), s2 = beta [alpha (1 - beta/d)]^a2."""
    found = law_of("gated_delta", alpha=alpha, beta=beta).rebound(items, first, second)
    fades = alpha * (1 - beta / 16)
    left = beta * (1 - beta) * alpha * fades ** (first - 1)
    assert found.first == pytest.approx(left, rel=1e-12)
    assert found.second == pytest.approx(beta * fades**second, rel=1e-12)
    assert law_of("delta", beta=1.0).rebound(items, first, second).first == pytest.approx(0)


def test_decay_sums_what_it_has_not_forgotten() -> None:
    g, items = 0.9, 30
    found = law_of("decay", gamma=g).rebound(items, 9, 3)
    others = (1 - g ** (2 * items)) / (1 - g**2) - g**18 - g**6
    assert found.first == pytest.approx(g**9, rel=1e-12)
    assert found.second == pytest.approx(g**3, rel=1e-12)
    assert found.power == pytest.approx(g**18 + g**6 + others / 16, rel=1e-12)


CELLS = [
    ("gated_delta", {"alpha": 0.95, "beta": 0.8}, Sphere()),
    ("delta", {"beta": 0.6}, Gaussian()),
    ("momentum", {"alpha": 0.95, "mu": 0.5, "beta": 0.3}, Sphere()),
    ("ttt_linear", {"beta": 0.3, "chunk": 4}, Sphere()),
    ("longhorn", {"penalty": 2.0}, Gaussian()),
]


def worst_z(law: Rebound, measured: dict[str, object], slip: float) -> float:
    z = []
    for name in ("first", "second", "power"):
        at = measured[name]
        z.append((at.mean - slip * getattr(law, name)) / at.stderr)  # type: ignore[attr-defined]
    return float(np.abs(z).max())


@pytest.mark.parametrize("cell", range(len(CELLS)), ids=[x[0] for x in CELLS])
def test_rebinding_law_against_the_probe(cell: int) -> None:
    name, parameters, keys = CELLS[cell]
    law = law_of(name, keys, **parameters).rebound(48, 13, 4)
    measured = rebinding_probe(
        R[name](**parameters), keys, Dims(16, 4), 48, first=13, second=4, trials=8000, seed=cell
    )
    assert worst_z(law, measured, 1.0) < Z
    assert worst_z(law, measured, 1.05) > Z


@pytest.mark.parametrize("name", ["softmax", "sliding_window"])
def test_a_cache_mixes_both_values(name: str) -> None:
    """Two equal keys share the weight: half of each value, whatever their order."""
    rule = R[name](bandwidth=0.1)
    found = rebinding_probe(rule, Sphere(), Dims(32, 8), 20, first=9, second=2, trials=400)
    for value in ("first", "second"):
        assert abs(float(found[value].mean) - 0.5) < Z * float(found[value].stderr) + 1e-3


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("spectrum", "spectrum:power=NUMBER"),
        ("spectrum:steep=1", "option of spectrum keys 'steep'"),
        ("spectrum:power=-1", "0 <= power"),
        ("spike:2", "0 <= share <= 1, got 2"),
        ("ar1:1", "-1 < correlation < 1"),
        ("ar2:0.5", "key ensemble 'ar2'"),
    ],
)
def test_impossible_keys_are_refused(label: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_keys(label)


def test_impossible_rebindings_are_refused() -> None:
    for first, second in ((3, 3), (2, 5), (40, 1), (4, -1)):
        with pytest.raises(InputError, match="0 <= second < first < items"):
            law_of("delta").rebound(30, first, second)
        with pytest.raises(InputError, match="0 <= second < first < items"):
            rebinding_probe(
                R["delta"](), Sphere(), Dims(4, 4), 30, first=first, second=second, trials=4
            )
