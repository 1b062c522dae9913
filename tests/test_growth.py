"""Live state and price, counted on running tensors, against what rules declare."""

import math

import pytest
import torch

from capacity.discover import rules
from capacity.errors import InputError
from capacity.keys import Sphere
from capacity.rule import Dims
from experiments.counting import multiply_adds, varying
from experiments.probes.growth import Grown, growth_probe

R = rules()
DIMS = Dims(4, 4)
LONG = 64  # pairs after which every default window, cache and chunk is full
COUNTABLE = [name for name in R if name != "kernel_ridge"]


def grown(name: str, *items: int, **parameters: float) -> list[Grown]:
    return growth_probe(R[name](**parameters), Sphere(), DIMS, items)


@pytest.mark.parametrize("name", COUNTABLE)
def test_what_varies_by_stream_is_the_declared_live_state(name: str) -> None:
    """Numbers that the gates alone decide (arrays of one entry) may agree between streams."""
    rule = R[name]()
    items = LONG * rule.pairs
    (found,) = grown(name, items)
    live = rule.live(Dims(4, 4, items), items)
    single = sum(math.prod(shape) == 1 for shape in live.values())
    declared = rule.state_scalars(Dims(4, 4, items), items)
    assert declared - single <= found.scalars <= declared
    assert found.scalars <= found.allocated


def test_a_cache_grows_and_a_fixed_state_does_not() -> None:
    sizes = {name: [at.scalars for at in grown(name, 4, 8, 16)] for name in ("softmax", "delta")}
    assert sizes == {"softmax": [32, 64, 128], "delta": [16, 16, 16]}
    assert [at.scalars for at in grown("sliding_window", 4, 8, 16, window=8)] == [32, 64, 64]


def test_equal_streams_vary_nowhere() -> None:
    same = torch.ones(3, 5)
    assert varying(same) == 0
    same[2, 1] = 0
    assert varying(same) == 1


@pytest.mark.parametrize("items", [1, 8, 32])
def test_the_price_of_softmax_is_what_its_read_costs(items: int) -> None:
    (found,) = grown("softmax", items)
    declared = R["softmax"]().cost(DIMS, items)
    assert (found.write, found.read) == (declared.write, declared.read)
    assert found.read != R["softmax"]().cost(DIMS, items + 1).read


@pytest.mark.parametrize("name", ["hebbian", "delta", "momentum", "mesa", "ttt_mlp", "titans_mlp"])
def test_fixed_prices_do_not_grow_and_are_of_the_declared_size(name: str) -> None:
    """The reference step forms products that the price merges or skips: at most 2.5 times more."""
    rule, short, long = R[name](), *grown(name, 8, 32)
    declared = rule.cost(DIMS, 8)
    assert (short.write, short.read) == (long.write, long.read)
    counted, price = short.write + short.read, declared.write + declared.read
    assert price <= counted <= 2.5 * price


A, B, X = torch.randn(3, 4), torch.randn(4, 5), torch.randn(4)


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (lambda: A @ B, 60),
        (lambda: A @ X, 12),
        (lambda: X @ X, 4),
        (lambda: torch.bmm(A.expand(2, 3, 4), B.expand(2, 4, 5)), 120),
        (lambda: A * 2.0, 12),
        (lambda: torch.linalg.solve(torch.eye(6), torch.ones(6, 2)), 72 + 2 * 36),
        (lambda: torch.exp(A) + A - A / 3, 0),
        # |A x|^2/2: forward, backward to A, and the two factors of the square's derivative
        (lambda: torch.func.grad(lambda S: ((S @ X) ** 2).sum() / 2)(A), 12 + 12 + 3 + 3),
    ],
)
def test_multiply_adds_of_known_code(run: object, expected: int) -> None:
    _, found = multiply_adds(run)  # type: ignore[arg-type]
    assert found == expected


def test_what_cannot_be_counted_is_refused() -> None:
    with pytest.raises(InputError, match=r"linalg_eigh cannot be counted; allowed: matrix prod"):
        multiply_adds(torch.linalg.eigh, torch.eye(3))
    with pytest.raises(InputError, match="linalg_pinv"):
        grown("kernel_ridge", 4)


def test_requests_that_cannot_be_counted_are_named() -> None:
    with pytest.raises(InputError, match="multiple of 2 pairs a token, got 5"):
        grown("delta_product", 5)
    with pytest.raises(InputError, match="trials >= 2 streams, got 1"):
        growth_probe(R["delta"](), Sphere(), DIMS, (4,), trials=1)
