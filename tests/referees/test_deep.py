"""Deep memories against torch's own optimisers and against formulas as published, written apart."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from capacity.keys import Sphere
from capacity.newton_schulz import MUON, newton_schulz
from capacity.rule import Dims
from capacity.rules.lact import Lact
from capacity.rules.titans_mlp import TitansMlp
from capacity.rules.ttt_mlp import TttMlp
from experiments.streams import streams

DIMS, N = Dims(6, 4), 17


def pairs() -> tuple[Tensor, Tensor]:
    keys, values = streams(Sphere(), DIMS, range(1), N)
    return keys[0], values[0]


def trained(rule: TttMlp | TitansMlp | Lact) -> tuple[object, object]:
    """The state before and after the stream, a partly filled chunk applied."""
    before = rule.init(DIMS, (1,), torch.Generator().manual_seed(3))
    keys, values = pairs()
    after = torch.func.vmap(rule.flush)(rule.write_stream(before, keys[None], values[None]))
    return (torch.utils._pytree.tree_map(lambda x: x[0], s) for s in (before, after))


def linear(W: Tensor) -> nn.Linear:
    layer = nn.Linear(W.shape[1], W.shape[0], bias=False, dtype=torch.float64)
    layer.weight.data.copy_(W)
    return layer


@pytest.mark.parametrize(("chunk", "steps"), [(1, 1), (5, 1), (5, 3), (1, 2)])
def test_ttt_mlp_is_torch_sgd_on_chunks(chunk: int, steps: int) -> None:
    rule = TttMlp(beta=0.4, width=3, chunk=chunk, steps=steps)
    before, after = trained(rule)
    hidden, out = linear(before.B), linear(before.A)
    with torch.no_grad():
        start = nn.Sequential(linear(before.B), nn.ReLU(), linear(before.A))
    optimiser = torch.optim.SGD([hidden.weight, out.weight], lr=0.4)
    keys, values = pairs()
    for k, v in zip(keys.split(chunk), values.split(chunk), strict=True):
        for _ in range(steps):
            optimiser.zero_grad()
            f = (out(F.relu(hidden(k))) - start(k).detach()) / 18**0.5
            (0.5 * F.mse_loss(f, v, reduction="sum")).backward()
            optimiser.step()
    torch.testing.assert_close(after.A, out.weight.data, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(after.B, hidden.weight.data, rtol=1e-12, atol=1e-12)
    assert (after.B - before.B).abs().max() > 1e-3


def test_ttt_mlp_gradients_are_the_published_ones() -> None:
    """TTT's mini-batch formulas: W_last = W_init - eta X^T grad, grad through the activation."""
    rule = TttMlp(beta=0.3, width=2, chunk=N)
    before, after = trained(rule)
    X1, V = pairs()
    scale = 12**-0.5
    Z1 = X1 @ before.B.T
    X2 = Z1 * (Z1 > 0)
    grad_Z2 = -V * scale  # the centred net reads zero before the chunk
    grad_Z1 = grad_Z2 @ before.A * (Z1 > 0)
    torch.testing.assert_close(after.A, before.A - 0.3 * (X2.T @ grad_Z2).T)
    torch.testing.assert_close(after.B, before.B - 0.3 * (X1.T @ grad_Z1).T)


@pytest.mark.parametrize("depth", [1, 2, 4])
@pytest.mark.parametrize("alpha", [1.0, 0.97])
def test_titans_is_torch_sgd_with_momentum(depth: int, alpha: float) -> None:
    """torch: b <- mu b + g, w <- w - lr b; decay shrinks w after the gradient is taken."""
    rule = TitansMlp(alpha=alpha, mu=0.6, beta=0.2, depth=depth, width=2)
    before, after = trained(rule)
    tensors = [*before.inner] if depth > 1 else []
    tensors = [before.first, *tensors, before.last] if depth > 1 else [before.last]
    layers = [linear(W) for W in tensors]
    optimiser = torch.optim.SGD([layer.weight for layer in layers], lr=0.2, momentum=0.6)
    for k, v in zip(*pairs(), strict=True):
        x = k
        for i, layer in enumerate(layers):
            x = layer(x) if i == 0 else layer(F.gelu(x)) / 12**0.5
        optimiser.zero_grad()
        (0.5 * F.mse_loss(x, v, reduction="sum")).backward()
        for layer in layers:
            layer.weight.data.mul_(alpha)
        optimiser.step()
    found = [after.first, *after.inner, after.last] if depth > 1 else [after.last]
    for W, layer in zip(found, layers, strict=True):
        torch.testing.assert_close(W, layer.weight.data, rtol=1e-12, atol=1e-12)


def silu_backward(dy: Tensor, x: Tensor) -> Tensor:
    sigma = torch.sigmoid(x)
    return dy * sigma * (1 + x * (1 - sigma))


def orthogonalised(M: Tensor, iterations: int) -> Tensor:
    """Muon's polynomial on singular values."""
    U, s, Vh = torch.linalg.svd(M, full_matrices=False)
    x = s / s.norm().clamp(min=1e-300)
    for _ in range(iterations):
        x = 3.4445 * x - 4.7750 * x**3 + 2.0315 * x**5
    return (U * x) @ Vh


@pytest.mark.parametrize("gamma", [0.0, 0.7])
def test_lact_is_the_published_chunk_update(gamma: float) -> None:
    """Gradients as LaCT's code spells them (its w0, w1, w2: our W1, W2, W3), Eq 19's momentum."""
    rule = Lact(beta=0.5, gamma=gamma, chunk=5, width=2, window=0)
    before, after = trained(rule)
    w0, w1, w2 = before.W1, before.W2, before.W3
    momenta = [torch.zeros_like(w) for w in (w0, w1, w2)]
    keys, values = pairs()
    for ki, vi in zip(keys.split(5), values.split(5), strict=True):
        gate_before, hidden_before = w0 @ ki.T, w2 @ ki.T
        hidden = F.silu(gate_before) * hidden_before
        dhidden = w1.T @ vi.T
        dgate = silu_backward(dhidden * hidden_before, gate_before)
        steps = [dgate @ ki, vi.T @ hidden.T, (dhidden * F.silu(gate_before)) @ ki]
        momenta = [gamma * m + s / 12**0.5 for m, s in zip(momenta, steps, strict=True)]
        w0, w1, w2 = (
            w + 0.5 * orthogonalised(m, 5) for w, m in zip((w0, w1, w2), momenta, strict=True)
        )
    for found, expected in ((after.W1, w0), (after.W2, w1), (after.W3, w2)):
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(after.M2, -momenta[1], rtol=1e-12, atol=1e-12)
    assert (after.W1 - before.W1).abs().max() > 1e-2


def test_newton_schulz_is_torchs_up_to_its_bfloat16() -> None:
    """torch.optim.Muon orthogonalises in bfloat16, eight bits: about 1e-2 relative."""
    muon = pytest.importorskip("torch.optim._muon")
    for shape in ((12, 12), (6, 10), (10, 6)):
        M = torch.randn(*shape, generator=torch.Generator().manual_seed(1)).double()
        theirs = muon._zeropower_via_newtonschulz(M, MUON, 5, 1e-7).double()
        ours = newton_schulz(M)
        error = float((theirs - ours).norm() / ours.norm())
        assert 1e-4 < error < 0.05
        np.testing.assert_array_equal(M.shape, ours.shape)
