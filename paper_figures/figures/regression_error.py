"""How well attention regresses: error at stored keys and between them, for maps of the circle.

The companion of attention as regression, with many maps in place of one: keys uniform on the
circle, values one noiseless sinusoid of the angle (a linear teacher of two dimensions).
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from capacity.keys import parse_keys
from capacity.rule import Dims, Rule
from capacity.values import parse_values
from paper_figures.curves import (
    Panel,
    agreement,
    agreement_numbers,
    curve_figure,
    points,
    table,
)
from paper_figures.data import export_of
from paper_figures.facets import span
from paper_figures.figures.attention_regression import SETUP
from paper_figures.quantity import Quantities, Quantity, count, flat, number
from paper_figures.section import Section
from paper_figures.series import GROUP, Series

COLUMNS = (
    *(*GROUP, "values", "items", "trials"),
    *("error", "error_stderr", "stored_mse", "stored_mse_stderr"),
)
QUANTITIES = {"stored": ("stored_mse", "stored keys"), "unseen": ("error", "unseen keys")}
FEW, MANY = len(SETUP["keys"]), 16  # pairs: as many as the drawn estimators have, and more
DRAWN, THEOREM = SETUP["parameters"]["bandwidth"], 2**0.25  # d_k^(1/4) of Theorem 2.1
POINTS = 60  # bandwidths at which a law is drawn
FLOOR = 1e-3  # the error axis ends here
TICKS = (1, 2, 4, 8, 16, 32)
AXES: Any = {
    "y": "squared error / $E|v|^2$",
    "x_scale": "log",
    "y_scale": "log",
    "y_limits": (FLOOR, 3.0),
}
PANELS = {
    "bandwidth": Panel("over bandwidths", "bandwidth $h$", **AXES),
    "pairs": Panel("over pairs", "pairs written $N$", **AXES, x_ticks=TICKS),
}


def data(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Errors over bandwidths at two numbers of pairs, and over pairs at two bandwidths."""
    rows = frames["regression"]
    given = rows["parameters"].map(lambda text: json.loads(text)["bandwidth"])
    rows = rows.assign(bandwidth=given)
    found = table([*_over_bandwidths(rows), *_over_pairs(rows)])
    trials = rows[["trials", "d_k"]].min()
    return found.assign(trials=trials["trials"], d_k=trials["d_k"])


