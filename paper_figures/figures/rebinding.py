"""A key written twice: how much of its old value is read, and how much of its new one.

What a rule makes of two values of one key, judged by intervals against the same values under keys
of their own: the last value, their sum, a mix of both, or none of these.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from capacity.affine import AffineRule
from capacity.keys import parse_keys
from capacity.rebinding_law import Rebound, rebinding_law
from capacity.recall import Status
from paper_figures.data import export_of
from paper_figures.quantity import Quantities, count, number
from paper_figures.rows import Column, marks, row_figure, table
from paper_figures.section import Section
from paper_figures.series import GROUP, Series, series_of

MEASURED = ("first", "second", "first_excess", "second_excess")
COLUMNS = (
    *(*GROUP, "items", "first_age", "second_age", "trials"),
    *(name for each in MEASURED for name in (each, f"{each}_stderr")),
)
SLACK = 0.1  # of the signal under a key of its own: what counts as nothing, or as no change
WIDTH = 2.0  # standard errors, half of each interval
PANELS = {
    "first": Column(
        "old value",
        r"$s_1 = E\langle v_1, o\rangle$",
        (-0.65, 1.25),
        guides=((0, "last value"), (1, "sum")),
    ),
    "second": Column(
        "new value",
        r"$s_2 = E\langle v_2, o\rangle$",
        (-0.1, 1.4),
        guides=((0, "first"), (1, "last, sum")),
    ),
}


def data(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Two signals a rule, by law where there is one, and what it ``reads`` as its row's name."""
    rows = frames["rebinding"]
    found = [mark for series, each in series_of(rows) for mark in _marks(series, each)]
    first = rows.iloc[0]
    names = ("items", "first_age", "second_age", "d_k", "d_v", "keys")
    return table(found).assign(**{name: first[name] for name in names}, trials=rows["trials"].min())


def _marks(series: Series, rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    row = rows.sort_values("trials").iloc[-1]
    law, label = _law(series, row), f"{series.label}: {reads(row)}"
    for name in PANELS:
        mean, band = row[name], WIDTH * row[f"{name}_stderr"]
        yield marks(name, label, series.family, "measured", mean, low=mean - band, high=mean + band)
        if law is not None:
            told = float(getattr(law, name))
            yield marks(name, label, series.family, "law", told, status=str(Status.EXACT))


def _law(series: Series, row: pd.Series) -> Rebound | None:
    if not isinstance(series.built, AffineRule):
        return None
    law = rebinding_law(series.built, parse_keys(series.keys), series.d_k)
    if law is None:
        return None
    return law.rebound(int(row["items"]), int(row["first_age"]), int(row["second_age"]))


def reads(row: pd.Series) -> str:
    """What the intervals of one row allow, "undecided" where they cross an edge.

    Signals and what they lack against a key of their own are compared with ``SLACK`` of the latter.
    """
    unit = {name: row[name] - row[f"{name}_excess"] for name in ("first", "second")}
    low, high = (
        {
            each: (row[each] + sign * WIDTH * row[f"{each}_stderr"]) / unit[each.split("_")[0]]
            for each in MEASURED
        }
        for sign in (-1, 1)
    )

    def within(name: str) -> bool:
        return bool(low[name] > -SLACK and high[name] < SLACK)

    if within("first_excess") and within("second_excess"):
        return "sum"
    if within("first") and within("second_excess"):
        return "last value"
    if within("second") and within("first_excess"):
        return "first value"
    if high["first"] < -SLACK:
        return "reversed"
    lost = any(high[f"{name}_excess"] < -SLACK for name in unit)
    both = low["first"] > SLACK and low["second"] > SLACK
    return "mix" if lost and both else "undecided"


def deviations(frame: pd.DataFrame) -> pd.Series:
    """|measured - law| in standard errors, of both signals of the rules with a law."""
    dots, laws = (frame[frame["kind"] == kind] for kind in ("measured", "law"))
    both = dots.merge(laws, on=["panel", "row"], suffixes=("", "_law"))
    return (both["x"] - both["x_law"]).abs() / (both["high"] - both["x"]) * WIDTH


def numbers(frame: pd.DataFrame) -> Quantities:
    """How bars compare with laws, and how many rules read what."""
    return _judged(frame) | _verdicts(frame)


def _judged(frame: pd.DataFrame) -> Quantities:
    z = deviations(frame)
    return {
        "Bars": count(len(z), "bars beside a law"),
        "Held": count(int((z <= WIDTH).sum()), "of these hold it"),
        "Farthest": number(z.max(), "standard errors from the law to the farthest dot", ".1f"),
    }


def _verdicts(frame: pd.DataFrame) -> Quantities:
    verdicts = frame.drop_duplicates("row")["row"].str.rpartition(": ")[2].value_counts()
    return {str(name): count(rows, f"rules that read: {name}") for name, rows in verdicts.items()}


def caption(frame: pd.DataFrame) -> str:
    """What is drawn, how rows are named, and how far dots are from their laws."""
    first, n, verdicts = frame.iloc[0], _judged(frame), _verdicts(frame)
    counted = ", ".join(f"{rows} {name}" for name, rows in verdicts.items())
    return (
        "Rebinding: a key is written with $v_1$ and again with $v_2$, the pairs of ages"
        f" {first['first_age']} and {first['second_age']} among $N = {first['items']}$ whose other"
        f" keys are their own; keys uniform on the sphere, $d_k = {first['d_k']}$, $d_v ="
        f" {first['d_v']}$. Signals of both values in the read-out at that key, in units of"
        f" $E|v|^2$; dots: means over {first['trials']} streams, bars {WIDTH:g} standard errors;"
        f" {n['Held']} of {n['Bars']} bars hold their law, the farthest dot at"
        f" {n['Farthest']} standard errors (rules share streams). Behind the name of a rule: what"
        f" it reads, as far as intervals of {WIDTH:g} standard errors say and up to"
        f" {100 * SLACK:.0f}\\% of the signals of the same two values under keys of their own."
        " Sum: both as they are there; last (first) value: that one as it is there and nothing of"
        " the other; mix: something of both, less than there; reversed: the old value with a"
        f" negative sign. Rows: {counted}."
    )


FIGURE = row_figure(
    "rebinding",
    "A key written twice: last value, sum or mix",
    section=Section.INTERFERENCE,
    rank=7,
    needs={"rebinding": export_of("rebinding", COLUMNS)},
    data=data,
    panels=PANELS,
    caption=caption,
    numbers=numbers,
)
