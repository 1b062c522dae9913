"""Mesa and the ridge law: limits, exact cases, given keys, the asymptotic law at its own rate."""

import numpy as np
import pytest
import torch

from capacity.counter_random import Draws
from capacity.discover import rules
from capacity.errors import InputError
from capacity.given_keys import recall_matrices, signal_and_power
from capacity.keys import Empirical, Gaussian, Keys, Orthonormal, Signs, Sphere
from capacity.recall import Status
from capacity.ridge_law import RidgeLaw, decayed_sums
from capacity.rule import Dims, Rule
from experiments.probes.recall import recall_probe
from experiments.streams import streams
from tests.zscores import law_of, z_scores

R = rules()
mesa = R["mesa"]


def spectrum(d: int) -> Signs:
    return Signs(1 / np.arange(1, d + 1) ** 0.5)


@pytest.mark.parametrize(
    ("load", "lam", "mse"),
    [(0.5, 0.1, 0.03452), (1, 0.1, 0.15617), (2, 0.1, 0.50614), (2, 1.0, 0.60355)],
)
def test_marchenko_pastur_values(load: float, lam: float, mse: float) -> None:
    recall = law_of(mesa(lam=lam), Sphere(), Dims(64, 64), round(64 * load))
    np.testing.assert_allclose(recall.mse, mse, atol=5e-6)
    c = load
    g = (np.sqrt((1 - c + lam) ** 2 + 4 * c * lam) - (1 - c + lam)) / (2 * c * lam)
    closed = lam**2 * (c * g**2 + g) / (2 * lam * c * g + lam + 1 - c)
    np.testing.assert_allclose(recall.mse, closed, rtol=1e-11)


def test_weighted_least_squares_is_a_fermi_function_of_age() -> None:
    """lam -> 0, N -> infinity: delta / ((1 - e^-delta) (1 + (e^delta - 1) e^-(delta x))^2)."""
    d, gamma = 20_000, 1 - 1e-4
    law = mesa(gamma=gamma, lam=0.0).law(Sphere(), Dims(d, d))
    delta, x = -d * np.log(gamma), np.arange(0, 3 * d, 500) / d
    fermi = delta / ((1 - np.exp(-delta)) * (1 + (np.exp(delta) - 1) * np.exp(-delta * x)) ** 2)
    np.testing.assert_allclose(law.lifelong(3 * d).mse[::500], fermi, rtol=1e-3)
    np.testing.assert_allclose(law.recall(40 * d).mse[: 3 * d : 500], fermi, rtol=1e-3)


def test_sums_over_ages_agree_across_their_formulas() -> None:
    for gamma, items, log_m in ((0.995, 9000, 3.0), (0.9999, 50_000, -1.0), (0.99999, 5000, 9.0)):
        f = 1 / (1 + np.exp(-log_m) * gamma ** -np.arange(items, dtype=float))
        np.testing.assert_allclose(
            decayed_sums(gamma, items, log_m), (f.sum(), (f**2).sum()), rtol=1e-9
        )
    assert decayed_sums(0.0, 7, 0.0) == (0.5, 0.25)
    assert decayed_sums(1.0, 7, 0.0) == (3.5, 1.75)


def test_lifelong_is_the_limit_and_loads_are_ordered() -> None:
    dims = Dims(32, 32)
    for rule in (mesa(gamma=0.98, lam=0.1), mesa(gamma=0.98, lam=0.0), mesa(gamma=0.0, lam=0.1)):
        law = rule.law(Sphere(), dims)
        for name in ("signal", "power"):
            many, forever = law.recall(5000), law.lifelong(60)
            np.testing.assert_allclose(
                getattr(many, name)[:60], getattr(forever, name), rtol=1e-9, atol=1e-12
            )
    alike = mesa(lam=0.1).law(Sphere(), dims)
    assert alike.alike
    assert (np.diff([alike.one(n).mse[0] for n in range(1, 400)]) > 0).all()
    assert not alike.lifelong(3).power.any()


