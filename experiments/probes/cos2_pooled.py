"""Squared cosine s^2/p of pools of pairs: signal and power are means over all pairs of a pool.

Where a memory recalls all pairs of a chunk alike, pooling them leaves no bias of s^2 from few
streams. Standard errors are those of the grouped jackknife (:mod:`experiments.probes.cos2`).
"""

import numpy as np
import pandas as pd

from capacity.errors import InputError
from experiments.probes.cos2 import Blocks, cos2_probe
from experiments.request import Request


def measure(request: Request) -> pd.DataFrame:
    """One row a checkpoint and pool, for a sweep; option ``pool``: pairs of a pool."""
    pool = request.only("pool").get("pool", 1)
    if not isinstance(pool, int) or pool < 1:
        raise InputError(f"pool must be a positive integer, got {pool!r}.")
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
    return pd.concat([table(at, pool) for at in found], ignore_index=True)


def table(at: Blocks, pool: int) -> pd.DataFrame:
    """Pools newest first: ``age`` of the youngest pair of each; the oldest pool may be smaller."""
    rows = []
    for age in range(0, at.items, pool):
        signal, power = (
            [each[age : age + pool].mean(keepdims=True) for each in blocks]
            for blocks in (at.signal, at.power)
        )
        one = Blocks(1, signal, power)
        rows.append((age, one.cos2, one.stderr, np.mean(signal), np.mean(power)))
    frame = pd.DataFrame(rows, columns=["age", "cos2", "cos2_stderr", "signal", "power"])
    return frame.astype({"age": "Int64"}).assign(items=at.items, pool=pool)
