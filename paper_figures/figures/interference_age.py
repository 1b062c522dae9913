"""How much one more write changes the error of a stored pair, against its age, for every rule.

Theory: the difference of two recall laws, mse(a; N) - mse(a - n; N - n), n pairs a token.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter, NullLocator

from capacity.recall import Status
from paper_figures.agreement import SMALL, counts, lawless
from paper_figures.axes import age_axis
from paper_figures.facets import errors, facets, span, status_words
from paper_figures.figure import Figure
from paper_figures.figures.interference_matrix import NEED
from paper_figures.quantity import Quantities
from paper_figures.section import Section
from paper_figures.series import GROUP, Series, law_status, most_trials, series_of, together
from paper_figures.style import Style

DOTS = 10  # ages drawn for each rule
CLEAR = 4  # standard errors by which a change is called one; the figure has many dots
LINEAR = 0.2  # changes below are drawn on a linear scale


def data(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a dot and one an age of a law: the change by the last write, pairs stored before."""
    rows = most_trials(frames["interference"].dropna(subset="change"))
    parts = [part for series, found in series_of(rows) for part in _parts(series, found)]
    found = together(parts, ("status", "law"))
    return found.astype({"age": "int64", "law": "float64", "trials": "Int64"})


def _parts(series: Series, rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    items, token = int(rows["items"].iloc[0]), series.built.pairs if series.built else 1
    shown = token - 1 + np.unique(np.geomspace(1, items - token, DOTS).round().astype(int))
    dots = rows[rows["age"].isin(shown)].sort_values("age")
    columns = ["items", "age", "change", "change_stderr", "trials"]
    dots = dots[columns].assign(kind="measured")
    law = series.law(items)
    if law is None:
        yield series.marked(dots)
        return
    change = law.recall(items).mse[token:] - law.recall(items - token).mse
    status = law_status(law)
    told = change[dots["age"].astype(int) - token]
    yield series.marked(dots.assign(status=status, law=told))
    line = pd.DataFrame({"items": items, "age": np.arange(token, items), "change": change})
    yield series.marked(line.assign(kind="law", status=status))


def draw(frame: pd.DataFrame, style: Style) -> Canvas:
    """One panel a family."""
    canvas, axes = facets(
        frame,
        style,
        lambda ax, rows: errors(ax, rows, "age", "change"),
        x_label="age (pairs)",
        y_label=r"change of $|o-v|^2 / E|v|^2$",
    )
    _change_axis(axes[0], frame["change"])
    age_axis(axes[0], int(frame["age"].max()))
    axes[0].set_xlim(0.85, 1.2 * frame["age"].max())
    for ax in axes:
        ax.axhline(0, color="#BBBBBB", linewidth=0.6, zorder=0)
    return canvas


def _change_axis(ax: Axes, changes: pd.Series) -> None:
    """Linear around zero, where most changes lie, and logarithmic beyond."""
    low, high = 1.25 * changes.min(), 1.25 * changes.max()
    ax.set_yscale("symlog", linthresh=LINEAR, linscale=1)
    ax.set_ylim(min(low, -LINEAR / 2), max(high, LINEAR))
    ticks = (-LINEAR, -LINEAR / 2, 0, LINEAR / 2, LINEAR, 1)
    ax.set_yticks([tick for tick in ticks if low <= tick <= high])
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"${y:g}$"))
    ax.yaxis.set_minor_locator(NullLocator())


def deviations(dots: pd.DataFrame) -> pd.Series:
    """|measured - law| in standard errors, for dots with an exact law beyond ``SMALL``.

    Smaller changes are means over rare events, of which a sample shows neither mean nor spread.
    """
    exact = dots[(dots["status"] == Status.EXACT) & (dots["law"].abs() > SMALL)]
    exact = exact[exact["change_stderr"] > 1e-12]
    return ((exact["change"] - exact["law"]) / exact["change_stderr"]).abs()


def numbers(frame: pd.DataFrame) -> Quantities:
    """How far dots lie from exact laws."""
    return counts(deviations(frame[frame["kind"] == "measured"]))


def _agreement(dots: pd.DataFrame, z: pd.Series) -> str:
    far = dots.loc[z.index].assign(z=z).sort_values("z").iloc[-1]
    label, n = Series(*(far[name] for name in GROUP)).label, counts(z)
    return (
        f"Of {n['Dots']} dots whose law is exact and beyond $\\pm{SMALL:g}$, {n['Within']} lie"
        f" within two standard errors of it, the farthest at {n['Farthest']} ({label}, age"
        f" {far['age']}); dots share streams."
    )


def caption(frame: pd.DataFrame) -> str:
    """What is drawn, how far dots are from laws, and which rules' writes help older pairs."""
    dots = frame[frame["kind"] == "measured"]
    first, z = dots.iloc[0], deviations(dots)
    helped = dots[dots["change"] < -CLEAR * dots["change_stderr"]]
    names = sorted({series.label for series, _ in series_of(helped)}) if len(helped) else []
    text = [
        "Interference by age after the write: the mean change of a stored pair's squared error, in"
        f" units of $E|v|^2$, by the last of $N = {first['items']}$ writes, for"
        f" {dots.groupby(GROUP).ngroups} rules; positive: the write did harm. Keys uniform on the"
        f" sphere, $d_k = {first['d_k']}$, $d_v = {first['d_v']}$; dots: means over"
        f" {span(dots['trials'])} streams, bars one standard error. Lines: the difference of two"
        " recall laws, of age $a$ among $N$ and of age $a - 1$ among $N - 1$ pairs (tokens of"
        " several pairs: a token less).",
        status_words(frame),
        _agreement(dots, z) if len(z) else "",
        lawless(dots),
        "A write lowers the error of some stored pairs, by more than"
        f" {CLEAR} standard errors, under:"
        f" {'; '.join(names) or 'no rule'}.",
        f"The axis of changes is linear within $\\pm{LINEAR:g}$.",
    ]
    return " ".join(part for part in text if part)


FIGURE = Figure(
    name="interference_age",
    title="Change of a stored pair's error by one more write",
    section=Section.INTERFERENCE,
    rank=6,
    needs={"interference": NEED},
    data=data,
    draw=draw,
    caption=caption,
    numbers=numbers,
)
