"""A rule that declares an objective descends it: found by discovery, bare and in wrappers.

The step of every rule is compared with the declared transform of the gradient that autograd takes
of the declared loss. A rule whose fast weights are not one matrix S says here what they are called.
"""

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils._pytree import tree_map

from capacity.discover import feature_maps, rules, wrappers
from capacity.keys import Gaussian
from capacity.newton_schulz import MUON, newton_schulz
from capacity.rule import Dims, Objective, Rule, Token
from capacity.window import WindowRule
from capacity.wrapper import Wrapper
from experiments.streams import streams

R, W = rules(), wrappers()
DIMS = Dims(4, 4)
Weights = tuple[Tensor, ...]


class Names(NamedTuple):
    """Fields of a state: what is learnt, its momenta, and what else the loss is given."""

    learnt: tuple[str, ...]
    momenta: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()


NAMES = {
    "atlas": Names(("S",), ("M",)),
    "ttt_mlp": Names(("A", "B"), fixed=("A0", "B0")),
    "titans_mlp": Names(
        ("first", "inner", "last"), ("first_momentum", "inner_momentum", "last_momentum")
    ),
    "lact": Names(("W1", "W2", "W3"), ("M1", "M2", "M3")),
}


def core(rule: Rule) -> Rule:
    return rule.layers[-1] if isinstance(rule, Wrapper) else rule


def held(rule: Rule, state: Any) -> tuple[Weights, Weights, Weights]:
    """Learnt weights, momenta and fixed ones; a wide S is a memory and its momentum."""
    inner = core(rule)
    if inner.rule_id() == "mlstm":
        scale = state.m.exp()[..., None, None]
        return (scale * state.C,), (), ()
    if inner.rule_id() in NAMES:
        names = NAMES[inner.rule_id()]
        return tuple(tuple(getattr(state, n) for n in part) for part in names)  # type: ignore[return-value]
    blocks = state.S.tensor_split(getattr(inner, "blocks", 1), dim=-1)
    return (blocks[0],), tuple(blocks[1:]), ()


def gradients(objective: Objective, at: Weights, fixed: Weights, k: Tensor, v: Tensor) -> Weights:
    """Gradient of the loss by autograd; a single matrix enters it bare."""
    leaves = tuple(x.detach().requires_grad_() for x in at)
    loss = objective.loss(leaves[0] if len(at) == 1 else (*leaves, *fixed), k, v)
    found = torch.autograd.grad(loss, leaves, allow_unused=True, materialize_grads=True)
    return tuple(found)


def orthogonal(rule: Rule, M: Tensor) -> Tensor:
    inner = core(rule)
    a, b, c = (float(x) for x in getattr(inner, "polynomial", MUON))
    return newton_schulz(M, inner.iterations, (a, b, c))


def descended(rule: Rule, state: Any, k: Tensor, v: Tensor, slip: float = 1.0) -> Weights:
    """What the declaration says of the learnt weights after the pairs in the columns of k, v."""
    objective = rule.objective()
    assert objective is not None
    S, M, fixed = held(rule, state)
    decayed = tuple(objective.decay * s for s in S)
    rate, inner = slip * objective.rate, core(rule)
    mu = getattr(inner, "mu", getattr(inner, "gamma", 0.0))

    def plain(at: Weights, keys: Tensor, values: Tensor) -> Weights:
        steps = gradients(objective, at, fixed, keys, values)
        return tuple(s - rate * g for s, g in zip(at, steps, strict=True))

    def in_turn() -> Weights:
        at = decayed
        for j in range(k.shape[1]):
            at = plain(at, k[:, j : j + 1], v[:, j : j + 1])
        return at

    def momentum() -> Weights:
        steps = gradients(objective, S, fixed, k, v)
        return tuple(s + mu * m - rate * g for s, m, g in zip(decayed, M, steps, strict=True))

    def newton() -> Weights:
        steps = gradients(objective, S, fixed, k, v)
        found = (mu * m + g for m, g in zip(M, steps, strict=True))
        return tuple(s - rate * orthogonal(rule, m) for s, m in zip(decayed, found, strict=True))

    transforms: dict[str, Callable[[], Weights]] = {
        "": lambda: plain(decayed, k, v),
        "sum over a chunk": lambda: plain(decayed, k, v),
        "one step a pair": in_turn,
        "momentum": momentum,
        "Newton-Schulz": newton,
        "momentum, Newton-Schulz": newton,
    }
    return transforms[objective.transform]()


