"""Recall error against load N/d for every rule: laws as lines, measurements as dots."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from capacity.law import Law
from paper_figures.agreement import agreement, lawless, numbers
from paper_figures.axes import TOP, beyond_axis, error_axis, load_axis
from paper_figures.data import sweep
from paper_figures.facets import errors, facets, span, status_words
from paper_figures.figure import Figure
from paper_figures.section import Section
from paper_figures.series import Series, law_status, one_setting, series_of, together
from paper_figures.style import Style

EVERY, POINTS = 64, 40  # a law is drawn at every N up to 64, then at 40 more and where measured


def data(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a dot and one a point of a law's curve; both are means over stored ages."""
    rows = one_setting(frames["recall"])
    rows = rows[rows["age"].isna()]
    parts = [part for series, found in series_of(rows) for part in _parts(series, found)]
    return together(parts, ("status", "law")).astype({"trials": "Int64"})


def _parts(series: Series, rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    rows = rows.sort_values("items")
    law, items = series.law(int(rows["items"].max())), rows["items"].to_numpy()
    dots = rows[["items", "mse", "mse_stderr", "trials"]].assign(kind="measured")
    curve = _sizes(items)
    line = pd.DataFrame({"items": curve}).assign(kind="law")
    if law is not None:
        status = law_status(law)
        dots = dots.assign(status=status, law=_mean_errors(law, items))
        line = line.assign(status=status, mse=_mean_errors(law, curve))
    for found in (dots,) if law is None else (dots, line):
        yield series.marked(found.assign(load=found["items"] / series.d_k))


def _sizes(items: np.ndarray) -> np.ndarray:
    few = np.arange(items[0], min(EVERY, items[-1]) + 1)
    spread = np.geomspace(items[0], items[-1], POINTS).round().astype(int)
    return np.union1d(few, np.union1d(spread[spread > EVERY], items))


def _mean_errors(law: Law, sizes: np.ndarray) -> list[float]:
    each = law.one if law.alike else law.recall
    return [float(each(int(n)).mse.mean()) for n in sizes]


def draw(frame: pd.DataFrame, style: Style) -> Canvas:
    """One panel a family."""
    canvas, axes = facets(
        frame,
        style,
        lambda ax, rows: errors(ax, rows, "load"),
        x_label="load $N/d_k$",
        y_label=r"error $E|o-v|^2 / E|v|^2$",
    )
    measured = frame[frame["kind"] == "measured"]
    error_axis(axes[0], float(measured["mse"].where(measured["mse"] <= TOP).max()))
    load_axis(axes[0], frame["load"].min(), frame["load"].max())
    for ax in axes[1:]:
        ax.axhline(1, color="#BBBBBB", linewidth=0.6, zorder=0)
    return canvas


def caption(frame: pd.DataFrame) -> str:
    """What is drawn, and how far dots are from lines."""
    dots = frame[frame["kind"] == "measured"]
    first = dots.iloc[0]
    series = dots.groupby(["rule", "parameters"])
    text = [
        f"Recall error of {series.ngroups} memories against load $N/d_k$, in units of",
        f"$E|v|^2$: keys uniform on the sphere, $d_k = {first['d_k']}$,"
        f" $d_v = {first['d_v']}$, stored keys read after $N$ writes ($N$ from"
        f" {dots['items'].min()} to {dots['items'].max()}), mean over stored ages.",
        f"Dots: means over {span(dots['trials'])} streams, bars one standard error; open"
        " markers have other than default parameters.",
        status_words(frame),
        agreement(frame),
        lawless(dots),
        "The error axis is linear below 0.01. Grey line: error 1, that of reading nothing.",
        beyond_axis(dots["mse"]),
    ]
    return " ".join(part for part in text if part)


FIGURE = Figure(
    name="recall_error",
    title="Recall error against load",
    section=Section.CAPACITY,
    rank=1,
    needs={"recall": sweep("recall")},
    data=data,
    draw=draw,
    caption=caption,
    numbers=numbers,
)
