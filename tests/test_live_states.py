"""Declared live sizes against running states: every rule and wrapper, over d_k, d_v, t and heads.

All streams start from one state, so the entries in which they differ are what they wrote.
"""

import itertools
import math
from typing import Any

import pytest
import torch
from torch.utils._pytree import tree_leaves, tree_map

from capacity.discover import feature_maps, rules, wrappers
from capacity.keys import Sphere
from capacity.rule import Dims, Rule
from experiments.counting import varying
from experiments.streams import streams

R, W = rules(), wrappers()
LONG = 64  # pairs after which every default window, cache and chunk is full
SIZES = [(8, 8, LONG), (8, 4, 40), (16, 12, 7), (8, 8, 1)]
SETTINGS: dict[str, list[Any]] = {
    "heads": [1, 2, 4],
    "features": [feature_maps()["elu_plus_one"]()],
    "normalised": [0.5],
    "rope": [],
    "short_convolution": [[0.7, -0.5, 0.4]],
}


def around(name: str) -> list[Rule]:
    """The rule bare, and in every wrapper that takes it."""
    rule = R[name]()
    found: list[Rule] = [rule]
    for wrapper, kind in W.items():
        for setting in SETTINGS[wrapper] or [None]:
            found.append(kind(rule) if setting is None else kind(rule, setting))
    # a normaliser gives values one entry more than keys
    return found if name != "hopfield" else [x for x in found if x.rule_id() != "normalised"]


def written(rule: Rule, dims: Dims, items: int) -> list[torch.Tensor]:
    """Floating-point arrays of three streams that began alike."""
    keys, values = streams(Sphere(), dims, range(3), items)
    one = rule.init(dims, (1,), torch.Generator().manual_seed(0))
    empty = tree_map(lambda x: x.expand(3, *x.shape[1:]).contiguous(), one)
    leaves = tree_leaves(rule.write_stream(empty, keys, values))
    return [x for x in leaves if x.is_floating_point()]


def alike(rule: Rule, live: dict[str, tuple[int, ...]]) -> int:
    """Declared entries that gates decide alone, alike in all streams: one number a head, and the
    1 that a normaliser adds to every value that is kept as it is."""
    heads = getattr(rule, "heads", 1)
    single = sum(math.prod(shape) for shape in live.values() if math.prod(shape) == heads)
    kept = [x for name, x in live.items() if name.endswith("values")]
    return single + (sum(x[-2] for x in kept) if rule.rule_id() == "normalised" else 0)


def in_use(rule: Rule, name: str, t: int) -> bool:
    """An anchor is empty before the first whole chunk; units of a net lie idle before keys that
    wake them, and some for ever where features put all keys on one side."""
    if R[name].family == "deep":
        return t == LONG and rule.rule_id() != "features"
    return t >= getattr(R[name](), "chunk", 1)


@pytest.mark.parametrize("name", R)
@pytest.mark.parametrize(("d_k", "d_v", "t"), SIZES)
def test_what_varies_by_stream_is_the_declared_live_state(
    name: str, d_k: int, d_v: int, t: int
) -> None:
    """Never less than varies, and no more once everything is in use."""
    items = math.ceil(t / R[name]().pairs) * R[name]().pairs
    dims = Dims(d_k, d_v if name != "hopfield" else d_k, items)
    for rule in around(name):
        live = dict(rule.live(dims, items))
        declared = rule.state_scalars(dims, items)
        assert declared == sum(math.prod(shape) for shape in live.values())
        held = written(rule, dims, items)
        assert sum(x[0].numel() for x in held) >= declared
        found = sum(map(varying, held))
        assert found <= declared
        assert found >= declared - alike(rule, live) or not in_use(rule, name, t), rule


def test_a_state_one_row_short_is_seen() -> None:
    rule, dims = R["delta"](), Dims(4, 3, 9)
    held = written(rule, dims, 9)
    assert sum(map(varying, held)) == rule.state_scalars(dims, 9)
    assert sum(map(varying, held)) > rule.state_scalars(Dims(4, 2, 9), 9)


@pytest.mark.parametrize(("d", "heads"), list(itertools.product((8, 16), (1, 2, 4))))
def test_heads_share_out_a_square_state(d: int, heads: int) -> None:
    """Eqs 13-14: p = d^2/h."""
    rule = W["heads"](R["delta"](), heads)
    assert sum(map(varying, written(rule, Dims(d, d), 20))) == d * d // heads
