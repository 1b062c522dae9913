"""Interference: what each write does to the error of every stored pair.

The change of |o - v|^2 at a stored key by one token, in units of E|v|^2 = 1: of all tokens but the
first along one stream, and of the last token as a mean over streams. A token that brings its own
pair changes that pair too: ages below the pairs of a token.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from capacity.errors import InputError
from capacity.keys import Keys
from capacity.rule import Dims, Rule
from experiments.probes.recall import batch_size, check_request
from experiments.request import Request
from experiments.statistics import Moments
from experiments.streams import streams


@dataclass(frozen=True)
class Interference:
    """Changes by age after the write, newest pair first.

    along: of the first stream, by the number of pairs written; last: of the last token, over
    streams.
    """

    along: dict[int, np.ndarray]
    last: Moments

    def table(self) -> pd.DataFrame:
        """One row a write and age; means over streams at the last write only."""
        rows = [
            pd.DataFrame({"items": n, "age": np.arange(n), "along": change})
            for n, change in self.along.items()
        ]
        table = pd.concat(rows, ignore_index=True).astype({"age": "Int64"})
        end = table["items"] == max(self.along)
        table.loc[end, "change"] = self.last.mean
        table.loc[end, "change_stderr"] = self.last.stderr
        return table


def measure(request: Request) -> pd.DataFrame:
    """One row a write and age of streams as long as the last checkpoint, for a sweep."""
    request.only()
    found = interference_probe(
        request.rule,
        request.keys,
        request.dims,
        max(request.checkpoints),
        trials=request.trials,
        seed=request.seed,
        dtype=request.dtype,
        device=request.device,
    )
    return found.table()


def interference_probe(
    rule: Rule,
    keys: Keys,
    dims: Dims,
    items: int,
    *,
    trials: int,
    seed: int = 0,
    dtype: torch.dtype = torch.float64,
    device: torch.device | str = "cpu",
) -> Interference:
    """Changes along stream ``seed * 2^32``, and moments of the last over ``trials`` streams.

    ``items`` are a whole number of tokens, at least two of them.
    """
    check_request((items,), trials, seed)
    n = rule.pairs
    if items % n or items < 2 * n:
        raise InputError(f"items must be a multiple of {n} from {2 * n} on, got {items}.")
    keys.check(dims.d_k, items)
    longest, first = Dims(dims.d_k, dims.d_v, items), seed * 2**32

    def changes(seeds: range, checkpoints: range) -> Iterator[tuple[int, np.ndarray]]:
        pairs = streams(keys, longest, seeds, items, dtype=dtype, device=device)
        yield from _changes(rule, longest, seeds, pairs, checkpoints)

    along = {
        at: change[0] for at, change in changes(range(first, first + 1), range(n, items + 1, n))
    }
    last, size = Moments(), batch_size(dims, items, device)
    for start in range(first, first + trials, size):
        seeds = range(start, min(start + size, first + trials))
        for _, change in changes(seeds, range(items - n, items + 1, n)):
            last.add(change)
    return Interference(along, last)


def _changes(
    rule: Rule, dims: Dims, seeds: range, pairs: tuple[Tensor, Tensor], checkpoints: range
) -> Iterator[tuple[int, np.ndarray]]:
    """After each checkpoint but the first: pairs written, and changes (streams, these pairs)."""
    k, v = pairs
    rng = torch.Generator(k.device).manual_seed(seeds.start)
    states = rule.init(dims, (len(seeds),), rng, dtype=k.dtype, device=k.device)
    before = None
    for at, reached in zip(checkpoints, rule.write_through(states, k, v, checkpoints), strict=True):
        error = (rule.read_stream(reached, k) - v).square().sum(2)
        if before is not None:
            yield at, (error - before)[:, :at].flip(1).double().cpu().numpy()
        before = error
