r"""Nonparametric attention grows, after Figure 2 of McDermott, Heath, Parhi 2026.

Softmax attention is a net with one hidden unit a token: in-weights k_i, a softmax over the units of
k_i . q / h^2, out-weights v_i. The weights drawn are the entries of the state of the rule that
ships, after it has written 1, 2, ..., t pairs. Rule and pairs are data: the JSON file beside this
one.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from capacity.discover import rule_class
from capacity.rule import Dims, Rule, State, Token
from paper_figures import network
from paper_figures.figure import Figure
from paper_figures.pairs import pairs
from paper_figures.quantity import Quantities, count
from paper_figures.section import Section
from paper_figures.style import Style

SETUP = json.loads(Path(__file__).with_suffix(".json").read_text())
NEW, OLD = "#000000", "#AAAAAA"


def data(frames: Mapping[str, pd.DataFrame], setup: Mapping[str, Any] = SETUP) -> pd.DataFrame:
    """A row a weight of the net after t pairs; ``unit`` counts hidden units from 1."""
    rule: Rule = rule_class(setup["rule"]).with_values(**setup["parameters"])
    d_k, d_v, times = setup["d_k"], setup["d_v"], setup["times"]
    keys, values = pairs(d_k, d_v, max(times), setup["seed"])
    state, parts = rule.init(Dims(d_k, d_v, len(keys))), []
    for t, (k, v) in enumerate(zip(keys, values, strict=True), 1):
        state = rule.write(state, Token(k[None], v[None]))
        if t in times:
            parts.append(_net(rule, state, Dims(d_k, d_v, len(keys)), t).assign(t=t))
    table = pd.concat(parts, ignore_index=True)
    return table.assign(rule=setup["rule"], **rule.values())


def _net(rule: Rule, state: State, dims: Dims, t: int) -> pd.DataFrame:
    """The live part of the state as weights: keys lead into the units, values out of them."""
    live, arrays = rule.live(dims, t), state._asdict()
    into, out = (arrays[name][: live[name][0]].numpy() for name in ("keys", "values"))
    rows = pd.concat([network.weight_rows(into, 0), network.weight_rows(out.T, 1)])
    return rows.assign(unit=rows["target"].where(rows["layer"] == 0, rows["source"]) + 1)


def draw(frame: pd.DataFrame, style: Style) -> Canvas:
    """One panel for each number of tokens seen; the newest unit black, older ones grey."""
    times = sorted(frame["t"].unique())
    wide, most = style.columns == 2, int(frame["unit"].max())
    canvas = style.canvas(1.5 if wide else 1.2 * len(times))
    largest = float(frame["weight"].abs().max())
    axes = network.panels(canvas, len(times), wide=wide)
    for t, ax in zip(times, axes, strict=True):
        _panel(ax, frame[frame["t"] == t], int(t), most, largest)
    for t, later, ax in zip(times, times[1:], axes, strict=False):
        if later > t + 1:
            text, place = (r"$\cdots$", (1.04, 0.45)) if wide else (r"$\vdots$", (0.5, -0.12))
            ax.annotate(text, place, xycoords="axes fraction", ha="center", va="center")
    return canvas


def _panel(ax: Axes, rows: pd.DataFrame, t: int, most: int, largest: float) -> None:
    into = rows[rows["layer"] == 0]
    places = [
        network.column(0, into["source"].max() + 1),
        network.column(1, t, slots=most),
        network.column(2, rows.loc[rows["layer"] == 1, "target"].max() + 1),
    ]
    shown = rows.assign(colour=(rows["unit"] == t).map({True: NEW, False: OLD}))
    network.weights(ax, shown.sort_values("unit"), places, largest)
    white = ["white"] * most
    for layer in (0, 2):
        network.units(ax, places[layer], layer, faces=white[: len(places[layer])], edges=NEW)
    network.units(ax, places[1], 1, faces=[OLD] * (t - 1) + [NEW], edges="white")
    for name, gap in (("k", 0), ("v", 1)):
        start, end = places[gap][0], places[gap + 1][0]
        x = (start.x + end.x) / 2
        ax.text(x, most / 2 - 0.3, _series(name, t), ha="center", va="center", gid=f"name {name}")
    ax.text(places[0][0].x - 0.35, 0, "$q$", ha="right", va="center")
    ax.text(places[2][0].x + 0.35, 0, f"$y_{t}$", ha="left", va="center")
    ax.set_title(f"$t={t}$")
    network.bare(ax, (-1.0, 5.4), (-most / 2 + 0.15, most / 2))


def _series(name: str, t: int) -> str:
    """k_1, then k_1, k_2, then k_1 ... k_t."""
    if t == 1:
        return f"${name}_1$"
    return f"${name}_1{',' if t == 2 else chr(92) + 'ldots'}\\,{name}_{t}$"


def numbers(frame: pd.DataFrame) -> Quantities:
    """Weights after so many tokens."""
    grown = frame.groupby("t")["weight"].count()
    return {f"weights {t}": count(n, f"weights at t = {t}") for t, n in grown.items()}


def caption(frame: pd.DataFrame) -> str:
    """What a unit is, how many there are, and what the lines mean."""
    times = sorted(frame["t"].unique())
    d_k = int(frame.loc[frame["layer"] == 0, "source"].max()) + 1
    d_v = int(frame.loc[frame["layer"] == 1, "target"].max()) + 1
    return (
        "Nonparametric attention grows, after Figure~2 of \\citet{mcdermott2026lifelong}. Softmax"
        " attention is a net whose hidden layer (softmax over its units, scores $k_i^\\top q/h^2$,"
        f" $h = {frame['bandwidth'].iloc[0]:g}$) has one unit a token, with in-weights $k_i$ and"
        f" out-weights $v_i$: {_listed(times)} units after {_listed(times)} tokens, the newest"
        f" black, older ones grey, and {_listed(numbers(frame).values())} weights. Drawn from the"
        f" state of the rule, $d_k = {d_k}$, $d_v = {d_v}$, random unit keys; the width of a line"
        " is the weight's magnitude, dashed lines are negative."
    )


def _listed(values: object) -> str:
    *first, last = map(str, values)  # type: ignore[call-overload]
    return f"{', '.join(first)} and {last}" if first else last


FIGURE = Figure(
    name="growing_network",
    title="Nonparametric attention grows",
    section=Section.PAPER,
    rank=3,
    needs={},
    data=data,
    draw=draw,
    caption=caption,
    numbers=numbers,
)
