"""Where a read-out still points at its own value: accuracy over load and number of candidates."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from capacity.law import Law
from capacity.threshold import Criterion
from paper_figures.axes import load_axis
from paper_figures.capacities import KEYS, edge, status_of
from paper_figures.crossings import WIDTH, banded
from paper_figures.data import export_of
from paper_figures.figure import Figure
from paper_figures.quantity import Quantities, count, number
from paper_figures.section import Section
from paper_figures.series import Series, most_trials, series_of, together
from paper_figures.style import Style, status_line

LEVELS = {0.9: "o", 0.5: "s"}  # contours, with the markers of what is measured on them
BETWEEN = 2  # a law's contour has so many points from one measured number of candidates to the next
SHADES = LinearSegmentedColormap.from_list("accuracy", ["#3E6C9E", "#9DBBD8", "#F4F4EE"])
COLUMNS = (
    *("rule", "parameters", "keys", "d_k", "d_v", "items", "trials"),
    *("candidates", "accuracy", "accuracy_stderr"),
)


def data(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a cell, a point of a contour (law) or a measured crossing of one.

    Of rules measured among several numbers of candidates. A crossing is where the mean over stored
    ages falls to ``level``, by linear interpolation between loads, with its interval.
    """
    rows = frames["accuracy"]
    rows = rows[rows["keys"] == KEYS].assign(candidates=rows["candidates"].astype(int))
    several = rows.groupby(["rule", "parameters"])["candidates"].transform("nunique") > 1
    parts = [
        part for series, found in series_of(rows[several]) for part in _parts(series, _grid(found))
    ]
    return together(parts, ("status",)).astype({"trials": "Int64"})


def _grid(rows: pd.DataFrame) -> pd.DataFrame:
    """The loads that were measured at every number of candidates, from most streams."""
    kept = pd.concat([most_trials(found) for _, found in rows.groupby("candidates")])
    everywhere = kept.groupby("items")["candidates"].transform("nunique")
    grid: pd.DataFrame = kept[everywhere == kept["candidates"].nunique()]
    return grid


