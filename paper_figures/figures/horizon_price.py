"""Longer horizons at equal price: what every lever gains over a wider memory without one."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from capacity.threshold import Criterion
from paper_figures.curves import Panel, curve_figure, table
from paper_figures.facets import status_words
from paper_figures.horizons import (
    NEED,
    RISING,
    WIDTH_LEVER,
    Best,
    Setting,
    best,
    best_laws,
    largest,
    levered_width,
    settings,
    still_rising,
    weakest_lines,
    widened,
    without,
)
from paper_figures.quantity import Quantities, flat, number
from paper_figures.section import Section


@dataclass(frozen=True)
class Gain:
    """What is compared: a quantity of a curve at a criterion, in words."""

    quantity: str
    criterion: Criterion
    title: str


GAINS = {
    "half": Gain("horizon", Criterion("cos2", 0.5), "horizon at 1/2"),
    "length": Gain("length", Criterion("cos2", 0.5), "number of ages at 1/2"),
    "quarter": Gain("horizon", Criterion("cos2", 0.25), "horizon at 1/4"),
}
COSTS = {"adds": "multiply-adds", "state": "state (scalars)"}
DECADES = tuple(10.0**n for n in range(1, 9))
NAMES = {f"{gain} {cost}": (gain, cost) for cost in COSTS for gain in GAINS}
WIDER = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 20.0)  # widths over d of the memory without a lever


def data(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a dot or a point of a law: y is ``reached`` over what the plain memory reaches.

    That is its law at the width of the same price, between widths straight in the logarithms; dots
    beyond the widths that are tried are left out.
    """
    rows = frames["levers"]
    every, d = settings(rows), levered_width(rows)
    plain = [each for each in every if each.lever == WIDTH_LEVER and each.d == d]
    wider = [widened(each, round(share * d)) for each in plain for share in WIDER]
    line = [each for each in wider if each is not None]
    parts = [part for name in NAMES for part in _panel(every, line, name)]
    order = [one.setting.title for one in best(every, "horizon", GAINS["half"].criterion)]
    frame = weakest_lines(table([part for part in parts if len(part)]).dropna(subset="y"))
    frame = frame.sort_values("series", key=lambda names: names.map(order.index), kind="stable")
    return frame.reset_index(drop=True).assign(
        d=d,
        items=int(rows.loc[rows["d_k"] == d, "items"].iloc[0]),
        trials=int(rows["trials"].min()),
        most_trials=int(rows["trials"].max()),
        plain=order[0],
        largest=frame["series"].map(largest(every)).to_numpy(),
        none=_none(every),
    )


def _none(every: list[Setting]) -> str:
    """Settings that reach no age, by criterion."""
    levels = {gain.criterion.threshold: gain.criterion for gain in GAINS.values()}
    lost = {level: without(every, criterion) for level, criterion in levels.items()}
    return "; ".join(f"{level:g}: {', '.join(names)}" for level, names in lost.items() if names)


def _panel(every: list[Setting], wider: list[Setting], name: str) -> Iterator[pd.DataFrame]:
    gain, cost = GAINS[NAMES[name][0]], NAMES[name][1]
    asked = gain.quantity, gain.criterion
    line = list(best_laws(wider, *asked))
    yield _points(name, cost, line, best(every, *asked), "measured")
    levered = [each for each in every if each.lever != WIDTH_LEVER]
    yield _points(name, cost, line, best_laws(levered, *asked), "law")


def _points(
    name: str, cost: str, line: list[Best], found: Iterable[Best], kind: str
) -> pd.DataFrame:
    """Rows of one kind, of what recalls any age at all."""
    return pd.DataFrame([_row(name, cost, line, one, kind) for one in found if one.found.at > 0])


