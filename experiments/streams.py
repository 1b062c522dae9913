"""Streams of pairs: a pure function of (data model, dimensions, seed index, token index).

All streams of a batch are drawn at once by a counter-based generator whose key hashes purpose, data
model and dimensions, and whose counter is (seed index, token, channel). Rule, parameters, number
of items, batch and workers do not enter: prefixes are shared, rules meet common random numbers.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import torch
from torch import Tensor

from capacity.counter_random import Draws
from capacity.keys import Keys
from capacity.rule import Dims
from capacity.values import NOISE, Values


def draws(
    purpose: str,
    keys: Keys,
    dims: Dims,
    seeds: range,
    device: torch.device | str = "cpu",
    share: int = 1,
) -> Draws:
    """What is drawn for one purpose ("keys", "values", ...) of the streams of these seeds.

    ``share`` neighbouring seeds are given the same draws.
    """
    text = f"{purpose}|{keys.label}|{dims.d_k}|{dims.d_v}"
    digest = hashlib.sha256(text.encode()).digest()
    indices = torch.arange(seeds.start, seeds.stop, seeds.step, dtype=torch.int64, device=device)
    return Draws(int.from_bytes(digest[:8]), indices // share)


def streams(
    keys: Keys,
    dims: Dims,
    seeds: range,
    items: int,
    *,
    values: Values = NOISE,
    dtype: torch.dtype = torch.float64,
    device: torch.device | str = "cpu",
) -> tuple[Tensor, Tensor]:
    """Keys (seeds, items, d_k) and values (seeds, items, d_v), drawn in float64, then cast.

    Values are N(0, I/d_v), or those of a teacher (:mod:`capacity.values`).
    """
    k = keys.sample(draws("keys", keys, dims, seeds, device), dims.d_k, items)
    normal = draws("values", keys, dims, seeds, device).normal(items, dims.d_v)
    teachers = draws("teacher", keys, dims, seeds, device)
    v = values.taught(values.teachers(teachers, dims.d_v, dims.d_k, items), k, normal)
    return k.to(dtype), v.to(dtype)


@dataclass(frozen=True)
class Lesson:
    """Streams with unseen pairs: keys and values to write, and queries with what is to be read.

    queries (seeds, fresh, d_k); answers[n] (seeds, fresh, d_v) is W k of the teacher that comes
    after n pairs, without the noise of an unseen value.
    """

    keys: Tensor
    values: Tensor
    queries: Tensor
    answers: dict[int, Tensor]


def lesson(
    keys: Keys,
    dims: Dims,
    seeds: range,
    checkpoints: tuple[int, ...],
    *,
    values: Values,
    fresh: int,
    share: int = 1,
    dtype: torch.dtype = torch.float64,
    device: torch.device | str = "cpu",
) -> Lesson:
    """Streams as :func:`streams` draws them, with ``fresh`` unseen keys and their answers.

    ``share`` neighbouring seeds have one teacher and one set of unseen keys, but pairs of their
    own: their mean tells what a memory owes to its teacher from what it owes to chance.
    """
    items = checkpoints[-1]
    k = keys.sample(draws("keys", keys, dims, seeds, device), dims.d_k, items)
    q = keys.sample(draws("queries", keys, dims, seeds, device, share), dims.d_k, fresh)
    normal = draws("values", keys, dims, seeds, device).normal(items, dims.d_v)
    answers: dict[int, Tensor] = {}

    def told(teachers: Iterator[Tensor]) -> Iterator[Tensor]:
        for n, W in enumerate(teachers):
            if n in checkpoints:
                answers[n] = (q @ W.mT).to(dtype)
            yield W

    source = draws("teacher", keys, dims, seeds, device, share)
    teachers = told(values.teachers(source, dims.d_v, dims.d_k, items + 1))
    v = values.taught(islice(teachers, items), k, normal)
    for _ in teachers:  # a fixed teacher is asked once for all values; hear the rest
        pass
    return Lesson(k.to(dtype), v.to(dtype), q.to(dtype), answers)
