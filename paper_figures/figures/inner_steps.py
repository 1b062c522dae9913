"""Losses after several gradient steps a pair: of the pair just written, stored and unseen pairs.

The companion of the trained network. Above, the newest pair alone is given k steps by a memory that
took one step a pair before (0: the loss before the write); below, every pair is given k steps.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from capacity.keys import parse_keys
from capacity.recall import weakest
from capacity.repeated_law import repeated_law
from capacity.values import parse_values
from paper_figures.agreement import agreement, lawless
from paper_figures.agreement import numbers as agreement_numbers
from paper_figures.data import export_of
from paper_figures.facets import span, status_words
from paper_figures.figure import Figure
from paper_figures.quantity import Quantities, count, flat, measured
from paper_figures.section import Section
from paper_figures.series import GROUP, Series, series_of, together
from paper_figures.style import Style, shade, status_line

# name: words, marker, how much lighter (or darker) than the family's colour
LOSSES = {
    "newest": ("pair just written", "o", -0.45),
    "stored": ("pairs stored before", "s", 0.0),
    "unseen": ("unseen pairs", "^", 0.38),
}
ROWS = {"newest": "newest pair", "every": "every pair"}


def data(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """A row a rule, ``repeated`` pairs, number of steps and loss, measured and by law.

    Rows of one load: the smallest that was measured.
    """
    rows = frames["steps"]
    rows = rows[rows["items"] == rows["items"].min()]
    parts = [part for series, found in series_of(rows) for part in _parts(series, found)]
    return together(parts, ("status", "law")).astype({"trials": "Int64"})


def _parts(series: Series, rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for repeated, chosen in (
        ("newest", rows["earlier"] == 1),
        ("every", rows["earlier"] == rows["steps"]),
    ):
        found = rows[chosen].sort_values("steps")
        laws = [_law(series, row) for _, row in found.iterrows()]
        for loss in LOSSES:
            columns = ["steps", "items", "values", "trials"]
            dots = found[columns].assign(mse=found[loss], mse_stderr=found[f"{loss}_stderr"])
            dots = dots.assign(kind="measured", repeated=repeated, loss=loss)
            known = [law for law in laws if law is not None]
            if len(known) == len(dots):
                told = np.array([getattr(law, loss) for law in known])
                dots = dots.assign(law=told, status=[law.status for law in known])
                yield series.marked(dots.assign(mse=told, mse_stderr=np.nan, kind="law"))
            yield series.marked(dots)


class Losses(NamedTuple):
    """The three losses of a law, with its status."""

    newest: float
    stored: float
    unseen: float
    status: str


def _law(series: Series, row: pd.Series) -> Losses | None:
    """The losses of one row; None where theory has none."""
    if series.built is None:
        return None
    items = int(row["items"])
    law = repeated_law(
        series.built,
        parse_keys(series.keys),
        series.d_k,
        parse_values(row["values"]),
        items=items,
        steps=int(row["steps"]),
        earlier=int(row["earlier"]),
    )
    if law is None:
        return None
    stored, unseen = law.stored(items).mse, law.future(items).error[-1]
    return Losses(stored[0], stored[1:].mean(), unseen, str(weakest(law.statuses)))


def draw(frame: pd.DataFrame, style: Style) -> Canvas:
    """A panel a rule and what is repeated; rules side by side, or below each other if narrow."""
    every = list(series_of(frame))
    wide = style.columns == 2
    canvas = style.canvas(3.4 if wide else 1.25 * len(every) + 0.6)
    shape = (len(ROWS), len(every)) if wide else (len(every), len(ROWS))
    grid = canvas.subplots(*shape, sharex=True, sharey=True, squeeze=False)
    for i, (series, rows) in enumerate(every):
        for j, repeated in enumerate(ROWS):
            ax = grid[j, i] if wide else grid[i, j]
            _panel(ax, series, rows[rows["repeated"] == repeated])
            if j == 0:
                _name(ax, series, wide=wide)
    for i, words in enumerate(ROWS.values()):
        for ax in grid[i] if wide else grid[-1:, i]:
            ax.set_xlabel(f"steps, {words}")
            ax.tick_params(labelbottom=True)
    for ax in grid[:, 0]:
        ax.set_ylabel("loss")
    _scales(grid[0, 0], frame)
    canvas.legend(handles=_handles(), loc="outside lower center", ncols=3 if wide else 1)
    return canvas


def _name(ax: Axes, series: Series, *, wide: bool) -> None:
    """Titles break at a bracket, to stay above their panel, or run over both panels of a row."""
    title = series.label if series.built is None else series.built.title
    ax.set_title(title.replace(" (", "\n(") if wide else title, loc="left", pad=4)


def _scales(ax: Axes, frame: pd.DataFrame) -> None:
    ax.set_ylim(-0.03, 1.1 * frame["mse"].max())
    steps = sorted(frame["steps"].unique())
    ax.set_xscale("symlog", base=2, linthresh=1)
    ax.xaxis.set_major_locator(FixedLocator(steps))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlim(-0.35, steps[-1] * 1.35)


def _panel(ax: Axes, series: Series, frame: pd.DataFrame) -> None:
    for (kind, loss), rows in frame.groupby(["kind", "loss"]):
        _, marker, lighter = LOSSES[str(loss)]
        colour = shade(series.colour, lighter)
        name = f"{kind} {rows['repeated'].iloc[0]} {loss} {series.rule} {series.parameters}"
        if kind == "law":
            look = status_line(rows["status"].iloc[0])
            ax.plot(rows["steps"], rows["mse"], look, color=colour, gid=name)
            continue
        bars = ax.errorbar(
            rows["steps"],
            rows["mse"],
            yerr=rows["mse_stderr"],
            fmt=marker,
            color=colour,
            elinewidth=0.7,
            markeredgecolor="white",
            markeredgewidth=0.3,
        )
        bars.lines[0].set_gid(name)


def _handles() -> list[Line2D]:
    return [
        Line2D([], [], linestyle="none", marker=marker, color=shade("#555555", x), label=words)
        for words, marker, x in LOSSES.values()
    ]


def caption(frame: pd.DataFrame) -> str:
    """The setting, what several steps gain and cost, and how dots compare with laws."""
    dots = frame[frame["kind"] == "measured"]
    first = dots.iloc[0]
    teacher = parse_values(first["values"])
    text = [
        "Losses after several steps a pair, after Figure~3 of \\citet{mcdermott2026lifelong}:"
        " squared errors in units of $E|v|^2$ of the pair just written, of the pairs stored before"
        " it (mean) and of unseen pairs of a fixed linear teacher that explains"
        f" {teacher.signal:g} of $E|v|^2$. {first['keys'].capitalize()} keys,"
        f" $d_k = {first['d_k']}$, $d_v = {first['d_v']}$, $N = {first['items']}$ pairs, means over"
        f" {span(dots['trials'])} streams, bars one standard error. Steps of the newest pair alone"
        " (others one each; 0: before it is written, itself unseen) or of every pair.",
        _best(frame),
        status_words(frame),
        agreement(frame),
        lawless(dots),
    ]
    return " ".join(part for part in text if part)


def numbers(frame: pd.DataFrame) -> Quantities:
    """Where unseen pairs are answered best, and the agreement."""
    return agreement_numbers(frame) | flat(_least(frame))


def _least(frame: pd.DataFrame) -> dict[str, Quantities]:
    """Which number of steps a pair makes the loss on unseen pairs least, by rule, and that loss."""
    rows = frame[(frame["kind"] == "measured") & (frame["loss"] == "unseen")]
    found = {}
    for series, each in series_of(rows[rows["repeated"] == "every"]):
        at, label = each.sort_values("mse").iloc[0], series.full_label
        found[label] = {
            "steps": count(int(at["steps"]), f"steps of the least loss on unseen pairs, {label}"),
            "loss": measured(at["mse"], at["mse_stderr"], f"least loss on unseen pairs, {label}"),
        }
    return found


def _best(frame: pd.DataFrame) -> str:
    found = ", ".join(f"{n['steps']} for {name} ({n['loss']})" for name, n in _least(frame).items())
    return f"Least loss on unseen pairs at these steps of every pair: {found}."


MEASURED = tuple(name for loss in LOSSES for name in (loss, f"{loss}_stderr"))
COLUMNS = (*GROUP, "items", "values", "steps", "earlier", "trials", *MEASURED)
FIGURE = Figure(
    name="inner_steps",
    title="Losses after several steps a pair",
    section=Section.PAPER,
    rank=6,
    needs={"steps": export_of("steps", COLUMNS)},
    data=data,
    draw=draw,
    caption=caption,
    numbers=numbers,
)
