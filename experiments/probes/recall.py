"""Recall of every stored key: write a stream once, read all its keys at each checkpoint.

Streams are batched; all checkpoints come from one pass over the stream (shared prefixes). Measured
per age: signal <v, o>, power |o|^2 and squared error |o - v|^2, with standard errors over streams.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from capacity.errors import InputError
from capacity.keys import Keys
from capacity.rule import Dims, Rule
from capacity.values import NOISE, Values
from experiments.request import Request
from experiments.statistics import Moments
from experiments.streams import streams

QUANTITIES = ("signal", "power", "mse")
# scalars of streams and states held at once, and most streams: what a cache or a GPU is good at
WORKING_SET = {"cpu": (2**22, 512), "cuda": (2**26, 4096)}


@dataclass(frozen=True)
class Measured:
    """Moments by age and of the mean over ages, at one checkpoint of ``items`` stored pairs."""

    items: int
    by_age: dict[str, Moments]
    over_ages: dict[str, Moments]

    def table(self) -> pd.DataFrame:
        """One row an age, and one with age missing for the mean over stored ages."""
        mean = pd.DataFrame(_columns(self.over_ages), index=[0])
        table = pd.concat([mean, pd.DataFrame(_columns(self.by_age))], ignore_index=True)
        table["age"] = pd.array([None, *range(self.items)], dtype="Int64")
        return table.assign(items=self.items)


def _columns(moments: dict[str, Moments]) -> dict[str, np.ndarray]:
    found = {name: moments[name].mean for name in QUANTITIES}
    return found | {f"{name}_stderr": moments[name].stderr for name in QUANTITIES}


def batch_size(dims: Dims, items: int, device: torch.device | str = "cpu") -> int:
    """Streams per batch: part of what determines the numbers, so a function of sizes and device."""
    scalars, most = WORKING_SET.get(torch.device(device).type, WORKING_SET["cpu"])
    return max(1, min(most, scalars // (items * (dims.d_k + dims.d_v) + dims.d_k * dims.d_v)))


def measure(request: Request) -> pd.DataFrame:
    """One row an age and checkpoint, for a sweep."""
    request.only()
    found = recall_probe(
        request.rule,
        request.keys,
        request.dims,
        request.checkpoints,
        trials=request.trials,
        values=request.values,
        seed=request.seed,
        dtype=request.dtype,
        device=request.device,
    )
    return pd.concat([at.table() for at in found], ignore_index=True)


def check_request(checkpoints: tuple[int, ...], trials: int, seed: int) -> tuple[int, ...]:
    """The checkpoints in ascending order; :class:`InputError` names what cannot be measured."""
    checkpoints = tuple(sorted(set(checkpoints)))
    if not checkpoints or checkpoints[0] < 1:
        raise InputError(f"items must be a positive integer, got {checkpoints[:1] or 'none'}.")
    if trials < 1:
        raise InputError(f"trials must be a positive integer, got {trials}.")
    if not 0 <= seed < 2**31:
        raise InputError(f"seed needs 0 <= seed < 2^31, got {seed}.")
    return checkpoints


def recall_probe(
    rule: Rule,
    keys: Keys,
    dims: Dims,
    checkpoints: tuple[int, ...],
    *,
    trials: int,
    values: Values = NOISE,
    seed: int = 0,
    dtype: torch.dtype = torch.float64,
    device: torch.device | str = "cpu",
) -> list[Measured]:
    """Measure recall at each checkpoint over streams ``seed * 2^32 + 0 .. trials - 1``.

    Distinct seeds use disjoint stream indices, hence independent streams.
    """
    checkpoints = check_request(checkpoints, trials, seed)
    keys.check(dims.d_k, checkpoints[-1])
    longest = Dims(dims.d_k, dims.d_v, checkpoints[-1])
    found = [
        Measured(n, *({name: Moments() for name in QUANTITIES} for _ in range(2)))
        for n in checkpoints
    ]
    size = batch_size(dims, checkpoints[-1], device)
    for first in range(0, trials, size):
        seeds = range(seed * 2**32 + first, seed * 2**32 + min(first + size, trials))
        pairs = streams(
            keys, longest, seeds, checkpoints[-1], values=values, dtype=dtype, device=device
        )
        _one_batch(rule, longest, seeds, pairs, found)
    return found


def _one_batch(
    rule: Rule,
    dims: Dims,
    seeds: range,
    pairs: tuple[Tensor, Tensor],
    found: list[Measured],
) -> None:
    k, v = pairs
    rng = torch.Generator(k.device).manual_seed(seeds.start)
    states = rule.init(dims, (len(seeds),), rng, dtype=k.dtype, device=k.device)
    checkpoints = [at.items for at in found]
    for at, reached in zip(found, rule.write_through(states, k, v, checkpoints), strict=True):
        measured = _measure(rule.read_stream(reached, k[:, : at.items]), v[:, : at.items])
        for name, samples in measured.items():
            at.by_age[name].add(samples)
            at.over_ages[name].add(samples.mean(axis=1))


def _measure(o: Tensor, v: Tensor) -> dict[str, np.ndarray]:
    """The three quantities (streams, items), newest pair first."""
    read = {"signal": (o * v).sum(2), "power": o.square().sum(2), "mse": (o - v).square().sum(2)}
    return {name: x.flip(1).double().cpu().numpy() for name, x in read.items()}
