"""The delta family against code that we did not write, in float64: fla-core, padasip.

Agreement is to rounding (1e-12) where a reference has no constants of its own. References known to
be wrong are strict expected failures: they will tell us when upstream is mended.
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import padasip
import pytest
import torch
from torch import Tensor

from capacity.discover import rules
from capacity.rule import Dims, Rule
from tests.referees.fla import load_naive

R = rules()
TOKENS, D_K, D_V = 64, 8, 6
ALPHA, BETA = 0.95, 0.7
GATES = np.linspace(0.8, 1.0, D_K)


def numbers(seed: int, *shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


Q, K, V = (numbers(i, 2, TOKENS, d) for i, d in enumerate((D_K, D_K, D_V)))
K = K / D_K**0.5  # |k| is near 1, and differs from key to key


@pytest.fixture
def double_by_default() -> Iterator[None]:
    """Some references allocate in the default dtype, whatever their inputs are."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def outputs(rule: Rule, q: Tensor = Q, k: Tensor = K, v: Tensor = V) -> Tensor:
    """The read-out of the token's query after the write of its pairs: (batch, tokens, d_v)."""
    states, n = rule.init(Dims(k.shape[2], v.shape[2], k.shape[1]), (len(k),)), rule.pairs
    found = []
    for t in range(q.shape[1]):
        pairs = slice(n * t, n * (t + 1))
        states = rule.write_stream(states, k[:, pairs], v[:, pairs], n * t)
        found.append(rule.read_stream(states, q[:, t : t + 1]))
    return torch.cat(found, dim=1)


def last(*xs: Tensor) -> tuple[Tensor, ...]:
    """[B, T, ...] -> [B, T, 1, ...]: one head, after the tokens."""
    return tuple(x[:, :, None] for x in xs)


def first(*xs: Tensor) -> tuple[Tensor, ...]:
    """[B, T, ...] -> [B, 1, T, ...]: one head, before the tokens."""
    return tuple(x[:, None] for x in xs)


def constant(value: float) -> Tensor:
    return torch.full((2, TOKENS), value, dtype=torch.float64)


