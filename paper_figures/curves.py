"""Panels of curves: laws as lines, measurements as dots with error bars, best values marked.

The table has one row a point: ``panel``, ``series`` (its label), ``rule`` (an id, for the colour,
or empty), ``kind`` ("law", "measured", "best" or "start"), ``x``, ``y``, ``stderr`` and
the law's ``status``. Columns ``low`` and ``high``, where a figure has them, are ends of an interval
in place of ``stderr``. Figures that differ in what they show, not in how, are this drawing with
their own axes.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator

from capacity.discover import rules
from paper_figures.agreement import SMALL, counts
from paper_figures.data import Frames, Need
from paper_figures.figure import Figure
from paper_figures.quantity import Numbers, Quantities
from paper_figures.section import LAST, Section
from paper_figures.style import MARKERS, Style, family_colour, shade, status_line

COLUMNS = ("panel", "series", "rule", "kind", "x", "y", "stderr", "status")
KINDS = ("law", "measured", "best", "start")
PLAIN = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#AA4499",
    "#C08A00",
    "#3A3A3A",
    "#56B4E9",
    "#8C564B",
    "#5E3C99",
)
SHARED: Mapping[str, str] = {"best": "predicted best", "start": "where recall begins"}


@dataclass(frozen=True)
class Panel:
    """The axes of one panel; scales are matplotlib's, limits may leave an end open with None.

    ``level`` draws a thin grey line at this y; ``x_ticks`` are the only ones where they are given.
    """

    title: str
    x: str
    y: str
    x_scale: str = "linear"
    y_scale: str = "linear"
    x_limits: tuple[float | None, float | None] = (None, None)
    y_limits: tuple[float | None, float | None] = (None, None)
    level: float | None = None
    x_ticks: tuple[float, ...] = ()


def points(
    panel: str,
    series: str,
    kind: str,
    x: Any,
    y: Any,
    *,
    rule: str = "",
    stderr: Any = np.nan,
    status: str | None = None,
) -> pd.DataFrame:
    """Rows of the table for one curve or set of dots."""
    frame = pd.DataFrame({"x": np.atleast_1d(x), "y": np.atleast_1d(y)}).astype(float)
    frame = frame.assign(panel=panel, series=series, rule=rule, kind=kind, stderr=stderr)
    return frame.assign(status=status)[list(COLUMNS)]


def table(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """The parts as one table; empty columns keep their type."""
    typed = [part.astype({"stderr": float, "status": object}) for part in parts if len(part)]
    return pd.concat(typed, ignore_index=True)


def looks(frame: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """Colour and marker of each series: its rule's family, shaded where several share it."""
    series = frame.drop_duplicates("series")[["series", "rule"]].itertuples(index=False)
    named = [(str(name), str(rule or "")) for name, rule in series]
    families = [rules()[rule].family if rule in rules() else "" for _, rule in named]
    found = {}
    for i, ((name, _), family) in enumerate(zip(named, families, strict=True)):
        same = [j for j, other in enumerate(families) if other == family]
        if family:
            amounts = np.linspace(-0.35, 0.4, len(same)) if len(same) > 1 else np.zeros(1)
            colour = shade(family_colour(family), float(amounts[same.index(i)]))
        else:
            colour = PLAIN[same.index(i) % len(PLAIN)]
        found[name] = (colour, MARKERS[i % len(MARKERS)])
    return found


Panels = Mapping[str, Panel]


