"""Keys that carry positions: recall against age under rotations and short filters."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from capacity.discover import rules, wrapped
from capacity.keys import parse_keys
from capacity.rule import Dims
from capacity.wrapper import Wrapper
from paper_figures.curves import (
    Panel,
    agreement,
    agreement_numbers,
    curve_figure,
    points,
    table,
)
from paper_figures.data import export_of
from paper_figures.gain import best_gain_error
from paper_figures.quantity import Quantities, flat, measured
from paper_figures.section import Section
from paper_figures.series import Series, law_status
from paper_figures.style import family_order

MEASURED = ("signal", "signal_stderr", "power", "power_stderr")
NEED = export_of(
    "positions",
    (
        *("rule", "parameters", "wrappers", "keys", "d_k", "d_v", "items", "age", "trials"),
        *MEASURED,
    ),
)
AGES = (0, 1, 2, 3, 5, 7, 11, 15, 23, 31, 47, 63, 95, 127, 191, 255)
PLAIN = "keys as they are"
QUANTITIES = {"signal": r"signal $s$", "error": r"error $1 - s^2/p$"}


def panels(frame: pd.DataFrame) -> dict[str, Panel]:
    """Signal and error, a column a rule."""
    titles = {str(name): name.split(" ", 1)[1] for name in frame["panel"].unique()}
    return {
        name: Panel(
            title,
            "age $a$ + 1",
            QUANTITIES[name.split(" ", 1)[0]],
            "log",
            level=0.0 if name.startswith("signal") else 1.0,
        )
        for quantity in QUANTITIES
        for name, title in titles.items()
        if name.startswith(quantity)
    }


def data(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a dot, and one an age of a law; x is the age plus one."""
    rows = frames["positions"]
    rows = rows[rows["age"].notna()].astype({"age": int})
    order = sorted(rows["rule"].unique(), key=_simplest)
    parts = [
        part
        for rule in order
        for wrappers in sorted(rows["wrappers"].unique(), key=_place)
        for part in _curves(rows[(rows["rule"] == rule) & (rows["wrappers"] == wrappers)])
    ]
    first = rows.iloc[0]
    about = {name: int(first[name]) for name in ("d_k", "items")}
    return table(parts).assign(**about, trials=int(rows["trials"].min()))


def _simplest(rule: str) -> tuple[int, str, int]:
    kind = rules()[rule]
    return *family_order(kind.family), len(kind.parameters())


def _place(wrappers: str) -> tuple[int, str]:
    return len(json.loads(wrappers)), wrappers


def _curves(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    first, items = rows.iloc[0], int(rows["items"].max())
    plain = rules()[first["rule"]].with_values(**json.loads(first["parameters"]))
    rule = wrapped(plain, json.loads(first["wrappers"]))
    name = _name(rule)
    title = Series(first["rule"], first["parameters"], first["keys"], 0, 0).label
    dots = rows[rows["age"].isin(AGES)].sort_values("age")
    at = dots["age"] + 1
    s, ds, p, dp = (dots[name].to_numpy() for name in MEASURED)
    error, spread = best_gain_error(s, ds, p, dp)
    yield points(f"signal {title}", name, "measured", at, s, stderr=ds)
    yield points(f"error {title}", name, "measured", at, error, stderr=spread)
    law = rule.law(parse_keys(str(first["keys"])), Dims(int(first["d_k"]), int(first["d_v"])))
    if law is not None:
        told, status, ages = law.recall(items), law_status(law), np.arange(1, items + 1)
        signal, power = np.broadcast_arrays(told.signal, told.power, ages)[:2]
        yield points(f"signal {title}", name, "law", ages, signal, status=status)
        yield points(f"error {title}", name, "law", ages, 1 - signal**2 / power, status=status)


def _name(rule: Any) -> str:
    """The wrapper with its parameters; the plain rule has none."""
    if not isinstance(rule, Wrapper):
        return PLAIN
    (parameter,) = rule.parameters()
    value = np.atleast_1d(getattr(rule, parameter.name))
    told = ", ".join(f"{x:.2g}" if x < 1 else f"{x:g}" for x in value)
    name = rule.title if len(value) == 1 else "filter"
    brackets = told if len(value) == 1 else f"({told})"
    return rf"{name}, ${parameter.symbol} = {brackets}$"


def caption(frame: pd.DataFrame) -> str:
    """What is drawn, and what positions cost at the oldest age."""
    first = frame.iloc[0]
    text = [
        "Positions in keys (open question 3): recall of stored keys by age after"
        f" $N = {first['items']}$ pairs, unit keys, $d_k = {first['d_k']}$. RoPE turns a key by its"
        " position, in planes of which the slowest turns by $b^{-1 + 2/d}$ a pair, and a query to"
        " the newest; a short convolution adds the keys just before, and a query, filtered as the"
        " next key, brings the newest keys along.",
        _reach(frame),
        f"Dots: {first['trials']} streams, bars one standard error (of errors an upper"
        " end); lines: exact laws; dots without a line: no law.",
        agreement(frame),
    ]
    return " ".join(part for part in text if part)


def _told(frame: pd.DataFrame) -> pd.DataFrame:
    """Signals of the first rule at the newest, a middle and the oldest age."""
    rows = frame[(frame["kind"] == "measured") & (frame["panel"] == frame["panel"].iloc[0])]
    places = sorted(rows["x"].unique())
    told: pd.DataFrame = rows[rows["x"].isin((places[0], places[len(places) // 2], places[-1]))]
    return told.assign(age=told["x"] - 1).sort_values("age", kind="stable")


def _signals(frame: pd.DataFrame) -> dict[str, Quantities]:
    """Signal of each kind of key by age."""
    told = _told(frame)
    title = told["panel"].iloc[0].partition(" ")[2]
    return {
        str(name): {
            f"age {row['age']:g}": measured(
                row["y"], row["stderr"], f"signal at age {row['age']:g} of {title}, {name}"
            )
            for _, row in rows.iterrows()
        }
        for name, rows in told.groupby("series", sort=False)
    }


def numbers(frame: pd.DataFrame) -> Quantities:
    """Signals by age, and the agreement."""
    return agreement_numbers(frame) | flat(_signals(frame))


def _reach(frame: pd.DataFrame) -> str:
    told, signals = _told(frame), _signals(frame)
    ages = ", ".join(f"{age:g}" for age in told["age"].unique())
    title = told["panel"].iloc[0].partition(" ")[2]
    found = "; ".join(
        f"{name} {', '.join(str(signal) for signal in by_age.values())}"
        for name, by_age in signals.items()
    )
    return f"Signals at ages {ages} ({title}): {found}."


FIGURE = curve_figure(
    "positions",
    "Recall of keys that carry positions",
    needs={"positions": NEED},
    data=data,
    panels=panels,
    caption=caption,
    numbers=numbers,
    section=Section.Q3,
    rank=2,
)
