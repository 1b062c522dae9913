"""One panel a family, one line and marker a rule: the layout that figures of every rule share."""

from collections.abc import Callable

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D

from paper_figures.series import Series, series_of
from paper_figures.style import LINES, Style, family_order, status_line


def families(frame: pd.DataFrame) -> list[str]:
    """The families of the table in their fixed order."""
    return sorted(frame["family"].unique(), key=family_order)


def facets(
    frame: pd.DataFrame,
    style: Style,
    panel: Callable[[Axes, pd.DataFrame], None],
    *,
    x_label: str,
    y_label: str,
    shared: bool = True,
) -> tuple[Canvas, list[Axes]]:
    """One panel a family, each with a legend of its rules below it; axes shared or each its own."""
    names = families(frame)
    across = min(len(names), 3 if style.columns == 2 and len(names) != 4 else 2)
    down = -(-len(names) // across)
    sizes = [frame[frame["family"] == n].groupby(["rule", "parameters"]).ngroups for n in names]
    longest = [max(sizes[i : i + across]) for i in range(0, len(names), across)]
    canvas = style.canvas(sum(1.75 + 0.125 * n for n in longest))
    every = canvas.subplots(down, across, sharex=shared, sharey=shared, squeeze=False).flatten()
    for place, (ax, name) in enumerate(zip(every, names, strict=False)):
        rows = frame[frame["family"] == name]
        panel(ax, rows)
        ax.set_title(f"{name.replace('_', ' ')} family")
        ax.set_xlabel(x_label)
        ax.tick_params(labelbottom=True)
        if place % across == 0:
            ax.set_ylabel(y_label)
        ax.legend(
            handles=handles(rows),
            loc="upper center",
            bbox_to_anchor=(0.43, -0.27),
            labelspacing=0.2,
            handlelength=2.4 if style.columns == 2 else 1.6,
            handletextpad=0.6,
            fontsize=7 if style.columns == 2 else 6,
        )
    for ax in every[len(names) :]:
        ax.set_axis_off()
    return canvas, list(every[: len(names)])


def errors(ax: Axes, frame: pd.DataFrame, x: str, y: str = "mse") -> None:
    """Column ``y`` of each series against ``x``: its law as a line, measurements as dots."""
    for series, rows in series_of(frame):
        law, dots = rows[rows["kind"] == "law"], rows[rows["kind"] == "measured"]
        if len(law):
            law_line(ax, series, law, x, y)
        bars = ax.errorbar(
            dots[x],
            dots[y],
            yerr=dots[f"{y}_stderr"],
            fmt=series.marker,
            color=series.colour,
            elinewidth=0.7,
            **series.dots,
        )
        bars.lines[0].set_gid(f"measured {series.rule} {series.parameters}")


def law_line(ax: Axes, series: Series, law: pd.DataFrame, x: str, y: str) -> None:
    """The law of a series as a line in the style of its status."""
    look = status_line(law["status"].iloc[0])
    (line,) = ax.plot(law[x], law[y], look, color=series.colour)
    line.set_gid(f"law {series.rule} {series.parameters}")


def handles(frame: pd.DataFrame) -> list[Line2D]:
    """A marker for each rule, on a line in the style of its law's status where it has one."""
    found = []
    for series, rows in series_of(frame.assign(d_k=0, d_v=0)):
        status = rows["status"].dropna()
        look = status_line(status.iloc[0]) if len(status) else "none"
        dot = Line2D([], [], color=series.colour, marker=series.marker, **series.dots)
        dot.set(linestyle=look, label=series.label)
        found.append(dot)
    return found


def status_words(frame: pd.DataFrame) -> str:
    """A caption's sentence on the line styles in use; empty where no law is drawn."""
    looks = {"-": "solid", "--": "dashed", ":": "dotted", "-.": "dash-dotted"}
    there = set(frame.loc[frame["kind"] == "law", "status"])
    named = [f"{looks[look]} {status}" for status, look in LINES.items() if status in there]
    return f"Lines: laws ({', '.join(named)})." if named else ""


def span(values: pd.Series) -> str:
    """The smallest and the largest value in words."""
    low, high = values.min(), values.max()
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"
