"""Chunks of the momentum rule against its loop in float64: relative error over mu and chunk length.

Where gates of a chunk are quotients of running products, as mu^t/mu^s, every digit is lost once
mu^chunk is below rounding. Products over intervals (:mod:`capacity.gates`) have no such edge.
"""

from functools import partial
from typing import Any

import torch
from torch import Tensor

from capacity.affine import AffineRule
from capacity.discover import rule_class
from capacity.keys import Sphere
from capacity.rule import Dims
from experiments.streams import streams

DIMS, BATCH, ITEMS = Dims(32, 32), 4, 256
MOMENTA = (0.0, 1e-8, 1e-3, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99)
CHUNKS = (1, 8, 16, 32, 64, 128, 256)


def measure() -> dict[str, Any]:
    """The map in float32 and in float64, rows by mu, columns by chunk; and where quotients fail."""
    torch.set_num_threads(1)
    what = (
        f"momentum rule, beta 0.3, alpha 0.98, d 32, {ITEMS} writes: |S - loop|/|loop| in float64"
    )
    return {
        "what": what,
        "mu": list(MOMENTA),
        "chunk": list(CHUNKS),
        "float32": error_map(torch.float32),
        "float64": error_map(torch.float64),
        "quotients_lose_all_digits_of_float32": [
            [mu**chunk < torch.finfo(torch.float32).eps for chunk in CHUNKS] for mu in MOMENTA
        ],
    }


def error_map(dtype: torch.dtype) -> list[list[float]]:
    """Relative error of the state, one row for each mu, one column for each chunk."""
    return [list(map(partial(error, mu, dtype), CHUNKS)) for mu in MOMENTA]


def error(mu: float, dtype: torch.dtype, chunk: int) -> float:
    """|S - S of the float64 loop| / |S of the float64 loop|."""
    exact = _written(mu, torch.float64, 1)
    return float((_written(mu, dtype, chunk) - exact).norm() / exact.norm())


def _written(mu: float, dtype: torch.dtype, chunk: int) -> Tensor:
    rule = rule_class("momentum").with_values(beta=0.3, mu=mu, alpha=0.98)
    assert isinstance(rule, AffineRule)
    keys, values = (x.to(dtype) for x in streams(Sphere(), DIMS, range(BATCH), ITEMS))
    start = rule.init(DIMS, (BATCH,), dtype=dtype)
    return rule.write_stream(start, keys, values, chunk=chunk).S