def agree(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.usefixtures("double_by_default")
def test_delta() -> None:
    naive, found = load_naive("delta_rule"), outputs(R["delta"](beta=BETA))
    q, k, v, beta = first(Q * D_K**0.5, K, V, constant(BETA))  # its scale is baked in
    agree(found, naive.delta_rule_recurrence(q, k, v, beta)[0][:, 0])
    agree(found, naive.delta_rule_chunkwise(q, k, v, beta)[0][:, 0])


@pytest.mark.usefixtures("double_by_default")
def test_gated_delta() -> None:
    """The two forms take beta and g in opposite order."""
    naive, found = load_naive("gated_delta_rule"), outputs(R["gated_delta"](ALPHA, BETA))
    q, k, v, beta, g = last(Q, K, V, constant(BETA), constant(math.log(ALPHA)))
    recurrent = naive.naive_recurrent_gated_delta_rule(q, k, v, beta, g, scale=1.0)[0]
    agree(found, recurrent[:, :, 0])
    chunks = naive.naive_chunk_gated_delta_rule(q, k, v, g, beta, chunk_size=16, scale=1.0)[0]
    agree(found, chunks[:, :, 0])


def test_the_comparison_can_fail() -> None:
    naive = load_naive("gated_delta_rule").naive_recurrent_gated_delta_rule
    q, k, v, beta, g = last(Q, K, V, constant(BETA), constant(math.log(ALPHA)))
    expected = naive(q, k, v, beta, g, scale=1.0)[0][:, :, 0]
    with pytest.raises(AssertionError):
        agree(outputs(R["gated_delta"](ALPHA, BETA * (1 + 1e-10))), expected)
    with pytest.raises(AssertionError):  # the decay after the error is another rule
        agree(outputs(R["rwkv7"](w=ALPHA, a=BETA, eta=BETA)), expected)


@pytest.mark.usefixtures("double_by_default")
def test_kda() -> None:
    naive, found = load_naive("kda"), outputs(R["kda"](alpha=GATES, beta=BETA))
    g = torch.from_numpy(GATES).log().expand(2, TOKENS, D_K)
    q, k, v, g, beta = last(Q, K, V, g, constant(BETA))
    agree(found, naive.naive_recurrent_kda(q, k, v, g, beta, scale=1.0)[0][:, :, 0])
    chunks = naive.naive_chunk_kda(q, k, v, g, beta, scale=1.0, chunk_size=16)[0]
    agree(found, chunks[:, :, 0])


@pytest.mark.parametrize("n_h", [1, 2, 4])
def test_delta_product(n_h: int) -> None:
    naive = load_naive("gated_delta_product").naive_recurrent_gated_delta_product
    found = outputs(R["delta_product"](alpha=ALPHA, beta=1.6, n_h=n_h), Q[:, : TOKENS // n_h])
    g = constant(math.log(ALPHA))[:, : TOKENS // n_h]
    q, k, v, g, beta = last(Q[:, : TOKENS // n_h], K, V, g, constant(1.6))
    agree(found, naive(q, k, v, g, beta, scale=1.0, num_householder=n_h)[0][:, :, 0])


@pytest.mark.usefixtures("double_by_default")
def test_rwkv7() -> None:
    """Diagonal plus low rank: S diag(w) + (S alpha) beta^T, alpha = -kappa, beta = a o kappa."""
    naive, eta = load_naive("generalized_delta_rule/dplr"), 0.8
    a = torch.linspace(0.2, 1.2, D_K, dtype=torch.float64)
    xi = torch.linspace(-1, 0.8, D_K, dtype=torch.float64)
    found = outputs(R["rwkv7"](w=GATES, a=a.numpy(), eta=eta, xi=xi.numpy()))
    gk = torch.from_numpy(GATES).log().expand(2, TOKENS, D_K)
    inputs = first(Q * D_K**0.5, eta * K, V, -xi * K, a * xi * K, gk)
    agree(found, naive.dplr_recurrence(*inputs)[0][:, 0])
    agree(found, naive.dplr_chunkwise(*inputs)[0][:, 0])


def momentum_inputs(mu: float, alpha: float) -> dict[str, Tensor]:
    """Its M is minus ours: M = mu M + eta (S p - v) k^T, S = alpha S - beta M."""
    names = ("q", "k", "v", "p", "log_alpha", "log_mu", "beta", "eta")
    log_alpha, log_mu = constant(math.log(alpha)), constant(math.log(mu))
    found = last(Q, K, V, K, log_alpha, log_mu, constant(1.0), constant(0.3))
    return dict(zip(names, found, strict=True))


@pytest.mark.parametrize("mu", [0.3, 0.9])
def test_momentum(mu: float) -> None:
    naive = load_naive("momentum_delta_rule").recurrent_momentum_delta_rule_ref
    o, states = naive(**momentum_inputs(mu, ALPHA), scale=1.0, output_final_state=True)
    rule = R["momentum"](alpha=ALPHA, mu=mu, beta=0.3)
    agree(outputs(rule), o[:, :, 0])
    final = rule.write_stream(rule.init(Dims(D_K, D_V), (2,)), K, V).S
    agree(final, torch.cat([states[0, :, 0].mT, -states[1, :, 0].mT], dim=2))


@pytest.mark.xfail(strict=True, reason="c_t - c_(s-1) cancels once mu^chunk is below rounding")
def test_momentum_chunk_form_of_fla() -> None:
    naive = load_naive("momentum_delta_rule").chunk_momentum_delta_rule_ref
    o = naive(**momentum_inputs(0.3, ALPHA), scale=1.0, chunk_size=64)[0][:, :, 0]
    found = outputs(R["momentum"](alpha=ALPHA, mu=0.3, beta=0.3))
    torch.testing.assert_close(found, o, rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("chunk", [1, 4, 16])
def test_ttt_linear(chunk: int) -> None:
    """fla's rule with its layer normalisation made linear: eps = R^2 and weight R leave centring.

    Values that sum to zero stay so; its bias is one more key entry, always 1; its target is v - k;
    its output adds the (linear) normalisation of itself, so it is twice ours.
    """
    naive, large, step = load_naive("ttt").chunk_ttt_linear_ref, 1e8, 0.2
    targets = numbers(3, 2, TOKENS, D_K)
    targets = targets - targets.mean(dim=2, keepdim=True)
    (q, k), (v,) = last(Q, K), last(targets + K)
    weight = torch.full((1, D_K), large, dtype=torch.float64)
    o, h, bias = naive(
        q.clone(),  # scaled in place otherwise
        k,
        v,
        weight,
        torch.zeros_like(weight),
        step,
        scale=1.0,
        eps=large**2,
        mini_batch_size=chunk,
        output_final_state=True,
    )
    one = torch.ones(2, TOKENS, 1, dtype=torch.float64)
    q1, k1 = torch.cat([Q, one], dim=2), torch.cat([K, one], dim=2)
    rule = R["ttt_linear"](beta=step, chunk=chunk)
    agree(outputs(rule, q1, k1, targets), o[:, :, 0] / 2)
    final = rule.write_stream(rule.init(Dims(D_K + 1, D_K), (2,)), k1, targets).S
    agree(final[:, :, : D_K + 1], torch.cat([h[:, 0].mT, bias[:, 0].mT], dim=2))


@pytest.mark.xfail(strict=True, reason="the queries are scaled in place")
def test_ttt_linear_of_fla_leaves_its_input_alone() -> None:
    naive, (q, k, v) = load_naive("ttt").chunk_ttt_linear_ref, last(Q, K, numbers(3, *K.shape))
    before, weight = q.clone(), torch.ones(1, D_K, dtype=torch.float64)
    naive(q, k, v, weight, torch.zeros_like(weight), 0.2, scale=0.5, mini_batch_size=4)
    assert torch.equal(q, before)


def titans(rewrite: dict[str, str], alpha: float, mu: float) -> Tensor:
    """Distance of final memories: ours, and that of fla's Titans made linear as fla's TTT above.

    Its loss has no 1/2, its target is v - k; a step is 2 theta; the decay is 1 - alpha.
    """
    unused = {"from fla.ops.titans.log_impl import combine_params_log": ""}
    naive, large = load_naive("titans", rewrite=unused | rewrite).titans_linear, 1e8
    targets = numbers(3, 2, TOKENS, D_K)
    targets = targets - targets.mean(dim=2, keepdim=True)
    weight = torch.full((1, D_K), large, dtype=torch.float64)
    theta, alphas, eta = (constant(x)[:, None, :, None] for x in (0.15, 1 - alpha, mu))
    bare, gates, eps = torch.zeros_like(weight), (theta, alphas, eta), large**2
    q, k, v = first(Q, K, targets + K)
    memory_of = naive(q, k, v, weight, bare, *gates, eps, 1, None, True)[1]
    found: Tensor = memory_of[:, 0].mT
    rule = R["momentum"](alpha=alpha, mu=mu, beta=0.3)
    ours = rule.write_stream(rule.init(Dims(D_K, D_K), (2,)), K, targets).S[:, :, :D_K]
    return (found - ours).abs().max()


BROKEN = "D * grad - grad.sum(-1, keepdim=True) / (rstd * D)\n        proj"
MENDED = "(D * grad - grad.sum(-1, keepdim=True)) / (rstd * D)\n        proj"


@pytest.mark.usefixtures("double_by_default")
@pytest.mark.parametrize(("alpha", "mu"), [(1.0, 0.5), (0.95, 0.3), (0.97, 0.9)])
def test_momentum_is_titans_of_fla_with_its_parentheses_mended(alpha: float, mu: float) -> None:
    assert titans({BROKEN: MENDED}, alpha, mu) < 1e-12


@pytest.mark.usefixtures("double_by_default")
@pytest.mark.xfail(strict=True, reason="D * grad is not divided by rstd * D: parentheses lost")
def test_titans_of_fla() -> None:
    assert titans({}, 0.95, 0.3) < 1e-12


def comba_inputs() -> dict[str, Tensor]:
    names = ("q", "k", "v", "p", "beta", "g")
    found = last(Q, K, V, K, constant(BETA), constant(math.log(ALPHA)))
    return dict(zip(names, found, strict=True))


@pytest.mark.usefixtures("double_by_default")
def test_comba_takes_its_error_at_the_undecayed_memory() -> None:
    """With p = k it is our rwkv7 with a = eta = beta."""
    naive, rule = load_naive("comba"), R["rwkv7"](w=ALPHA, a=BETA, eta=BETA)
    agree(outputs(rule), naive.naive_chunk_comba(**comba_inputs(), scale=1.0)[0][:, :, 0])


@pytest.mark.xfail(strict=True, reason="error at the decayed memory, unlike kernel and chunk form")
def test_comba_recurrent_form_of_fla() -> None:
    naive, rule = load_naive("comba"), R["rwkv7"](w=ALPHA, a=BETA, eta=BETA)
    agree(outputs(rule), naive.naive_recurrent_comba(**comba_inputs(), scale=1.0)[0][:, :, 0])


def adapted(make: Any) -> Tensor:
    """Final weights (d_v, d_k) of one adaptive filter per value channel."""
    weights = []
    for channel in V[0].numpy().T:
        filter_ = make()
        for k, v in zip(K[0].numpy(), channel, strict=True):
            filter_.adapt(v, k)
        weights.append(filter_.w)
    return torch.from_numpy(np.stack(weights))


def memory(rule: Rule) -> Tensor:
    S: Tensor = rule.write_stream(rule.init(Dims(D_K, D_V), (1,)), K[:1], V[:1]).S[0]
    return S


def test_lms_is_the_delta_rule() -> None:
    theirs = adapted(lambda: padasip.filters.FilterLMS(n=D_K, mu=BETA, w="zeros"))
    agree(memory(R["delta"](beta=BETA)), theirs)


@pytest.mark.parametrize("penalty", [0.5, 20.0])
def test_normalised_lms_is_longhorn(penalty: float) -> None:
    """delta/(1 + delta |k|^2) = 1/(1/delta + |k|^2)."""
    theirs = adapted(lambda: padasip.filters.FilterNLMS(n=D_K, mu=1.0, eps=1 / penalty, w="zeros"))
    agree(memory(R["longhorn"](penalty=penalty)), theirs)


def test_affine_projection_of_order_one_is_longhorn() -> None:
    theirs = adapted(lambda: padasip.filters.FilterAP(n=D_K, order=1, mu=1.0, ifc=0.5, w="zeros"))
    agree(memory(R["longhorn"](penalty=2.0)), theirs)


@pytest.mark.parametrize("window", [1, 3, 5])
def test_affine_projection_with_a_stiff_regulariser_is_omega(window: int) -> None:
    """mu X (X^T X + c I)^-1 e tends to (mu/c) X e: relative distance |X^T X|/c, here 1e-17."""
    stiff, beta = 1e18, 0.2
    theirs = adapted(
        lambda: padasip.filters.FilterAP(n=D_K, order=window, mu=beta * stiff, ifc=stiff, w="zeros")
    )
    agree(memory(R["omega"](beta=beta, window=window)), theirs)
    with pytest.raises(AssertionError):
        agree(memory(R["omega"](beta=beta, window=window + 1)), theirs)