def _parts(series: Series, rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    cells = rows[["items", "candidates", "accuracy", "accuracy_stderr", "trials"]]
    yield series.marked(cells.assign(kind="cell", load=cells["items"] / series.d_k))
    law, counts = series.law(int(rows["items"].max())), np.unique(rows["candidates"])
    steps = np.log(counts[-1] / counts[0]) / np.log(counts[1] / counts[0]) * BETWEEN
    fine = np.geomspace(counts[0], counts[-1], round(steps) + 1).round().astype(int)
    for level in LEVELS:
        crossings = [
            _crossing(found, Criterion("accuracy", level, int(found["candidates"].iloc[0])))
            for _, found in rows.groupby("candidates")
        ]
        found = pd.DataFrame(crossings).dropna(subset="items").assign(kind="crossing", level=level)
        if len(found):
            yield series.marked(found.assign(**_loads(found, series.d_k)))
        if law is not None:
            line = _contour(law, level, fine, series.d_v)
            status = status_of(law, Criterion("accuracy", level, 2))
            line = line.assign(kind="law", level=level, status=status)
            yield series.marked(line.assign(load=line["items"] / series.d_k))


def _loads(found: pd.DataFrame, d: int) -> dict[str, pd.Series]:
    names = {"load": "items", "low": "low", "high": "high"}
    return {name: found[column] / d for name, column in names.items()}


def _crossing(rows: pd.DataFrame, criterion: Criterion) -> dict[str, float]:
    """Items where the mean falls to the level, and the interval of two standard errors."""
    rows = rows.sort_values("items")
    found = banded(rows["items"], rows["accuracy"], rows["accuracy_stderr"], criterion)
    return {
        "candidates": criterion.candidates,
        "items": np.nan if found.censored or found.at == 0 else found.at,
        "low": max(found.low, rows["items"].iloc[0]),
        "high": found.high,
    }


def _contour(law: Law, level: float, counts: np.ndarray, d_v: int) -> pd.DataFrame:
    found = [
        {"candidates": count, "items": falls(law, Criterion("accuracy", level, int(count)), d_v)}
        for count in counts
    ]
    return pd.DataFrame(found)


def falls(law: Law, criterion: Criterion, d_v: int) -> float:
    """Items at which a law's mean accuracy, falling in the load, meets the threshold."""

    def meets(items: int) -> bool:
        recall = law.one(items) if law.alike else law.recall(items)
        return bool(criterion.met(criterion.measure(recall, d_v).mean()))

    low, high = 1, 2
    while meets(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if meets(middle) else (low, middle)
    return edge(law, low, criterion, d_v)


def draw(frame: pd.DataFrame, style: Style) -> Canvas:
    """One panel a rule: cells in colour, contours of the law, crossings as dots."""
    listed = list(series_of(frame))
    wide = style.columns == 2
    shape = (1, len(listed)) if wide else (len(listed), 1)
    canvas = style.canvas(2.3 if wide else 1.95 * len(listed))
    axes = canvas.subplots(*shape, sharex=True, sharey=True, squeeze=False).flatten()
    for ax, (series, rows) in zip(axes, listed, strict=True):
        mesh = _panel(ax, rows)
        ax.set_title(series.full_label)
        ax.set_xlabel("load $N/d_k$")
    for ax in axes[:1] if wide else axes:
        ax.set_ylabel("candidates $V$")
    bar = canvas.colorbar(mesh, ax=list(axes), label="argmax accuracy", pad=0.02, aspect=28)
    bar.ax.tick_params(width=0.4)
    return canvas


def _panel(ax: Axes, rows: pd.DataFrame) -> QuadMesh:
    cells = rows[rows["kind"] == "cell"].pivot(
        index="candidates", columns="load", values="accuracy"
    )
    loads, counts = cells.columns.to_numpy(float), cells.index.to_numpy(float)
    mesh = ax.pcolormesh(
        edges(loads), edges(counts), cells.to_numpy(), cmap=SHADES, vmin=0, vmax=1, rasterized=True
    )
    mesh.set_gid("cells")
    load_axis(ax, loads[0], loads[-1])
    ax.set_yscale("log", base=2)
    ax.yaxis.set_major_locator(FixedLocator(counts.tolist()))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.set(xlim=edges(loads)[[0, -1]], ylim=edges(counts)[[0, -1]])
    for level, marker in LEVELS.items():
        here = rows[rows["level"] == level]
        _contour_line(ax, here[here["kind"] == "law"], level)
        _crossings(ax, here[here["kind"] == "crossing"], level, marker)
    return mesh


def _contour_line(ax: Axes, line: pd.DataFrame, level: float) -> None:
    if line.empty:
        return
    look = status_line(line["status"].iloc[0])
    (drawn,) = ax.plot(line["load"], line["candidates"], look, color="black")
    drawn.set_gid(f"law {level}")
    last = line.iloc[-1]
    ax.annotate(
        f"{level:g}", (last["load"], last["candidates"]), xytext=(5, 2),
        textcoords="offset points", fontsize=7,
    )  # fmt: skip


def _crossings(ax: Axes, dots: pd.DataFrame, level: float, marker: str) -> None:
    high = dots["high"].clip(upper=ax.get_xlim()[1])
    bars = ax.errorbar(
        dots["load"],
        dots["candidates"],
        xerr=[dots["load"] - dots["low"], high - dots["load"]],
        fmt=marker,
        color="#D55E00",
        elinewidth=0.9,
        markersize=3.8,
        markeredgecolor="white",
        markeredgewidth=0.4,
        zorder=4,
    )
    bars.lines[0].set_gid(f"crossing {level}")


def edges(centres: np.ndarray) -> np.ndarray:
    """Edges of cells around these places, halfway between them in the logarithm."""
    logs = np.log(centres)
    middles = (logs[1:] + logs[:-1]) / 2
    first, last = 2 * logs[0] - middles[0], 2 * logs[-1] - middles[-1]
    found: np.ndarray = np.exp(np.concatenate([[first], middles, [last]]))
    return found


def distances(frame: pd.DataFrame) -> pd.Series:
    """Of measured crossings where the law has one: measured over predicted load."""
    on = ["rule", "parameters", "level", "candidates"]
    dots, law = (frame[frame["kind"] == kind] for kind in ("crossing", "law"))
    both = dots.merge(law, on=on, suffixes=("", "_law"))
    return both["load"] / both["load_law"]


def within(frame: pd.DataFrame) -> pd.Series:
    """Whether the interval of each of these crossings holds the law's load."""
    on = ["rule", "parameters", "level", "candidates"]
    dots, law = (frame[frame["kind"] == kind] for kind in ("crossing", "law"))
    both = dots.merge(law, on=on, suffixes=("", "_law"))
    return (both["low"] <= both["load_law"]) & (both["load_law"] <= both["high"])


def numbers(frame: pd.DataFrame) -> Quantities:
    """Measured over predicted loads of all crossings."""
    ratio = distances(frame)
    return {
        "Crossings": count(len(ratio), "measured crossings that a law predicts"),
        "Least": number(ratio.min(), "least measured over predicted load"),
        "Most": number(ratio.max(), "largest measured over predicted load"),
        "Held": count(int(within(frame).sum()), "intervals of crossings that hold the law's"),
    }


def caption(frame: pd.DataFrame) -> str:
    """What is drawn, and how far measured crossings lie from the contours."""
    cells, n = frame[frame["kind"] == "cell"], numbers(frame)
    first = cells.iloc[0]
    levels = " and ".join(f"{level:g}" for level in LEVELS)
    return (
        "Argmax accuracy of a stored value among $V$ candidates, itself and $V - 1$ fresh unit"
        f" vectors, mean over stored ages: keys uniform on the sphere, $d_k = {first['d_k']}$, unit"
        f" values, $d_v = {first['d_v']}$, {cells['trials'].min()} streams or more a cell. Shades:"
        f" measured. Lines: where the law falls to {levels} (dashed: asymptotic in $d_v$). Dots:"
        " where the measured mean does, by linear interpolation between loads; bars:"
        f" {WIDTH:g} standard errors. Measured over predicted load at {n['Crossings']} dots:"
        f" {n['Least']} to {n['Most']}; {n['Held']} bars hold the law's."
    )


FIGURE = Figure(
    name="accuracy",
    title="Argmax accuracy over load and number of candidates",
    section=Section.CAPACITY,
    rank=5,
    needs={"accuracy": export_of("accuracy", COLUMNS)},
    data=data,
    draw=draw,
    caption=caption,
    numbers=numbers,
)
