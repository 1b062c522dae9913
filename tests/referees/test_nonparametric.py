"""Caches and log-linear attention against code that we did not write, in float64."""

import math

import hopfieldkit
import numpy as np
import pytest
import scipy.linalg
import torch
from torch import Tensor

from capacity.discover import rules
from capacity.keys import Sphere
from capacity.rule import Dims, Rule
from experiments.streams import streams
from tests.referees.fla import load_naive

R = rules()
CLOSE = {"rtol": 0.0, "atol": 1e-12}
BATCH, ITEMS, D_K, D_V = 2, 21, 5, 3


def data(items: int = ITEMS) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values (batch, items, d); queries are other keys."""
    dims = Dims(D_K, D_V)
    k, v = streams(Sphere(), dims, range(BATCH), items)
    return streams(Sphere(), dims, range(90, 90 + BATCH), items)[0], k, v


def online(rule: Rule, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Read query t after pair t, through the batched writes of one pair each."""
    states = rule.init(Dims(D_K, D_V, k.shape[1]), (len(k),), torch.Generator().manual_seed(0))
    reads = []
    for t in range(k.shape[1]):
        states = rule.write_stream(states, k[:, t : t + 1], v[:, t : t + 1], t)
        reads.append(rule.read_stream(states, q[:, t : t + 1])[:, 0])
    return torch.stack(reads, dim=1)


@pytest.mark.parametrize("bandwidth", [0.3, 1.0])
def test_softmax_is_attention(bandwidth: float) -> None:
    q, k, v = data()
    ours, scale = online(R["softmax"](bandwidth=bandwidth), q, k, v), bandwidth**-2
    heads = (x[:, :, None] for x in (q, k, v))
    fla, _ = load_naive("attn").naive_parallel_attn(*heads, scale=scale)
    torch.testing.assert_close(ours, fla[:, :, 0], **CLOSE)
    official = torch.nn.functional.scaled_dot_product_attention(
        q, k, v, is_causal=True, scale=scale
    )
    torch.testing.assert_close(ours, official, **CLOSE)
    off = torch.nn.functional.scaled_dot_product_attention(
        q, k, v, is_causal=True, scale=1.02 * scale
    )
    assert (ours - off).abs().max() > 1e-4


@pytest.mark.parametrize("window", [1, 6, 40])
def test_sliding_window_is_windowed_attention(window: int) -> None:
    q, k, v = data()
    ours = online(R["sliding_window"](window=window, bandwidth=0.5), q, k, v)
    heads = tuple(x[:, :, None] for x in (q, k, v))
    naive = load_naive("attn").naive_parallel_attn
    fla, _ = naive(*heads, scale=4.0, window_size=window)
    torch.testing.assert_close(ours, fla[:, :, 0], **CLOSE)
    off, _ = naive(*heads, scale=4.0, window_size=window + 1)
    assert window > ITEMS or (ours - off[:, :, 0]).abs().max() > 1e-3


@pytest.mark.parametrize("items", [2, 16, 21, 33])
@pytest.mark.parametrize("gate", [0.0, 0.6, 1.0])
def test_log_linear_attention(items: int, gate: float) -> None:
    """Levels and buckets are those of fla, whose level gates are set to gate^level."""
    q, k, v = data(items)
    levels = math.ceil(math.log2(items)) + 1
    scales = torch.tensor(gate, dtype=torch.float64) ** torch.arange(levels)
    scales = scales.expand(BATCH, items, 1, levels)
    naive = load_naive("log_linear_attn").naive_log_linear_attn
    heads = (x[:, :, None] for x in (q, k, v))
    undecayed = torch.zeros(BATCH, items, 1, dtype=torch.float64)
    fla = naive(*heads, undecayed, scales)[:, :, 0]
    torch.testing.assert_close(online(R["log_linear"](gate=gate), q, k, v), fla, **CLOSE)
    if gate == 0.6 and items > 2:
        off = online(R["log_linear"](gate=0.61), q, k, v)
        assert (off - fla).abs().max() > 1e-3


