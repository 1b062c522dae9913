"""Recall error against age for rules measured at several N, and their lifelong limits."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D

from capacity.errors import InputError
from capacity.recall import Recall
from paper_figures.axes import TOP, age_axis, error_axis
from paper_figures.data import sweep
from paper_figures.figure import Figure
from paper_figures.section import Section
from paper_figures.series import (
    GROUP,
    Series,
    law_status,
    most_trials,
    one_setting,
    series_of,
    shades,
    together,
)
from paper_figures.style import Style, status_line

DOTS, POINTS = 12, 60  # ages drawn for each N: measured, and of a law
LIMIT = "#C4C4C4"  # the colour of the lifelong limit


def data(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a dot and one a point of a law; items is missing in the lifelong limit."""
    rows = most_trials(one_setting(frames["forgetting"]))
    rows = rows[rows["age"].notna()]
    rows = rows[rows.groupby(GROUP)["items"].transform("nunique") > 1]
    if rows.empty:
        raise InputError(
            "forgetting_limits draws rules measured at several numbers of items; in these data"
            " each rule has one number of items only."
        )
    oldest = int(rows["items"].max())
    parts = [part for series, found in series_of(rows) for part in _parts(series, found, oldest)]
    table = together(parts, ("status", "mse_stderr", "trials"))
    return table.astype({"items": "Int64", "age": "int64", "trials": "Int64"})


def _ages(items: int, count: int) -> np.ndarray:
    return np.unique(np.geomspace(1, items, count).round().astype(int)) - 1


def _parts(series: Series, rows: pd.DataFrame, oldest: int) -> Iterator[pd.DataFrame]:
    law, sizes = series.law(oldest), [int(n) for n in sorted(rows["items"].unique())]
    columns = ["age", "items", "mse", "mse_stderr", "signal", "power", "trials"]
    for items in sizes:
        here = rows[(rows["items"] == items) & rows["age"].isin(_ages(items, DOTS))]
        dots = here[columns].sort_values("age")
        yield series.marked(dots.assign(kind="measured", cos2=_cos2(dots)))
    if law is None:
        return
    for items in sizes:
        curve = _curve(law.recall(items), _ages(items, POINTS))
        yield series.marked(curve.assign(items=items, kind="law", status=law_status(law)))
    forever = law.lifelong(oldest)
    if forever is not None and np.isfinite(forever.power).all():
        curve = _curve(forever, _ages(oldest, POINTS))
        yield series.marked(curve.assign(kind="lifelong", status=law_status(law)))


def _cos2(dots: pd.DataFrame) -> pd.Series:
    return (dots["signal"] ** 2 / dots["power"].where(dots["power"] > 0)).fillna(0.0)


def _curve(recall: Recall, ages: np.ndarray) -> pd.DataFrame:
    names = ("age", "mse", "signal", "power", "cos2")
    return pd.DataFrame({name: getattr(recall, name)[ages] for name in names})


