"""Recall of real keys and values beside its predictions, and how many dimensions real keys use.

One panel a rule, one mark a head: measured error against the law given these very keys and against
the law given their covariance alone; in grey a control whose values are shuffled over tokens. The
last panel is the effective dimension of the keys, by layer.
"""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter, NullLocator

from capacity.discover import rules
from capacity.errors import InputError
from paper_figures.data import Need
from paper_figures.figure import Figure
from paper_figures.quantity import Quantities, count, number
from paper_figures.section import Section
from paper_figures.style import Style

AUDIT = Need(
    "audit.parquet",
    (
        *("source", "layer", "head", "d_k", "d_eff", "windows", "window", "rule", "parameters"),
        *("ages", "measured", "shuffled", "given_keys", "given_covariance"),
    ),
    "python -m experiments audit",
)
# what is predicted, what is measured, label, colour, marker
KINDS = (
    ("given_keys", "shuffled", "control: shuffled values, given the keys", "#999999", "x"),
    ("given_covariance", "measured", "given their covariance", "#D55E00", "s"),
    ("given_keys", "measured", "given the keys", "#0072B2", "o"),
)


def data(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Means over all ages, one row a head and rule."""
    rows = frames["audit"]
    kept = rows[(rows["ages"] == "all") & rows["layer"].notna() & rows["measured"].notna()]
    if kept.empty:
        raise InputError(f"The audit holds no head of a transformer; make it with: {AUDIT.make}")
    return kept.drop(columns="ages").reset_index(drop=True)


def predicted(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of rules that have a prediction."""
    return frame[frame["given_keys"].notna()]


def draw(frame: pd.DataFrame, style: Style) -> Canvas:
    """Small panels side by side; four in the width of a page."""
    rows, across = predicted(frame), 4 if style.columns == 2 else 2
    names = list(rows["rule"].unique())
    lines = math.ceil((len(names) + 1) / across)
    canvas = style.canvas(style.width / across * 1.12 * lines + 0.35)
    axes = canvas.subplots(lines, across, squeeze=False)
    flat = axes.flatten()
    for ax, name in zip(flat, names):
        _recall(ax, rows[rows["rule"] == name], name)
    _dimension(flat[len(names)], frame.drop_duplicates(["layer", "head"]))
    for ax in flat[len(names) + 1 :]:
        ax.set_axis_off()
    for ax in flat[: len(names) : across]:
        ax.set_ylabel("measured error")
    handles, labels = flat[0].get_legend_handles_labels()
    columns = len(KINDS) if style.columns == 2 else 1
    canvas.legend(handles, labels, loc="outside upper center", ncols=columns, handletextpad=0.1)
    return canvas


def _recall(ax: Axes, rows: pd.DataFrame, name: str) -> None:
    for x, y, label, colour, marker in KINDS:
        face = colour if marker == "x" else "none"
        ax.plot(
            rows[x], rows[y], marker, color=colour, mfc=face, ms=2.4, mew=0.6, label=label, gid=x
        )
    shown = rows[["given_keys", "given_covariance", "measured", "shuffled"]].to_numpy(dtype=float)
    shown = shown[np.isfinite(shown) & (shown > 0)]
    ends = float(shown.min()) / 1.35, float(shown.max()) * 1.35
    ax.plot(ends, ends, color="black", linewidth=0.6, zorder=0, gid="identity")
    ax.set(xscale="log", yscale="log", xlim=ends, ylim=ends, box_aspect=1)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_locator(NullLocator())
        axis.set_ticks(ticks(*ends))
    ax.set_title(rules()[name].title if name in rules() else name, pad=3)
    ax.set_xlabel("predicted error", labelpad=1)


def ticks(low: float, high: float) -> list[float]:
    """At most four round numbers between low and high."""
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in ((1, 2, 3, 5), (1, 2, 5), (1, 3), (1,)):
        found = [d * 10.0**e for e in exponents for d in digits if low <= d * 10.0**e <= high]
        if len(found) <= 4:
            return found
    return found[:: math.ceil(len(found) / 4)]


def _dimension(ax: Axes, heads: pd.DataFrame) -> None:
    """A ring a head, a bar at the median of the layer, a dashed line at d_k."""
    for layer in sorted(heads["layer"].unique()):
        group = heads[heads["layer"] == layer]
        at = np.full(len(group), float(layer) + 1)
        ax.plot(at, group["d_eff"], "o", color="#0072B2", mfc="none", ms=2.4, mew=0.6, gid="head")
        ax.plot(at[:1], [group["d_eff"].median()], "_", color="black", ms=11, gid="median")
    top = float(heads["d_k"].iloc[0])
    ax.axhline(top, color="black", linewidth=0.6, linestyle="--")
    ax.annotate("$d_k$", (1, top), textcoords="offset points", xytext=(0, -8))
    layers = int(heads["layer"].max()) + 1
    ax.set(box_aspect=1, ylim=(0, 1.08 * top), xlim=(0.4, layers + 0.6))
    ax.set_xticks(range(1, layers + 1))
    ax.set_title("Dimensions in use", pad=3)
    ax.set_ylabel(r"$d_{\mathrm{eff}}$ of the keys", labelpad=1)
    ax.set_xlabel("layer", labelpad=1)


def numbers(frame: pd.DataFrame) -> Quantities:
    """Medians over heads of measured to predicted error, least and largest over rules."""
    rows, heads = predicted(frame), frame.drop_duplicates(["layer", "head"])
    real, control = (_medians(rows, name) for name in ("measured", "shuffled"))
    return {
        "Heads": count(len(heads), "attention heads"),
        "Least": number(real.min(), f"least median ratio, {_title(real.idxmin())}", ".2g"),
        "Most": number(real.max(), f"largest median ratio, {_title(real.idxmax())}", ".2g"),
        "ControlLeast": number(control.min(), "least median ratio, values shuffled", ".3f"),
        "ControlMost": number(control.max(), "largest median ratio, values shuffled", ".3f"),
        "Dimension": number(heads["d_eff"].median(), "median effective dimension", ".1f"),
    }


def _medians(rows: pd.DataFrame, name: str) -> "pd.Series[float]":
    return (rows[name] / rows["given_keys"]).groupby(rows["rule"]).median()


def caption(frame: pd.DataFrame) -> str:
    """What was read and how far predictions that take values as independent are off."""
    first, n = frame.iloc[0], numbers(frame)
    real = _medians(predicted(frame), "measured")
    low, high = (_title(name) for name in (real.idxmin(), real.idxmax()))
    return (
        f"Recall of real keys and values: {n['Heads']} heads of {first['source']} reading the"
        f" Python language reference, {first['windows']:,} windows of {first['window']} tokens,"
        " the memory empty at the start of each. Keys have unit norm; values are centred and"
        " scaled to unit power. Each head appears as a circle (law given its very keys) and a"
        " square (law given their covariance); both take values as independent of the keys, which"
        " real values are not. The median over heads of measured to predicted error given the keys"
        f" runs from {n['Least']} ({low}) to {n['Most']} ({high}). Crosses: with values"
        f" shuffled over tokens it runs from {n['ControlLeast']} to {n['ControlMost']}."
        " Last panel: effective dimension $d_{\\mathrm{eff}} = (\\operatorname{tr}\\Sigma)^2 /"
        f" \\operatorname{{tr}}\\Sigma^2$ of the keys, median {n['Dimension']} of"
        f" $d_k = {first['d_k']}$; bars are medians of layers."
    )


def _title(name: object) -> str:
    return rules()[str(name)].title if str(name) in rules() else str(name)


FIGURE = Figure(
    name="real_heads",
    title="Recall of real keys and values beside the laws",
    section=Section.REAL,
    needs={"audit": AUDIT},
    data=data,
    draw=draw,
    caption=caption,
    numbers=numbers,
    optional=True,
)