def settings() -> list[Rule]:
    """Every rule that declares an objective: its defaults, and each typical value in turn."""
    found: dict[str, Rule] = {}
    for rule in (kind() for kind in R.values()):
        for p in rule.parameters():
            for value in p.typical:
                tried = replace(rule, **{p.name: value})
                found[repr(tried)] = tried
        found[repr(rule)] = rule
    for name in ("gla", "kda"):
        rule = R[name](alpha=np.linspace(0.6, 1.0, DIMS.d_k))
        found[repr(rule)] = rule
    return [rule for rule in found.values() if rule.objective() is not None]


def step(rule: Rule) -> tuple[Any, Any, Tensor, Tensor]:
    """States before and after one chunk or token, and the columns of the pairs that it saw.

    A window sees pairs again, newest first; a chunk and a token see theirs in order.
    """
    inner = core(rule)
    span = getattr(inner, "chunk", inner.pairs)
    window = inner.window if isinstance(inner, WindowRule) else 0
    past = 4 * span + window
    keys, values = streams(Gaussian(), DIMS, range(1), past + span)
    fresh = rule.init(DIMS, (1,), torch.Generator().manual_seed(2))
    states = rule.write_stream(fresh, keys[:, :past], values[:, :past])
    before = after = tree_map(lambda x: x[0], states)
    for t in range(past, past + span, rule.pairs):
        at = slice(t, t + rule.pairs)
        after = rule.write(after, Token(keys[0, at], values[0, at], torch.tensor(t // rule.pairs)))
    seen = torch.arange(past, past - window, -1) if window else torch.arange(past, past + span)
    return before, after, keys[0, seen].T, values[0, seen].T


def far(found: Weights, expected: Weights) -> float:
    return max(
        float((x - y).abs().max()) for x, y in zip(found, expected, strict=True) if x.numel()
    )


@pytest.mark.parametrize("rule", settings(), ids=repr)
def test_every_step_is_the_declared_transform_of_the_gradient(rule: Rule) -> None:
    before, after, k, v = step(rule)
    assert far(held(rule, after)[0], descended(rule, before, k, v)) < 1e-10


WRAPPERS: dict[str, Callable[[Rule], Wrapper]] = {
    "heads": lambda rule: W["heads"](rule, 2),
    "features": lambda rule: W["features"](rule, feature_maps()["relu"]()),
    "normalised": lambda rule: W["normalised"](rule, 0.5),
    "nested": lambda rule: WRAPPERS["heads"](WRAPPERS["normalised"](WRAPPERS["features"](rule))),
}
WRAPPED = [  # a normaliser gives values one entry more than keys, which Hopfield refuses
    (wrapper, name)
    for wrapper, name in itertools.product(WRAPPERS, R)
    if name != "hopfield" or wrapper not in ("normalised", "nested")
]


@pytest.mark.parametrize(("wrapper", "name"), WRAPPED)
def test_wrapped_steps_descend_their_objective(wrapper: str, name: str) -> None:
    rule = R[name]()
    around = WRAPPERS[wrapper](rule)
    assert (around.objective() is None) == (rule.objective() is None)
    if around.objective() is not None:
        before, after, k, v = step(around)
        assert far(held(around, after)[0], descended(around, before, k, v)) < 1e-10


@pytest.mark.parametrize("name", [n for n, kind in R.items() if kind().objective() is not None])
def test_a_rate_off_by_a_millionth_fails(name: str) -> None:
    before, after, k, v = step(R[name]())
    assert far(held(R[name](), after)[0], descended(R[name](), before, k, v, 1 + 1e-6)) > 1e-10


@pytest.mark.parametrize("name", [n for n, kind in R.items() if kind().objective() is None])
def test_a_parametric_rule_without_an_objective_says_why(name: str) -> None:
    """Nonparametric memories keep their data and descend nothing."""
    rule = R[name]
    assert rule.family == "nonparametric" or "objective" in (rule.__doc__ or "")


def test_the_family_of_objectives_is_complete() -> None:
    assert {n for n, kind in R.items() if kind().objective() is None} == {
        *("dense_am", "eviction", "kernel_ridge", "sliding_window", "softmax"),
        *("log_linear", "lola", "mesa", "rwkv7"),
    }
