"""No measurement lies below a bound: every rule, found by discovery; a control that does."""

import pytest
import torch

from capacity.bounds import bits_bound, rank_bound
from capacity.discover import feature_maps, rules, wrappers
from capacity.keys import Gaussian, Keys, Sphere
from capacity.rule import Dims, Rule
from experiments.probes.recall import recall_probe
from experiments.streams import streams

R, W = rules(), wrappers()
DIMS, ITEMS, TRIALS = Dims(8, 8), 40, 60
ROUNDING = 1e-28  # the square of float64's relative error, with room for sums


def excess(rule: Rule, bound: float, keys: Keys, items: int = ITEMS) -> tuple[float, float]:
    """By how much the mean error over stored pairs exceeds a bound, and its standard error."""
    at = recall_probe(rule, keys, DIMS, (items,), trials=TRIALS, seed=31)[0].over_ages["mse"]
    return float(at.mean) - bound, float(at.stderr)


def linear_in_the_query(rule: Rule) -> bool:
    """Whether reads of sums are sums of reads."""
    dims = Dims(8, 8, 12)
    keys, values = streams(Gaussian(), dims, range(2), 12)
    states = rule.init(dims, (2,), torch.Generator().manual_seed(0))
    states = rule.write_stream(states, keys, values)
    p, q = keys[:, :6], keys[:, 6:]
    one, other, both = (rule.read_stream(states, x) for x in (p, q, 2 * p - 3 * q))
    return bool((2 * one - 3 * other - both).abs().max() < 1e-9 * (1 + both.abs().max()))


LINEAR = [name for name, kind in R.items() if linear_in_the_query(kind())]


def test_matrix_memories_are_the_ones_with_a_linear_read_out() -> None:
    assert {"hebbian", "kda", "mesa", "log_linear", "atlas", "omega"} <= set(LINEAR)
    assert not {"softmax", "mlstm", "hopfield", "ttt_mlp", "lola", "dense_am"} & set(LINEAR)


@pytest.mark.parametrize("keys", [Sphere(), Gaussian()], ids=lambda keys: keys.name)
@pytest.mark.parametrize("name", LINEAR)
def test_no_linear_read_out_beats_its_rank(name: str, keys: Keys) -> None:
    above, stderr = excess(R[name](), rank_bound(8, ITEMS), keys)
    assert above > -4 * stderr


@pytest.mark.parametrize("name", ["hebbian", "delta", "mesa"])
def test_heads_and_features_move_the_rank(name: str) -> None:
    heads = W["heads"](R[name](), 2)  # each head its own keys: d/h features for its own values
    lifted = W["features"](R[name](), feature_maps()["dpfp"]())
    for rule, features in ((heads, 4), (lifted, 16)):
        above, stderr = excess(rule, rank_bound(features, ITEMS), Sphere())
        assert above > -4 * stderr


def test_the_pseudo_inverse_attains_the_rank_bound_and_a_cache_breaks_it() -> None:
    above, stderr = excess(R["mesa"](lam=0.0), rank_bound(8, ITEMS), Sphere())
    assert abs(above) < 4 * stderr + 1e-9
    above, stderr = excess(R["softmax"](bandwidth=0.2), rank_bound(8, ITEMS), Sphere())
    assert above < -4 * stderr


@pytest.mark.parametrize("name", R)
def test_no_state_holds_more_than_its_bits(name: str) -> None:
    """float64 scalars of the live state; a cache that lost no pair attains it to rounding."""
    rule = R[name]()
    items = -(-ITEMS // rule.pairs) * rule.pairs
    bits = 64 * rule.state_scalars(Dims(8, 8, items), items)
    above, stderr = excess(rule, bits_bound(bits, items, 8), Sphere(), items)
    assert above > -4 * stderr - ROUNDING


def test_one_bit_a_scalar_would_not_do() -> None:
    """The bound binds: a full cache in float64 beats what its scalars could hold at a bit each."""
    bits = R["softmax"]().state_scalars(Dims(8, 8, ITEMS), ITEMS)
    above, stderr = excess(R["softmax"](bandwidth=0.1), bits_bound(bits, ITEMS, 8), Sphere())
    assert above < -4 * stderr
