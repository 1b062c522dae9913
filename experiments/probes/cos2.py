"""Squared cosine of read-out and value, s^2/p at each stored age, or its mean over ages.

Signal s and power p are means over streams, so their ratio has no value on one stream: its standard
error is that of the grouped jackknife, which leaves out one block of streams at a time. The option
``ages`` (the most to keep, from the newest) asks for each age in place of their mean.

Column ``cos2_blocks`` holds the pseudo-values of the blocks as JSON: B c - (B - 1) c_b, c from all
streams, c_b without block b. Their mean has no bias of first order in the number of streams; they
scatter as independent estimates of c from one block each would, so they can be resampled, and in
rows of one pass they belong to the same streams.
"""

import json
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from capacity.errors import InputError
from capacity.keys import Keys
from capacity.rule import Dims, Rule
from capacity.values import NOISE, Values
from experiments.probes.recall import batch_size, check_request
from experiments.request import Request
from experiments.streams import streams

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Blocks:
    """Signal and power by age, (items,), of each block of streams, after ``items`` pairs."""

    items: int
    signal: list[Array] = field(default_factory=list)
    power: list[Array] = field(default_factory=list)

    @property
    def cos2(self) -> float:
        """Mean over ages, from all streams."""
        return float(cos2_by_age(*self._means()).mean())

    @property
    def stderr(self) -> float:
        """Standard error of the mean over ages."""
        return float(jackknife_error(self._without().mean(axis=1)))

    def by_age(self, ages: int) -> pd.DataFrame:
        """One row an age, the newest ``ages`` of them."""
        found = cos2_by_age(*self._means())[:ages], self._without()[:, :ages]
        return _rows(*found).assign(age=np.arange(len(found[0])), items=self.items)

    def over_ages(self) -> pd.DataFrame:
        """One row, the mean over ages."""
        found = cos2_by_age(*self._means()).mean(keepdims=True), self._without().mean(1)[:, None]
        return _rows(*found).assign(items=self.items)

    def _means(self) -> tuple[Array, Array]:
        return np.mean(self.signal, axis=0), np.mean(self.power, axis=0)

    def _without(self) -> Array:
        """cos2 by age without each block in turn, (blocks, ages)."""
        count, s, p = len(self.signal), np.sum(self.signal, axis=0), np.sum(self.power, axis=0)
        pairs = zip(self.signal, self.power, strict=True)
        return np.stack(
            [cos2_by_age((s - x) / (count - 1), (p - y) / (count - 1)) for x, y in pairs]
        )


def jackknife_error(without: Array) -> Array:
    """sqrt((B - 1)/B sum_b (c_b - mean c)^2) along the first axis."""
    error: Array = np.sqrt((len(without) - 1) * np.var(without, axis=0))
    return error


def cos2_by_age(signal: Array, power: Array) -> Array:
    """s^2/p; 0 where nothing is read or power is infinite."""
    usable = (power > 0) & np.isfinite(power)
    return np.where(usable, signal**2 / np.where(usable, power, 1.0), 0.0)


def _rows(found: Array, without: Array) -> pd.DataFrame:
    """cos2 (n,), its standard error and pseudo-values, from what is left without each block."""
    pseudo = len(without) * found - (len(without) - 1) * without
    blocks = [json.dumps(column.tolist()) for column in pseudo.T]
    error = jackknife_error(without)
    return pd.DataFrame({"cos2": found, "cos2_stderr": error, "cos2_blocks": blocks})


def measure(request: Request) -> pd.DataFrame:
    """One row a checkpoint, or with the option ``ages`` one an age and checkpoint, for a sweep."""
    ages = request.only("ages").get("ages")
    found = cos2_probe(
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
    if ages is None:
        return table(found)
    return pd.concat([at.by_age(int(ages)) for at in found], ignore_index=True)


def table(measured: list[Blocks]) -> pd.DataFrame:
    """One row a checkpoint, means over ages."""
    return pd.concat([at.over_ages() for at in measured], ignore_index=True)


def cos2_probe(
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
) -> list[Blocks]:
    """Measure at each checkpoint, over streams ``seed * 2^32 + 0 .. trials - 1``.

    Blocks are as many as divide ``trials``, 20 at most.
    """
    checkpoints = check_request(checkpoints, trials, seed)
    each = trials // blocks_of(trials)
    keys.check(dims.d_k, checkpoints[-1])
    longest = Dims(dims.d_k, dims.d_v, checkpoints[-1])
    found = [Blocks(n) for n in checkpoints]
    size = max(each, batch_size(dims, checkpoints[-1], device) // each * each)
    for first in range(0, trials, size):
        seeds = range(seed * 2**32 + first, seed * 2**32 + min(first + size, trials))
        pairs = streams(
            keys, longest, seeds, checkpoints[-1], values=values, dtype=dtype, device=device
        )
        _one_batch(rule, longest, seeds, pairs, found, each)
    return found


def blocks_of(trials: int) -> int:
    """The largest number of equal blocks from 2 to 20; an error where there is none."""
    found = max((n for n in range(2, 21) if trials % n == 0), default=0)
    if not found:
        raise InputError(f"trials needs a divisor from 2 to 20, for equal blocks, got {trials}.")
    return found


def _one_batch(
    rule: Rule,
    dims: Dims,
    seeds: range,
    pairs: tuple[Tensor, Tensor],
    found: list[Blocks],
    each: int,
) -> None:
    k, v = pairs
    rng = torch.Generator(k.device).manual_seed(seeds.start)
    states = rule.init(dims, (len(seeds),), rng, dtype=k.dtype, device=k.device)
    checkpoints = [at.items for at in found]
    for at, reached in zip(found, rule.write_through(states, k, v, checkpoints), strict=True):
        stored = v[:, : at.items]
        o = rule.read_stream(reached, k[:, : at.items])
        at.signal.extend(_by_block((o * stored).sum(2), each))
        at.power.extend(_by_block(o.square().sum(2), each))


def _by_block(samples: Tensor, each: int) -> list[Array]:
    """Means over the streams of each block, from (streams, items), newest pair first."""
    grouped = samples.flip(1).view(-1, each, samples.shape[1]).mean(1)
    return list(grouped.double().cpu().numpy())
