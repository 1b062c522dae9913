"""Capacity against state size for every rule: laws as lines, measurements as dots."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from capacity.keys import parse_keys
from capacity.rule import Dims
from capacity.threshold import Criterion, Found, Over, capacity
from paper_figures.data import sweep
from paper_figures.facets import facets, law_line, span, status_words
from paper_figures.figure import Figure
from paper_figures.series import Series, defaults, law_status, most_trials, series_of, together
from paper_figures.style import Style

CRITERION = Criterion("cos2", 0.5)  # an error of 0.1 fails at N = 1 for steps beta < 0.68
SIZES = (8, 16, 32, 64, 128)  # d = d_k = d_v of the laws
LIMIT = 1024  # largest number of items tried for the capacity of a law
TOP = 1e6  # axes end at this number of pairs
KEYS = "sphere"


def data(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a rule, d and kind (law or measured); ``reason`` says why a capacity is missing.

    ``capacity`` is 0 where the fewest pairs tried already fail; ``censored`` where all loads meet
    the criterion, so that capacity is the largest load. State is in scalars after N* pairs.
    """
    rows = frames["capacity"]
    rows = most_trials(rows[(rows["keys"] == KEYS) & (rows["d_k"] == rows["d_v"])])
    rows = defaults(rows[rows["age"].notna()])
    measured = [_measured(series, found) for series, found in series_of(rows)]
    named = dict.fromkeys((series.rule, series.parameters) for series, _ in series_of(rows))
    laws = [_of_law(rule, parameters, d) for rule, parameters in named for d in SIZES]
    parts = [*measured, *laws]
    table = together(parts, ("status", "reason", "trials"))
    return table.astype({"trials": "Int64"})


def _measured(series: Series, rows: pd.DataFrame) -> pd.DataFrame:
    cos2 = (rows["signal"] ** 2 / rows["power"].where(rows["power"] > 0)).fillna(0.0)
    means = cos2.groupby(rows["items"]).mean().sort_index()
    stored, censored = crossing(means.index.to_numpy(float), means.to_numpy())
    found = {"capacity": stored, "censored": censored, "trials": int(rows["trials"].min())}
    state = _state(series, stored)
    row = pd.DataFrame([{"kind": "measured", "state": state, **found}])
    if np.isnan(state):
        row = row.assign(reason="state unknown")
    if stored == 0:
        row = row.assign(reason=f"already fails at the fewest pairs tried, {means.index[0]}")
    return series.marked(row)


def crossing(items: np.ndarray, means: np.ndarray) -> tuple[float, bool]:
    """Where the mean first fails, between two loads by linear interpolation; whether censored."""
    fails = np.flatnonzero(~CRITERION.met(means))
    if len(fails) == 0:
        return float(items[-1]), True
    if fails[0] == 0:
        return 0.0, False
    before, after = fails[0] - 1, fails[0]
    share = (means[before] - CRITERION.threshold) / (means[before] - means[after])
    return float(items[before] + share * (items[after] - items[before])), False


def _state(series: Series, items: float) -> float:
    pairs = max(1, int(items))
    if series.built is None:
        return np.nan
    return float(series.built.state_scalars(Dims(series.d_k, series.d_v, pairs), pairs))


def _of_law(rule: str, parameters: str, d: int) -> pd.DataFrame:
    series = Series(rule, parameters, KEYS, d, d)
    law = series.law(LIMIT)
    if law is None:
        found, status = Found(None, "no law"), None
    else:
        found = capacity(law, CRITERION, Dims(d, d), parse_keys(KEYS), Over("mean"), LIMIT)
        status = law_status(law)
    stored = np.nan if found.value is None else float(found.value)
    state = np.nan if found.value is None else _state(series, stored)
    reason = "already fails at one pair" if found.value == 0 else found.reason
    row = {"kind": "law", "state": state, "capacity": stored, "censored": False}
    return series.marked(pd.DataFrame([{**row, "status": status, "reason": reason}]))


def shown(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows with a place on logarithmic axes."""
    return frame[(frame["capacity"] > 0) & frame["state"].notna()]


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
    for censored, found in rows.groupby("censored"):
        (dots,) = ax.plot(found["state"], found["capacity"], series.marker, color=series.colour)
        dots.set(**series.dots)
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
        f" ages, is at least {CRITERION.threshold:g}; no output gain matters to it, while an error"
        " of 0.1 is beyond rules whose step is too short at $N = 1$ already.",
        f"Keys uniform on the sphere, $d = d_k = d_v$, laws at $d$ = {_listed(laws['d_k'])}.",
        _beyond(laws),
        status_words(shown(frame)),
        f"Dots: measured at $d$ = {_listed(dots['d_k'])} with {span(dots['trials'])} streams,"
        " interpolated linearly between loads; open: every load met it, a lower end.",
        _ratios(dots, laws),
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


def _ratios(dots: pd.DataFrame, laws: pd.DataFrame) -> str:
    crossed = shown(dots)[~shown(dots)["censored"].astype(bool)]
    both = crossed.merge(shown(laws), on=["rule", "parameters", "d_k"], suffixes=("", "_law"))
    ratios = (both["capacity"] / both["capacity_law"]).groupby(both["status_law"])
    parts = [f"{r.min():.2f} to {r.max():.2f} ({status}, {len(r)} dots)" for status, r in ratios]
    return f"Measured over law (a whole number): {'; '.join(parts)}." if parts else ""


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
    needs={"capacity": sweep("capacity")},
    data=data,
    draw=draw,
    caption=caption,
)
