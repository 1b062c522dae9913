"""Recall error against load N/d for every rule: laws as lines, measurements as dots."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D

from capacity.law import Law
from capacity.recall import Status
from paper_figures.axes import TOP, error_axis, load_axis, off_axis
from paper_figures.data import sweep
from paper_figures.figure import Figure
from paper_figures.series import Series, law_status, one_setting, series_of, together
from paper_figures.style import LINES, Style, family_order, status_line

SMALL = 1e-3  # errors below are not compared with their laws in the caption
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


def families(frame: pd.DataFrame) -> list[str]:
    """The families of the table in their fixed order."""
    return sorted(frame["family"].unique(), key=family_order)


def draw(frame: pd.DataFrame, style: Style) -> Canvas:
    """One panel a family."""
    names = families(frame)
    across = min(len(names), 3 if style.columns == 2 and len(names) != 4 else 2)
    down = -(-len(names) // across)
    sizes = [frame[frame["family"] == n].groupby(["rule", "parameters"]).ngroups for n in names]
    longest = [max(sizes[i : i + across]) for i in range(0, len(names), across)]
    canvas = style.canvas(sum(1.75 + 0.125 * n for n in longest))
    axes = canvas.subplots(down, across, sharex=True, sharey=True, squeeze=False).flatten()
    for place, (ax, name) in enumerate(zip(axes, names, strict=False)):
        _panel(ax, frame[frame["family"] == name])
        ax.set_title(f"{name.replace('_', ' ')} family")
        ax.set_xlabel("load $N/d_k$")
        ax.tick_params(labelbottom=True)
        if place % across == 0:
            ax.set_ylabel(r"error $E|o-v|^2 / E|v|^2$")
        ax.legend(
            handles=_handles(frame[frame["family"] == name]),
            loc="upper center",
            bbox_to_anchor=(0.43, -0.27),
            labelspacing=0.2,
            handlelength=2.4 if style.columns == 2 else 1.6,
            handletextpad=0.6,
            fontsize=7 if style.columns == 2 else 6,
        )
    measured = frame[frame["kind"] == "measured"]
    error_axis(axes[0], float(measured["mse"].where(measured["mse"] <= TOP).max()))
    load_axis(axes[0], frame["load"].min(), frame["load"].max())
    for ax in axes[1 : len(names)]:
        ax.axhline(1, color="#BBBBBB", linewidth=0.6, zorder=0)
    for ax in axes[len(names) :]:
        ax.set_axis_off()
    return canvas


def _panel(ax: Axes, frame: pd.DataFrame) -> None:
    for series, rows in series_of(frame):
        law, dots = rows[rows["kind"] == "law"], rows[rows["kind"] == "measured"]
        if len(law):
            look = status_line(law["status"].iloc[0])
            (line,) = ax.plot(law["load"], law["mse"], look, color=series.colour)
            line.set_gid(f"law {series.rule} {series.parameters}")
        bars = ax.errorbar(
            dots["load"],
            dots["mse"],
            yerr=dots["mse_stderr"],
            fmt=series.marker,
            color=series.colour,
            elinewidth=0.7,
            **series.dots,
        )
        bars.lines[0].set_gid(f"measured {series.rule} {series.parameters}")


def _handles(frame: pd.DataFrame) -> list[Line2D]:
    """A marker for each series, on a line in the style of its law's status where it has one."""
    handles = []
    for series, rows in series_of(frame):
        status = rows["status"].dropna()
        look = status_line(status.iloc[0]) if len(status) else "none"
        dot = Line2D([], [], color=series.colour, marker=series.marker, **series.dots)
        dot.set(linestyle=look, label=series.label)
        handles.append(dot)
    return handles


def caption(frame: pd.DataFrame) -> str:
    """What is drawn, and how far dots are from lines."""
    dots = frame[frame["kind"] == "measured"]
    first = dots.iloc[0]
    series = dots.groupby(["rule", "parameters"])
    lawless = sorted({s.label for s, rows in series_of(dots) if rows["status"].isna().all()})
    text = [
        f"Recall error of {series.ngroups} memories against load $N/d_k$, in units of",
        f"$E|v|^2$: keys uniform on the sphere, $d_k = {first['d_k']}$,"
        f" $d_v = {first['d_v']}$, stored keys read after $N$ writes ($N$ from"
        f" {dots['items'].min()} to {dots['items'].max()}), mean over stored ages.",
        f"Dots: means over {_span(dots['trials'])} streams, bars one standard error; open"
        " markers have other than default parameters.",
        _lines(frame),
        _agreement(dots),
        f"Dots without a line, no law: {', '.join(lawless)}." if lawless else "",
        "The error axis is linear below 0.01. Grey line: error 1, that of reading nothing.",
        _left_out(dots),
    ]
    return " ".join(part for part in text if part)


def _span(values: pd.Series) -> str:
    low, high = values.min(), values.max()
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def _lines(frame: pd.DataFrame) -> str:
    looks = {"-": "solid", "--": "dashed", ":": "dotted", "-.": "dash-dotted"}
    there = set(frame.loc[frame["kind"] == "law", "status"])
    named = [f"{looks[look]} {status}" for status, look in LINES.items() if status in there]
    return f"Lines: laws ({', '.join(named)})." if named else ""


def deviations(dots: pd.DataFrame) -> pd.Series:
    """|measured - law| in standard errors, for dots with an exact law above ``SMALL``.

    Smaller errors are left out: means over rare near-duplicate keys, of which a sample of streams
    shows neither the mean nor the spread.
    """
    exact = dots[(dots["status"] == Status.EXACT) & (dots["law"] > SMALL)]
    exact = exact[exact["mse_stderr"] > 1e-12]
    return (exact["mse"] - exact["law"]).abs() / exact["mse_stderr"]


def _agreement(dots: pd.DataFrame) -> str:
    z = deviations(dots) if "law" in dots else pd.Series(dtype=float)
    if z.empty:
        return ""
    return (
        f"Of {len(z)} dots whose law is exact and above {SMALL:g}, {(z <= 2).sum()} lie within"
        f" two standard errors of it, the farthest at {z.max():.1f} (dots share streams)."
    )


def _left_out(dots: pd.DataFrame) -> str:
    beyond = off_axis(dots["mse"])
    return f"{beyond} dots with errors above {TOP:g} are not shown." if beyond else ""


FIGURE = Figure(
    name="recall_error",
    title="Recall error against load",
    needs={"recall": sweep("recall")},
    data=data,
    draw=draw,
    caption=caption,
)
