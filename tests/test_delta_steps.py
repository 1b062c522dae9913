"""The delta family at work: steps and objectives, kernels, states, edges, and inputs refused."""

import math
import warnings
from typing import Any

import numpy as np
import pytest
import torch

from capacity.affine import AffineRule
from capacity.discover import rules
from capacity.errors import InputError
from capacity.keys import Gaussian, Keys, Orthonormal, Sphere
from capacity.rule import Dims, Rule
from capacity.stability import StabilityWarning
from experiments.streams import streams

R = rules()
ISOTROPIC: tuple[Keys, ...] = (Sphere(), Gaussian())
LOW = np.linspace(0.7, 1.0, 8)

# --- steps, kernels, states --------------------------------------------------------------------


def test_a_chunk_descends_the_summed_loss_at_its_anchor() -> None:
    rule, dims = R["ttt_linear"](beta=0.3, chunk=4, alpha=0.8), Dims(5, 3)
    keys, values = streams(Gaussian(), dims, range(1), 8)
    half = rule.write_stream(rule.init(dims, (1,)), keys[:, :4], values[:, :4])
    anchor = (rule.alpha * half.S[0, :, :5]).requires_grad_()
    for seen in (1, 3, 4):  # a partly filled chunk is read as it stands
        loss = rule.objective().loss(anchor, keys[0, 4 : 4 + seen].T, values[0, 4 : 4 + seen].T)
        (gradient,) = torch.autograd.grad(loss, anchor)
        states = rule.write_stream(half, keys[:, 4 : 4 + seen], values[:, 4 : 4 + seen], 4)
        q = keys[0, 0]
        expected = (anchor.detach() - rule.beta * gradient) @ q
        read = rule.read(rule.flush(type(states)(*(x[0] for x in states))), q)
        torch.testing.assert_close(read, expected, rtol=1e-10, atol=1e-10)