def _row(name: str, cost: str, line: list[Best], one: Best, kind: str) -> dict[str, object]:
    setting, found = one.setting, one.found
    price = getattr(setting, cost)
    plain, law = _plain(line, cost, price), kind == "law"
    return {
        "panel": name,
        "series": setting.title,
        "rule": "",
        "kind": kind,
        "x": price,
        "y": found.at / plain,
        "stderr": np.nan,
        "status": setting.status if law else None,
        "low": np.nan if law else found.low / plain,
        "high": np.nan if law else found.high / plain,
        "reached": found.at,
        "size": setting.size,
        "parameters": setting.parameters,
    }


def _plain(line: list[Best], cost: str, price: float) -> float:
    """What the memory without a lever reaches at this price; missing beyond the line's ends."""
    known = sorted((getattr(one.setting, cost), one.found.at) for one in line if one.found.at > 0)
    x, y = np.log(np.array(known)).T
    return float(np.exp(np.interp(np.log(price), x, y, left=np.nan, right=np.nan)))


def panels(frame: pd.DataFrame) -> dict[str, Panel]:
    """Gains across, costs down."""
    plain, top = str(frame["plain"].iloc[0]).lower(), 1.06 * float(frame["y"].max())
    return {
        name: Panel(
            GAINS[gain].title,
            COSTS[cost],
            f"over the {plain}",
            "log",
            y_limits=(0.0, top),
            level=1.0,
            x_ticks=DECADES,
        )
        for name, (gain, cost) in NAMES.items()
    }


def caption(frame: pd.DataFrame) -> str:
    """What is drawn, and which levers gain most at equal price."""
    first = frame.iloc[0]
    plain = str(first["plain"]).lower()
    text = [
        "Longer horizons at equal price (open question 2): what each lever of the figure of levers"
        f" reaches, over what the {plain} reaches at the width of equal price, by its law: against"
        " multiply-adds per token (one write, one query) and against scalars of state. What is"
        f" reached: the horizon at squared cosine {GAINS['half'].criterion.threshold:g}, the number"
        " of ages that meet it, to which a lever that learns late adds less, and the horizon at"
        f" {GAINS['quarter'].criterion.threshold:g}.",
        f"Keys uniform on the sphere, $d = {first['d']}$, $N = {first['items']}$,"
        f" {first['trials']} to {first['most_trials']} streams, bars two standard errors. Each"
        " setting at the best of its declared steps for what is shown.",
        status_words(frame),
        *(_most(frame, name) for name in NAMES),
        f"No age meets a squared cosine of {first['none']}." if first["none"] else "",
    ]
    return " ".join(part for part in text if part)


def numbers(frame: pd.DataFrame) -> Quantities:
    """The largest gains of every panel."""
    return flat({name: _gains(frame, name) for name in NAMES})


def _gains(frame: pd.DataFrame, name: str) -> Quantities:
    """The three series that gain most, each at its best size."""
    ranked = _levered(frame, name).groupby("series")["y"].max().sort_values(ascending=False).head(3)
    plain = str(frame["plain"].iloc[0]).lower()
    return {
        str(series): number(y, f"{_compared(name)}: {series} over the {plain}, measured")
        for series, y in ranked.items()
    }


def _levered(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """The dots of a panel that have a lever."""
    dots = frame[(frame["panel"] == name) & (frame["kind"] == "measured")]
    return dots[dots["series"] != dots["plain"]]


def _compared(name: str) -> str:
    gain, cost = NAMES[name]
    return f"{GAINS[gain].title}, equal {COSTS[cost].partition(' (')[0]}"


def _most(frame: pd.DataFrame, name: str) -> str:
    dots, listed = _levered(frame, name), []
    for series, gain in _gains(frame, name).items():
        rising = still_rising(dots[dots["series"] == series], "size")
        listed.append(f"{series} {gain}{f' ({RISING})' if rising else ''}")
    return f"Most, {_compared(name)}: {', '.join(listed)}."


FIGURE = curve_figure(
    "horizon_price",
    "Longer horizons at equal price",
    needs={"levers": NEED},
    data=data,
    panels=panels,
    caption=caption,
    numbers=numbers,
    section=Section.Q2,
    rank=2,
    across=3,
    height=1.75,
)
