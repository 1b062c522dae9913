"""Horizons of every rule in a long stream, measured with intervals, beside those of the laws."""

import numpy as np
import pandas as pd

from capacity.law import Law
from capacity.threshold import Criterion, Found, horizon
from paper_figures.capacities import status_of
from paper_figures.columns import Kind
from paper_figures.data import Frames
from paper_figures.fitted import (
    Answer,
    columns_of,
    fitted,
    method,
    numbers_of,
    sizes_of,
    table_of,
)
from paper_figures.quantity import Quantities
from paper_figures.section import Section
from paper_figures.series import Series
from paper_figures.table import Table

LIMIT = 4096  # largest age looked at for the horizon of a law in an endless stream


def data(frames: Frames) -> pd.DataFrame:
    """One row a rule; see :mod:`paper_figures.fitted`."""
    rows = frames["lifelong"]
    load = (rows["items"] / rows["d_k"]).iloc[0]
    return table_of(rows, _law, lambda row: "the newest pair already fails").assign(load=load)


def _law(series: Series, row: pd.Series) -> dict[str, Answer]:
    criterion, items = Criterion.parse(str(row["criterion"])), int(row["items"])
    law = series.law(items)
    if law is None:
        return dict.fromkeys(("law", "endless"), Answer(np.nan, None, "no law"))
    status = status_of(law, criterion)
    found = (in_stream(law, criterion, items, series.d_v), _endless(law, criterion, series.d_v))
    answers = (
        Answer(np.nan if each.value is None else float(each.value), status, each.reason)
        for each in found
    )
    return dict(zip(("law", "endless"), answers, strict=True))


def in_stream(law: Law, criterion: Criterion, items: int, d_v: int) -> Found:
    """The largest age that meets the criterion after so many pairs."""
    recall = law.recall(items)
    met = np.flatnonzero(np.broadcast_to(criterion.met(criterion.measure(recall, d_v)), items))
    if len(met) == 0:
        return Found(None, "no age meets the criterion")
    if met[-1] == items - 1:
        return Found(None, "every age meets the criterion")
    return Found(int(met[-1]))


def _endless(law: Law, criterion: Criterion, d_v: int) -> Found:
    """Like :func:`capacity.threshold.horizon`, its reason without the ages that were scanned."""
    found = horizon(law, criterion, d_v, LIMIT)
    reason = None if found.reason is None else found.reason.partition(":")[0]
    return Found(found.value, reason)


def columns(frame: pd.DataFrame) -> tuple[Kind, ...]:
    """What is measured, the law of the same stream and of an endless one, for each dimension."""
    return columns_of(frame, {"law": "law", "endless": r"$\infty$"})


def numbers(frame: pd.DataFrame) -> Quantities:
    """Agreement with laws, and every measured horizon."""
    return numbers_of(frame, "horizon")


def caption(frame: pd.DataFrame) -> str:
    """What is measured, how, and how it agrees."""
    sizes = ", ".join(map(str, sizes_of(frame)))
    level = Criterion.parse(frame["criterion"].iloc[0]).threshold
    return (
        f"Horizon of {len(frame)} rules at their default parameters: the largest age, in pairs"
        f" written later, at which the squared cosine of read-out and value is at least {level:g},"
        f" after $N = {frame['load'].iloc[0]:g}\\,d$ pairs; by law also in a stream without end"
        rf" ($\infty$). Keys uniform on the sphere, $d = d_k = d_v$ = {sizes}. {method(frame)}"
        r" $\ge$: every age kept met it."
    )


TABLE = Table(
    name="horizons",
    title="Horizons, measured and by law",
    columns=columns,
    data=data,
    caption=caption,
    needs={"lifelong": fitted("lifelong", "items")},
    group="family",
    numbers=numbers,
    section=Section.INTERFERENCE,
)
