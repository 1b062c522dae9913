"""Wrappers: nothing changes what they do not change, around any rule; their laws, with controls."""

import itertools
import json
import math

import numpy as np
import pytest
import torch
from torch.utils._pytree import tree_leaves, tree_map

from capacity.counter_random import Draws
from capacity.discover import feature_maps, parse_feature_map, rules, wrapped, wrappers
from capacity.errors import InputError
from capacity.given_keys import GivenKeysLaw
from capacity.keys import Empirical, Gaussian, Keys, Orthonormal, Signs, Sphere
from capacity.rule import Dims, Rule, Token
from capacity.wrapper import Wrapper
from experiments.probes.recall import recall_probe
from experiments.streams import streams
from tests.zscores import law_of, moment_z, probe_z, z_scores

R, W, F = rules(), wrappers(), feature_maps()
Z = 4.5
HEBBIAN, DECAY = R["hebbian"](), R["decay"](gamma=0.9)
SIGNS = Signs(np.arange(1, 17.0))
TAPS = [0.7, -0.5, 0.4]


def features(text: str, inner: Rule = HEBBIAN) -> Wrapper:
    return W["features"](inner, parse_feature_map(text))


def around(inner: Rule) -> dict[str, Wrapper]:
    """Each wrapper, with settings under which it does something."""
    return {
        "heads": W["heads"](inner, heads=2),
        "features": features("elu_plus_one", inner),
        "normalised": W["normalised"](inner, eps=0.5),
        "rope": W["rope"](inner),
        "short_convolution": W["short_convolution"](inner, taps=TAPS),
        "nested": W["heads"](W["normalised"](features("relu", inner), eps=0.5), heads=2),
    }


