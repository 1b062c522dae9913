"""Capacities of every rule, measured with intervals, beside those of the laws."""

from functools import partial

import numpy as np
import pandas as pd

from capacity.threshold import Criterion
from paper_figures.capacities import (
    KEYS,
    jump_numbers,
    jump_table,
    jump_words,
    jumped,
    loads_of,
    of_law,
)
from paper_figures.columns import Kind
from paper_figures.data import Frames, export_of
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
from paper_figures.series import Series, defaults, series_of
from paper_figures.table import Table


def data(frames: Frames) -> pd.DataFrame:
    """One row a rule; see :mod:`paper_figures.fitted`.

    ``read_16``: where the law at d = 16 crosses, read at the measured loads, if these misplace it.
    """
    sizes, loads = frames["capacity"], frames["loads"]
    laws = _laws(sizes, loads)
    table = table_of(
        sizes, partial(_answer, laws), lambda row: f"already fails at N = {row['smallest']:g}"
    )
    reads = {key: law["read"] for key, law in laws.items() if _misplaced(law)}
    columns = {
        f"read_{d}": [reads.get((rule, d), np.nan) for rule in table["rule"]]
        for d in sizes_of(table)
    }
    return table.assign(**columns)


Laws = dict[tuple[str, int], pd.Series]


def _laws(sizes: pd.DataFrame, loads: pd.DataFrame) -> Laws:
    """The law of each size by rule and d, see :func:`of_law`, with the ends of what is measured."""
    loads = defaults(loads[loads["keys"] == KEYS])
    kept = defaults(sizes[(sizes["keys"] == KEYS) & (sizes["d_k"] == sizes["d_v"])])
    found = {}
    for series, rows in series_of(kept):
        row, at = rows.iloc[0], loads_of(loads, series.rule, series.d_k)
        criterion = Criterion.parse(str(row["criterion"]))
        law = of_law(series.rule, series.parameters, series.d_k, criterion, at)
        ends = {name: np.nan if row["censored"] else row[name] for name in ("low", "high")}
        found[series.rule, series.d_k] = law.assign(**ends).iloc[0]
    return found


def _misplaced(law: pd.Series) -> bool:
    """Whether a law crosses elsewhere when it is read at the measured loads."""
    return jumped(law["read"], law["edge"], law["low"], law["high"])


def _answer(laws: Laws, series: Series, row: pd.Series) -> dict[str, Answer]:
    law = laws[series.rule, series.d_k]
    return {"law": Answer(law["capacity"], law["status"], law["reason"])}


def _jumps(frame: pd.DataFrame) -> pd.DataFrame:
    return jump_table(
        [
            (row["rule"], row["title"], d, row[f"law_{d}"], row[f"read_{d}"])
            for _, row in frame.iterrows()
            for d in sizes_of(frame)
            if not np.isnan(row[f"read_{d}"])
        ]
    )


def columns(frame: pd.DataFrame) -> tuple[Kind, ...]:
    """What is measured and the law, for each dimension."""
    return columns_of(frame, {"law": "law"})


def numbers(frame: pd.DataFrame) -> Quantities:
    """Agreement with laws, every measured capacity, and laws that the loads misplace."""
    return numbers_of(frame, "capacity") | jump_numbers(_jumps(frame))


def caption(frame: pd.DataFrame) -> str:
    """What is measured, how, and how it agrees."""
    sizes, jumps = ", ".join(map(str, sizes_of(frame))), jump_words(_jumps(frame))
    return (
        f"Capacity $N^*$ of {len(frame)} rules at their default parameters: the largest number of"
        " pairs such that at each load up to it the squared cosine of read-out and value, mean over"
        f" stored ages, is at least {Criterion.parse(frame['criterion'].iloc[0]).threshold:g}."
        f" Keys uniform on the sphere, $d = d_k = d_v$ = {sizes}. {method(frame)}"
        rf"{' ' if jumps else ''}{jumps} $\ge$: every load tried met it."
    )


TABLE = Table(
    name="capacities",
    title="Capacities, measured and by law",
    columns=columns,
    data=data,
    caption=caption,
    needs={
        "capacity": fitted("capacity"),
        "loads": export_of("capacity", ("rule", "parameters", "keys", "d_k", "d_v", "items")),
    },
    group="family",
    numbers=numbers,
    section=Section.CAPACITY,
)
