"""Ridge memories against code that we did not write: fla-core, padasip, numpy's least squares."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor

from capacity.keys import Gaussian, Sphere
from capacity.rule import Dims
from capacity.rules.mesa import Mesa
from experiments.streams import streams
from tests.referees.fla import load_naive

N, D = 48, 16


@pytest.fixture
def double_by_default() -> Iterator[None]:
    """The naive reference allocates in the default dtype, whatever its inputs are."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def pairs(batch: int = 2) -> tuple[Tensor, Tensor]:
    return streams(Gaussian(), Dims(D, D), range(batch), N)


def last_reads(rule: Mesa, keys: Tensor, values: Tensor) -> Tensor:
    states = rule.write_stream(rule.init(Dims(D, D), (len(keys),)), keys, values)
    return rule.read_stream(states, keys[:, -1:])[:, 0]


def fla_inputs(rule: Mesa, keys: Tensor, values: Tensor) -> dict[str, Tensor]:
    """One head a stream: [batch, N, 1, D]; the log decay, and lambda per channel."""
    k, v = keys[:, :, None], values[:, :, None]
    gate = torch.full((len(keys), N, 1), float(np.log(rule.gamma)))
    rate = torch.full((len(keys), N, 1), rule.beta)
    return {"q": k, "k": k, "v": v, "g": gate, "lamb": torch.full((1, D), rule.lam), "beta": rate}


@pytest.mark.usefixtures("double_by_default")
@pytest.mark.parametrize("lam", [0.3, 0.01])
def test_exact_read_out_is_that_of_fla(lam: float) -> None:
    """fla reads before its query joins nothing: every token reads the state after its own write."""
    rule = Mesa(gamma=0.97, beta=0.6, lam=lam)
    keys, values = pairs()
    o, kk, kv = load_naive("mesa_net").naive_mesa_net_exact(**fla_inputs(rule, keys, values))
    states = rule.write_stream(rule.init(Dims(D, D), (2,)), keys, values)
    torch.testing.assert_close(states.A, kv[:, 0].mT, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(states.B, kk[:, 0], rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(last_reads(rule, keys, values), o[:, -1, 0], rtol=1e-12, atol=1e-12)
    off = Mesa(gamma=0.97, beta=0.6, lam=1.1 * lam)
    assert (last_reads(off, keys, values) - o[:, -1, 0]).abs().max() > 1e-4


@pytest.mark.usefixtures("double_by_default")
def test_conjugate_gradient_has_no_floor_where_flas_has_one() -> None:
    """fla adds 1e-5 to its denominators, so its iterates stop some 1e-4 short even in float64."""
    rule = Mesa(gamma=0.97, beta=0.6, lam=0.3, cg_steps=30)
    keys, values = pairs()
    exact = last_reads(Mesa(gamma=0.97, beta=0.6, lam=0.3), keys, values)
    naive = load_naive("mesa_net").naive_mesa_net_CG
    theirs = naive(**fla_inputs(rule, keys, values), chunk_size=16, max_CG_iteration=30)[0][
        :, -1, 0
    ]
    ours = last_reads(rule, keys, values)
    scale = float(exact.norm())
    floor = float((theirs - exact).norm()) / scale
    assert 1e-7 < floor < 1e-3
    assert float((ours - exact).norm()) / scale < 1e-12


def test_recursive_least_squares_is_mesa_whose_ridge_decays_with_the_data() -> None:
    """padasip's FilterRLS starts from R = I/eps, so its ridge is eps gamma^N after N samples."""
    padasip = pytest.importorskip("padasip")
    gamma, eps = 0.97, 0.4
    keys, values = pairs(batch=1)
    learnt = []
    for channel in values[0].numpy().T:
        filter_ = padasip.filters.FilterRLS(n=D, mu=gamma, eps=eps, w="zeros")
        for k, v in zip(keys[0].numpy(), channel, strict=True):
            filter_.adapt(v, k)
        learnt.append(filter_.w)
    theirs = torch.from_numpy(np.stack(learnt)) @ keys[0, -1]
    decayed = last_reads(Mesa(gamma=gamma, lam=eps * gamma**N), keys, values)[0]
    torch.testing.assert_close(decayed, theirs, rtol=1e-12, atol=1e-12)
    fixed = last_reads(Mesa(gamma=gamma, lam=eps), keys, values)[0]
    assert (fixed - theirs).norm() / theirs.norm() > 1e-2


@pytest.mark.parametrize("items", [10, 40])
@pytest.mark.parametrize("lam", [0.0, 0.2])
def test_ridge_and_pseudo_inverse_are_numpys_least_squares(items: int, lam: float) -> None:
    """Ridge is least squares on data with sqrt(lam) I appended; lam = 0 has the least norm."""
    keys, values = streams(Sphere(), Dims(D, 5), range(1), items)
    rule = Mesa(gamma=0.9, beta=0.7, lam=lam)
    weights = np.sqrt(0.7 * 0.9 ** np.arange(items - 1, -1, -1))[:, None]
    X, Y = weights * keys[0].numpy(), weights * values[0].numpy()
    X = np.concatenate([X, np.sqrt(lam) * np.eye(D)])
    Y = np.concatenate([Y, np.zeros((D, 5))])
    S = np.linalg.lstsq(X, Y, rcond=None)[0].T
    states = rule.write_stream(rule.init(Dims(D, 5), (1,)), keys, values)
    found = rule.read_stream(states, keys)[0]
    torch.testing.assert_close(found, keys[0] @ torch.from_numpy(S.T), rtol=1e-12, atol=1e-12)
