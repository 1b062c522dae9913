"""What lengthens the horizon of a memory: one panel a lever, over its size.

Filled dots are horizons, open ones the youngest age that is recalled as well: a lever that works by
repeating a pair's step for longer recalls the newest pairs later.
"""

from collections.abc import Mapping

import pandas as pd

from capacity.threshold import Criterion
from paper_figures.curves import Panel, curve_figure, points, table
from paper_figures.facets import status_words
from paper_figures.horizons import (
    LEVERS,
    NEED,
    RISING,
    WIDTH_LEVER,
    Best,
    best,
    best_laws,
    held,
    largest,
    levered_width,
    settings,
    still_rising,
    weakest_lines,
    without,
)
from paper_figures.quantity import Quantities, count, flat, number
from paper_figures.section import Section

CRITERION = Criterion("cos2", 0.5)
GAIN = "horizon"


def data(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a dot or a point of a law; ``base``: the horizon of the memory without a lever."""
    rows = frames["levers"]
    every, d = settings(rows), levered_width(rows)
    parts = [_dots(one) for one in best(every, GAIN, CRITERION) if one.found.at > 0]
    parts += [_law(one) for one in best_laws(every, GAIN, CRITERION) if one.found.at > 0]
    frame = weakest_lines(table([part for pair in parts for part in pair]))
    base = frame[
        (frame["panel"] == WIDTH_LEVER) & (frame["x"] == d) & (frame["kind"] == "measured")
    ]
    checked = held(every, GAIN, CRITERION)
    return frame.assign(
        base=float(base["y"].iloc[0]),
        d=d,
        items=int(rows.loc[rows["d_k"] == d, "items"].iloc[0]),
        trials=int(rows["trials"].min()),
        most_trials=int(rows["trials"].max()),
        intervals=len(checked),
        held=sum(checked),
        none=", ".join(without(every, CRITERION)),
        largest=frame["series"].map(largest(every)),
    )


def _dots(one: Best) -> list[pd.DataFrame]:
    setting, found = one.setting, one.found
    dot = points(setting.lever, setting.title, "measured", setting.size, found.at)
    start = points(setting.lever, setting.title, "start", setting.size, one.youngest)
    known = {"parameters": setting.parameters}
    both = [dot.assign(low=found.low, high=found.high, **known), start.assign(**known)]
    return both if one.youngest > 0 else both[:1]


def _law(one: Best) -> list[pd.DataFrame]:
    setting = one.setting
    line = points(
        setting.lever, setting.title, "law", setting.size, one.found.at, status=setting.status
    )
    return [line.assign(parameters=setting.parameters)]


def panels(frame: pd.DataFrame) -> dict[str, Panel]:
    """One a lever, ages on one scale; a grey line at the horizon of the memory without a lever."""
    levered = frame[frame["panel"] != WIDTH_LEVER]
    top = 1.06 * float(levered[["y", "high"]].max().max())
    found = {}
    for lever, (title, label) in LEVERS.items():
        wide = lever == WIDTH_LEVER
        sizes = sorted(frame.loc[frame["panel"] == lever, "x"].unique())
        whole = all(float(size).is_integer() for size in sizes)
        found[lever] = Panel(
            title,
            label,
            "age (pairs)",
            "log",
            x_ticks=tuple(sizes) if whole else (1.0, 2.0, 5.0, 10.0, 20.0),
            level=None if wide else float(frame["base"].iloc[0]),
            y_limits=(0.0, None if wide else top),
        )
    return found


def caption(frame: pd.DataFrame) -> str:
    """What is drawn, and what each lever gains."""
    first, n = frame.iloc[0], _judged(frame)
    text = [
        "What lengthens a horizon (open question 2): the oldest age at which the squared cosine"
        f" of read-out and value is at least {CRITERION.threshold:g} (filled, with the interval of"
        " two standard errors) and, where it is not the newest pair, the youngest (open), against"
        " the size of a lever.",
        f"Keys uniform on the sphere, $d = d_k = d_v = {first['d']}$ but for the panel of widths,"
        f" $N = {first['items']}$ pairs, {first['trials']} to {first['most_trials']} streams."
        " Each setting at the best of its declared steps, laws at the best of the same;"
        f" grey: {n['plain']}, the best of the delta rule alone.",
        status_words(frame),
        f"Of {n['intervals']} intervals beside exact laws at the same step,"
        f" {n['held']} hold the law's (dots share streams).",
        f"Longest, {_longest(frame)}.",
        f"No age meets the criterion: {first['none']}." if first["none"] else "",
    ]
    return " ".join(part for part in text if part)


def numbers(frame: pd.DataFrame) -> Quantities:
    """The horizon without a lever, how intervals lie, and the longest horizons."""
    return _judged(frame) | flat(_farthest(frame))


def _judged(frame: pd.DataFrame) -> Quantities:
    first = frame.iloc[0]
    return {
        "plain": number(first["base"], "horizon of the delta rule without a lever", ".1f"),
        "intervals": count(int(first["intervals"]), "intervals of horizons beside an exact law"),
        "held": count(int(first["held"]), "of these hold the law's"),
    }


def _farthest(frame: pd.DataFrame) -> dict[str, Quantities]:
    """The farthest dot of each series, and the age from which it recalls where that is not 0."""
    rows = frame[frame["panel"] != WIDTH_LEVER]
    dots, starts = (rows[rows["kind"] == kind] for kind in ("measured", "start"))
    on = ["panel", "series", "x"]
    both = dots.merge(starts, on=on, how="left", suffixes=("", "_start"))
    farthest = both.loc[both.groupby("series")["y"].idxmax()].sort_values("y", ascending=False)
    return {str(row["series"]): _reached(row) for _, row in farthest.iterrows()}


def _reached(row: pd.Series) -> Quantities:
    about = f"age that {row['series']} recalls, at its best size"
    found = {"longest": number(row["y"], f"oldest {about}", ".1f")}
    if row["y_start"] > 0:
        found["from"] = number(row["y_start"], f"youngest {about}", ".1f")
    return found


def _longest(frame: pd.DataFrame) -> str:
    dots = frame[(frame["kind"] == "measured") & (frame["panel"] != WIDTH_LEVER)]
    words = []
    for series, n in _farthest(frame).items():
        late = [f"from age {n['from']}"] if "from" in n else []
        rising = still_rising(dots[dots["series"] == series], "x")
        more = ", ".join(late + ([RISING] if rising else []))
        words.append(f"{series}: {n['longest']}{f' ({more})' if more else ''}")
    return "; ".join(words)


FIGURE = curve_figure(
    "longer_horizons",
    "What lengthens a horizon",
    needs={"levers": NEED},
    data=data,
    panels=panels,
    caption=caption,
    numbers=numbers,
    section=Section.Q2,
    rank=1,
    across=3,
    height=1.7,
)
