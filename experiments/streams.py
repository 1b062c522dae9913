"""Streams of pairs: a pure function of (data model, dimensions, seed index, token index).

Each stream has its own counter-based generators (Philox), one for keys and one for values, keyed
by a hash of the data model and dimensions and by the seed index. Rule, parameters, number of
items, batch and workers do not enter: prefixes are shared, rules meet common random numbers.
"""

import hashlib

import numpy as np
import torch
from torch import Tensor

from capacity.keys import Keys
from capacity.rule import Dims


def generator(purpose: str, keys: Keys, dims: Dims, seed: int) -> np.random.Generator:
    """The generator of one stream for one purpose ("keys", "values")."""
    text = f"{purpose}|{keys.label}|{dims.d_k}|{dims.d_v}"
    digest = hashlib.sha256(text.encode()).digest()
    return np.random.Generator(
        np.random.Philox(key=np.array([int.from_bytes(digest[:8]), seed], dtype=np.uint64))
    )


def stream(keys: Keys, dims: Dims, seed: int, items: int) -> tuple[np.ndarray, np.ndarray]:
    """Keys (items, d_k) and values (items, d_v) of one stream; values are N(0, I/d_v)."""
    drawn = keys.sample(generator("keys", keys, dims, seed), dims.d_k, items)
    normal = generator("values", keys, dims, seed).standard_normal((items, dims.d_v))
    return drawn, normal / np.sqrt(dims.d_v)


def streams(
    keys: Keys,
    dims: Dims,
    seeds: range,
    items: int,
    *,
    dtype: torch.dtype = torch.float64,
    device: torch.device | str = "cpu",
) -> tuple[Tensor, Tensor]:
    """Keys (seeds, items, d_k) and values (seeds, items, d_v), drawn in float64, then cast."""
    pairs = [stream(keys, dims, seed, items) for seed in seeds]
    drawn, values = (torch.from_numpy(np.stack(part)) for part in zip(*pairs, strict=True))
    return drawn.to(device, dtype), values.to(device, dtype)