@pytest.mark.parametrize("keys", [Sphere(), Gaussian()])
@pytest.mark.parametrize("items", [8, 16, 40])
def test_pseudo_inverse_attains_the_rank_bound_exactly(keys: Keys, items: int) -> None:
    """s = p = min(1, d/N) for every draw in the mean over items, and by age in expectation."""
    dims = Dims(16, 16)
    recall = law_of(mesa(lam=0.0), keys, dims, items)
    assert set(recall.statuses.values()) == {Status.EXACT}
    np.testing.assert_allclose(recall.mse, max(0, 1 - 16 / items), atol=1e-9)
    drawn, _ = streams(keys, dims, range(20), items)
    s, p = signal_and_power(recall_matrices(mesa(lam=0.0), drawn))
    for found in (s, p):
        torch.testing.assert_close(found.mean(1), torch.full((20,), min(1, 16 / items)).double())
    assert (s.std() > 0.01) == (items > 16)


def test_orthonormal_keys_are_deterministic() -> None:
    for rule in (mesa(gamma=0.9, beta=0.5, lam=0.2), mesa(gamma=0.9, lam=0.0), mesa(gamma=0.0)):
        for items in (1, 5, 8):
            recall = law_of(rule, Orthonormal(), Dims(8, 8), items)
            drawn, _ = streams(Orthonormal(), Dims(8, 8), range(3), items)
            s, p = signal_and_power(recall_matrices(rule, drawn))
            for found, law in ((s, recall.signal), (p, recall.power)):
                np.testing.assert_allclose(found.flip(1), np.tile(law, (3, 1)), atol=1e-12)


def test_a_law_of_the_wrong_ridge_is_refused() -> None:
    rule, dims = mesa(lam=0.1), Dims(64, 16)
    at = recall_probe(rule, Sphere(), dims, (128,), trials=200, seed=9)[0]
    assert abs(z_scores(at, law_of(rule, Sphere(), dims, 128))["mse"]) < 4
    assert abs(z_scores(at, law_of(mesa(lam=0.2), Sphere(), dims, 128))["power"]) > 4.5
    assert abs(z_scores(at, law_of(mesa(lam=0.1, beta=2.0), Sphere(), dims, 128))["power"]) > 4.5


@pytest.mark.parametrize("rule", [mesa(gamma=0.95), mesa(lam=0.0), mesa(cg_steps=3)])
def test_given_keys_have_an_exact_law(rule: Rule) -> None:
    dims = Dims(12, 6)
    keys = Empirical(Gaussian().sample(Draws(0, torch.arange(1)), 12, 30)[0].numpy())
    recall = law_of(rule, keys, dims, 30)
    assert set(recall.statuses.values()) == {Status.EXACT}
    at = recall_probe(rule, keys, dims, (30,), trials=2000, seed=4)[0]
    assert max(abs(z) for z in z_scores(at, recall).values()) < 4
    assert abs(z_scores(at, law_of(mesa(gamma=0.9), keys, dims, 30))["mse"]) > 4


def test_conjugate_gradient_error_is_within_its_bound_and_vanishes() -> None:
    d, items = 24, 60
    keys, values = streams(Sphere(), Dims(d, d), range(4), items)
    states = mesa().write_stream(mesa().init(Dims(d, d), (4,)), keys, values)
    exact = mesa(lam=0.1).read_stream(states, keys)
    for steps in (1, 4, 8, 24, 60):
        eigen = torch.linalg.eigvalsh(states.B) + 0.1
        root = (eigen[:, -1] / eigen[:, 0]).sqrt()
        bound = 2 * root * ((root - 1) / (root + 1)) ** steps  # Euclidean, from the energy norm
        error = (mesa(lam=0.1, cg_steps=steps).read_stream(states, keys) - exact).norm(dim=2)
        start = torch.linalg.solve(states.B + 0.1 * torch.eye(d).double(), keys.mT).norm(dim=1)
        reach = torch.linalg.matrix_norm(states.A, 2)[:, None] * start * bound[:, None]
        assert (error <= reach + 1e-10).all()
        assert (error.max() < 1e-9) == (steps >= 24)
    assert mesa(cg_steps=3).law(Sphere(), Dims(8, 8)) is None
    assert mesa(cg_steps=8).law(Sphere(), Dims(8, 8)) is not None


