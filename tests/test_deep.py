"""Deep memories: contract, relations, the lazy law in its own regime, bounds, Newton-Schulz."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from capacity.bounds import bits_bound, rank_bound
from capacity.counter_random import Draws
from capacity.discover import rules
from capacity.errors import InputError
from capacity.keys import Empirical, Gaussian, Keys, Orthonormal, Sphere
from capacity.lazy_law import GivenLazyLaw, LazyLaw, harmonics, tangent_kernel
from capacity.newton_schulz import MUON, POLAR, newton_schulz
from capacity.rule import Dims, Rule
from experiments.probes.recall import recall_probe
from experiments.streams import streams
from tests.zscores import law_of

R = rules()
DEEP = [
    R["ttt_mlp"](width=2, chunk=1, steps=2),
    R["ttt_mlp"](width=2, chunk=5),
    R["titans_mlp"](depth=1, alpha=0.95),
    R["titans_mlp"](depth=3, width=2, alpha=0.98),
    R["lact"](chunk=3, window=4, gamma=0.5),
    R["lact"](chunk=4, window=0),
    R["lact"](chunk=1, window=2, bandwidth=0.5),
]
DIMS = Dims(5, 3)


def started(rule: Rule, dims: Dims = DIMS, batch: int = 2) -> object:
    return rule.init(dims, (batch,), torch.Generator().manual_seed(1))


def one(state: object) -> object:
    return torch.utils._pytree.tree_map(lambda x: x[0], state)


@pytest.mark.parametrize("rule", DEEP, ids=str)
@pytest.mark.parametrize("cut", [0, 4, 7])
def test_streams_equal_steps_wherever_a_run_is_cut(rule: Rule, cut: int) -> None:
    keys, values = streams(Sphere(), DIMS, range(2), 13)
    expected = Rule.write_stream(rule, started(rule), keys, values)
    states = rule.write_stream(started(rule), keys[:, :cut], values[:, :cut])
    rule.read_stream(states, keys)  # reading in between changes nothing
    states = rule.write_stream(states, keys[:, cut:], values[:, cut:], cut)
    default = Rule.read_stream(rule, expected, keys)
    torch.testing.assert_close(rule.read_stream(states, keys), default, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("rule", DEEP, ids=str)
def test_an_empty_memory_reads_zero_and_a_stored_pair_its_value(rule: Rule) -> None:
    keys, values = streams(Sphere(), DIMS, range(2), 1)
    states = started(rule)
    assert rule.read_stream(states, keys).abs().max() < 1e-12
    o = rule.read_stream(rule.write_stream(states, keys, values), keys)
    assert ((o * values).sum(2) > 0).all()


@pytest.mark.parametrize("rule", [R["ttt_mlp"](width=2, chunk=5), R["lact"](chunk=5, width=1)])
def test_a_part_filled_chunk_is_learnt_when_read(rule: Rule) -> None:
    """Three pairs in a chunk of five read like a chunk of three: slots that wait do not matter."""
    keys, values = streams(Sphere(), DIMS, range(2), 8)
    found, expected = (
        r.read_stream(r.write_stream(started(r), keys[:, :3], values[:, :3]), keys)
        for r in (rule, replace(rule, chunk=3))
    )
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)
    # stale pairs of an emptied buffer must not come back
    cut = rule.write_stream(started(rule), keys[:, :5], values[:, :5])
    torch.testing.assert_close(rule.read_stream(cut, keys), reads_flushed(rule, cut, keys))
    assert rule.live(DIMS, 8)["keys"] == (3, 5)


def reads_flushed(rule: Rule, states: object, keys: Tensor) -> Tensor:
    flushed = torch.func.vmap(rule.flush)(states)
    twice = torch.func.vmap(rule.flush)(flushed)
    return rule.read_stream(twice, keys)


def test_titans_of_depth_one_is_the_momentum_rule() -> None:
    keys, values = streams(Gaussian(), DIMS, range(3), 30)
    for alpha, mu, beta in ((0.95, 0.6, 0.3), (1.0, 0.0, 0.5), (0.9, 0.9, 0.1)):
        deep = R["titans_mlp"](alpha=alpha, mu=mu, beta=beta, depth=1)
        linear = R["momentum"](alpha=alpha, mu=mu, beta=beta)
        states = deep.write_stream(started(deep, batch=3), keys, values)
        S, M = torch.zeros(2, 3, 3, 5).double()
        for k, v in zip(keys.mT.unbind(2), values.mT.unbind(2), strict=True):
            error = v - (S @ k[:, :, None])[:, :, 0]
            M = mu * M + beta * error[:, :, None] * k[:, None]
            S = alpha * S + M
        torch.testing.assert_close(states.last, S, rtol=1e-12, atol=1e-13)
        torch.testing.assert_close(states.last_momentum, M, rtol=1e-12, atol=1e-13)
        theirs = linear.write_stream(linear.init(DIMS, (3,)), keys, values)
        torch.testing.assert_close(
            deep.read_stream(states, keys), linear.read_stream(theirs, keys), rtol=1e-10, atol=1e-12
        )
        late = (
            mu * M + beta * (values[:, 0, :, None] - alpha * S @ keys[:, 0, :, None]) * keys[:, :1]
        )
        twin = deep.write_stream(states, keys[:, :1], values[:, :1]).last_momentum
        assert alpha == 1 or (late - twin).abs().max() > 1e-3


@pytest.mark.parametrize("keys", [Sphere(), Gaussian(), Orthonormal()])
def test_titans_of_depth_one_has_the_law_of_momentum(keys: Keys) -> None:
    dims, values = Dims(9, 4), {"alpha": 0.97, "mu": 0.6, "beta": 0.2}
    deep = law_of(R["titans_mlp"](**values, depth=1), keys, dims, 9)
    linear = law_of(R["momentum"](**values), keys, dims, 9)
    np.testing.assert_allclose(deep.signal, linear.signal, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(deep.power, linear.power, rtol=1e-12, atol=1e-14)
    assert R["titans_mlp"](**values, depth=2).law(keys, dims) is None
    assert R["lact"]().law(keys, dims) is None


def test_lact_window_adds_exact_lookup_of_the_last_pairs() -> None:
    keys, values = streams(Sphere(), DIMS, range(2), 9)
    rule, bare = R["lact"](chunk=4, window=3), R["lact"](chunk=4, window=0)
    both, net = (
        r.read_stream(r.write_stream(started(r), keys, values), keys) for r in (rule, bare)
    )
    torch.testing.assert_close((both - net)[:, 6:], values[:, 6:], rtol=1e-10, atol=1e-12)
    assert (both - net)[:, :6].abs().max() < 1e-12


def test_streams_must_be_equally_far() -> None:
    rule = R["ttt_mlp"](chunk=5)
    keys, values = streams(Sphere(), DIMS, range(2), 2)
    states = rule.write_stream(started(rule), keys, values)
    uneven = states._replace(waiting=torch.tensor([1, 2]))
    with pytest.raises(InputError, match="equally far"):
        rule.write_stream(uneven, keys, values)


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("ttt_mlp", {"chunk": 0}, "TttMlp needs an integer chunk >= 1, got 0."),
        ("ttt_mlp", {"steps": 0}, "TttMlp needs an integer steps >= 1, got 0."),
        ("ttt_mlp", {"width": 1.5}, "TttMlp needs an integer width >= 1, got 1.5."),
        ("titans_mlp", {"depth": 0}, "TitansMlp needs an integer depth >= 1, got 0."),
        ("titans_mlp", {"mu": 1.0}, "TitansMlp needs 0 <= mu < 1, got 1.0."),
        ("titans_mlp", {"beta": float("nan")}, "TitansMlp needs beta >= 0, got nan."),
        ("lact", {"window": -1}, "Lact needs an integer window >= 0, got -1."),
    ],
)
def test_bad_parameters_are_named(name: str, values: dict[str, float], message: str) -> None:
    with pytest.raises(InputError) as error:
        R[name](**values)
    assert str(error.value) == message


def test_harmonics_of_the_tangent_kernel() -> None:
    c, sigma = harmonics(16)
    np.testing.assert_allclose(c[:4], [0.1745, 0.5, 0.2349, 0.0327], atol=5e-5)
    np.testing.assert_allclose(sigma[:3], [0.1745, 0.03125, 0.00174], atol=5e-5)
    for d in (2, 3, 8, 64, 300):
        c, sigma = harmonics(d)
        np.testing.assert_allclose(c.sum(), 1)
        u, w = np.polynomial.legendre.leggauss(300)  # E kappa^2 = sum_l sigma_l c_l
        t = (u + 1) * np.pi / 2
        w = w * np.sin(t) ** (d - 2)
        second = (w @ tangent_kernel(np.cos(t)) ** 2) / w.sum()
        np.testing.assert_allclose(sigma @ c, second, rtol=1e-6)


@pytest.mark.parametrize(("beta", "d", "items"), [(1.0, 16, 60), (0.5, 8, 40)])
def test_lazy_law_is_the_average_of_kernel_regressions(beta: float, d: int, items: int) -> None:
    """Signal to its standard error; power neglects the spread of x, stated as below 1 %."""
    law = LazyLaw(beta, d).recall(items)
    drawn = Sphere().sample(Draws(0, torch.arange(300)), d, items).numpy()
    runs = [GivenLazyLaw(beta, 1, 1, Empirical(k), d).recall(items) for k in drawn]
    signal = np.array([r.signal.mean() for r in runs])
    power = np.array([r.power.mean() for r in runs])
    z = (signal.mean() - law.signal.mean()) / signal.std() * np.sqrt(len(runs))
    assert abs(z) < 4
    assert abs(power.mean() / law.power.mean() - 1) < 0.01 + 4 * power.std() / np.sqrt(300)
    twin = LazyLaw(0.9 * beta, d).recall(items).signal.mean()
    assert abs(signal.mean() - twin) / signal.std() * np.sqrt(len(runs)) > 4


def test_lazy_law_lifelong_and_several_steps() -> None:
    law = LazyLaw(0.6, 8)
    forever = law.lifelong(20)
    np.testing.assert_allclose(forever.power, 0.6 / 1.4)
    loads = [law.recall(n) for n in (200, 1000, 4000)]
    np.testing.assert_allclose(loads[-1].signal[:20], forever.signal, rtol=1e-12)
    missing = [np.abs(x.power[:20] - forever.power).max() for x in loads]
    assert missing[0] > missing[1] > missing[2]  # ever higher degrees fill up, slowly
    assert np.isinf(LazyLaw(2.1, 8).lifelong(2).power).all()
    rows = Empirical(Sphere().sample(Draws(0, torch.arange(1)), 8, 20)[0].numpy())
    several = GivenLazyLaw(0.3, 1, 3, rows, 8).recall(20)
    np.testing.assert_allclose(several.mse, GivenLazyLaw(0.657, 1, 1, rows, 8).recall(20).mse)


def width_gap(keys: Keys, width: int, off: float = 1.0, **values: float) -> tuple[float, float]:
    """Largest |law - probe| over signal, power, mse and its standard error; off scales beta."""
    rule, dims = R["ttt_mlp"](width=width, **values), Dims(8, 8)
    items = 8 if isinstance(keys, Orthonormal) else 24
    at = recall_probe(rule, keys, dims, (items,), trials=120, seed=width)[0].over_ages
    law = law_of(replace(rule, beta=off * rule.beta), keys, dims, items)
    gaps = [
        (abs(float(at[q].mean) - float(getattr(law, q).mean())), float(at[q].stderr))
        for q in ("signal", "power", "mse")
    ]
    return max(gaps, key=lambda g: g[0])


def test_wide_nets_do_not_follow_a_wrong_law() -> None:
    wide = width_gap(Sphere(), 128, beta=0.5)
    wrong = width_gap(Sphere(), 128, off=1.5, beta=0.5)
    assert wrong[0] > 4 * wrong[1] + 2 * wide[0]
    assert R["ttt_mlp"](chunk=4).law(Sphere(), Dims(8, 8)) is None
    assert R["ttt_mlp"]().law(Gaussian(), Dims(8, 8)) is None


def test_bounds_bound() -> None:
    """The rank bound is attained by the pseudo-inverse; a few bits bind a coarse memory."""
    dims, items = Dims(8, 4), 40
    at = recall_probe(R["mesa"](lam=0.0), Sphere(), dims, (items,), trials=400)[0].over_ages["mse"]
    assert abs(at.mean - rank_bound(8, items)) < 4 * at.stderr
    linear = R["titans_mlp"](depth=1)
    found = recall_probe(linear, Sphere(), dims, (items,), trials=50)[0].over_ages["mse"]
    assert found.mean > rank_bound(8, items)
    for rule in DEEP:
        found = recall_probe(rule, Sphere(), dims, (items,), trials=20)[0].over_ages["mse"]
        assert found.mean > bits_bound(64 * rule.state_scalars(dims, items), items, 4)
    assert bits_bound(0, 5, 4) == 1
    assert bits_bound(20, 5, 4) == 0.25
    assert rank_bound(8, 4) == 0


def test_newton_schulz_reaches_the_polar_factor() -> None:
    for shape in ((4, 4), (3, 7), (9, 2)):
        M = torch.randn(5, *shape, generator=torch.Generator().manual_seed(0)).double()
        U, s, Vh = torch.linalg.svd(M, full_matrices=False)
        found = newton_schulz(M, 40, POLAR)
        torch.testing.assert_close(found, U @ Vh, rtol=1e-10, atol=1e-10)
        x = s / s.norm(dim=1, keepdim=True)
        for _ in range(5):
            x = MUON[0] * x + MUON[1] * x**3 + MUON[2] * x**5
        torch.testing.assert_close(newton_schulz(M), (U * x[:, None]) @ Vh, rtol=1e-8, atol=1e-10)
        by_one = torch.func.vmap(newton_schulz)(M)
        torch.testing.assert_close(by_one, newton_schulz(M), rtol=1e-12, atol=1e-12)
        torch.testing.assert_close(newton_schulz(7 * M), newton_schulz(M), rtol=1e-10, atol=1e-12)
    assert not newton_schulz(torch.zeros(3, 2)).any()
    x = torch.linspace(0.003, 1, 5000).double()
    for _ in range(5):
        x = MUON[0] * x + MUON[1] * x**3 + MUON[2] * x**5
    assert 0.68 < x.min() < x.max() < 1.21