def stepped(rule: Rule, dims: Dims, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Read-outs of all keys by the reference step, one stream at a time."""
    found = []
    fresh = rule.init(dims, (len(k),), torch.Generator().manual_seed(0))
    for b in range(len(k)):
        state = tree_map(lambda x, b=b: x[b], fresh)
        for t in range(0, k.shape[1], rule.pairs):
            run = slice(t, t + rule.pairs)
            state = rule.write(state, Token(k[b, run], v[b, run], torch.tensor(t // rule.pairs)))
        state = rule.flush(state)
        found.append(torch.stack([rule.read(state, q) for q in k[b]]))
    return torch.stack(found)


def streamed(rule: Rule, dims: Dims, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Read-outs of all keys by the batch forms, written in two runs."""
    states = rule.init(dims, (len(k),), torch.Generator().manual_seed(0))
    half = 3 * rule.pairs
    states = rule.write_stream(states, k[:, :half], v[:, :half])
    states = rule.write_stream(states, k[:, half:], v[:, half:], half)
    return rule.read_stream(states, k)


@pytest.mark.parametrize("name", R)
def test_one_head_and_no_features_change_nothing(name: str) -> None:
    """Bit for bit, around every rule, and in their laws."""
    rule = R[name]()
    items = 6 * rule.pairs
    dims = Dims(4, 4, items)
    k, v = streams(Gaussian(), dims, range(3), items)
    expected = streamed(rule, dims, k, v)
    for wrapper in (W["heads"](rule), features("identity", rule), W["short_convolution"](rule)):
        assert torch.equal(streamed(wrapper, dims, k, v), expected)
        assert wrapper.state_scalars(dims, items) == rule.state_scalars(dims, items)
        assert wrapper.cost(dims, items) == rule.cost(dims, items)
    for wrapper in (W["heads"](rule), features("identity", rule)):
        one, other = (x.law(Sphere(), Dims(4, 4, items)) for x in (wrapper, rule))
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            np.testing.assert_array_equal(one.recall(items).power, other.recall(items).power)


@pytest.mark.parametrize("name", ["heads", "features", "normalised", "rope", "short_convolution"])
def test_wrappers_do_something(name: str) -> None:
    dims = Dims(4, 4, 6)
    k, v = streams(Gaussian(), dims, range(2), 6)
    assert not torch.allclose(
        streamed(around(HEBBIAN)[name], dims, k, v), streamed(HEBBIAN, dims, k, v)
    )


@pytest.mark.parametrize("inner", ["decay", "delta", "gla", "mlstm", "softmax", "sliding_window"])
@pytest.mark.parametrize("name", around(HEBBIAN))
def test_batch_forms_equal_the_reference_step(name: str, inner: str) -> None:
    rule, dims = around(R[inner]())[name], Dims(4, 4, 9)
    k, v = streams(Sphere(), dims, range(2), 9)
    found = streamed(rule, dims, k, v)
    torch.testing.assert_close(found, stepped(rule, dims, k, v), rtol=1e-10, atol=1e-12)


def test_batch_forms_with_several_pairs_a_token() -> None:
    for rule in around(R["delta_product"](n_h=2)).values():
        dims = Dims(4, 4, 12)
        k, v = streams(Sphere(), dims, range(2), 12)
        found = streamed(rule, dims, k, v)
        torch.testing.assert_close(found, stepped(rule, dims, k, v), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    ("inner", "d_k", "d_v", "t", "heads"),
    list(itertools.product(["gla", "mlstm", "delta"], [4, 8], [4, 12], [1, 7], [1, 2, 4])),
)
def test_live_sizes_are_those_of_the_arrays(
    inner: str, d_k: int, d_v: int, t: int, heads: int
) -> None:
    dims = Dims(d_k, d_v, t)
    k, v = streams(Sphere(), dims, range(1), t)
    every = {name: x for name, x in around(R[inner]()).items() if name != "heads"}
    for rule in (*every.values(), W["heads"](R[inner](), heads=heads)):
        states = rule.write_stream(rule.init(dims, (1,)), k, v)
        held = [x[0].numel() for x in tree_leaves(states) if x.is_floating_point()]
        unfilled = sum(
            (len(x.filter) - 1 - t) * d_k
            for x in rule.layers
            if hasattr(x, "filter") and len(x.filter) - 1 > t
        )
        assert sum(held) - unfilled == rule.state_scalars(dims, t)


def test_losses_of_position_and_past_are_not_objectives() -> None:
    assert W["rope"](HEBBIAN).objective() is None
    assert W["short_convolution"](HEBBIAN).objective() is None


MAPS = [
    ("quadratic", 8),
    ("taylor", 8),
    ("taylor:scale=0.5", 8),
    ("relu", 16),
    ("elu_plus_one", 16),
    ("elu_plus_one:scale=2", 5),
    ("dpfp", 8),
    ("dpfp:nu=3", 4),
    ("favor:scale=0.5,features=16", 8),
]


def test_laws_of_features_against_streams() -> None:
    z = []
    for seed, ((text, d), keys) in enumerate(itertools.product(MAPS, (Sphere(), Gaussian()))):
        rule = features(text, (HEBBIAN, DECAY)[seed % 2])
        if rule.law(keys, Dims(d, d)) is not None:
            trials = 1000 if isinstance(keys, Sphere) else 8000
            z.append(
                moment_z(rule, keys, Dims(d, d), 20, trials=trials, seed=300 + seed, slip=1.05)
            )
    right, wrong = np.array(z).T
    assert len(right) == 17  # all but FAVOR+ on Gaussian keys
    assert right.max() < Z
    assert np.median(wrong) > Z


@pytest.mark.parametrize("text", ["quadratic", "taylor", "relu", "elu_plus_one", "dpfp"])
def test_a_feature_law_off_by_two_percent_fails(text: str) -> None:
    right, wrong = moment_z(features(text), Sphere(), Dims(8, 8), 20, trials=4000, seed=350)
    assert right < Z < wrong


@pytest.mark.parametrize(
    ("text", "d", "d_eff"),
    [
        ("quadratic", 16, 96),
        ("taylor:scale=0.5", 16, 5.54),
        ("taylor:scale=0.70710678", 16, 16.2),
        ("taylor", 16, 46.1),
    ],
)
def test_effective_dimensions_of_kernels(text: str, d: int, d_eff: float) -> None:
    moments = parse_feature_map(text).moments(Sphere(), d)
    assert moments is not None
    assert float(f"{moments.effective_dimension:.3g}") == d_eff
    np.testing.assert_allclose((moments.own, moments.own_square), 1, rtol=1e-12)


@pytest.mark.parametrize(("text", "limit"), [("relu", math.pi**2), ("elu_plus_one", 2.131)])
def test_elementwise_maps_saturate(text: str, limit: float) -> None:
    """The finite-D form, mu2^2/(mu1^4 + (mu2^2 - mu1^4)/D), is exact on Gaussian keys."""
    phi = parse_feature_map(text)
    for d in (64, 4096):
        found = phi.moments(Gaussian(), d).effective_dimension
        assert abs(found - 1 / (1 / limit + (1 - 1 / limit) / d)) < 1e-3
        assert abs(phi.moments(Sphere(), d).effective_dimension / found - 1) < 0.15 / d
    relu = parse_feature_map("relu").moments(Sphere(), 10)
    np.testing.assert_allclose(relu.other_square, (0.1 + 0.9 / math.pi**2), rtol=1e-12)
    np.testing.assert_allclose(relu.own_square, (6 + 9) / 12, rtol=1e-12)


def test_favor_approaches_the_softmax_kernel() -> None:
    """E kappa over draws is e^(b (x - 1)): the mean over seeds, in standard errors."""
    k = torch.tensor([[1.0, 0.0, 0.0, 0.0], [0.6, 0.8, 0.0, 0.0]], dtype=torch.float64)
    maps = [parse_feature_map(f"favor:scale=0.5,features=64,seed={s}") for s in range(200)]
    found = np.array([(phi(k) @ phi(k).T)[0].numpy() for phi in maps])
    gap = found.mean(axis=0) - np.exp(0.5 * np.array([0.0, -0.4]))
    assert (np.abs(gap) < Z * found.std(axis=0, ddof=1) / np.sqrt(200)).all()


def test_features_of_unit_keys_have_unit_size() -> None:
    k = streams(Sphere(), Dims(8, 1), range(400), 5)[0]
    for name, phi in ((name, kind()) for name, kind in F.items()):
        square = phi(k).square().sum(2)
        assert phi(k).shape[2] == phi.dimension(8)
        moments = phi.moments(Sphere(), 8)
        if name in ("identity", "quadratic", "taylor"):
            torch.testing.assert_close(square, torch.ones_like(square), rtol=1e-12, atol=0)
        stderr = square.mean(1).std() / 20
        assert abs(square.mean() - moments.own) < max(Z * stderr, 1e-12), name
        assert phi(k.float()).dtype == torch.float32


def test_laws_of_heads_against_the_probe() -> None:
    seed = itertools.count(400)
    for rule, keys in itertools.product(
        (R["delta"](beta=0.2), DECAY), (Sphere(), Gaussian(), SIGNS)
    ):
        wrapper, dims = W["heads"](rule, heads=4), Dims(16, 64)
        at = recall_probe(wrapper, keys, dims, (16,), trials=2000, seed=next(seed))[0]
        recall = law_of(wrapper, keys, dims, 16)
        assert max(map(abs, z_scores(at, recall).values())) < Z
        assert max(map(abs, z_scores(at, recall, 1.02).values())) > Z


def test_heads_recall_as_one_head_of_smaller_dimension() -> None:
    for rule in (HEBBIAN, DECAY, R["delta"](beta=0.7), R["gated_delta"]()):
        one, all_heads = (
            law_of(x, Sphere(), Dims(d, d), 20)
            for x, d in ((rule, 4), (W["heads"](rule, heads=4), 16))
        )
        np.testing.assert_array_equal(one.signal, all_heads.signal)
        np.testing.assert_array_equal(one.power, all_heads.power)
        assert (all_heads.own_power <= one.own_power + 1e-15).all()
    mse = law_of(W["heads"](HEBBIAN, heads=4), Sphere(), Dims(64, 64), 64).mse
    np.testing.assert_allclose(mse, 3.9375, rtol=1e-12)  # (N - 1) h / d


def test_own_power_of_independent_heads() -> None:
    """x of the whole read-out, from heads whose own overlaps are read with values 1."""
    rule, h = W["heads"](R["delta"](beta=1.0), heads=2), 2
    recall = law_of(rule, Sphere(), Dims(8, 2), 6)
    k, _ = streams(Sphere(), Dims(8, 2), range(480_000_000, 480_004_000), 6)
    v = torch.zeros(4000, 6, 2, dtype=torch.float64)
    v[:, 1] = 1.0  # age 4
    x = rule.read_stream(rule.write_stream(rule.init(Dims(8, 2), (4000,)), k, v), k)[:, 1].mean(1)
    square = x.square()
    z = (square.mean() - recall.own_power[4]) / (square.std() / 4000**0.5)
    assert abs(z) < Z
    one_head = law_of(R["delta"](beta=1.0), Sphere(), Dims(8 // h, 1), 6).own_power[4]
    assert abs(square.mean() - one_head) / (square.std() / 4000**0.5) > Z


def test_heads_of_given_keys_are_the_mean_over_heads() -> None:
    rows = Sphere().sample(Draws(1, torch.arange(1)), 8, 10)[0].numpy()
    recall = law_of(W["heads"](DECAY, heads=2), Empirical(rows), Dims(8, 8), 10)
    parts = [rows[:, :4], rows[:, 4:]]
    parts = [x / np.linalg.norm(x, axis=1, keepdims=True) for x in parts]
    each = [law_of(DECAY, Empirical(x), Dims(4, 4), 10) for x in parts]
    np.testing.assert_allclose(recall.power, np.mean([x.power for x in each], axis=0), rtol=1e-12)


@pytest.mark.parametrize("keys", [Sphere(), Gaussian()], ids=lambda keys: keys.name)
def test_laws_of_rotation_and_filter_against_streams(keys: Keys) -> None:
    trials = 2000 if isinstance(keys, Sphere) else 5000
    for seed, (rule, items) in enumerate(
        itertools.product((HEBBIAN, R["gla"](alpha=[[0.9], [0.7]])), (2, 19))
    ):
        for i, wrapper in enumerate(
            (W["rope"](rule, base=50.0), W["short_convolution"](rule, taps=TAPS))
        ):
            at = 500 + 50 * isinstance(keys, Gaussian) + 10 * i + seed
            right, wrong = moment_z(wrapper, keys, Dims(8, 8), items, trials=trials, seed=at)
            assert right < Z
            assert wrong > Z or items == 2


def test_lifelong_laws_of_wrappers_are_limits() -> None:
    for inner in (DECAY, R["gla"](alpha=[[0.9], [0.7], [0.5]])):
        for name, rule in around(inner).items():
            law = rule.law(Sphere(), Dims(8, 8))
            if name in ("normalised", "nested"):
                assert law is None
                continue
            endless, many = law.lifelong(8), law.recall(900)
            np.testing.assert_allclose(endless.signal, many.signal[:8], rtol=1e-10)
            np.testing.assert_allclose(endless.power, many.power[:8], rtol=1e-10)
            unbounded = around(HEBBIAN)[name].law(Sphere(), Dims(8, 8)).lifelong(3)
            assert np.isinf(unbounded.power).all()


def test_rotation_leaves_the_newest_pair_alone() -> None:
    dims = Dims(6, 3, 9)
    k, v = streams(Sphere(), dims, range(2), 9)
    turned, plain = (streamed(x, dims, k, v) for x in (W["rope"](R["delta"]()), R["delta"]()))
    torch.testing.assert_close(turned[:, -1], v[:, -1])
    assert not torch.allclose(turned[:, 0], plain[:, 0])
    rule = W["rope"](HEBBIAN, base=1.0)  # all planes turn alike: relative position 3 at age 3
    found = streamed(rule, Dims(2, 1, 4), *streams(Sphere(), Dims(2, 1), range(1), 4))
    assert found.shape == (1, 4, 1)
    law = law_of(rule, Sphere(), Dims(2, 1), 4)
    np.testing.assert_allclose(law.signal, np.cos(np.arange(4)), rtol=1e-12)


@pytest.mark.parametrize("text", ["taylor", "taylor:scale=0.5", "quadratic"])
def test_law_of_the_normaliser_against_the_streams(text: str) -> None:
    rule = W["normalised"](features(text))
    for seed, items in enumerate((1, 2, 25)):
        right, wrong = moment_z(rule, Sphere(), Dims(8, 8), items, trials=2000, seed=600 + seed)
        # eps moves a read-out by up to eps times the features' size, 1e-9 relative
        assert right < Z or items == 1
        assert wrong > Z
    assert law_of(rule, Sphere(), Dims(8, 8), 1).signal[0] == 1.0


def test_no_law_is_claimed_where_none_is_known() -> None:
    dims = Dims(8, 8)
    absent = [
        (features("relu", R["delta"]()), Sphere()),
        (features("relu"), Orthonormal()),
        (features("favor"), Gaussian()),
        (W["normalised"](HEBBIAN), Sphere()),
        (W["normalised"](features("relu")), Sphere()),
        (W["normalised"](features("taylor", DECAY)), Sphere()),
        (W["rope"](R["delta"]()), Sphere()),
        (W["rope"](features("quadratic")), Sphere()),
        (W["short_convolution"](R["delta"]()), Sphere()),
        (W["short_convolution"](HEBBIAN), Orthonormal()),
        (W["heads"](HEBBIAN, heads=2), Orthonormal()),
        (features("relu", W["heads"](HEBBIAN, heads=2)), Sphere()),
    ]
    for rule, keys in absent:
        assert rule.law(keys, dims) is None, (rule, keys)


@pytest.mark.parametrize("name", around(HEBBIAN))
def test_given_keys_have_an_exact_law_inside_every_wrapper(name: str) -> None:
    rule, dims = around(R["delta"]())[name], Dims(8, 2)
    rows = Sphere().sample(Draws(2, torch.arange(1)), 8, 12)[0].numpy()
    recall = law_of(rule, Empirical(rows), dims, 12)
    assert name in ("heads", "nested") or isinstance(rule.law(Empirical(rows), dims), GivenKeysLaw)
    z = probe_z(rule, Empirical(rows), dims, 12, trials=1000, seed=650)
    assert max(map(abs, z.values())) < Z
    assert recall.statuses["power"] == "exact"


def test_wrong_parameters_are_named() -> None:
    for bad in (0, -1, 2.5, math.nan, "two"):
        with pytest.raises(InputError, match="Heads needs an integer 1 <= heads <= 65536, got"):
            W["heads"](HEBBIAN, heads=bad)
    with pytest.raises(InputError, match=r"Heads needs heads that divide d_k = 6, got 4\."):
        W["heads"](HEBBIAN, heads=4).init(Dims(6, 8))
    with pytest.raises(InputError, match=r"Heads needs heads that divide d_v = 6, got 4\."):
        W["heads"](HEBBIAN, heads=4).law(Sphere(), Dims(8, 6))
    with pytest.raises(InputError, match=r"Rope needs an even d_k, got 5\."):
        W["rope"](HEBBIAN).init(Dims(5, 5))
    with pytest.raises(InputError, match=r"taps of shape \(\) or \(c,\), got shape \(2, 2\)"):
        W["short_convolution"](HEBBIAN, taps=np.ones((2, 2)))
    with pytest.raises(InputError, match="Normalised needs 0 < eps <= 1, got 0"):
        W["normalised"](HEBBIAN, eps=0)
    with pytest.raises(InputError, match="Features needs a feature map, got 'relu'"):
        W["features"](HEBBIAN, "relu")
    with pytest.raises(InputError, match="Heads goes around a rule, got 'delta'"):
        W["heads"]("delta", heads=2)
    with pytest.raises(InputError, match="Dpfp needs an integer 1 <= nu <= 64, got 0"):
        parse_feature_map("dpfp:nu=0")
    with pytest.raises(InputError, match=r"Gla needs alpha .* d_k = 4 channels|with d_k = 4"):
        W["heads"](R["gla"](alpha=np.ones(8)), heads=2).init(Dims(8, 8))


def test_wrappers_from_the_text_of_options() -> None:
    rule = wrapped(HEBBIAN, {"features": "dpfp:nu=2", "heads": "4", "normalised": "1e-6"})
    assert [layer.rule_id() for layer in rule.layers] == [
        "heads",
        "normalised",
        "features",
        "hebbian",
    ]
    assert json.loads(json.dumps(rule.values())) == {
        "heads": 4,
        "inner": {
            "rule": "normalised",
            "eps": 1e-6,
            "inner": {
                "rule": "features",
                "feature_map": {"name": "dpfp", "nu": 2},
                "inner": {"rule": "hebbian"},
            },
        },
    }
    assert wrapped(HEBBIAN, {"heads": '{"heads": 2}'}) == W["heads"](HEBBIAN, heads=2)
    for options, words in (
        ({"head": "2"}, "Unknown wrapper 'head'; did you mean 'heads'"),
        ({"heads": "two"}, "Heads needs a JSON value, got 'two'"),
        ({"heads": '{"number": 2}'}, "Unknown parameter of Heads 'number'"),
        ({"features": "gelu"}, "Unknown feature map 'gelu'; did you mean 'relu'"),
        ({"features": "dpfp:mu=2"}, "Unknown parameter of Dpfp 'mu'"),
    ):
        with pytest.raises(InputError, match=words):
            wrapped(HEBBIAN, options)


def test_declarations_are_complete() -> None:
    for name, kind in W.items():
        wrapper = around(HEBBIAN)[name]
        assert wrapper.rule_id() == name
        assert kind.__doc__
        assert all((kind.title, kind.update, kind.source.citation, kind.source.equation))
    assert len({kind.place for kind in W.values()}) == len(W)
    for name, phi in ((name, kind()) for name, kind in F.items()):
        assert phi.map_id() == name
        assert all((phi.title, phi.formula, phi.source.identifier, type(phi).__doc__))
        assert phi.cost(8) >= 0
        for parameter in phi.parameters():
            for value in parameter.typical:
                parameter.check(name, value)
