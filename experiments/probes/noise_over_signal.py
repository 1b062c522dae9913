"""Noise over signal of read-outs at stored keys, and the dimension it spreads over.

Noise over signal is p/s^2 - 1, with signal s and power p as means over stored pairs and streams.
Its growth from the fewest pairs to N of them, a pair, is 1/d_eff: one over the effective dimension
of the keys, or of their features. Both are ratios of means, so their standard errors are those of
the grouped jackknife over blocks of streams.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.probes.cos2 import Blocks, cos2_probe
from experiments.request import Request

Array = NDArray[np.float64]


def measure(request: Request) -> pd.DataFrame:
    """One row a checkpoint, for a sweep."""
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
    return table(found)


def table(measured: list[Blocks]) -> pd.DataFrame:
    """One row a checkpoint; the dimension is missing at the first."""
    fewest = measured[0]
    rows = []
    for at in measured:
        noise, noise_stderr = jackknife(noise_over_signal, means(at))
        size, size_stderr = (float("nan"),) * 2
        if at is not fewest:
            count = at.items - fewest.items
            both = np.concatenate([means(fewest), means(at)], axis=1)
            size, size_stderr = jackknife(lambda x, count=count: dimension(x, count), both)  # type: ignore[misc]
        rows.append(
            {
                "items": at.items,
                "noise": noise,
                "noise_stderr": noise_stderr,
                "dimension": size,
                "dimension_stderr": size_stderr,
            }
        )
    return pd.DataFrame(rows)


def means(at: Blocks) -> Array:
    """Signal and power of each block, means over ages: (blocks, 2)."""
    return np.stack([np.mean(at.signal, axis=1), np.mean(at.power, axis=1)], axis=1)


def noise_over_signal(mean: Array) -> float:
    """p/s^2 - 1 from (s, p)."""
    return float(mean[1] / mean[0] ** 2 - 1)


def dimension(mean: Array, count: int) -> float:
    """``count`` more pairs over what they add to noise over signal, from (s, p, s', p')."""
    return count / (noise_over_signal(mean[2:]) - noise_over_signal(mean[:2]))


def jackknife(statistic: Callable[[Array], float], blocks: Array) -> tuple[float, float]:
    """A statistic of means over equal blocks (blocks, ...), and its standard error."""
    count, total = len(blocks), blocks.sum(axis=0)
    without = [statistic((total - one) / (count - 1)) for one in blocks]
    return statistic(total / count), float(np.sqrt((count - 1) * np.var(without)))
