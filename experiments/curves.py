"""What hypotheses read off measured curves: rows of a setting, crossings, exponents, lowest points.

Each returns NaN where the data do not determine the answer; nothing is extrapolated.
"""

import json
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike


def rows(frame: pd.DataFrame, *, mean: bool = False, **where: Any) -> pd.DataFrame:
    """The rows of a table in which columns or rule parameters have these values.

    ``mean`` keeps the means over stored ages alone.
    """
    ages = frame["age"] if mean and "age" in frame else pd.Series(None, index=frame.index)
    keep = ages.isna()
    for name, value in where.items():
        column = frame[name] if name in frame else parameter(frame, name)
        keep &= column == value
    return frame[keep]


def parameter(frame: pd.DataFrame, name: str) -> "pd.Series[Any]":
    """A parameter of the rule, row by row; missing where the rule has none of this name."""
    texts = {text: json.loads(text).get(name) for text in frame["parameters"].unique()}
    return frame["parameters"].map(texts)


def crossing(x: ArrayLike, y: ArrayLike, level: float) -> float:
    """The first x, on a log scale, at which y passes a level, straight between points."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    order = np.argsort(x)
    at, above = np.log(x[order]), y[order] - level
    change = np.flatnonzero(np.sign(above[:-1]) * np.sign(above[1:]) <= 0)
    if len(change) == 0 or not np.isfinite(y).all():
        return float("nan")
    i = int(change[0])
    if above[i] == above[i + 1]:
        return float(np.exp(at[i]))
    share = above[i] / (above[i] - above[i + 1])
    return float(np.exp(at[i] + share * (at[i + 1] - at[i])))


def reach(x: ArrayLike, y: ArrayLike, level: float, around: float = 2.0) -> float:
    """The x at which a noisy curve falls to a level: log y is fitted by a parabola in x.

    The fit is over the points with y within a factor ``around`` of the level.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    near = (y > level / around) & (y < level * around)
    if near.sum() < 4 or not (y[near] > level).any() or not (y[near] < level).any():
        return float("nan")
    origin = x[near].mean()
    fit = np.polyfit(x[near] - origin, np.log(y[near] / level), 2)
    inside = [
        float(root.real) + origin
        for root in np.roots(fit)
        if abs(root.imag) < 1e-9 and x[near].min() <= root.real + origin <= x[near].max()
    ]
    return min(inside, default=float("nan"))


def exponent(x: ArrayLike, y: ArrayLike) -> float:
    """Least-squares slope of log y against log x."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if not (np.isfinite(y).all() and (y > 0).all()):
        return float("nan")
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def lowest(x: ArrayLike, y: ArrayLike) -> tuple[float, float]:
    """Where a parabola in log x through the points is lowest, and how low; NaN if at no point
    between them."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    origin = np.log(x).mean()
    a, b, c = np.polyfit(np.log(x) - origin, y, 2)
    if not a > 0:
        return float("nan"), float("nan")
    at = float(np.exp(origin - b / (2 * a)))
    if not x.min() <= at <= x.max():
        return float("nan"), float("nan")
    return at, float(c - b**2 / (4 * a))
