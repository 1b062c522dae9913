"""Squared cosine s^2/p by age, in bands of ages, and what the memory costs.

Signal and power are means over streams and over the times of reading, which are all checkpoints: a
memory that learns in chunks recalls otherwise just after a chunk than just before one. Standard
errors are those of the grouped jackknife over streams (:mod:`experiments.probes.cos2`).
"""

from itertools import pairwise

import numpy as np
import pandas as pd

from capacity.rule import Dims, Rule
from experiments.probes.cos2 import Blocks, cos2_probe
from experiments.request import Request

WIDEN = 10  # a band is one age wide, and wider by one for so many ages that are younger than it


def measure(request: Request) -> pd.DataFrame:
    """One row a band of ages that are stored at every checkpoint, for a sweep."""
    request.only()
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
    return table(found).assign(**price(request.rule, request.dims, found[-1].items))


def table(measured: list[Blocks]) -> pd.DataFrame:
    """Age and ``oldest``: the ends of the band; ``lengths``: the checkpoints, as text."""
    over_time = averaged(measured)
    rows = []
    for first, stop in pairwise(edges(over_time.items)):
        signal, power = (
            [each[first:stop] for each in blocks] for blocks in (over_time.signal, over_time.power)
        )
        band = Blocks(over_time.items, signal, power)
        rows.append((first, stop - 1, band.cos2, band.stderr))
    frame = pd.DataFrame(rows, columns=["age", "oldest", "cos2", "cos2_stderr"])
    lengths = " ".join(str(at.items) for at in measured)
    return frame.astype({"age": "Int64"}).assign(items=measured[-1].items, lengths=lengths)


def averaged(measured: list[Blocks]) -> Blocks:
    """Signal and power by age of each block of streams, as means over the checkpoints."""
    ages = min(at.items for at in measured)

    def mean(parts: list[list[np.ndarray]]) -> list[np.ndarray]:
        return [np.mean([x[:ages] for x in same], axis=0) for same in zip(*parts, strict=True)]

    return Blocks(ages, mean([at.signal for at in measured]), mean([at.power for at in measured]))


def edges(ages: int) -> list[int]:
    """Where bands of the ages 0 .. ages - 1 begin, and the end of the last."""
    found = [0]
    while found[-1] < ages:
        found.append(min(ages, found[-1] + 1 + found[-1] // WIDEN))
    return found


def price(rule: Rule, dims: Dims, items: int) -> dict[str, int]:
    """Multiply-adds to write a pair and to read a query, scalars of state, after ``items``."""
    cost = rule.cost(dims, items)
    state = rule.state_scalars(dims, items)
    return {"write": -(-cost.write // rule.pairs), "read": cost.read, "state": state}
