"""Capacity against state size for every rule: laws as lines, measurements as dots."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from capacity.threshold import Criterion
from paper_figures.capacities import KEYS, Asked, agreement, both_kinds, capacities, shown
from paper_figures.capacities import numbers as agreement_numbers
from paper_figures.data import export_of
from paper_figures.facets import facets, law_line, span, status_words
from paper_figures.figure import Figure
from paper_figures.quantity import Quantities, count, flat, number
from paper_figures.section import Section
from paper_figures.series import Series, series_of
from paper_figures.style import Style

# an error of 0.1 fails at N = 1 for steps beta < 0.68
ASKED = Asked(Criterion("cos2", 0.5), "cos2", "cos2_stderr")
SIZES = (8, 16, 32, 64, 128)  # d = d_k = d_v of the laws
TOP = 1e6  # axes end at this number of pairs


def data(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a rule, d and kind (law or measured), see :mod:`paper_figures.capacities`."""
    return capacities(frames["capacity"], ASKED, SIZES)


def draw(frame: pd.DataFrame, style: Style) -> Canvas:
    """One panel a family."""
    label = "capacity $N^*$ (pairs)"
    canvas, _ = facets(frame, style, _panel, x_label="state (scalars)", y_label=label, shared=False)
    return canvas


def _panel(ax: Axes, frame: pd.DataFrame) -> None:
    rows = shown(frame)
    for (rule, parameters), found in rows.groupby(["rule", "parameters"]):
        series = Series(str(rule), str(parameters), KEYS, SIZES[0], SIZES[0])
        law = found[found["kind"] == "law"].sort_values("d_k")
        if len(law):
            law_line(ax, series, law, "state", "capacity")
        _dots(ax, series, found[found["kind"] == "measured"].sort_values("d_k"))
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.minorticks_off()
    there = rows[rows["capacity"] <= TOP]
    if len(there):
        ax.set_xlim(*_ends(there["state"]))
        ax.set_ylim(*_ends(there["capacity"]))
    line = np.array(ax.get_xlim())
    ax.plot(line, np.sqrt(line), color="#BBBBBB", linewidth=0.6, zorder=0)


def _dots(ax: Axes, series: Series, rows: pd.DataFrame) -> None:
    """Dots with their intervals; open ones, where every load met the criterion, have no end."""
    for censored, found in rows.groupby("censored"):
        high = found["capacity"] if censored else found["high"].clip(upper=TOP)
        bars = ax.errorbar(
            found["state"],
            found["capacity"],
            yerr=[found["capacity"] - found["low"], high - found["capacity"]],
            fmt=series.marker,
            color=series.colour,
            elinewidth=0.7,
            **series.dots,
        )
        dots = bars.lines[0]
        if censored:
            dots.set(markerfacecolor="white", markeredgecolor=series.colour, mew=0.8)
        dots.set_gid(f"{'open' if censored else 'measured'} {series.rule} {series.parameters}")


def _ends(values: pd.Series) -> tuple[float, float]:
    """The ends of a logarithmic axis: a margin, and room for two powers of ten."""
    low, high = values.min() / 1.6, values.max() * 1.6
    room = max(1.0, np.sqrt(100 / (high / low)))
    return low / room, high * room


def caption(frame: pd.DataFrame) -> str:
    """What is drawn, how dots compare with lines, and what has no place on the axes, and why."""
    dots, laws = frame[frame["kind"] == "measured"], frame[frame["kind"] == "law"]
    text = [
        f"Capacity of {frame['rule'].nunique()} memories at their default parameters against"
        " scalars of state after $N^*$ pairs. $N^*$: largest number of stored pairs such that at"
        " each load up to it the squared cosine $s^2/p$ of read-out and value, mean over stored"
        f" ages, is at least {ASKED.criterion.threshold:g}; no output gain matters to it, while an"
        " error of 0.1 is beyond rules whose step is too short at $N = 1$ already.",
        f"Keys uniform on the sphere, $d = d_k = d_v$, laws at $d$ = {_listed(laws['d_k'])}.",
        _beyond(laws),
        status_words(shown(frame)),
        f"Dots: measured at $d$ = {_listed(dots['d_k'])} with {span(dots['trials'])} streams,"
        " interpolated linearly between loads; open: every load met it, a lower end.",
        agreement(frame),
        _compared(frame),
        "Grey line: $N^*$ equal to the square root of state, $d$ for a $d$ by $d$ matrix. Each"
        " panel has its own axes.",
        *_nulls(laws, "Law not drawn"),
        *_nulls(dots, "Not measured"),
    ]
    return " ".join(part for part in text if part)


def _listed(sizes: pd.Series) -> str:
    return ", ".join(str(size) for size in sorted(sizes.unique()))


def _beyond(laws: pd.DataFrame) -> str:
    beyond = laws[laws["capacity"] > TOP]
    if beyond.empty:
        return ""
    named = dict.fromkeys(s.label for s, _ in series_of(beyond))
    return f"Axes end at $10^{{{np.log10(TOP):g}}}$ pairs, which lines of {', '.join(named)} pass."


def numbers(frame: pd.DataFrame) -> Quantities:
    """How intervals compare with exact laws, and measured over predicted capacities."""
    return agreement_numbers(frame) | flat(_ratios(frame))


def _ratios(frame: pd.DataFrame) -> dict[str, Quantities]:
    """Measured over predicted capacity, both read at the measured loads, by the law's status."""
    both = both_kinds(frame)
    both = both[both["read_law"] > 0]
    ratios = (both["capacity"] / both["read_law"]).groupby(both["status_law"])
    told = "measured over predicted capacity at the same loads, law"
    return {
        str(status): {
            "least": number(found.min(), f"least {told} {status}"),
            "most": number(found.max(), f"largest {told} {status}"),
            "dots": count(len(found), f"dots whose law is {status}"),
        }
        for status, found in ratios
    }


def _compared(frame: pd.DataFrame) -> str:
    parts = [
        f"{n['least']} to {n['most']} ({status}, {n['dots']} dots)"
        for status, n in _ratios(frame).items()
    ]
    return f"Measured over law, both so read: {'; '.join(parts)}." if parts else ""


def _nulls(rows: pd.DataFrame, what: str) -> Iterator[str]:
    for reason, found in rows[rows["reason"].notna()].groupby("reason", sort=True):
        named = []
        for series, listed in series_of(found.assign(d_k=0, d_v=0)):
            sizes = found.loc[listed.index, "d_k"]
            every = set(sizes) == set(rows["d_k"])
            named.append(series.label if every else f"{series.label} ($d$ = {_listed(sizes)})")
        yield f"{what}, {reason}: {', '.join(named)}."


FIGURE = Figure(
    name="capacity",
    title="Capacity against state size",
    section=Section.CAPACITY,
    rank=2,
    needs={"capacity": export_of("capacity", ASKED.columns)},
    data=data,
    draw=draw,
    caption=caption,
    numbers=numbers,
)
