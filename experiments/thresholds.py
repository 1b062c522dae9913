"""Where a measured curve falls to a threshold, with an interval: isotonic fit and bootstrap.

A sweep declares a :class:`Threshold`; its export computes one row a series. The curve, a mean over
streams at each load or age, is fitted by the decreasing step function next to it in least squares
(pool adjacent violators); between its points the fit is straight in log-odds against log(x + 1),
as curves of squared cosines nearly are. The size sought is where the fit falls to the threshold.

The interval resamples blocks of streams: each resample draws the same blocks for all points of a
curve, for they are measured on the same streams, and is fitted anew. Percentiles are expanded
(Hesterberg 2015, The American Statistician 69, section 5): those of the normal distribution at
Student's quantile times sqrt(B/(B - 1)), without which percentiles from B blocks cover too little.
Curves that rise somewhere are fitted by a level stretch there.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from scipy.special import logit

Array = NDArray[np.float64]
RESAMPLES = 1000
SERIES = ("rule", "parameters", "wrappers", "keys", "values", "d_k", "d_v", "seed", "trials")


@dataclass(frozen=True)
class Threshold:
    """A column of means in (0, 1), with pseudo-values in ``COLUMN_blocks``, and the level sought.

    ``over``: the column of sizes, in pairs: "items" (a capacity) or "age" (a horizon).
    """

    column: str
    level: float
    over: str

    @property
    def blocks(self) -> str:
        """The column of pseudo-values, JSON lists."""
        return f"{self.column}_blocks"


@dataclass(frozen=True)
class Fitted:
    """A size in pairs with its interval.

    ``value`` is the largest size tried where the whole fit is above the level (``censored``), 0
    where its first point is below; ``high`` is infinite where more than the largest size cannot be
    excluded. ``stderr`` is the spread of resamples, NaN if some of them have no crossing.
    """

    value: float
    low: float
    high: float
    stderr: float
    censored: bool


def thresholds(table: pd.DataFrame, asked: Threshold, *, alpha: float = 0.05) -> pd.DataFrame:
    """One row a series of a sweep's stored passes: the fitted size and what it was fitted to."""
    return pd.DataFrame(list(_rows(table, asked, alpha)))


def _rows(table: pd.DataFrame, asked: Threshold, alpha: float) -> Iterator[dict[str, object]]:
    series = [*SERIES, *(["items"] if asked.over == "age" else [])]
    for named, rows in table.groupby(series, sort=True):
        rows = rows.sort_values(asked.over)
        blocks = np.array([json.loads(text) for text in rows[asked.blocks]], dtype=float).T
        sizes = rows[asked.over].to_numpy(float)
        found = fit(sizes, blocks, asked.level, alpha=alpha)
        yield {
            **dict(zip(series, named, strict=True)),
            "criterion": f"{asked.column}={asked.level:g}",
            "over": asked.over,
            **vars(found),
            "smallest": sizes[0],
            "largest": sizes[-1],
            "points": len(sizes),
            "blocks": len(blocks),
            "resamples": RESAMPLES,
            "confidence": 1 - alpha,
        }


def fit(
    sizes: ArrayLike,
    blocks: Array,
    level: float,
    *,
    alpha: float = 0.05,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Fitted:
    """From sizes (n,), ascending, and blocks (B, n), whose mean over blocks is the curve."""
    sizes, count = np.asarray(sizes, dtype=float), len(blocks)
    value = crossings(sizes, blocks.mean(axis=0), level)[0]
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), resamples)
    found = np.sort(crossings(sizes, drawn @ blocks / count, level))
    tail = expanded(alpha / 2, count)
    low, high = (found[_rank(share, resamples)] for share in (tail, 1 - tail))
    within = np.isfinite(found).all() and found[0] > 0
    return Fitted(
        value=float(min(value, sizes[-1])),
        low=float(min(low, sizes[-1])),
        high=float(high),
        stderr=float(np.sqrt(count / (count - 1)) * found.std()) if within else np.nan,
        censored=bool(np.isinf(value)),
    )


def expanded(tail: float, count: int) -> float:
    """The share of resamples below the interval's lower end, for so many blocks."""
    student = stats.t.ppf(tail, count - 1) * np.sqrt(count / (count - 1))
    return float(stats.norm.cdf(student))


def _rank(share: float, resamples: int) -> int:
    return int(np.clip(round(share * (resamples + 1)) - 1, 0, resamples - 1))


def crossings(sizes: ArrayLike, curves: ArrayLike, level: float) -> Array:
    """Where the decreasing fits of curves (R, n) fall to the level: inf if nowhere, 0 if at once.

    A fit is at or above the level on as many points as make the largest sum of (y - level); the
    fit's last value there is the least mean of points that end there, and its next the largest
    mean of points that begin there (the fit of all curves at once, without its other values).
    """
    sizes, curves = np.asarray(sizes, dtype=float), np.atleast_2d(curves)
    points = np.arange(len(sizes) + 1)
    sums = np.pad(np.cumsum(curves - level, axis=1), ((0, 0), (1, 0)))
    above = len(sizes) - np.argmax(sums[:, ::-1], axis=1)
    found = np.where(above == 0, 0.0, np.inf)
    inside = np.flatnonzero((above > 0) & (above < len(sizes)))
    at, split = sums[inside], above[inside, None]
    with np.errstate(invalid="ignore"):  # 0/0 where a mean has no points
        means = (np.take_along_axis(at, split, 1) - at) / (split - points)
    before = np.where(points < split, means, np.inf).min(axis=1)
    after = np.where(points > split, means, -np.inf).max(axis=1)
    start, end = (np.log1p(sizes[split[:, 0] + side]) for side in (-1, 0))
    up, down = (logit(np.clip(level + x, 1e-9, 1 - 1e-9)) - logit(level) for x in (before, after))
    found[inside] = np.expm1(start + (end - start) * up / (up - down))
    return found