def test_read_out_minimises_the_corrected_loss() -> None:
    """Eq 17 with 1/2, gamma and beta; as printed, without them, its gradient does not vanish."""
    d, items, gamma, beta, lam = 7, 20, 0.9, 0.6, 0.3
    keys, values = (x[0] for x in streams(Gaussian(), Dims(d, 4), range(1), items))
    rule = mesa(gamma=gamma, beta=beta, lam=lam)
    state = rule.write_stream(rule.init(Dims(d, 4), (1,)), keys[None], values[None])
    S = rule.read_stream(state, torch.eye(d).double()[None])[0].mT.requires_grad_()
    weight = beta * gamma ** torch.arange(items - 1, -1, -1).double()
    errors = (keys @ S.mT - values).square().sum(1)
    corrected = (weight * errors).sum() / 2 + lam / 2 * (S @ S.mT).trace()
    printed = errors.sum() + lam / 2 * (S @ S.mT).trace()
    assert torch.autograd.grad(corrected, S, retain_graph=True)[0].abs().max() < 1e-10
    assert torch.autograd.grad(printed, S)[0].abs().max() > 0.1


def test_a_large_ridge_times_the_read_out_is_decayed_linear_attention() -> None:
    dims = Dims(8, 8)
    keys, values = streams(Sphere(), dims, range(3), 20)

    def reads(rule: Rule) -> torch.Tensor:
        return rule.read_stream(rule.write_stream(rule.init(dims, (3,)), keys, values), keys)

    linear = reads(R["decay"](gamma=0.9))
    errors = [
        float((lam * reads(mesa(gamma=0.9, lam=lam)) - linear).abs().max()) for lam in (1e3, 1e4)
    ]
    assert errors[0] < 1e-2
    np.testing.assert_allclose(errors[1], errors[0] / 10, rtol=0.01)


def test_large_ridge_law_is_that_of_decay_up_to_its_order() -> None:
    d, lam = 64, 1e6
    for gamma in (1.0, 0.97):
        ridge = mesa(gamma=gamma, lam=lam).law(Sphere(), Dims(d, d)).recall(100)
        linear = law_of(R["decay"](gamma=gamma), Sphere(), Dims(d, d), 100)
        np.testing.assert_allclose(lam * ridge.signal, linear.signal, rtol=1e-3)
        np.testing.assert_allclose(lam**2 * ridge.power, linear.power, atol=1.01 / d, rtol=1e-3)


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("lam", -0.1, "lam >= 0"),
        ("lam", float("nan"), "lam >= 0"),
        ("beta", 0.0, "beta > 0"),
        ("gamma", 1.1, "0 <= gamma <= 1"),
        ("cg_steps", -1, "an integer cg_steps >= 0"),
        ("cg_steps", 2.5, "an integer cg_steps >= 0"),
    ],
)
def test_bad_parameters_are_named(name: str, value: float, allowed: str) -> None:
    with pytest.raises(InputError) as error:
        mesa(**{name: value})
    assert str(error.value) == f"Mesa needs {allowed}, got {value!r}."


def test_signs_have_their_own_spectrum() -> None:
    with pytest.raises(InputError, match="16 variances, got d_k = 8"):
        mesa().law(spectrum(16), Dims(8, 8))
    even = RidgeLaw(0.3, 0.98, np.full(32, 1 / 32)).recall(50)
    sphere = law_of(mesa(gamma=0.98, lam=0.3), Sphere(), Dims(32, 32), 50)
    np.testing.assert_allclose(even.mse, sphere.mse)
