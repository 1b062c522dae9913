"""Recall error against age for every rule at one load: laws as lines, measurements as dots."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from paper_figures.agreement import agreement, lawless, numbers
from paper_figures.axes import TOP, age_axis, beyond_axis, error_axis
from paper_figures.data import sweep
from paper_figures.facets import errors, facets, span, status_words
from paper_figures.figure import Figure
from paper_figures.section import Section
from paper_figures.series import (
    GROUP,
    Series,
    defaults,
    law_status,
    most_trials,
    one_setting,
    series_of,
    together,
)
from paper_figures.style import Style

DOTS, POINTS = 9, 60  # ages drawn for each rule: measured, and of its law


def data(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a dot and one a point of a law, at the N at which most rules were measured."""
    rows = defaults(most_trials(one_setting(frames["forgetting"])))
    rows = rows[rows["age"].notna()]
    measured = rows.groupby("items")["rule"].nunique()
    rows = rows[rows["items"] == measured[measured == measured.max()].index.max()]
    parts = [part for series, found in series_of(rows) for part in _parts(series, found)]
    table = together(parts, ("status", "law"))
    return table.astype({"age": "int64", "trials": "Int64"})


def _parts(series: Series, rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    items = int(rows["items"].iloc[0])
    law, ages = series.law(items), _ages(items, POINTS)
    dots = rows[rows["age"].isin(_ages(items, DOTS))].sort_values("age")
    dots = dots[["items", "age", "mse", "mse_stderr", "trials"]].assign(kind="measured")
    if law is None:
        yield series.marked(dots)
        return
    status, mse = law_status(law), law.recall(items).mse
    yield series.marked(dots.assign(status=status, law=mse[dots["age"].astype(int)]))
    line = pd.DataFrame({"items": items, "age": ages, "mse": mse[ages]})
    yield series.marked(line.assign(kind="law", status=status))


def _ages(items: int, count: int) -> np.ndarray:
    return np.unique(np.geomspace(1, items, count).round().astype(int)) - 1


def draw(frame: pd.DataFrame, style: Style) -> Canvas:
    """One panel a family."""
    canvas, axes = facets(
        frame,
        style,
        lambda ax, rows: errors(ax, rows, "age"),
        x_label="age (pairs written later)",
        y_label=r"error $E|o-v|^2 / E|v|^2$",
    )
    error_axis(axes[0], float(frame["mse"].where(frame["mse"] <= TOP).max()))
    age_axis(axes[0], int(frame["age"].max()))
    for ax in axes[1:]:
        ax.axhline(1, color="#BBBBBB", linewidth=0.6, zorder=0)
    return canvas


def caption(frame: pd.DataFrame) -> str:
    """What is drawn, and how far dots are from lines."""
    dots = frame[frame["kind"] == "measured"]
    first = dots.iloc[0]
    text = [
        f"Recall error of a stored pair against its age, the pairs written later, after $N ="
        f" {first['items']}$ writes to each of {dots.groupby(GROUP).ngroups} memories at their"
        " default parameters, in units of",
        f"$E|v|^2$: keys uniform on the sphere, $d_k = {first['d_k']}$, $d_v = {first['d_v']}$.",
        f"Dots: means over {span(dots['trials'])} streams at {dots['age'].nunique()} ages, bars"
        " one standard error.",
        status_words(frame),
        agreement(frame),
        lawless(dots),
        "The error axis is linear below 0.01, the age axis below 1.",
        "Grey line: error 1, that of reading nothing.",
        beyond_axis(dots["mse"]),
    ]
    return " ".join(part for part in text if part)


FIGURE = Figure(
    name="forgetting",
    title="Recall error against age",
    section=Section.INTERFERENCE,
    rank=1,
    needs={"forgetting": sweep("forgetting")},
    data=data,
    draw=draw,
    caption=caption,
    numbers=numbers,
)