def test_omega_and_atlas_by_hand() -> None:
    """Two tokens in the plane: k1 = e1, v1 = 2; k2 = e2, v2 = 4; every number worked on paper."""
    keys = torch.eye(2, dtype=torch.float64)[None]
    values = torch.tensor([[[2.0], [4.0]]], dtype=torch.float64)
    dims = Dims(2, 1)
    omega = R["omega"](beta=0.5, window=2, weights=(1.0, 0.5))
    S = omega.write_stream(omega.init(dims, (1,)), keys, values).S[0]
    # S1 = (0.5 * 2, 0) = (1, 0); S2 = S1 + (0.5 * 0.5 * (2 - 1), 0.5 * (4 - 0))
    torch.testing.assert_close(S, torch.tensor([[1.25, 2.0]], dtype=torch.float64))
    atlas = R["atlas"](
        beta=0.5, mu=0.5, alpha=0.9, window=2, iterations=1, polynomial=(2.0, -1.5, 0.5)
    )
    S = atlas.write_stream(atlas.init(dims, (1,)), keys, values).S[0]
    # a row has one singular value: NS(M) = (2 - 1.5 + 0.5) M/|M|. S1 = (0.5, 0), M1 = (-2, 0);
    # M2 = M1/2 + (0.5 - 2, -4) = (-2.5, -4)
    far = 0.5 / math.hypot(2.5, 4)
    expected = torch.tensor([[0.45 + far * 2.5, far * 4]], dtype=torch.float64)
    torch.testing.assert_close(S, expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("mu", [0.0, 1e-8, 1e-3, 0.3, 0.7, 0.9, 0.99])
@pytest.mark.parametrize("chunk", [2, 16, 64, 128])
def test_momentum_chunks_are_stable_for_every_momentum(mu: float, chunk: int) -> None:
    """float32 chunks against the float64 loop: rounding grows like sqrt(N) eps, never like mu^-C.

    A form with quotients mu^t/mu^s loses every digit where mu^chunk < 6e-8: half of this map.
    """
    items, dims = 128, Dims(16, 16)
    rule = R["momentum"](beta=0.3, mu=mu, alpha=0.98)
    assert isinstance(rule, AffineRule)
    keys, values = streams(Sphere(), dims, range(2), items)
    exact = rule.write_stream(rule.init(dims, (2,)), keys, values, chunk=1).S
    start = rule.init(dims, (2,), dtype=torch.float32)
    found = rule.write_stream(start, keys.float(), values.float(), chunk=chunk).S
    error = (found - exact).norm() / exact.norm()
    assert error < 10 * math.sqrt(items) * torch.finfo(torch.float32).eps
    double = rule.write_stream(rule.init(dims, (2,)), keys, values, chunk=chunk).S
    assert (double - exact).norm() / exact.norm() < 1e-13


def test_live_states_of_blocks_are_counted() -> None:
    dims = Dims(6, 5)
    assert R["momentum"]().state_scalars(dims, 9) == 2 * 30
    assert R["ttt_linear"]().state_scalars(dims, 9) == 2 * 30
    assert R["delta_product"]().state_scalars(dims, 9) == 30
    assert R["omega"](window=4).state_scalars(dims, 2) == 30 + 2 * 11
    assert R["atlas"](window=4).state_scalars(dims, 9) == 2 * 30 + 3 * 11


def test_a_run_of_pairs_starts_at_a_token() -> None:
    rule, dims = R["delta_product"](n_h=2), Dims(4, 4)
    keys, values = streams(Sphere(), dims, range(1), 3)
    with pytest.raises(InputError, match="start at a token of 2 pairs, got 1"):
        rule.write_stream(rule.init(dims, (1,)), keys, values, 1)


# --- edges -------------------------------------------------------------------------------------


@pytest.mark.parametrize("keys", ISOTROPIC)
@pytest.mark.parametrize("chunk", [1, 4, 16])
def test_ttt_edge_is_where_the_engine_says_power_stops_to_settle(keys: Keys, chunk: int) -> None:
    d = 16
    for alpha in (1.0, 0.9):
        rule = R["ttt_linear"](beta=0.1, chunk=chunk, alpha=alpha)
        edge = rule.edge(keys, Dims(d, d))
        shift = -1 if isinstance(keys, Sphere) else 1
        if alpha == 1:
            np.testing.assert_allclose(edge.value, 2 * d / (d + chunk + shift), rtol=1e-12)
        for factor, finite in ((0.999, True), (1.001, False)):
            with warnings.catch_warnings(record=True) as heard:
                warnings.simplefilter("always")
                near = R["ttt_linear"](beta=factor * edge.value, chunk=chunk, alpha=alpha)
                law = near.law(keys, Dims(d, d))
            assert np.isfinite(law.lifelong(5).power).all() == finite
            assert bool(heard) != finite


@pytest.mark.parametrize(
    ("rule", "keys", "edge"),
    [
        (R["ttt_linear"](beta=1.9, chunk=8), Sphere(), "1.3913"),
        (R["delta"](beta=1.9), Gaussian(), "1.77778"),
        (R["gated_delta"](alpha=1.0, beta=1.9), Gaussian(), "1.77778"),
        (R["delta_product"](alpha=1.0, beta=1.9, n_h=2), Gaussian(), "1.77778"),
        (R["kda"](alpha=np.full(16, 1.0), beta=1.9), Gaussian(), "1.77778"),
        (R["momentum"](beta=1.9, mu=0.5), Sphere(), "1.04348"),
        (R["omega"](beta=1.9), Sphere(), "1.86799"),
    ],
    ids=lambda x: x.rule_id() if isinstance(x, Rule) else str(getattr(x, "name", x)),
)
def test_a_step_beyond_the_edge_warns_and_names_it(rule: Rule, keys: Keys, edge: str) -> None:
    with pytest.warns(StabilityWarning, match=rf"{type(rule).__name__} with beta = 1.9 .*{edge}"):
        law = rule.law(keys, Dims(16, 16))
    assert law is not None
    forever = law.lifelong(20)
    assert forever is not None
    assert np.isinf(forever.power).all()
    assert np.isfinite(law.recall(50).power).all()


@pytest.mark.parametrize("name", ["delta", "longhorn", "delta_product", "momentum", "ttt_linear"])
def test_a_stable_step_is_silent(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        R[name]().law(Sphere(), Dims(16, 16))


def test_longhorn_is_stable_for_every_penalty() -> None:
    for keys in ISOTROPIC:
        law = R["longhorn"](penalty=1e6).law(keys, Dims(8, 8))
        assert np.isfinite(law.lifelong(5).power).all()
    assert R["longhorn"]().edge(Gaussian(), Dims(8, 8)) is None


# --- laws that theory does not give, and inputs it does not take --------------------------------


def test_where_there_is_no_law_there_is_none() -> None:
    dims = Dims(8, 8)
    assert R["atlas"]().law(Sphere(), dims) is None
    assert R["omega"](window=2).law(Gaussian(), dims) is None
    assert R["kda"](alpha=LOW).law(Orthonormal(), dims) is None


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("delta_product", {"n_h": 0}, "DeltaProduct needs an integer n_h >= 1, got 0"),
        ("delta_product", {"n_h": 1.5}, "DeltaProduct needs an integer n_h >= 1, got 1.5"),
        ("delta_product", {"beta": 2.1}, "DeltaProduct needs 0 <= beta <= 2, got 2.1"),
        ("ttt_linear", {"chunk": 0}, "TttLinear needs an integer chunk >= 1, got 0"),
        ("ttt_linear", {"beta": -0.1}, "TttLinear needs beta >= 0, got -0.1"),
        ("omega", {"window": 0}, "Omega needs an integer window >= 1, got 0"),
        ("omega", {"window": 3, "weights": (1.0, 2.0)}, r"Omega needs weights .*3.* shape \(2,\)"),
        ("omega", {"weights": (1.0, -1.0)}, "Omega needs weights >= 0"),
        ("atlas", {"iterations": 0}, "Atlas needs an integer 1 <= iterations <= 100, got 0"),
        ("atlas", {"polynomial": (1.0, 2.0)}, r"Atlas needs polynomial .* shape \(2,\)"),
        ("momentum", {"mu": 1.0}, "Momentum needs 0 <= mu < 1, got 1.0"),
        ("momentum", {"alpha": math.nan}, "Momentum needs 0 <= alpha <= 1, got nan"),
        ("longhorn", {"penalty": -1}, "Longhorn needs penalty >= 0, got -1"),
        ("kda", {"alpha": (0.5, 1.5)}, "Kda needs 0 <= alpha <= 1"),
        ("rwkv7", {"a": math.nan}, "Rwkv7 needs 0 <= a <= 2, got nan"),
    ],
)
def test_bad_parameters_are_named(name: str, values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        R[name].with_values(**values)


@pytest.mark.parametrize("alpha", [np.full(7, 0.9), np.full((2, 8), 0.9)])
def test_gates_must_fit_the_channels(alpha: np.ndarray) -> None:
    rule, dims = R["kda"](alpha=alpha), Dims(8, 8)
    for ask in (lambda: rule.law(Sphere(), dims), lambda: rule.init(dims)):
        with pytest.raises(InputError, match=r"Kda needs alpha .* d_k = 8 channels, got shape"):
            ask()