def draw(
    frame: pd.DataFrame,
    style: Style,
    *,
    panels: Panels | Callable[[pd.DataFrame], Panels],
    across: int,
    height: float,
) -> Canvas:
    """One panel an entry of ``panels`` that has rows, one legend below them all."""
    panels = panels(frame) if callable(panels) else panels
    shown = [name for name in panels if (frame["panel"] == name).any()]
    across = min(len(shown), across if style.columns == 2 else -(-across // 2))
    down = -(-len(shown) // across)
    chosen = looks(frame)
    columns = max(1, (4 if style.columns == 2 else 2))
    legend_rows = -(-len(chosen) // columns)
    canvas = style.canvas(height * down + 0.16 * legend_rows + 0.15)
    axes = canvas.subplots(down, across, squeeze=False).flatten()
    for ax, name in zip(axes, shown, strict=False):
        _draw_panel(ax, frame[frame["panel"] == name], panels[name], chosen, name)
    for ax in axes[len(shown) :]:
        ax.set_axis_off()
    canvas.legend(
        handles=list(_handles(frame, chosen)),
        loc="outside lower center",
        ncols=columns,
        columnspacing=1.2,
        handletextpad=0.5,
        fontsize=7 if style.columns == 2 else 6,
    )
    return canvas


def _draw_panel(
    ax: Axes, rows: pd.DataFrame, about: Panel, chosen: Mapping[str, tuple[str, str]], name: str
) -> None:
    for series, found in rows.groupby("series", sort=False):
        colour, marker = chosen[str(series)]
        for kind, part in found.groupby("kind", sort=False):
            _PLOT[str(kind)](ax, part.sort_values("x"), colour, marker, f"{kind} {name} {series}")
    if about.level is not None:
        ax.axhline(about.level, color="#BBBBBB", linewidth=0.6, zorder=0)
    ax.set_title(about.title, fontsize=7.5)
    ax.set_xlabel(about.x)
    ax.set_ylabel(about.y)
    ax.set_xscale(about.x_scale)
    ax.set_yscale(about.y_scale)
    ax.margins(0.07, 0.1)
    ax.set_xlim(*about.x_limits)
    ax.set_ylim(*about.y_limits)
    plain_ticks(ax)
    if about.x_ticks:
        ax.xaxis.set_major_locator(FixedLocator(about.x_ticks))


def plain_ticks(ax: Axes) -> None:
    """Logarithmic axes with few labels, in plain numbers where they are short."""
    for axis, limits in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
        if axis.get_scale() != "log":
            continue
        decades = np.log10(limits[1] / limits[0])
        subs = (1.0,) if decades > 1.7 else (1.0, 2.0, 5.0)
        axis.set_major_locator(LogLocator(subs=subs, numticks=6))
        if max(limits) < 1e4 and min(limits) > 1e-3:
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_locator(NullLocator())
        axis.set_minor_formatter(NullFormatter())


def _law(ax: Axes, rows: pd.DataFrame, colour: str, marker: str, gid: str) -> None:
    (line,) = ax.plot(rows["x"], rows["y"], status_line(str(rows["status"].iloc[0])), color=colour)
    line.set_gid(gid)


def _measured(ax: Axes, rows: pd.DataFrame, colour: str, marker: str, gid: str) -> None:
    bars = ax.errorbar(
        rows["x"],
        rows["y"],
        yerr=_bars(rows),
        fmt=marker,
        color=colour,
        elinewidth=0.7,
        markersize=3.6,
        markeredgecolor="white",
        markeredgewidth=0.3,
    )
    bars.lines[0].set_gid(gid)


def _bars(rows: pd.DataFrame) -> Any:
    """Lengths of error bars: down and up to the ends of intervals where there are any."""
    if "low" not in rows:
        return rows["stderr"].fillna(0.0)
    ends = rows["y"] - rows["low"], rows["high"] - rows["y"]
    return [end.fillna(rows["stderr"]).fillna(0.0).clip(lower=0.0) for end in ends]


def _start(ax: Axes, rows: pd.DataFrame, colour: str, marker: str, gid: str) -> None:
    """The lower end of a range whose upper end is measured: small and open."""
    (dots,) = ax.plot(rows["x"], rows["y"], marker, mfc="white", mec=colour, ms=2.8, mew=0.7)
    dots.set_gid(gid)


def _best(ax: Axes, rows: pd.DataFrame, colour: str, marker: str, gid: str) -> None:
    """The predicted best value: a large open ring, so that dots are seen inside it."""
    (ring,) = ax.plot(rows["x"], rows["y"], "o", mfc="none", mec=colour, ms=8, mew=1.0)
    ring.set_gid(gid)


_PLOT: dict[str, Callable[[Axes, pd.DataFrame, str, str, str], None]] = dict(
    zip(KINDS, (_law, _measured, _best, _start), strict=True)
)


def _handles(frame: pd.DataFrame, chosen: Mapping[str, tuple[str, str]]) -> Iterator[Line2D]:
    for series, rows in frame.groupby("series", sort=False):
        colour, marker = chosen[str(series)]
        status = rows.loc[rows["kind"] == "law", "status"].dropna()
        line: Any = status_line(str(status.iloc[0])) if len(status) else "none"
        dots = marker if (rows["kind"] == "measured").any() else "none"
        yield Line2D(
            [], [], color=colour, linestyle=line, marker=dots, markersize=3.6, label=str(series)
        )
    for kind, label in SHARED.items():
        if (frame["kind"] == kind).any():
            size = 6.0 if kind == "best" else 2.8
            yield Line2D(
                [], [], color="#555555", linestyle="none", marker="o", mfc="none", ms=size,
                label=label,
            )  # fmt: skip


def curve_figure(
    name: str,
    title: str,
    *,
    needs: Mapping[str, Need],
    data: Callable[[Frames], pd.DataFrame],
    panels: Panels | Callable[[pd.DataFrame], Panels],
    caption: Callable[[pd.DataFrame], str],
    section: Section,
    rank: int = LAST,
    across: int = 3,
    height: float = 1.55,
    numbers: Numbers | None = None,
) -> Figure:
    """A figure that is panels of curves; its numbers are the agreement, if its caption quotes it,
    where it declares no others.
    """
    drawing = partial(draw, panels=panels, across=across, height=height)
    return Figure(
        name=name,
        title=title,
        needs=needs,
        data=data,
        draw=drawing,
        caption=caption,
        numbers=numbers or partial(_quoted, caption=caption),
        section=section,
        rank=rank,
    )


def deviations(frame: pd.DataFrame) -> pd.Series:
    """|dot - law| in standard errors, where an exact law above ``SMALL`` is drawn at the same x.

    Smaller values are means over rare events, of which a sample shows neither mean nor spread.
    """
    laws = frame[(frame["kind"] == "law") & (frame["status"] == "exact")]
    laws = laws[laws["y"].abs() > SMALL]
    dots = frame[(frame["kind"] == "measured") & (frame["stderr"] > 0)]
    both = dots.merge(laws, on=["panel", "series", "x"], suffixes=("", "_law"))
    return (both["y"] - both["y_law"]).abs() / both["stderr"]


def agreement_numbers(frame: pd.DataFrame) -> Quantities:
    """What :func:`agreement` quotes."""
    return counts(deviations(frame))


def _quoted(frame: pd.DataFrame, caption: Callable[[pd.DataFrame], str]) -> Quantities:
    return agreement_numbers(frame) if agreement(frame) in caption(frame) else {}


def agreement(frame: pd.DataFrame) -> str:
    """A caption's sentence on the dots within two standard errors of an exact law."""
    n = agreement_numbers(frame)
    if not n:
        return ""
    return (
        f"Of {n['Dots']} dots on an exact law above {SMALL:g}, {n['Within']} lie within two"
        f" standard errors of it, the farthest at {n['Farthest']}."
    )
