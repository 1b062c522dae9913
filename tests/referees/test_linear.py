"""Linear and gated memories against fla-core's naive references, in float64, to rounding."""

import math

import pytest
import torch
from torch import Tensor

from capacity.discover import feature_maps, rules, wrappers
from capacity.rule import Dims, Rule
from tests.referees.fla import load_naive

R, W, F = rules(), wrappers(), feature_maps()
TOKENS, D_K, D_V = 64, 8, 6


def numbers(seed: int, *shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.fixture
def qkv() -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values of two streams, (2, TOKENS, d)."""
    return numbers(0, 2, TOKENS, D_K), numbers(1, 2, TOKENS, D_K), numbers(2, 2, TOKENS, D_V)


def outputs(rule: Rule, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """o_t, the read-out of q_t after the write of pair t: (batch, T, d_v)."""
    states = rule.init(Dims(k.shape[2], v.shape[2], k.shape[1]), (len(k),))
    found = []
    for t in range(k.shape[1]):
        states = rule.write_stream(states, k[:, t : t + 1], v[:, t : t + 1], t)
        found.append(rule.read_stream(states, q[:, t : t + 1]))
    return torch.cat(found, dim=1)


def heads_last(*xs: Tensor) -> tuple[Tensor, ...]:
    """[B, T, D] -> [B, T, 1, D]."""
    return tuple(x[:, :, None] for x in xs)


def heads_first(*xs: Tensor) -> tuple[Tensor, ...]:
    """[B, T, D] -> [B, 1, T, D]."""
    return tuple(x[:, None] for x in xs)


def agree(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


def test_hebbian(qkv: tuple[Tensor, Tensor, Tensor]) -> None:
    naive, found = load_naive("linear_attn"), outputs(R["hebbian"](), *qkv)
    expected = naive.naive_recurrent_linear_attn(*heads_last(*qkv), scale=1.0)[0]
    agree(found, expected[:, :, 0])
    agree(found, naive.naive_chunk_linear_attn(*heads_last(*qkv), scale=1.0)[:, :, 0])


def test_the_comparison_can_fail(qkv: tuple[Tensor, Tensor, Tensor]) -> None:
    naive = load_naive("simple_gla").naive_recurrent_simple_gla
    g = torch.full((2, TOKENS, 1), math.log(0.9), dtype=torch.float64)
    expected = naive(*heads_last(*qkv), g, scale=1.0)[0][:, :, 0]
    with pytest.raises(AssertionError):
        agree(outputs(R["decay"](gamma=0.9 + 1e-9), *qkv), expected)


@pytest.mark.parametrize("gamma", [0.3, 0.9, 1.0])
def test_decay(gamma: float, qkv: tuple[Tensor, Tensor, Tensor]) -> None:
    naive, found = load_naive("simple_gla"), outputs(R["decay"](gamma=gamma), *qkv)
    g = torch.full((2, TOKENS, 1), math.log(gamma), dtype=torch.float64)
    for form in ("recurrent", "chunk", "parallel"):
        expected = getattr(naive, f"naive_{form}_simple_gla")(*heads_last(*qkv), g, scale=1.0)[0]
        agree(found, expected[:, :, 0])


def test_decay_as_retention(qkv: tuple[Tensor, Tensor, Tensor]) -> None:
    """Its first head forgets at 1 - 2^-5 and scales read-outs by d^(-1/2)."""
    expected = load_naive("retention").naive_retention(*heads_first(*qkv))[:, 0]
    agree(outputs(R["decay"](gamma=1 - 2**-5), *qkv) / D_K**0.5, expected)


@pytest.mark.parametrize("shape", [(D_K,), (TOKENS, D_K), (TOKENS, 1), (8, D_K)])
def test_gla(shape: tuple[int, ...], qkv: tuple[Tensor, Tensor, Tensor]) -> None:
    alpha = torch.rand(shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    rows = alpha if alpha.ndim == 2 else alpha[None]
    every = rows.repeat(TOKENS // len(rows), 1).expand(TOKENS, D_K)
    gates = every.log().expand(2, -1, -1)[:, :, None]
    expected = load_naive("gla").naive_recurrent_gla(*heads_last(*qkv), gates)[0][:, :, 0]
    agree(outputs(R["gla"](alpha=alpha.numpy()), *qkv) / D_K**0.5, expected)


def test_normaliser(qkv: tuple[Tensor, Tensor, Tensor]) -> None:
    q, k, v = qkv
    phi = F["elu_plus_one"]()
    rule = W["normalised"](W["features"](R["hebbian"](), phi))
    naive = load_naive("linear_attn").naive_recurrent_linear_attn
    expected = naive(*heads_last(phi(q), phi(k), v), scale=1.0, normalize=True)[0]
    agree(outputs(rule, q, k, v), expected[:, :, 0])


@pytest.mark.parametrize("normalise", [False, True])
def test_taylor_features_are_based(normalise: bool, qkv: tuple[Tensor, Tensor, Tensor]) -> None:
    """Based takes q and k times sqrt(d); its features are a constant factor larger."""
    q, k, v = qkv
    size = 1 + D_K**0.5 + D_K / 2
    rule: Rule = W["features"](R["hebbian"](), F["taylor"]())
    if normalise:
        rule = W["normalised"](rule, eps=1e-6 / size)
    naive = load_naive("based").naive_parallel_based
    expected = naive(*heads_first(D_K**0.5 * q, D_K**0.5 * k, v), use_norm=normalise)[:, 0]
    agree(outputs(rule, q, k, v) * (1 if normalise else size), expected)


@pytest.mark.parametrize("normalise", [False, True])
def test_quadratic_features_are_rebased(
    normalise: bool, qkv: tuple[Tensor, Tensor, Tensor]
) -> None:
    rule: Rule = W["features"](R["hebbian"](), F["quadratic"]())
    if normalise:
        rule = W["normalised"](rule, eps=1e-6)
    naive = load_naive("rebased").naive_parallel_rebased
    agree(outputs(rule, *qkv), naive(*heads_first(*qkv), scale=1.0, use_norm=normalise)[:, 0])


def test_heads(qkv: tuple[Tensor, Tensor, Tensor]) -> None:
    """Two heads of one stream are two of fla's heads, on slices of the norm of the whole key."""
    q, k, v = qkv

    def split(x: Tensor, *, whole: bool) -> Tensor:
        parts = x.unflatten(2, (2, -1))
        norm = x.norm(dim=2)[:, :, None, None] / parts.norm(dim=3, keepdim=True)
        return parts * norm if whole else parts

    naive = load_naive("linear_attn").naive_recurrent_linear_attn
    parts = split(q, whole=True), split(k, whole=True), split(v, whole=False)
    agree(
        outputs(W["heads"](R["hebbian"](), heads=2), q, k, v),
        naive(*parts, scale=1.0)[0].flatten(2),
    )
