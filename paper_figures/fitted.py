"""Tables of fitted sizes, capacities or horizons: a row a rule, what is measured beside its law.

The sizes come from exports of :mod:`experiments.thresholds`, with intervals by bootstrap over
streams. Columns of the data end with the dimension, as in ``measured_32``.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from capacity.threshold import Criterion
from paper_figures.columns import Column, Interval, Kind, Number
from paper_figures.data import Need
from paper_figures.facets import span
from paper_figures.quantity import Quantities, Quantity, count
from paper_figures.series import Series, defaults, series_of
from paper_figures.style import family_order

READ = (
    *("rule", "parameters", "keys", "d_k", "d_v", "criterion", "value", "low", "high"),
    *("censored", "smallest", "largest", "points", "trials", "blocks", "resamples", "confidence"),
)


@dataclass(frozen=True)
class Answer:
    """What a law says: a whole number of pairs, or the reason why there is none.

    A measured curve that follows the law crosses the threshold between ``value`` and one more.
    """

    value: float
    status: str | None
    reason: str | None = None


def fitted(sweep: str, *more: str) -> Need:
    """The sizes that the export of a sweep computes, with ``more`` columns."""
    make = f"python -m experiments run {sweep} --preset {{preset}} && "
    make += f"python -m experiments export {sweep} --preset {{preset}}"
    return Need(f"threshold-{sweep}-{{preset}}.parquet", (*READ, *more), make)


def table_of(
    sizes: pd.DataFrame,
    law: Callable[[Series, pd.Series], dict[str, Answer]],
    fails: Callable[[pd.Series], str],
) -> pd.DataFrame:
    """One row a rule at its defaults, from one row a rule and dimension.

    ``law`` answers by name of the column, the first of which is what the measurement is compared
    with; ``fails`` words that no size meets the criterion.
    """
    kept = defaults(sizes[(sizes["keys"] == "sphere") & (sizes["d_k"] == sizes["d_v"])])
    rows: dict[str, dict[str, object]] = {}
    for series, found in series_of(kept):
        row = rows.setdefault(series.rule, _named(series))
        one = found.iloc[0]
        answers = law(series, one)
        row |= dict(_cells(one, answers, fails(one)))
        row["status"] = next(iter(answers.values())).status
    return _about(pd.DataFrame(_sorted(list(rows.values()))), kept)


def _named(series: Series) -> dict[str, object]:
    return {"family": series.family, "rule": series.rule, "title": series.label}


def _sorted(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return sorted(rows, key=lambda row: (family_order(str(row["family"])), str(row["rule"])))


def _cells(
    row: pd.Series, answers: dict[str, Answer], fails: str
) -> Iterator[tuple[str, float | str | bool | None]]:
    d, missing = row["d_k"], row["value"] == 0
    for name in ("value", "low", "high"):
        end = "" if name == "value" else f"_{name}"
        yield f"measured_{d}{end}", np.nan if missing else float(row[name])
    yield f"measured_{d}_reason", fails if missing else None
    for name, answer in answers.items():
        yield f"{name}_{d}", answer.value
        yield f"{name}_{d}_reason", answer.reason
    first = next(iter(answers.values()))
    exact = first.status == "exact" and not missing and not row["censored"]
    comparable = exact and not np.isnan(first.value)
    agrees = row["low"] <= first.value + 1 and row["high"] >= first.value
    yield f"agrees_{d}", bool(agrees) if comparable else None


def _about(table: pd.DataFrame, kept: pd.DataFrame) -> pd.DataFrame:
    """Settings that all rows share, so that a caption finds them in the data."""
    first = kept.iloc[0]
    return table.assign(
        criterion=first["criterion"],
        streams=span(kept["trials"]),
        blocks=int(first["blocks"]),
        resamples=int(first["resamples"]),
        confidence=float(first["confidence"]),
    )


def sizes_of(frame: pd.DataFrame) -> list[int]:
    """The dimensions of the table's columns."""
    every = (str(name) for name in frame.columns)
    names = (name.removeprefix("measured_") for name in every if name.startswith("measured_"))
    return sorted(int(name) for name in names if name.isdecimal())


def columns_of(frame: pd.DataFrame, laws: dict[str, str]) -> tuple[Kind, ...]:
    """Rule, status, and for each dimension what is measured and the laws under their heads."""
    found: list[Kind] = [Column("title", "Rule", wide="3.0cm"), Column("status", "Law")]
    for d in sizes_of(frame):
        found.append(Interval(f"measured_{d}", f"$d = {d}$", best="max", within="family", most=1))
        found += [Number(f"{name}_{d}", head) for name, head in laws.items()]
    return tuple(found)


def numbers_of(frame: pd.DataFrame, what: str) -> Quantities:
    """How many intervals hold an exact law's value, and each measured size."""
    agrees = pd.concat([frame[f"agrees_{d}"] for d in sizes_of(frame)]).dropna().astype(bool)
    found = {
        "Compared": count(len(agrees), f"measured intervals of a {what} beside an exact law"),
        "Agreeing": count(int(agrees.sum()), "of these hold the law's"),
    }
    for d in sizes_of(frame):
        for _, row in frame[frame[f"measured_{d}"].notna()].iterrows():
            about = f"measured {what} of {row['title']} at d = {d}"
            found[f"{row['rule']}-D{d}"] = _quantity(row, d, about)
    return found


def _quantity(row: pd.Series, d: int, what: str) -> Quantity:
    entry = Interval(f"measured_{d}", "", most=1).entries(row.to_frame().T)[0]
    text = f"{entry.text}{entry.tail}".replace(r"\ge ", r"$\ge$ ")
    return Quantity(float(row[f"measured_{d}"]), text, what)


def method(frame: pd.DataFrame) -> str:
    """A caption's sentences on fits and intervals."""
    row, numbers = frame.iloc[0], numbers_of(frame, "size")
    return (
        f"Measured with {row['streams']} streams: where the isotonic fit of the mean falls to"
        f" {Criterion.parse(row['criterion']).threshold:g}, with distances to the ends of"
        f" {100 * row['confidence']:g} \\% intervals ({row['resamples']} resamples of"
        f" {row['blocks']} blocks of streams; percentiles expanded for their number)."
        f" Of {numbers['Compared']} intervals beside an exact law {numbers['Agreeing']} hold it;"
        " a law is a whole number, met by the measured curve between it and one more."
        " Bold: the largest of a family, and all that cannot be told from it at that level."
    )
