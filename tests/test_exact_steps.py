"""Reference steps on exact objects: the same numbers as in torch, and errors where unsure."""

import random
from typing import Any

import pytest
import sympy
import torch
from sympy import Float, Matrix

from capacity import cache
from capacity.discover import feature_maps, rules, wrappers
from capacity.rule import Dims, Rule, Token
from proofs_check.claim import ProofError
from proofs_check.shipping import read_outs
from proofs_check.tensors import Exact, exact_torch

R, W, F = rules(), wrappers(), feature_maps()
DIMS, PAIRS = Dims(2, 2, 4), 4
SIMPLE: dict[str, dict[str, Any]] = {
    "titans_mlp": {"depth": 1},
    "atlas": {"iterations": 1, "window": 2},
}
WITHOUT = {"lact", "ttt_mlp"}  # silu and relu of symbols: no table entry
INSTANCES: list[Rule] = [
    *(rule(**SIMPLE.get(name, {})) for name, rule in R.items() if name not in WITHOUT),
    W["heads"](R["delta"](), 2),
    W["features"](R["hebbian"](), F["quadratic"]()),
    W["normalised"](R["decay"](gamma=0.5)),
]


def _numbers(rows: int, columns: int, seed: int) -> Matrix:
    """Of 40 digits, which unlike fractions and roots do not grow."""
    rng = random.Random(seed)
    return Matrix(rows, columns, lambda *_: Float(rng.randint(1, 9) * rng.choice((1, -1)), 40) / 8)


def _in_torch(rule: Rule, keys: Matrix, values: Matrix, queries: Matrix) -> torch.Tensor:
    K, V, Q = (torch.tensor(x.T.tolist(), dtype=torch.float64) for x in (keys, values, queries))
    state = rule.init(DIMS)
    for j in range(PAIRS):
        state = rule.write(state, Token(K[j : j + 1], V[j : j + 1], torch.tensor(j)))
    return torch.stack([rule.read(rule.flush(state), q) for q in Q], dim=1)


@pytest.fixture
def _exact_equality(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exact keys have no rounding: those that are equal are equal."""
    to_rounding = cache.equal

    def equal(keys: Any, query: Any) -> Any:
        exact = isinstance(keys, Exact)
        return (keys == query).all(dim=1) if exact else to_rounding(keys, query)

    monkeypatch.setattr(cache, "equal", equal)


@pytest.mark.usefixtures("_exact_equality")
@pytest.mark.parametrize("rule", INSTANCES, ids=lambda rule: rule.rule_id())
def test_exact_steps_are_torchs_on_numbers(rule: Rule) -> None:
    keys, values = _numbers(2, PAIRS, 0), _numbers(2, PAIRS, 1)
    queries = Matrix.hstack(keys.col(0), keys.col(3), _numbers(2, 1, 2))
    exact = read_outs(rule, keys, values, queries).applyfunc(sympy.N)
    found = torch.tensor(exact.tolist(), dtype=torch.float64)
    expected = _in_torch(rule, keys, values, queries)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-11)
    twin = read_outs(rule, keys, -values, queries).applyfunc(sympy.N)
    assert (torch.tensor(twin.tolist(), dtype=torch.float64) - expected).abs().max() > 1e-3


def test_what_has_no_exact_counterpart_is_an_error() -> None:
    x = Exact(list(sympy.symbols("x:3", real=True)))
    with exact_torch(), pytest.raises(ProofError, match="torch's relu has no exact counterpart"):
        torch.relu(x)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="Relational"):
        _ = x > 0
    with exact_torch(), pytest.raises(ProofError, match="singular"):
        torch.linalg.pinv(Exact([[1, 1], [1, 1]]))


def test_gradients_and_maps_are_those_of_torch() -> None:
    x, y = sympy.symbols("x y", real=True)
    with exact_torch():
        found = torch.func.grad(lambda z, w: (z * z * w).sum())(Exact([x, y]), Exact([1, 3]))
        rows = torch.func.vmap(lambda z, w: z + w, in_dims=(0, None))(Exact([[x], [y]]), Exact([1]))
    assert list(found.entries) == [2 * x, 6 * y]
    assert rows.entries.tolist() == [[x + 1], [y + 1]]
