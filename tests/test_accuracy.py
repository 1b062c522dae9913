"""Argmax accuracy against published Monte Carlo and against an independent draw of read-outs."""

import numpy as np
import pytest
from scipy.stats import norm

from capacity.accuracy import argmax_accuracy
from capacity.discover import rules
from capacity.errors import InputError
from capacity.keys import Sphere
from capacity.rule import Dims

R = rules()


def measured(
    rule_name: str, d: int, m: int, items: int, age: int, v: int, trials: int
) -> tuple[float, float]:
    """Accuracy of one age by simulation: unit values, fresh unit candidates per stream."""
    import torch

    from experiments.streams import streams

    rng = np.random.default_rng(7)
    keys, values = streams(Sphere(), Dims(d, m), range(trials), items)
    values = values / values.norm(dim=2, keepdim=True)
    rule = R[rule_name]()
    states = rule.write_stream(rule.init(Dims(d, m), (trials,)), keys, values)
    at = items - 1 - age
    o = rule.read_stream(states, keys[:, at : at + 1])[:, 0]
    candidates = rng.standard_normal((v - 1, m))
    candidates = torch.from_numpy(candidates / np.linalg.norm(candidates, axis=1, keepdims=True))
    won = ((o * values[:, at]).sum(1) > (o @ candidates.T).max(1).values).double()
    return float(won.mean()), float(won.std() / np.sqrt(trials))


@pytest.mark.parametrize(
    ("items", "d", "m", "v", "published"),
    [(256, 64, 64, 1000, 0.7119), (1000, 64, 64, 1000, 0.1117), (300, 128, 32, 500, 0.647)],
)
def test_hebbian_accuracy_meets_published_simulation(
    items: int, d: int, m: int, v: int, published: float
) -> None:
    law = R["hebbian"]().law(Sphere(), Dims(d, m))
    assert law is not None
    found = law.recall(items).accuracy(v, m)[0]
    assert abs(found - published) < 4 * 0.003
    shortcut = norm.cdf(1 / np.sqrt((items - 1) / d * 2 / m)) ** (v - 1)
    assert found > 0
    assert abs(shortcut - published) > abs(found - published)


@pytest.mark.parametrize(("rule", "age"), [("hebbian", 10), ("delta", 40)])
def test_accuracy_against_simulation(rule: str, age: int) -> None:
    """Status asymptotic in d_v: 4 standard errors and 1/d_v for the Gaussian noise model."""
    d, items, v = 64, 128, 1000
    law = R[rule]().law(Sphere(), Dims(d, d))
    assert law is not None
    recall = law.recall(items)
    mean, error = measured(rule, d, d, items, age, v, trials=3000)
    assert abs(recall.accuracy(v, d)[age] - mean) < 4 * error + 1 / d
    wrong = recall.accuracy(10 * v, d)[age]
    assert abs(wrong - mean) > 4 * error + 1 / d


def test_edges() -> None:
    perfect = argmax_accuracy(1.0, 1.0, 1.0, candidates=10, d_v=8)
    nothing = argmax_accuracy(0.0, 0.0, 0.0, candidates=10, d_v=8)
    endless = argmax_accuracy(1.0, 1.0, np.inf, candidates=10, d_v=8)
    assert perfect == pytest.approx(1.0)
    assert nothing == pytest.approx(0.1)
    assert endless == pytest.approx(0.1)
    with pytest.raises(InputError, match="d_v >= 2"):
        argmax_accuracy(1.0, 1.0, 1.0, candidates=10, d_v=1)
