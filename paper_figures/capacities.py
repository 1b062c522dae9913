"""Capacity of every rule at its defaults: measured with intervals, and of the laws.

Capacity N* is the largest number of pairs such that every load up to it meets a criterion on the
mean over stored ages. What is measured falls between two loads, by linear interpolation; its
interval holds the loads at which the threshold is within two standard errors of the measured mean
(the test that would not refuse them), by the same interpolation of the band's two edges.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from capacity.keys import parse_keys
from capacity.law import Law
from capacity.recall import Status, weakest
from capacity.rule import Dims
from capacity.threshold import Criterion, Found, Over, capacity
from paper_figures.crossings import WIDTH, Array, banded, crossing
from paper_figures.quantity import Quantities, count, flat, number
from paper_figures.series import Series, defaults, most_trials, series_of

KEYS = "sphere"
LIMIT = 1024  # largest number of items tried for the capacity of a law
NO_LOADS = np.array([])
COLUMNS = ("rule", "parameters", "keys", "d_k", "d_v", "items", "trials")


@dataclass(frozen=True)
class Asked:
    """A criterion, and the columns of measured means and standard errors that it judges."""

    criterion: Criterion
    mean: str
    stderr: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read from an export."""
        return (*COLUMNS, self.mean, self.stderr)


def capacities(rows: pd.DataFrame, asked: Asked, sizes: tuple[int, ...]) -> pd.DataFrame:
    """One row a rule at its defaults, d and kind: measured at the d of the rows, laws at ``sizes``.

    ``reason`` says why a capacity is missing; it is 0 where the fewest pairs tried already fail,
    ``censored`` where all loads meet the criterion, so that capacity is the largest load. ``high``
    is infinite where the largest load may still meet it. State is in scalars after N* pairs. A
    law's capacity is a whole number; ``edge`` is where its mean meets the threshold, between N*
    and N* + 1 by linear interpolation (for what is measured: capacity itself); ``read`` is where it
    does as measurements see it, by linear interpolation between the measured loads.
    """
    rows = most_trials(rows[(rows["keys"] == KEYS) & (rows["d_k"] == rows["d_v"])])
    rows = defaults(rows)
    named = dict.fromkeys((series.rule, series.parameters) for series, _ in series_of(rows))
    found = [measured(series, each, asked) for series, each in series_of(rows)]
    found += [
        of_law(*name, d, asked.criterion, loads_of(rows, name[0], d))
        for name in named
        for d in sizes
    ]
    table = pd.concat(found, ignore_index=True)
    absent = {name: None for name in ("status", "reason") if name not in table}
    return table.assign(**absent, trials=table["trials"].astype("Int64"))


def loads_of(rows: pd.DataFrame, rule: str, d: int) -> Array:
    """The loads at which a rule was measured, ascending."""
    found = rows.loc[(rows["rule"] == rule) & (rows["d_k"] == d), "items"]
    return np.unique(found.to_numpy(float))


def measured(series: Series, rows: pd.DataFrame, asked: Asked) -> pd.DataFrame:
    """The capacity of one series, with its interval."""
    rows = rows.sort_values("items")
    found = banded(rows["items"], rows[asked.mean], rows[asked.stderr], asked.criterion)
    stored = found.at
    state, reason = state_of(series, stored), None
    if np.isnan(state):
        reason = "state unknown"
    if stored == 0:
        reason = f"already fails at the fewest pairs tried, {rows['items'].iloc[0]:g}"
    row = {
        "kind": "measured",
        "state": state,
        "capacity": stored,
        "edge": stored,
        "low": found.low,
        "high": found.high,
        "censored": found.censored,
        "trials": int(rows["trials"].min()),
        "reason": reason,
    }
    return series.marked(pd.DataFrame([row]))


def state_of(series: Series, items: float) -> float:
    """Scalars of state after so many pairs; NaN for a rule that is not known here."""
    pairs = max(1, int(items))
    if series.built is None:
        return np.nan
    return float(series.built.state_scalars(Dims(series.d_k, series.d_v, pairs), pairs))


def of_law(
    rule: str, parameters: str, d: int, criterion: Criterion, loads: Array = NO_LOADS
) -> pd.DataFrame:
    """The capacity of a law, a whole number, with its status or the reason why there is none.

    ``read`` is where its mean, known at these loads alone, meets the threshold: see ``capacities``.
    """
    series = Series(rule, parameters, KEYS, d, d)
    law = series.law(LIMIT)
    if law is None:
        found, status = Found(None, "no law"), None
    else:
        found = capacity(law, criterion, Dims(d, d), parse_keys(KEYS), Over("mean"), LIMIT)
        status = status_of(law, criterion)
    stored = np.nan if found.value is None else float(found.value)
    row = {
        "kind": "law",
        "state": np.nan if found.value is None else state_of(series, stored),
        "capacity": stored,
        "edge": np.nan if law is None or not found.value else edge(law, found.value, criterion, d),
        "read": _read(series, loads, criterion),
        "censored": False,
        "status": status,
        "reason": "already fails at one pair" if found.value == 0 else found.reason,
    }
    return series.marked(pd.DataFrame([row]))


