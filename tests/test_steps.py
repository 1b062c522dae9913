"""Several steps a pair: the law of repeated writes, the probe, and a net's own steps."""

import numpy as np
import pytest
import torch

from capacity.discover import rules
from capacity.errors import InputError
from capacity.keys import Gaussian, Keys, Orthonormal, Sphere
from capacity.repeated_law import repeated_law
from capacity.rule import Dims, Rule
from capacity.values import Values, parse_values
from experiments.probes.steps import QUANTITIES, repeated, steps_probe
from experiments.statistics import Moments

R, SPHERE = rules(), Sphere()
D, ITEMS, Z = 16, 24, 4.0


def law_losses(rule: Rule, keys: Keys, values: Values, steps: int, earlier: int) -> list[float]:
    law = repeated_law(rule, keys, D, values, items=ITEMS, steps=steps, earlier=earlier)
    assert law is not None
    error, stored = law.future(ITEMS).error, law.stored(ITEMS).mse
    return [error[-2], stored[0], stored[1:].mean(), error[-1]]


def z_scores(found: dict[str, Moments], law: list[float], slip: float) -> float:
    z = [
        (found[name].mean - slip * expected) / found[name].stderr
        for name, expected in zip(QUANTITIES, law, strict=True)
    ]
    return float(np.abs(z).max())


CELLS = [
    ("delta", {"beta": 0.5}, SPHERE, "teacher:signal=0.8"),
    ("delta", {"beta": 0.3}, Gaussian(), "teacher:signal=0.5,drift=0.02"),
    ("momentum", {"alpha": 0.97, "mu": 0.5, "beta": 0.2}, Gaussian(), "teacher:signal=0.8"),
    ("gated_delta", {"alpha": 0.95, "beta": 0.6}, SPHERE, "teacher:signal=0.8,drift=0.02"),
]
WRITES = [(0, 1), (4, 1), (3, 3)]


@pytest.mark.parametrize("cell", range(len(CELLS)), ids=[f"{x[0]}-{x[3]}" for x in CELLS])
@pytest.mark.parametrize(("steps", "earlier"), WRITES)
def test_law_of_repeated_writes_against_the_probe(cell: int, steps: int, earlier: int) -> None:
    """Four losses over 2000 streams; a law 10 % off is refused."""
    name, parameters, keys, label = CELLS[cell]
    rule, values = R[name](**parameters), parse_values(label)
    found = steps_probe(
        rule,
        keys,
        Dims(D, D),
        ITEMS,
        steps=steps,
        earlier=earlier,
        trials=2000,
        values=values,
        seed=400 + 10 * cell + WRITES.index((steps, earlier)),
    )
    law = law_losses(rule, keys, values, steps, earlier)
    assert z_scores(found, law, 1.0) < Z
    assert z_scores(found, law, 1.1) > Z


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_steps_of_the_delta_rule_are_one_longer_step(steps: int) -> None:
    """On unit keys k steps of size beta are one of size 1 - (1 - beta)^k."""
    values, beta = Values(0.7, 0.02), 0.3
    found = repeated_law(
        R["delta"](beta=beta), SPHERE, D, values, items=20, steps=steps, earlier=steps
    )
    longer = R["delta"](beta=1 - (1 - beta) ** steps).taught(SPHERE, Dims(D, D), values)
    assert found is not None
    assert longer is not None
    np.testing.assert_allclose(found.future(20).error, longer.future(20).error, rtol=1e-12)
    np.testing.assert_allclose(found.stored(20).mse, longer.stored(20).mse, rtol=1e-12)
    plain = R["delta"](beta=beta).taught(SPHERE, Dims(D, D), values)
    assert plain is not None
    same = np.allclose(found.stored(20).mse, plain.stored(20).mse, rtol=1e-12)
    assert same == (steps == 1)


@pytest.mark.parametrize(("steps", "agrees"), [(3, True), (2, False)])
def test_a_net_written_three_times_takes_three_steps(steps: int, agrees: bool) -> None:
    values, dims = Values(0.8), Dims(6, 6)
    often = steps_probe(
        R["ttt_mlp"](), SPHERE, dims, 8, steps=3, earlier=3, trials=4, values=values
    )
    once = steps_probe(R["ttt_mlp"](steps=steps), SPHERE, dims, 8, steps=1, trials=4, values=values)
    close = [np.isclose(often[x].mean, once[x].mean, rtol=1e-10) for x in QUANTITIES]
    assert all(close) == agrees


def test_no_step_leaves_the_newest_pair_as_it_was() -> None:
    found = steps_probe(
        R["titans_mlp"](), SPHERE, Dims(6, 6), 8, steps=0, trials=4, values=Values(0.8)
    )
    assert found["newest"].mean == found["before"].mean
    stepped = steps_probe(
        R["titans_mlp"](), SPHERE, Dims(6, 6), 8, steps=1, trials=4, values=Values(0.8)
    )
    assert stepped["before"].mean == found["before"].mean
    assert stepped["newest"].mean < found["newest"].mean


def test_tokens_are_repeated_whole() -> None:
    rows = torch.arange(8.0).reshape(1, 4, 2)
    twice = repeated(rows, 2, 2)[0, :, 0]
    assert twice.tolist() == [0, 2, 0, 2, 4, 6, 4, 6]
    assert torch.equal(repeated(rows, 1, 1), rows)


def test_what_has_no_law_of_repeated_writes() -> None:
    for rule, keys in (
        (R["ttt_mlp"](), SPHERE),
        (R["delta_product"](), SPHERE),  # two keys a token
        (R["delta"](), Orthonormal()),  # keys that know of each other
    ):
        assert repeated_law(rule, keys, D, Values(0.8), items=8, steps=2) is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"items": 5}, "multiple of 2 from 4 on, got 5"),
        ({"items": 2}, "multiple of 2 from 4 on, got 2"),
        ({"steps": -1}, "steps must be an integer from 0 on, got -1"),
        ({"earlier": 0}, "earlier must be an integer from 1 on, got 0"),
        ({"steps": 1.5}, "steps must be an integer from 0 on, got 1.5"),
    ],
)
def test_impossible_repeats_are_refused(options: dict[str, int], message: str) -> None:
    settings = {"items": 8, "steps": 1, "earlier": 1, **options}
    items = settings.pop("items")
    with pytest.raises(InputError, match=message):
        steps_probe(R["delta_product"](), SPHERE, Dims(4, 4), items, trials=2, **settings)  # type: ignore[arg-type]