def _over_bandwidths(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    h = np.geomspace(rows["bandwidth"].min(), rows["bandwidth"].max(), POINTS)
    h = np.union1d(h, rows["bandwidth"])
    laws = [_errors(rows, bandwidth, MANY) for bandwidth in h]
    for items in (FEW, MANY):
        for quantity, (column, words) in QUANTITIES.items():
            curve = np.array([law[quantity][items - 1] for law in laws])
            dots = rows[rows["items"] == items]
            yield from _series("bandwidth", f"{words}, $N = {items}$", h, curve, dots, column)


def _over_pairs(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """A single pair is recalled exactly: errors at stored keys begin with two pairs."""
    n = np.arange(1, rows["items"].max() + 1)
    for wanted in (DRAWN, THEOREM):
        given = rows["bandwidth"].to_numpy()
        nearest = float(given[np.abs(given - wanted).argmin()])
        law = _errors(rows, nearest, len(n))
        for quantity, (column, words) in QUANTITIES.items():
            first = 2 if quantity == "stored" else 1
            dots = rows[(rows["bandwidth"] == nearest) & (rows["items"] >= first)]
            series, curve = f"{words}, $h = {nearest:g}$", law[quantity][first - 1 :]
            yield from _series("pairs", series, n[first - 1 :], curve, dots, column)


def _series(
    panel: str, series: str, x: np.ndarray, law: np.ndarray, dots: pd.DataFrame, column: str
) -> Iterator[pd.DataFrame]:
    yield points(panel, series, "law", x, law, status="exact")
    at = dots["bandwidth" if panel == "bandwidth" else "items"].to_numpy(float)
    stderr = dots[f"{column}_stderr"].to_numpy()
    yield points(panel, series, "measured", at, dots[column], stderr=stderr)


def _errors(rows: pd.DataFrame, bandwidth: float, items: int) -> dict[str, np.ndarray]:
    """Errors by law after 1 .. ``items`` pairs, at stored and at unseen keys."""
    first = rows.iloc[0]
    rule = _rule(first, bandwidth)
    dims = Dims(int(first["d_k"]), int(first["d_v"]))
    law = rule.taught(parse_keys(first["keys"]), dims, parse_values(first["values"]))
    assert law is not None
    stored = [law.stored(n).mse.mean() for n in range(1, items + 1)]
    return {"stored": np.array(stored), "unseen": law.future(items).error}


def _rule(first: pd.Series, bandwidth: float) -> Rule:
    built = Series(first["rule"], first["parameters"], first["keys"], 1, 1).built
    assert built is not None
    found: Rule = type(built).with_values(**(built.values() | {"bandwidth": bandwidth}))
    return found


def caption(frame: pd.DataFrame) -> str:
    """What is drawn, the ends of the bandwidth, and how dots compare with laws."""
    first = frame.iloc[0]
    text = [
        "Attention as regression, in numbers (companion of Figure~1 of"
        " \\citet{mcdermott2026lifelong}): squared error of softmax attention in units of"
        f" $E|v|^2$ at stored keys and at unseen ones, keys uniform on the circle ($d_k ="
        f" {first['d_k']:g}$, unit norm), values a noiseless sinusoid of the key's angle."
        f" Left: over the bandwidth $h$. Right: over the number of pairs, at the bandwidth of"
        " the drawn estimators and near that of Theorem~2.1, $d_k^{1/4}$.",
        _best(frame),
        "The narrowest kernels recall every pair and answer with the nearest one's value; the"
        " widest read the mean of all values, error $1 - 1/N$ at stored keys, $1 + 1/N$ at unseen.",
        f"Lines: exact laws. Dots: means over {span(frame['trials'])} streams, bars one standard"
        " error.",
        agreement(frame),
        "A single pair is recalled exactly.",
        f"{_below(frame)} dots below the axis, errors under {FLOOR:g}, are not shown.",
    ]
    return " ".join(part for part in text if part)


def numbers(frame: pd.DataFrame) -> Quantities:
    """Best bandwidths, dots that are not shown, and the agreement."""
    return agreement_numbers(frame) | flat(_bandwidths(frame)) | {"Below": _below(frame)}


def _below(frame: pd.DataFrame) -> Quantity:
    below = (frame["kind"] == "measured") & (frame["y"] < FLOOR)
    return count(int(below.sum()), f"dots with errors under {FLOOR:g}")


def _bandwidths(frame: pd.DataFrame) -> dict[str, Quantities]:
    """Where the law of the error on unseen keys is least, and that error, by number of pairs."""
    rows = frame[(frame["panel"] == "bandwidth") & (frame["kind"] == "law")]
    found = {}
    for series, each in rows[rows["series"].str.startswith("unseen")].groupby("series"):
        best = each.sort_values("y").iloc[0]
        size = str(series).partition(", ")[2]
        found[size] = {
            "bandwidth": number(best["x"], f"bandwidth of the least error on unseen keys, {size}"),
            "error": number(best["y"], f"that error by the law, {size}", ".2g"),
        }
    return found


def _best(frame: pd.DataFrame) -> str:
    found = " and ".join(
        f"{n['bandwidth']} ({size}, error {n['error']})" for size, n in _bandwidths(frame).items()
    )
    return f"Unseen keys are answered best at $h$ = {found}."


FIGURE = curve_figure(
    "regression_error",
    "Error of attention as regression",
    section=Section.PAPER,
    rank=2,
    needs={"regression": export_of("regression", COLUMNS)},
    data=data,
    panels=PANELS,
    caption=caption,
    numbers=numbers,
    across=2,
    height=2.0,
)