def draw(frame: pd.DataFrame, style: Style) -> Canvas:
    """One panel a series, one shade a number of items."""
    listed = list(series_of(frame))
    across = min(len(listed), 4 if style.columns == 2 else 2)
    down = -(-len(listed) // across)
    canvas = style.canvas(1.45 * down + 0.3)
    axes = canvas.subplots(down, across, sharex=True, sharey=True, squeeze=False).flatten()
    sizes = sorted(frame["items"].dropna().unique())
    for place, (ax, (series, rows)) in enumerate(zip(axes, listed, strict=False)):
        _panel(ax, series, rows, [int(n) for n in sizes])
        ax.set_title("\n".join(_folded(series.full_label)), fontsize=7)
        ax.axhline(1, color="#BBBBBB", linewidth=0.6, zorder=0)
        if place % across == 0:
            ax.set_ylabel(r"$E|o-v|^2 / E|v|^2$")
        ax.set_xlabel("age (pairs)")
        ax.tick_params(labelbottom=True)
    for ax in axes[len(listed) :]:
        ax.set_axis_off()
    error_axis(axes[0], float(frame["mse"].where(frame["mse"] <= TOP).max()))
    age_axis(axes[0], int(frame["age"].max()))
    canvas.legend(
        handles=_legend([int(n) for n in sizes]),
        loc="outside lower center",
        ncols=2 if style.columns == 1 else len(sizes) + 1,
        columnspacing=1.2,
    )
    return canvas


def _folded(label: str) -> list[str]:
    title, _, rest = label.partition(", ")
    return [title, rest or " "]


def _panel(ax: Axes, series: Series, rows: pd.DataFrame, sizes: list[int]) -> None:
    colours = dict(zip(sizes, shades(series.family, len(sizes)), strict=True))
    identity = f"{series.rule} {series.parameters}"
    forever = rows[rows["kind"] == "lifelong"]
    if len(forever):
        (line,) = ax.plot(forever["age"], forever["mse"], color=LIMIT, linewidth=3.5, zorder=1)
        line.set_gid(f"lifelong {identity}")
    for items in sizes:
        here = rows[rows["items"] == items]
        law, dots = here[here["kind"] == "law"], here[here["kind"] == "measured"]
        if len(law):
            look = status_line(law["status"].iloc[0])
            (line,) = ax.plot(law["age"], law["mse"], look, color=colours[items])
            line.set_gid(f"law {items} {identity}")
        bars = ax.errorbar(
            dots["age"],
            dots["mse"],
            yerr=dots["mse_stderr"],
            fmt=_marker(sizes, items),
            color=colours[items],
            elinewidth=0.7,
            markersize=3.6,
            markeredgecolor="white",
            markeredgewidth=0.3,
        )
        bars.lines[0].set_gid(f"measured {items} {identity}")


def _marker(sizes: list[int], items: int) -> str:
    return "os^Dv"[sizes.index(items) % 5]


def _legend(sizes: list[int]) -> list[Line2D]:
    greys = shades("other", len(sizes))
    handles = [
        Line2D([], [], color=c, marker=_marker(sizes, n), markersize=3, label=f"$N = {n}$")
        for n, c in zip(sizes, greys, strict=True)
    ]
    return [
        *handles,
        Line2D([], [], color=LIMIT, linewidth=3.5, label=r"$N \to \infty$ (law)"),
    ]


def caption(frame: pd.DataFrame) -> str:
    """What is drawn, and for which rules the limit does not exist."""
    dots = frame[frame["kind"] == "measured"]
    first = dots.iloc[0]
    sizes = ", ".join(str(n) for n in sorted(dots["items"].unique()))
    endless = {s for s, _ in series_of(frame[frame["kind"] == "lifelong"])}
    without = [s.full_label for s, _ in series_of(frame) if s not in endless]
    statuses = sorted(set(frame["status"].dropna()))
    trials = "--".join(str(t) for t in sorted({dots["trials"].min(), dots["trials"].max()}))
    text = [
        f"Recall error of a stored pair against its age, the pairs written later, for"
        f" {frame.groupby(['rule', 'parameters']).ngroups} memories",
        f"after $N$ = {sizes} writes, in units of $E|v|^2$: keys uniform on the sphere,",
        f"$d_k = {first['d_k']}$, $d_v = {first['d_v']}$.",
        f"Dots: means over {trials} streams at {DOTS} ages or fewer, bars one standard error;",
        f"thin lines: laws ({', '.join(statuses)}); thick grey lines: the same laws as",
        r"$N \to \infty$.",
    ]
    if without:
        text.append(f"No finite lifelong limit, or no law: {'; '.join(without)}.")
    text.append("The error axis is linear below 0.01, the age axis below 1.")
    return " ".join(text)


FIGURE = Figure(
    name="forgetting_limits",
    title="Recall error against age as N grows",
    section=Section.INTERFERENCE,
    rank=2,
    needs={"forgetting": sweep("forgetting")},
    data=data,
    draw=draw,
    caption=caption,
)
