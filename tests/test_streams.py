"""Streams: prefixes, independence of batch, disjoint seeds, and the moments that laws assume."""

import numpy as np
import pytest
import torch

from capacity.keys import Gaussian, Keys, Orthonormal, Sphere, effective_dimension
from capacity.rule import Dims
from experiments.statistics import Moments
from experiments.streams import streams


@pytest.mark.parametrize("keys", [Sphere(), Gaussian(), Orthonormal()])
def test_longer_streams_begin_with_shorter_ones(keys: Keys) -> None:
    short = streams(keys, Dims(8, 3), range(4), 3)
    long = streams(keys, Dims(8, 3), range(6), 8)
    for a, b in zip(short, long, strict=True):
        assert torch.equal(a, b[:4, :3])


def test_a_stream_depends_on_its_seed_alone() -> None:
    together = streams(Sphere(), Dims(8, 3), range(10), 5)[0]
    alone = streams(Sphere(), Dims(8, 3), range(7, 8), 5)[0]
    assert torch.equal(together[7:8], alone)
    assert not torch.equal(together[0], together[1])


@pytest.mark.parametrize("keys", [Sphere(), Gaussian()])
@pytest.mark.parametrize("d", [2, 5])
def test_moments_of_keys(keys: Keys, d: int) -> None:
    """Fourth moments within 5 standard errors of what laws use: E k_1^4 and E k_1^2 k_2^2."""
    drawn = streams(keys, Dims(d, 1), range(400), 50)[0].reshape(-1, d).numpy()
    m4 = 1.0 if isinstance(keys, Sphere) else 1 + 2 / d
    for sample, expected in (
        (drawn[:, 0] ** 4, 3 * m4 / (d * (d + 2))),
        (drawn[:, 0] ** 2 * drawn[:, 1] ** 2, m4 / (d * (d + 2))),
        (drawn[:, 0], 0.0),
        ((drawn**2).sum(1) ** 2, m4),
    ):
        error = sample.std() / np.sqrt(len(sample)) + 1e-12
        assert abs(sample.mean() - expected) < 5 * error


@pytest.mark.parametrize("d", [1, 2, 8, 64, 4096])
def test_radial_quadrature_is_exact(d: int) -> None:
    r, w = Gaussian().radii(d)
    for power, expected in ((0, 1), (2, 1), (4, 1 + 2 / d), (6, (1 + 2 / d) * (1 + 4 / d))):
        assert (w @ r**power) == pytest.approx(expected, rel=1e-12)


def test_orthonormal_rows() -> None:
    rows = streams(Orthonormal(), Dims(6, 1), range(3), 6)[0]
    torch.testing.assert_close(rows @ rows.mT, torch.eye(6, dtype=rows.dtype).expand(3, 6, 6))


def test_effective_dimension() -> None:
    assert effective_dimension(np.eye(7)) == pytest.approx(7)
    assert effective_dimension(np.ones((5, 3))) == pytest.approx(1)


def test_moments_merge_like_one_sample() -> None:
    sample = np.random.default_rng(0).standard_normal((23, 4)) + 100
    merged = Moments()
    for part in np.array_split(sample, 5):
        merged.add(part)
    np.testing.assert_allclose(merged.mean, sample.mean(0), rtol=1e-14)
    np.testing.assert_allclose(merged.stderr, sample.std(0, ddof=1) / np.sqrt(23), rtol=1e-12)
    single = Moments()
    single.add(sample[:1])
    assert np.isnan(single.stderr).all()
