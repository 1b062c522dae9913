"""The same measurement on a GPU: every rule and wrapper recalls there what it recalls here."""

import numpy as np
import pytest
import torch

from capacity.discover import parse_feature_map, rules, wrappers
from capacity.keys import Sphere
from capacity.rule import Dims, Rule
from experiments.probes.recall import QUANTITIES, Measured, recall_probe

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU is visible")

R, W = rules(), wrappers()
INNER = R["delta"]()
WRAPPED: dict[str, Rule] = {
    "heads": W["heads"](INNER, 2),
    "features": W["features"](INNER, parse_feature_map("relu")),
    "normalised": W["normalised"](R["hebbian"]()),
    "rope": W["rope"](INNER),
    "short_convolution": W["short_convolution"](INNER),
}


def probe(rule: Rule, device: str, dtype: torch.dtype = torch.float64) -> Measured:
    return recall_probe(
        rule, Sphere(), Dims(16, 16), (12, 24), trials=40, dtype=dtype, device=device
    )[-1]


@pytest.mark.parametrize(
    "rule", [*(R[name]() for name in R), *WRAPPED.values()], ids=[*R, *WRAPPED]
)
def test_a_gpu_measures_the_same(rule: Rule) -> None:
    here, there = probe(rule, "cpu"), probe(rule, "cuda")
    for name in QUANTITIES:
        np.testing.assert_allclose(
            there.by_age[name].mean, here.by_age[name].mean, rtol=1e-10, atol=1e-12
        )


def test_other_parameters_are_told_apart() -> None:
    """The control of the comparison above."""
    here, there = probe(R["delta"](beta=1.0), "cpu"), probe(R["delta"](beta=0.999), "cuda")
    assert not np.allclose(here.by_age["mse"].mean, there.by_age["mse"].mean, rtol=1e-10)


@pytest.mark.parametrize("name", ["hebbian", "delta", "gla", "momentum", "softmax"])
def test_single_precision_on_a_gpu(name: str) -> None:
    """Means of 24 sums of 16 products in float32: 2^-24 each, far below 1e-4."""
    here, there = probe(R[name](), "cpu"), probe(R[name](), "cuda", torch.float32)
    np.testing.assert_allclose(
        there.by_age["mse"].mean, here.by_age["mse"].mean, rtol=1e-4, atol=1e-6
    )
