"""Bits that a scalar of state demonstrably holds at capacity, rule by rule, against bounds."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from capacity.bounds import rank_bound
from capacity.rule import Dims
from capacity.threshold import Criterion
from paper_figures.capacities import (
    KEYS,
    Asked,
    agreeing,
    capacities,
    state_of,
)
from paper_figures.crossings import WIDTH
from paper_figures.data import export_of
from paper_figures.linearity import linear_features
from paper_figures.quantity import Quantities, Quantity, count, number
from paper_figures.rows import Column, marks, row_figure, table
from paper_figures.section import Section
from paper_figures.series import Series

AMONG = 256  # candidates
DIRECTION = Asked(Criterion("cos2", 0.5), "cos2", "cos2_stderr")
CHOICE = Asked(Criterion("accuracy", 0.9, AMONG), "accuracy", "accuracy_stderr")
BITS = (16, 64)  # of a scalar: the bounds of rate-distortion theory and of Fano
GUIDES = tuple((float(bits), f"{bits}") for bits in BITS)
LIMITS = (0.012, 150.0)
X = "bits per scalar of state"
PANELS = {
    "direction": Column("direction: $s^2/p = 1/2$", X, LIMITS, True, GUIDES, ":"),
    "choice": Column(f"choice: 9/10 of {AMONG}", X, LIMITS, True, GUIDES, ":"),
}


def data(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a rule, panel and kind: N* I / state, I the information of a pair at the threshold.

    I is that of rate-distortion theory for the squared cosine and Fano's for the accuracy.
    """
    chosen = frames["accuracy"]
    chosen = chosen[chosen["candidates"].astype(str) == str(AMONG)]
    rows = {"direction": (frames["capacity"], DIRECTION), "choice": (chosen, CHOICE)}
    found: list[dict[str, Any]] = []
    about: dict[str, Any] = {}
    for panel, (each, asked) in rows.items():
        each = _one_size(each)
        d = int(each["d_k"].iloc[0])
        every = capacities(each, asked, (d,))
        found += [mark for row in every.itertuples() for mark in _marks(panel, row, asked)]
        compared, held = agreeing(every)
        numbers = {
            "d": d,
            "trials": int(every["trials"].min()),
            "bits": asked.criterion.bits(d),
            "exact": compared,
            "held": held,
        }
        about |= {f"{panel}_{name}": value for name, value in numbers.items()}
    return table(found).assign(**about)


def _one_size(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows at the largest d at which most rules were measured."""
    rules = rows.groupby("d_k")["rule"].nunique()
    largest_d = int(rules[rules == rules.max()].index.max())
    kept: pd.DataFrame = rows[rows["d_k"] == largest_d]
    return kept


def _marks(panel: str, row: Any, asked: Asked) -> Iterator[dict[str, Any]]:
    series = Series(row.rule, row.parameters, KEYS, row.d_k, row.d_v)
    bits = _held(series, asked.criterion)
    if series.built is None or not row.capacity > 0:
        return
    if row.kind == "law":
        yield marks(panel, series.label, series.family, "law", bits(row.edge), status=row.status)
        if asked is CHOICE:
            return
        features = linear_features(series.built, Dims(row.d_k, row.d_v))
        if features is not None:
            most = largest(features, 1 - asked.criterion.threshold)
            yield marks(panel, series.label, series.family, "bound", bits(most), status="bound")
        return
    ends = sorted(bits(items) for items in (row.low, min(row.high, 1e9)) if items > 0)
    low, high = (np.nan, np.nan) if row.censored else (ends[0], ends[-1])
    kind = "open" if row.censored else "measured"
    yield marks(panel, series.label, series.family, kind, bits(row.capacity), low=low, high=high)


def _held(series: Series, criterion: Criterion) -> Callable[[float], float]:
    def bits(items: float) -> float:
        return items * criterion.bits(series.d_v) / state_of(series, items)

    return bits


def largest(features: int, error: float) -> int:
    """The largest number of items at which the rank bound still allows this mean error."""
    return next(n for n in itertools.count(1) if rank_bound(features, n + 1) > error + 1e-12)


def numbers(frame: pd.DataFrame) -> Quantities:
    """Agreement with exact laws, and the most bits of each panel."""
    first, dots = frame.iloc[0], frame[frame["kind"] == "measured"]
    most = dots.groupby("panel")["x"].max()
    return {
        "Compared": count(int(first["direction_exact"]), "exact laws of the left panel"),
        "Agreeing": count(int(first["direction_held"]), "of these within the bars"),
        "Direction": number(most["direction"], "most bits a scalar by squared cosine"),
        "Choice": number(most["choice"], "most bits a scalar by argmax accuracy"),
        "Share": _share(frame)[1],
    }


def _share(frame: pd.DataFrame) -> tuple[str, Quantity]:
    """The memory nearest to its bound by rank, and per cent of the bound that it reaches."""
    bound = frame[frame["kind"] == "bound"].set_index("row")["x"]
    turned = frame[(frame["kind"] == "measured") & (frame["panel"] == "direction")]
    shares = (turned.set_index("row")["x"] / bound).dropna()
    name = str(shares.idxmax())
    return name, number(100 * shares.max(), f"per cent of its bound by rank, {name}", ".0f")


def caption(frame: pd.DataFrame) -> str:
    """What is counted, which bounds are drawn, what is closest to them."""
    first, dots = frame.iloc[0], frame[frame["kind"] == "measured"]
    best = {n: found.sort_values("x").iloc[-1] for n, found in dots.groupby("panel")}
    nearest, n = _share(frame)[0], numbers(frame)
    most = {"direction": n["Direction"], "choice": n["Choice"]}
    top = {name: f"{most[str(name)]} ({row['row']})" for name, row in best.items()}
    text = [
        f"Bits that a scalar of state demonstrably holds at capacity, $N^* I$ over the scalars of"
        f" state after $N^*$ pairs, of {frame['row'].nunique()} memories at their default"
        f" parameters; keys uniform on the sphere, $d = d_k = d_v = {first['direction_d']}$.",
        "Left: $N^*$ pairs at a mean squared cosine of"
        f" {DIRECTION.criterion.threshold:g}, $I = {first['direction_bits']:g}$ bits of"
        f" rate--distortion theory; {first['direction_trials']} streams. Right: $N^*$ pairs at"
        f" {CHOICE.criterion.threshold:g} argmax accuracy among {AMONG} unit candidates, $I ="
        f" {first['choice_bits']:.2f}$ bits by Fano; {first['choice_trials']} streams.",
        f"Bars: {WIDTH:g} standard errors. Open: every load met the criterion. Among"
        f" {n['Compared']} exact laws of the left panel {n['Agreeing']} lie"
        " within the bars.",
        "The laws of accuracy take the own part of a read-out as Gaussian, which it is not where"
        " a pair is held whole or lost. Dotted across: what a state of scalars of"
        f" {BITS[0]} or {BITS[1]} bits cannot exceed. Dotted in a row, for"
        " memories that read linearly: the bound by rank, $N^* \\leq d_k / (1/2)$, of which"
        f" {nearest} reaches {n['Share']}\\%.",
        f"The most measured below the largest load: {top['direction']} left, {top['choice']}"
        " right.",
    ]
    return " ".join(part for part in text if part)


FIGURE = row_figure(
    "bits",
    "Bits per scalar of state",
    section=Section.CAPACITY,
    rank=4,
    needs={
        "capacity": export_of("capacity", DIRECTION.columns),
        "accuracy": export_of("accuracy", (*CHOICE.columns, "candidates")),
    },
    data=data,
    panels=PANELS,
    caption=caption,
    numbers=numbers,
)
