"""What each write of one stream did to the error of every stored pair, one matrix a rule."""

import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import SymLogNorm
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from paper_figures.data import export_of
from paper_figures.figure import Figure
from paper_figures.quantity import Quantities, count, number
from paper_figures.section import Section
from paper_figures.series import GROUP, Series, series_of
from paper_figures.style import Style, family_colour

COLUMNS = (*GROUP, "items", "age", "along", "change", "change_stderr", "trials")
NEED = export_of("interference", COLUMNS)
SEEN, TOP = 0.02, 1.0  # shades are linear below SEEN, logarithmic up to TOP, and end there
SHADES = "RdBu_r"  # red where a write does harm, blue where it helps


def data(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a rule, write and pair stored by then, both counted from 1; ``change`` of its error.

    A token that brings several pairs is one write, that of its last pair; ``own`` pairs are those
    of the write itself.
    """
    rows = frames["interference"]
    rows = rows.assign(
        write=rows["items"],
        pair=(rows["items"] - rows["age"]).astype("int64"),
        change=rows["along"],
    )
    parts = [series.marked(_entries(found)) for series, found in series_of(rows)]
    return pd.concat(parts, ignore_index=True)


def _entries(rows: pd.DataFrame) -> pd.DataFrame:
    token = np.diff(np.unique(rows["write"])).min()
    found = rows.assign(own=(rows["age"] < token).astype(bool))
    return found[["write", "pair", "own", "change"]].sort_values(["write", "pair"])


def matrix(rows: pd.DataFrame) -> np.ndarray:
    """Changes (pair, write) of one rule, NaN where no pair was stored yet or nothing before.

    The pairs of a token share its column.
    """
    size = int(rows["write"].max())
    found = np.full((size, size), np.nan)
    found[rows["pair"] - 1, rows["write"] - 1] = rows["change"]
    writes = np.unique(rows["write"])
    for last, earlier in zip(writes, [writes[0] - np.diff(writes)[0], *writes[:-1]], strict=True):
        found[:, earlier : last - 1] = found[:, [last - 1]]
    return found


def draw(frame: pd.DataFrame, style: Style) -> Canvas:
    """One panel a rule, by family; one scale of colours for all."""
    listed = list(series_of(frame))
    across = 7 if style.columns == 2 else 4
    down = -(-len(listed) // across)
    canvas = style.canvas(style.width / across * (1.22 * down + 0.2) + 0.5)
    axes = canvas.subplots(down, across, squeeze=False).flatten()
    norm = SymLogNorm(SEEN, vmin=-TOP, vmax=TOP, linscale=0.5)
    for place, (ax, (series, rows)) in enumerate(zip(axes, listed, strict=False)):
        ax.set_facecolor("#EDEDED")
        mesh = ax.imshow(matrix(rows), cmap=SHADES, norm=norm, interpolation="none")
        mesh.set_gid(f"change {series.rule} {series.parameters}")
        _frame(ax, series, int(rows["write"].max()), small=style.columns == 1)
        lowest = place + across >= len(listed)
        ax.tick_params(labelleft=place % across == 0, labelbottom=lowest)
        ax.set_xlabel("write $j$" if lowest else "", fontsize=6.5, labelpad=1)
    for ax in axes[len(listed) :]:
        ax.set_axis_off()
    canvas.supylabel("stored pair $i$", fontsize=8)
    bar = canvas.colorbar(
        mesh,
        ax=list(axes),
        location="bottom",
        extend="both",
        aspect=70 if style.columns == 2 else 40,
        pad=0.02,
        label=r"change of $|o_i - v_i|^2$ by write $j$, in units of $E|v|^2$",
    )
    bar.set_ticks([-1, -0.1, 0, 0.1, 1], labels=["$-1$", "$-0.1$", "0", "0.1", "1"])
    bar.ax.minorticks_off()
    return canvas


def _frame(ax: Axes, series: Series, size: int, *, small: bool) -> None:
    """Title in the colour of the family; parameters in the empty half of the matrix."""
    title, _, parameters = series.label.partition(", ")
    lines = textwrap.wrap(title, 17)
    ax.set_title(
        "\n".join(lines[:2]),
        fontsize=5.5,
        color=family_colour(series.family),
        pad=2,
        linespacing=0.95,
    )
    ax.text(
        0.04,
        0.03,
        parameters.replace(", ", "\n"),
        transform=ax.transAxes,
        fontsize=4.5 if small else 5,
        linespacing=1.1,
    )
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(FixedLocator([0, size // 2 - 1, size - 1]))
        axis.set_major_formatter(FuncFormatter(lambda place, _: f"{place + 1:g}"))
        axis.set_minor_locator(NullLocator())
    ax.tick_params(labelsize=5.5, length=1.5, width=0.4, pad=1.5)
    for side in ("left", "bottom"):
        ax.spines[side].set_linewidth(0.4)


def numbers(frame: pd.DataFrame) -> Quantities:
    """How often later writes do harm and help."""
    change = frame.loc[~frame["own"], "change"]
    rises, falls = (100 * (sign * change > SEEN).mean() for sign in (1, -1))
    return {
        "Changes": count(len(change), "changes of stored pairs by later writes"),
        "Rises": number(rises, "percent of these that are rises", ".0f"),
        "Falls": number(falls, "percent of these that are falls", ".0f"),
        "Largest": number(change.max(), "the largest rise"),
    }


def caption(frame: pd.DataFrame) -> str:
    """What is drawn; how often later writes do harm and help, and which rules' never do harm."""
    first, later, n = frame.iloc[0], frame[~frame["own"]], numbers(frame)
    worst = later.groupby(GROUP)["change"].max()
    spared = [_label(key) for key, most in worst.items() if most <= SEEN]
    return (
        f"What each write did to each stored pair in one stream of {frame['write'].max()} pairs,"
        f" the same for {len(worst)} rules: keys uniform on the sphere, $d_k = {first['d_k']}$,"
        f" $d_v = {first['d_v']}$. Entry $(i, j)$: the change of the squared error of pair $i$ by"
        " write $j$, in units of $E|v|^2$; red: the write did harm. On the diagonal a pair's own"
        " write, compared with what its key read before; the first write is left out, and grey"
        " pairs were not stored yet. Parameters that are not defaults stand in the panels; titles"
        " have the colours of families."
        f" Of {n['Changes']} changes by later writes {n['Rises']}\\% are rises and"
        f" {n['Falls']}\\% falls by more than {SEEN:g}; the largest rise is"
        f" {n['Largest']} ({_label(worst.idxmax())})."
        f" No rise by more than {SEEN:g}: {'; '.join(spared) or 'no rule'}."
    )


def _label(key: Any) -> str:
    return Series(*key).label


FIGURE = Figure(
    name="interference_matrix",
    title="What each write did to every stored pair",
    section=Section.INTERFERENCE,
    rank=5,
    needs={"interference": NEED},
    data=data,
    draw=draw,
    caption=caption,
    numbers=numbers,
)
