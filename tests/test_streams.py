"""Streams: prefixes, independence of batch, disjoint seeds, and the moments that laws assume."""

import numpy as np
import pytest
import scipy.stats
import torch

from capacity.counter_random import MASK, Draws, philox
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


def _words(*values: int) -> tuple[torch.Tensor, ...]:
    return tuple(torch.tensor([value]) for value in values)


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((MASK,) * 4, (MASK, MASK), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_philox_gives_the_published_words(
    counter: tuple[int, ...], key: tuple[int, int], expected: tuple[int, ...]
) -> None:
    """Known answers of Random123 1.14.0 for Philox4x32-10."""
    assert tuple(int(word) for word in philox(_words(*counter), key)) == expected  # type: ignore[arg-type]
    off = philox(_words(*counter), (key[0] ^ 1, key[1]))  # type: ignore[arg-type]
    assert tuple(int(word) for word in off) != expected


def test_tables_hold_the_same_numbers_whatever_their_size() -> None:
    small = Draws(3, torch.arange(5, 7)).normal(4, 3)
    large = Draws(3, torch.arange(9)).normal(40_000, 6)  # several passes over the counters
    assert torch.equal(small, large[5:7, :4, :3])
    assert not torch.equal(small, Draws(4, torch.arange(5, 7)).normal(4, 3))


def test_draws_have_their_distribution() -> None:
    """Kolmogorov-Smirnov over all entries; and neighbours are uncorrelated along every axis."""
    u = Draws(1, torch.arange(60)).uniform(50, 40)
    assert scipy.stats.kstest(u.flatten().numpy(), "uniform").pvalue > 1e-4
    assert scipy.stats.kstest(u.sqrt().flatten().numpy(), "uniform").pvalue < 1e-12  # control
    z = Draws(1, torch.arange(60)).normal(50, 40)
    assert scipy.stats.kstest(z.flatten().numpy(), "norm").pvalue > 1e-4
    for axis in range(3):
        pairs = z.narrow(axis, 1, z.shape[axis] - 1) * z.narrow(axis, 0, z.shape[axis] - 1)
        assert abs(float(pairs.mean())) * pairs.numel() ** 0.5 < 4
    signs = Draws(1, torch.arange(60)).signs(50, 40)
    assert set(signs.unique().tolist()) == {-1.0, 1.0}
    assert abs(float(signs.mean())) * signs.numel() ** 0.5 < 4


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU is visible")
def test_a_gpu_draws_the_same_streams() -> None:
    here, there = (streams(Sphere(), Dims(16, 3), range(9), 40, device=x) for x in ("cpu", "cuda"))
    for one, other in zip(here, there, strict=True):
        torch.testing.assert_close(one, other.cpu(), rtol=1e-13, atol=1e-13)
