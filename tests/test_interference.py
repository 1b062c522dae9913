"""Noise over signal and the dimension that features use: probe against law, and the jackknife."""

import numpy as np
import pytest

from capacity.discover import feature_maps, parse_feature_map, rules, wrapped
from capacity.keys import Gaussian, Keys, Sphere
from capacity.recall import Status
from capacity.rule import Dims
from experiments.probes.cos2 import cos2_probe
from experiments.probes.noise_over_signal import dimension, jackknife, means, table
from experiments.streams import streams

D, ITEMS = 8, (2, 32)
TWO_LAYER = "two_layer:features=16,hidden=12"
MAPS = ("identity", "relu", "dpfp", "quadratic", "favor:features=16,scale=0.5", TWO_LAYER)


@pytest.mark.parametrize("text", MAPS)
def test_measured_dimensions_are_those_of_the_kernel(text: str) -> None:
    rule = wrapped(rules()["hebbian"](), {"features": text})
    seed = 700 + MAPS.index(text)
    blocks = cos2_probe(rule, Sphere(), Dims(D, D), ITEMS, trials=2000, seed=seed)
    found = table(blocks).iloc[1]
    moments = parse_feature_map(text).moments(Sphere(), D)
    assert moments is not None
    exact = float(moments.effective_dimension)
    assert abs(found["dimension"] - exact) < 4.5 * found["dimension_stderr"]
    assert abs(found["dimension"] - 1.15 * exact) > 4.5 * found["dimension_stderr"]  # the control
    law = rule.law(Sphere(), Dims(D, D))
    assert law is not None
    recall = law.recall(ITEMS[1])
    noise = recall.power[0] / recall.signal[0] ** 2 - 1
    gap = (found["noise"] - noise) / found["noise_stderr"]
    bound = law.statuses["power"] is Status.BOUND
    assert bound == (text == TWO_LAYER)
    assert -4.5 < gap < (np.inf if bound else 4.5)
    first = law.recall(ITEMS[0])
    told = dimension(np.array([x[0] for x in (first.signal, first.power)] + [recall.signal[0],
        recall.power[0]]), ITEMS[1] - ITEMS[0])  # fmt: skip
    assert told == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("keys", [Sphere(), Gaussian()])
def test_the_power_of_two_layers_is_bounded_from_below_and_the_rest_is_exact(keys: Keys) -> None:
    """d = 8: |phi|^2 varies with direction, so the bound must lie clearly below."""
    phi, d = parse_feature_map(TWO_LAYER), 8
    k = streams(keys, Dims(d, 1), range(20_000), 2)[0]
    one, other = phi(k).unbind(1)
    own = one.square().sum(1)
    samples = np.stack([own, own**2, (one * other).sum(1) ** 2])
    mean, stderr = samples.mean(1), samples.std(1, ddof=1) / np.sqrt(samples.shape[1])
    z = (mean - np.array(phi.moments(keys, d))) / stderr
    assert abs(z[0]) < 4.5
    assert abs(z[2]) < 4.5
    assert z[1] > 4.5
    swapped = phi.with_values(seed=1)
    assert abs((mean[0] - swapped.moments(keys, d)[0]) / stderr[0]) > 4.5  # the control


def test_random_layers_share_one_direction_however_wide() -> None:
    """The squared mean of D random features is off by sqrt(2/D) of itself, d_eff by twice that."""
    D, d = 512, 256
    text = "two_layer:features={0},hidden={0},seed={1}"
    maps = [parse_feature_map(text.format(D, seed)) for seed in range(8)]
    sizes = np.array([phi.moments(Sphere(), d).effective_dimension for phi in maps])
    spread = 2 * np.sqrt(2 / D)
    assert abs(sizes.mean() / np.pi**2 - 1) < 4 * spread / np.sqrt(8)
    assert sizes.std(ddof=1) / np.pi**2 < 2 * spread


def test_maps_that_ship_use_no_more_dimensions_than_they_have() -> None:
    for kind in feature_maps().values():
        moments = kind().moments(Sphere(), D)
        assert moments is not None
        assert 1 <= moments.effective_dimension <= kind().dimension(D) * (1 + 1e-12)


def test_the_jackknife_of_a_mean_is_its_standard_error() -> None:
    rows = np.random.default_rng(0).normal(size=(20, 1))
    mean, stderr = jackknife(lambda x: float(x[0]), rows)
    assert mean == pytest.approx(rows.mean())
    assert stderr == pytest.approx(rows.std(ddof=1) / np.sqrt(20))


def test_means_of_blocks_are_over_ages() -> None:
    (at,) = cos2_probe(rules()["hebbian"](), Sphere(), Dims(4, 4), (3,), trials=4)
    assert means(at).shape == (4, 2)
    np.testing.assert_allclose(means(at)[1], [at.signal[1].mean(), at.power[1].mean()])
