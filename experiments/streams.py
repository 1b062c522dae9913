"""Streams of pairs: a pure function of (data model, dimensions, seed index, token index).

All streams of a batch are drawn at once by a counter-based generator whose key hashes purpose, data
model and dimensions, and whose counter is (seed index, token, channel). Rule, parameters, number
of items, batch and workers do not enter: prefixes are shared, rules meet common random numbers.
"""

import hashlib

import torch
from torch import Tensor

from capacity.counter_random import Draws
from capacity.keys import Keys
from capacity.rule import Dims


def draws(
    purpose: str, keys: Keys, dims: Dims, seeds: range, device: torch.device | str = "cpu"
) -> Draws:
    """What is drawn for one purpose ("keys", "values") of the streams of these seeds."""
    text = f"{purpose}|{keys.label}|{dims.d_k}|{dims.d_v}"
    digest = hashlib.sha256(text.encode()).digest()
    indices = torch.arange(seeds.start, seeds.stop, seeds.step, dtype=torch.int64, device=device)
    return Draws(int.from_bytes(digest[:8]), indices)


def streams(
    keys: Keys,
    dims: Dims,
    seeds: range,
    items: int,
    *,
    dtype: torch.dtype = torch.float64,
    device: torch.device | str = "cpu",
) -> tuple[Tensor, Tensor]:
    """Keys (seeds, items, d_k) and values (seeds, items, d_v), drawn in float64, then cast.

    Values are N(0, I/d_v).
    """
    drawn = keys.sample(draws("keys", keys, dims, seeds, device), dims.d_k, items)
    values = draws("values", keys, dims, seeds, device).normal(items, dims.d_v) / dims.d_v**0.5
    return drawn.to(dtype), values.to(dtype)