def status_of(law: Law, criterion: Criterion) -> str:
    """The status of a criterion's mean; accuracy is asymptotic in d_v whatever the law."""
    accuracy = {"accuracy": Status.ASYMPTOTIC} if criterion.metric == "accuracy" else {}
    return str(weakest({**law.statuses, **accuracy}))


def edge(law: Law, items: int, criterion: Criterion, d_v: int) -> float:
    """Where a law's mean over ages meets the threshold, between ``items`` and one more."""
    return _crossed(law, np.array([items, items + 1.0]), criterion, d_v)


def _crossed(law: Law, loads: Array, criterion: Criterion, d_v: int) -> float:
    each = law.one if law.alike else law.recall
    means = [criterion.measure(each(int(n)), d_v).mean() for n in loads]
    return crossing(loads, means, criterion)[0]


def _read(series: Series, loads: Array, criterion: Criterion) -> float:
    law = series.law(int(loads.max())) if len(loads) else None
    return np.nan if law is None else _crossed(law, loads, criterion, series.d_v)


def shown(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows with a place on logarithmic axes."""
    return frame[(frame["capacity"] > 0) & frame["state"].notna()]


def both_kinds(frame: pd.DataFrame) -> pd.DataFrame:
    """Measured capacities that some load exceeded, beside the law's at the same rule and d."""
    rows = shown(frame)
    dots = rows[(rows["kind"] == "measured") & ~rows["censored"].astype(bool)]
    laws = rows[rows["kind"] == "law"]
    return dots.merge(laws, on=["rule", "parameters", "d_k"], suffixes=("", "_law"))


def agreeing(frame: pd.DataFrame) -> tuple[int, int]:
    """Measured intervals beside exact laws, and how many of them hold the law's capacity.

    The law is read as the measurement is, at the measured loads.
    """
    both = both_kinds(frame)
    both = both[both["status_law"] == "exact"]
    return len(both), int(both["read_law"].between(both["low"], both["high"]).sum())


def numbers(frame: pd.DataFrame) -> Quantities:
    """What :func:`agreement` quotes."""
    compared, agrees = agreeing(frame)
    if compared == 0:
        return {}
    return {
        "Compared": count(compared, "measured intervals of a capacity beside an exact law"),
        "Agreeing": count(agrees, "of these hold the law's, read at the measured loads"),
    } | jump_numbers(_jumps(frame))


def agreement(frame: pd.DataFrame) -> str:
    """A caption's sentence on intervals and exact laws."""
    n = numbers(frame)
    if not n:
        return ""
    text = (
        f"Bars: loads at which the threshold is within {WIDTH:g} standard errors of the measured"
        f" mean; {n['Agreeing']} of {n['Compared']} hold the exact law's, read at the same loads."
    )
    return " ".join(part for part in (text, jump_words(_jumps(frame))) if part)


def jumped(read: float, edge: float, low: float, high: float) -> bool:
    """Whether a law read at the measured loads is off its edge by more than half an interval."""
    return abs(read - edge) > (high - low) / 2


def _jumps(frame: pd.DataFrame) -> pd.DataFrame:
    """Laws that the measured loads misplace: ``rule``, ``title``, ``d``, ``whole`` and ``read``."""
    found = []
    for _, row in both_kinds(frame).iterrows():
        if jumped(row["read_law"], row["edge_law"], row["low"], row["high"]):
            d = int(row["d_k"])
            title = Series(row["rule"], row["parameters"], KEYS, d, d).label
            found.append((row["rule"], title, d, row["capacity_law"], row["read_law"]))
    return jump_table(found)


def jump_table(found: list[tuple[str, str, int, float, float]]) -> pd.DataFrame:
    """Rows of rule, title, d, the law's N* and where it crosses as read at the measured loads."""
    return pd.DataFrame(found, columns=["rule", "title", "d", "whole", "read"])


def jump_numbers(jumps: pd.DataFrame) -> Quantities:
    """What :func:`jump_words` quotes."""
    return flat({f"{row['rule']}-D{row['d']}": _jump(row) for _, row in jumps.iterrows()})


def _jump(row: pd.Series) -> Quantities:
    about = f"capacity of {row['title']} at d = {row['d']} by the law"
    return {
        "law": count(int(row["whole"]), f"{about}, a whole number"),
        "read": number(row["read"], f"{about} as read at the measured loads"),
    }


def jump_words(jumps: pd.DataFrame) -> str:
    """A caption's sentences on laws whose mean falls too fast for the measured loads."""
    told = []
    for title, rows in jumps.groupby("title", sort=False):
        each = [(row["d"], _jump(row)) for _, row in rows.iterrows()]
        places = (f"{n['read']} at $d = {d}$ (exactly: $N^* = {n['law']}$)" for d, n in each)
        told.append(
            f"Read at the measured loads by the same interpolation, the law of {title} crosses at"
            f" {' and '.join(places)}: its mean falls steeply between two of them."
        )
    return " ".join(told)
