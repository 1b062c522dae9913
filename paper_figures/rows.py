"""One row a rule, grouped by family: measurements as dots with intervals, laws as short lines.

The table has one row a mark: ``panel``, ``row`` (the rule's label), ``family``, ``kind`` ("law",
"measured", "open" for a measured end of something larger, or "bound"), ``x``, the ends ``low`` and
``high`` of its interval, and the ``status`` of a law or a bound, which sets the style of its line.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from paper_figures.data import Frames, Need
from paper_figures.figure import Figure
from paper_figures.quantity import Numbers, no_numbers
from paper_figures.section import LAST, Section
from paper_figures.style import LINES, Style, family_colour, family_order

COLUMNS = ("panel", "row", "family", "kind", "x", "low", "high", "status")
KINDS = ("law", "bound", "measured", "open")
# the styles of statuses with dashes so short that a few fit into the height of a row
SHORT: dict[str, Any] = {
    "-": "-",
    "--": (0, (1.2, 0.8)),
    ":": (0, (0.5, 0.6)),
    "-.": (0, (2, 1, 0.5, 1)),
}
REACH = 0.38  # of the lines of laws and bounds, above and below the row


@dataclass(frozen=True)
class Column:
    """The axes of one panel; marks outside ``limits`` are not drawn, which a caption may say.

    ``guides`` are thin grey lines at these places, each with a label above, drawn as ``look``.
    """

    title: str
    x: str
    limits: tuple[float, float]
    log: bool = False
    guides: tuple[tuple[float, str], ...] = ()
    look: str = "-"


def marks(
    panel: str,
    row: str,
    family: str,
    kind: str,
    x: float,
    *,
    low: float = np.nan,
    high: float = np.nan,
    status: str | None = None,
) -> dict[str, Any]:
    """One mark of the table."""
    return dict(zip(COLUMNS, (panel, row, family, kind, x, low, high, status), strict=True))


def table(found: list[dict[str, Any]]) -> pd.DataFrame:
    """The marks as one table, rows by family and label."""
    frame = pd.DataFrame(found, columns=list(COLUMNS)).astype({"status": object})
    order = [(*family_order(f), r) for f, r in zip(frame["family"], frame["row"], strict=True)]
    ranked = sorted(range(len(frame)), key=lambda i: order[i])
    return frame.iloc[ranked].reset_index(drop=True)


def inside(frame: pd.DataFrame, panels: Mapping[str, Column]) -> pd.Series:
    """Which marks lie within the limits of their panel."""
    ends = [panels[str(name)].limits for name in frame["panel"]]
    low, high = np.array(ends).T if ends else np.zeros((2, 0))
    return frame["x"].between(low, high)


def draw(frame: pd.DataFrame, style: Style, *, panels: Mapping[str, Column]) -> Canvas:
    """One panel an entry of ``panels``, the same rows in all; a legend below them."""
    rows = list(dict.fromkeys(frame["row"]))
    small = style.columns == 1
    canvas = style.canvas(0.118 * len(rows) + 1.15)
    axes = canvas.subplots(1, len(panels), sharey=True, squeeze=False).flatten()
    for ax, (name, about) in zip(axes, panels.items(), strict=True):
        here = frame[(frame["panel"] == name) & inside(frame, panels)]
        _panel(ax, here, about, rows, small=small)
    _label_rows(axes[0], frame, rows, small=small)
    canvas.legend(
        handles=_handles(frame),
        loc="outside lower center",
        ncols=2 if small else 5,
        columnspacing=1.2,
        handletextpad=0.5,
        fontsize=6 if small else 7,
    )
    return canvas


def _panel(ax: Axes, frame: pd.DataFrame, about: Column, rows: list[str], *, small: bool) -> None:
    if about.log:
        ax.set_xscale("log")
        ax.xaxis.set_major_locator(LogLocator(numticks=4 if small else 7))
        ax.xaxis.set_minor_locator(NullLocator())
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    else:
        ax.xaxis.set_major_locator(MaxNLocator(3 if small else 5))
    ax.set_xlim(*about.limits)
    ax.set_title(about.title, fontsize=6.5 if small else 7.5, pad=11 if about.guides else 3)
    ax.set_xlabel(about.x, fontsize=6.5 if small else 8)
    for place, label in about.guides:
        ax.axvline(place, color="#777777", linewidth=0.6, linestyle=about.look, zorder=0)
        ax.annotate(
            label, (place, 1), xycoords=("data", "axes fraction"), xytext=(0, 1.5),
            textcoords="offset points", ha="center", fontsize=5.5 if small else 6.5,
        )  # fmt: skip
    for (kind, family, status), found in frame.groupby(["kind", "family", "status"], dropna=False):
        at = np.array([rows.index(row) for row in found["row"]], dtype=float)
        _MARK[str(kind)](ax, found, at, family_colour(str(family)), status)


def _lines(ax: Axes, found: pd.DataFrame, at: Any, colour: str, status: Any) -> None:
    kind = found["kind"].iloc[0]
    lines = ax.vlines(
        found["x"],
        at - REACH,
        at + REACH,
        color=colour if kind == "law" else "#333333",
        linestyle=SHORT[LINES[str(status)]],
        linewidth=1.3 if kind == "law" else 0.9,
        zorder=2,
    )
    lines.set_gid(f"{kind} {found['family'].iloc[0]} {status}")


def _dots(ax: Axes, found: pd.DataFrame, at: Any, colour: str, status: Any) -> None:
    kind, x = found["kind"].iloc[0], found["x"].to_numpy()
    low, high = ax.get_xlim()
    ends = [found[end].fillna(found["x"]).clip(low, high) for end in ("low", "high")]
    bars = ax.errorbar(
        x,
        at,
        xerr=[np.maximum(x - ends[0], 0), np.maximum(ends[1] - x, 0)],
        fmt="o",
        color=colour,
        markerfacecolor="white" if kind == "open" else colour,
        markeredgecolor=colour if kind == "open" else "white",
        markeredgewidth=0.8 if kind == "open" else 0.3,
        markersize=3.4,
        elinewidth=0.8,
        zorder=3,
    )
    bars.lines[0].set_gid(f"{kind} {found['family'].iloc[0]} None")


_MARK: dict[str, Callable[[Axes, pd.DataFrame, Any, str, Any], None]] = dict(
    zip(KINDS, (_lines, _lines, _dots, _dots), strict=True)
)


def _label_rows(ax: Axes, frame: pd.DataFrame, rows: list[str], *, small: bool) -> None:
    ax.set_yticks(range(len(rows)), rows, fontsize=5.2 if small else 6.5)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    families = frame.drop_duplicates("row").set_index("row")["family"]
    for text, row in zip(ax.get_yticklabels(), rows, strict=True):
        text.set_color(family_colour(str(families[row])))
    for each in ax.figure.axes:
        each.tick_params(axis="y", length=0)
        each.tick_params(axis="x", labelsize=6 if small else 7)
        each.hlines(
            range(len(rows)), 0, 1, transform=each.get_yaxis_transform(), color="#EEEEEE",
            linewidth=0.5, zorder=0,
        )  # fmt: skip


def _handles(frame: pd.DataFrame) -> list[Line2D]:
    """What each kind of mark is, for the kinds that are there."""
    there = frame[["kind", "status"]].drop_duplicates()
    found = []
    for kind, status in there.sort_values(["kind", "status"]).itertuples(index=False):
        if kind in ("law", "bound"):
            colour, words = ("#777777", "law") if kind == "law" else ("#333333", "bound")
            label = words if kind == "bound" else f"{words} ({status})"
            look = SHORT[LINES[str(status)]]
            found.append(Line2D([], [], color=colour, linestyle=look, label=label))
        else:
            face = "white" if kind == "open" else "#777777"
            found.append(
                Line2D(
                    [],
                    [],
                    color="#777777",
                    marker="o",
                    ms=3.4,
                    mfc=face,
                    linestyle="none",
                    label="measured" if kind == "measured" else "measured, a lower end",
                )
            )
    return list({handle.get_label(): handle for handle in found}.values())


def row_figure(
    name: str,
    title: str,
    *,
    needs: Mapping[str, Need],
    data: Callable[[Frames], pd.DataFrame],
    panels: Mapping[str, Column],
    caption: Callable[[pd.DataFrame], str],
    numbers: Numbers = no_numbers,
    section: Section,
    rank: int = LAST,
) -> Figure:
    """A figure of one row a rule."""
    drawing = partial(draw, panels=panels)
    return Figure(
        name=name,
        title=title,
        needs=needs,
        data=data,
        draw=drawing,
        caption=caption,
        numbers=numbers,
        section=section,
        rank=rank,
    )
