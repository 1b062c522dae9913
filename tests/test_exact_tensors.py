"""Exact tensors and products of logarithms: what proofs run the kernels and the bounds on."""

from typing import Any

import numpy as np
import pytest
import sympy
import torch

from capacity.chunkwise import Coefficients, write_chunks, write_loop
from capacity.gates import Decays, Gates, gates
from proofs_check.catalogue import Catalogue
from proofs_check.claim import ProofError, check
from proofs_check.collect import claims
from proofs_check.logarithms import bits_as_product, product
from proofs_check.tensor import Exact

SHAPES: dict[str, tuple[int, ...]] = {
    "open": (1, 5),
    "channels": (1, 5, 4),
    "mixings": (1, 5, 2, 2),
}


def _whole(rng: np.random.Generator, *shape: int) -> torch.Tensor:
    return torch.from_numpy(rng.integers(-3, 4, shape)).double()


@pytest.mark.parametrize("kind", SHAPES)
@pytest.mark.parametrize("write", [lambda *x: write_chunks(*x, 3), write_loop])
def test_kernels_do_to_exact_tensors_what_they_do_to_numbers(kind: str, write: Any) -> None:
    """Small whole numbers are exact in floating point, so the two must be equal."""
    rng = np.random.default_rng(0)
    decay = _whole(rng, *SHAPES[kind]) if kind != "open" else torch.ones(1, 5).double()
    S, V = _whole(rng, 1, 3, 4), _whole(rng, 1, 5, 2, 3)
    columns = [_whole(rng, 1, 5, 4, 2) for _ in range(3)]
    found = write(S, Coefficients(gates(decay), *columns), V)
    exact: list[Any] = [
        Exact(np.vectorize(sympy.Integer, otypes=[object])(x.int().numpy()))
        for x in (S, decay, V, *columns)
    ]
    S, decay, V, *columns = exact
    same = write(S, Coefficients(gates(decay), *columns), V)
    assert isinstance(same, Exact)
    assert 0 < found.abs().max() < 2**53
    assert same.entries.tolist() == found.long().tolist()


def test_exact_tensors_refuse_what_would_round() -> None:
    x = Exact([[sympy.Symbol("x"), sympy.Integer(2)]])
    with pytest.raises(TypeError, match=r"torch\.exp is not defined on symbols"):
        torch.exp(x)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="only whole numbers"):
        x + torch.tensor([0.5, 1.0])
    with pytest.raises(TypeError, match="unit upper triangular"):
        torch.linalg.solve_triangular(x, x, upper=True)  # type: ignore[call-overload]


@pytest.mark.parametrize("slip", ["carried", "delivered", "overlap"])
def test_a_slip_of_the_chunkwise_kernel_is_refuted(
    slip: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = getattr(Decays, slip)

    def slipped(self: Gates, *columns: Any) -> Any:
        return honest(self, *columns) * sympy.Rational(51, 50)

    claim = claims()["foundations/chunks/decay/chunks-of-3/steps3"]
    assert check(claim, Catalogue()).holds
    monkeypatch.setattr(Decays, slip, slipped)
    verdict = check(claim, Catalogue())
    assert not verdict.holds
    assert verdict.reason.startswith("refuted at")


def test_logarithms_become_products() -> None:
    n, x = sympy.symbols("n x", positive=True)
    assert product(n * sympy.log(x) - 2 * sympy.log(3)) == x**n / 9
    assert bits_as_product(sympy.log(x, 2) / 2 + 3, 2) == 64 * x
    assert product(sympy.Integer(0)) == 1
    for bad in (x, sympy.log(x) ** 2, sympy.log(x) * sympy.log(3), sympy.log(x) + 1):
        with pytest.raises(ProofError, match="no sum of multiples"):
            product(bad)