@pytest.mark.parametrize("lam", [0.0, 0.05, 1.0])
def test_kernel_ridge_solves_its_normal_equations(lam: float) -> None:
    q, k, v = (x.numpy() for x in data(12))
    ours = R["kernel_ridge"](bandwidth=0.4, lam=lam)
    states = ours.init(Dims(D_K, D_V, 12), (BATCH,))
    states = ours.write_stream(states, torch.from_numpy(k), torch.from_numpy(v))
    found = ours.read_stream(states, torch.from_numpy(q)).numpy()
    for b in range(BATCH):

        def gram(x: np.ndarray, b: int = b) -> np.ndarray:
            return np.exp(-((x[:, None] - k[b][None]) ** 2).sum(-1) / (2 * 0.4**2))

        alpha = scipy.linalg.solve(gram(k[b]) + lam * np.eye(12), v[b], assume_a="pos")
        np.testing.assert_allclose(found[b], gram(q[b]) @ alpha, rtol=0, atol=1e-10)
        # the objective's stationary point, whatever solver: perturbing alpha raises the loss
        if lam > 0:
            losses = [_loss(gram(k[b]), alpha * (1 + e), v[b], lam) for e in (0.0, 0.02, -0.02)]
            assert losses[0] < min(losses[1:])


def _loss(K: np.ndarray, alpha: np.ndarray, v: np.ndarray, lam: float) -> float:
    return float(((K @ alpha - v) ** 2).sum() + lam * np.trace(alpha.T @ K @ alpha)) / 2


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_dense_memory_is_the_gradient_of_its_energy(degree: int) -> None:
    """Autoassociative: torch's gradient of sum_i (k_i.q)^(n+1)/(n+1) in q is the read-out."""
    q, k, _ = data()
    rule = R["dense_am"](degree=degree)
    states = rule.write_stream(rule.init(Dims(D_K, D_K, ITEMS), (BATCH,)), k, k)
    at = q.clone().requires_grad_()
    energy = ((at @ k.mT) ** (degree + 1)).sum() / (degree + 1)
    (gradient,) = torch.autograd.grad(energy, at)
    torch.testing.assert_close(rule.read_stream(states, q), gradient, **CLOSE)


def test_dense_memory_of_degree_two_is_rebased_attention_without_its_normaliser() -> None:
    q, k, v = data()
    heads = tuple(x[:, None] for x in (q, k, v))
    fla = load_naive("rebased").naive_parallel_rebased(*heads, scale=1.0, use_norm=False)
    torch.testing.assert_close(online(R["dense_am"](degree=2), q, k, v), fla[:, 0], **CLOSE)
    assert (online(R["dense_am"](degree=3), q, k, v) - fla[:, 0]).abs().max() > 1e-3


@pytest.mark.parametrize("patterns", [1, 3, 9])
def test_hopfield_couplings_and_fields_are_those_of_hopfieldkit(patterns: int) -> None:
    """Its couplings, times d; its sweep of all units, one of which moves at a time."""
    d, rng = 24, np.random.default_rng(patterns)
    signs = rng.choice([-1.0, 1.0], size=(patterns, d))
    theirs = hopfieldkit.HopfieldNetwork(d).fit(signs)
    rule, stored = R["hopfield"](), torch.from_numpy(signs)[None] / d**0.5
    states = rule.write_stream(rule.init(Dims(d, d), (1,)), stored, stored)
    off = ~np.eye(d, dtype=bool)
    np.testing.assert_allclose(states.S[0].numpy()[off], theirs.weights[off], rtol=0, atol=1e-12)
    cue = np.where(rng.random(d) < 0.1, -1, 1) * signs[0]
    read = rule.read_stream(states, torch.from_numpy(cue)[None, None])[0, 0].numpy()
    moved = []
    for unit in range(d):  # what its asynchronous dynamics does to one unit of this cue
        alone = hopfieldkit.HopfieldNetwork(d)
        alone.weights = np.where(np.arange(d)[:, None] == unit, theirs.weights, 0.0)
        alone.weights += np.diag(np.where(np.arange(d) == unit, 0.0, 1.0))  # the others stay
        moved.append(alone.recall(cue, order="sequential", max_steps=1)[unit])
    fields = theirs.weights @ cue
    decided = np.abs(fields) > 1e-12  # at a field of 0 it says 1 and we say 0
    np.testing.assert_allclose((read * d**0.5)[decided], np.array(moved)[decided], atol=1e-12)


def test_hopfield_by_hand() -> None:
    """Two patterns of four signs: fields without self-coupling, added up by hand."""
    patterns = torch.tensor([[[1.0, 1, 1, 1], [1, -1, 1, -1]]]).double()
    rule = R["hopfield"]()
    states = rule.write_stream(rule.init(Dims(4, 4), (1,)), patterns / 2, patterns / 2)
    # W = (1 1^T + p p^T)/4 off the diagonal: couples units 0-2 and 1-3 by 1/2, the rest cancel
    cue = torch.tensor([[[1.0, 1, -1, -1]]]).double()
    expected = torch.tensor([[[-1.0, -1, 1, 1]]]).double() / 2
    assert torch.equal(rule.read_stream(states, cue), expected)
    assert torch.equal(rule.read_stream(states, patterns / 2), patterns / 2)
