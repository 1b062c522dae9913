"""Noise over signal and the dimension that features use: probe against law, and the jackknife."""

import numpy as np
import pytest

from capacity.discover import feature_maps, parse_feature_map, rules, wrapped
from capacity.keys import Sphere
from capacity.rule import Dims
from experiments.probes.cos2 import cos2_probe
from experiments.probes.noise_over_signal import dimension, jackknife, means, table

D, ITEMS = 8, (2, 32)
MAPS = ("identity", "relu", "dpfp", "quadratic", "favor:features=16,scale=0.5")


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
    assert abs(found["noise"] - noise) < 4.5 * found["noise_stderr"]
    first = law.recall(ITEMS[0])
    told = dimension(np.array([x[0] for x in (first.signal, first.power)] + [recall.signal[0],
        recall.power[0]]), ITEMS[1] - ITEMS[0])  # fmt: skip
    assert told == pytest.approx(exact, rel=1e-9)


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
