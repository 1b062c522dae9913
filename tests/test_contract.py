"""Every discovered rule honours the contract: batch forms agree with steps, live sizes are live."""

import dataclasses
import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity.affine import AffineRule
from capacity.discover import rule_from_file, rules
from capacity.errors import InputError
from capacity.keys import Sphere
from capacity.rule import Dims, Rule, Token
from experiments.streams import streams

RULES = rules()
AFFINE = [name for name, rule in RULES.items() if issubclass(rule, AffineRule)]
EXAMPLE = Path(__file__).parent.parent / "examples" / "my_rule.py"


def stream_of(dims: Dims, items: int, batch: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    return streams(Sphere(), dims, range(batch), items)


def stepped(rule: Rule, dims: Dims, keys: torch.Tensor, values: torch.Tensor) -> object:
    """The states by the reference step, one stream at a time."""
    batch, n = len(keys), rule.pairs
    fresh = rule.init(dims, (batch,), torch.Generator().manual_seed(0))
    final = []
    for b in range(batch):
        state = torch.utils._pytree.tree_map(lambda x, b=b: x[b], fresh)
        for t in range(0, keys.shape[1], n):
            token = Token(keys[b, t : t + n], values[b, t : t + n], torch.tensor(t // n))
            state = rule.write(state, token)
        final.append(state)
    return final


@pytest.mark.parametrize("name", RULES)
def test_batch_forms_equal_the_reference_step(name: str) -> None:
    rule = RULES[name]()
    items = 12 * rule.pairs
    dims = Dims(4, 4, items)
    keys, values = stream_of(dims, items)
    states = rule.init(dims, (2,), torch.Generator().manual_seed(0))
    half = 6 * rule.pairs
    states = rule.write_stream(states, keys[:, :half], values[:, :half])
    states = rule.write_stream(states, keys[:, half:], values[:, half:], half)
    found = rule.read_stream(states, keys)
    for b, state in enumerate(stepped(rule, dims, keys, values)):  # type: ignore[arg-type]
        flushed = rule.flush(state)
        expected = torch.stack([rule.read(flushed, q) for q in keys[b]])
        torch.testing.assert_close(found[b], expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("t", [1, 5, 100])
def test_declared_state_size_is_that_of_the_live_arrays(name: str, t: int) -> None:
    rule = RULES[name]()
    t = math.ceil(t / rule.pairs) * rule.pairs
    dims = Dims(6, 6, t)
    keys, values = stream_of(dims, t, batch=1)
    rng = torch.Generator().manual_seed(0)
    state = rule.write_stream(rule.init(dims, (1,), rng), keys, values)
    arrays = {n: x for n, x in state._asdict().items() if isinstance(x, torch.Tensor)}
    live = rule.live(dims, t)
    for array_name, shape in live.items():
        held = arrays[array_name][0]
        assert held.ndim == len(shape), array_name
        assert all(h >= s for h, s in zip(held.shape, shape, strict=True)), array_name
        used = held[tuple(slice(0, s) for s in shape)]
        assert used.numel() == math.prod(shape)
    assert rule.state_scalars(dims, t) == sum(math.prod(s) for s in live.values())


@pytest.mark.parametrize("name", RULES)
def test_declaration_is_complete(name: str) -> None:
    rule = RULES[name]
    assert rule.rule_id() == name
    for text in (
        rule.family,
        rule.title,
        rule.update,
        rule.source.citation,
        rule.source.identifier,
    ):
        assert text
    assert dataclasses.is_dataclass(rule)
    assert rule.__doc__
    price = rule().cost(Dims(8, 8, 16), 16)
    assert price.write >= 0
    assert price.read > 0
    for parameter in rule.parameters():
        for value in parameter.typical:
            parameter.check(rule.__name__, value)


@pytest.mark.parametrize("name", RULES)
def test_parameters_outside_their_domain_are_named(name: str) -> None:
    rule = RULES[name]
    for parameter in rule.parameters():
        for bad in (math.nan, "text", -1e9 if math.isinf(parameter.domain[1]) else 1e9):
            with pytest.raises(InputError, match=rf"{rule.__name__} needs .*{parameter.name}"):
                rule.with_values(**{parameter.name: bad})
    with pytest.raises(InputError, match="Unknown parameter"):
        rule.with_values(no_such_parameter=1)


@settings(max_examples=40, deadline=None)
@given(
    name=st.sampled_from(AFFINE),
    d_k=st.integers(2, 6),
    d_v=st.integers(1, 5),
    tokens=st.integers(1, 23),
    chunk=st.integers(1, 30),
    where=st.floats(0, 1),
)
def test_every_chunk_length_equals_the_reference_step(
    name: str, d_k: int, d_v: int, tokens: int, chunk: int, where: float
) -> None:
    """Parameters are drawn along their domains, edges included; chunks need not divide N."""
    drawn = {}
    for p in RULES[name].parameters():
        if np.ndim(p.default) == 0 and not p.integer and p.domain[1] < math.inf:
            low, high = p.domain
            value = low + where * (high - low)
            drawn[p.name] = p.default if value in p.open_at else value
    rule = RULES[name].with_values(**drawn)
    assert isinstance(rule, AffineRule)
    items = tokens * rule.pairs
    dims = Dims(d_k, d_v)
    keys, values = stream_of(dims, items)
    start = rule.init(dims, (2,))
    expected = Rule.write_stream(rule, start, keys, values)
    found = rule.write_stream(start, keys, values, chunk=chunk)
    for x, y in zip(found, expected, strict=True):
        torch.testing.assert_close(x, y, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_without_a_law_says_what_theory_lacks(name: str) -> None:
    rule = RULES[name]()
    law = rule.law(Sphere(), Dims(8, 8))
    if law is None:
        assert re.search(r"missing|lacks|no theory", rule.__doc__ or ""), name
    else:
        assert set(law.statuses) >= {"signal", "power"}


def test_a_users_rule_gets_its_law_for_free(tmp_path: Path) -> None:
    rule = rule_from_file(EXAMPLE)
    assert len(EXAMPLE.read_text().splitlines()) < 30
    law = rule().law(Sphere(), Dims(8, 8))
    assert law is not None
    assert law.statuses["power"] == "exact"
    bad = tmp_path / "two.py"
    bad.write_text("x = 1\n")
    with pytest.raises(InputError, match="exactly one final rule, found none"):
        rule_from_file(bad)
    bad.write_text("raise RuntimeError('boom')\n")
    with pytest.raises(InputError, match="boom"):
        rule_from_file(bad)
    with pytest.raises(InputError, match="is not a Python file"):
        rule_from_file(tmp_path / "absent.py")
