"""Capacities of every rule, measured with intervals, beside those of the laws."""

import pandas as pd

from capacity.threshold import Criterion
from paper_figures.capacities import of_law
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


def data(frames: Frames) -> pd.DataFrame:
    """One row a rule; see :mod:`paper_figures.fitted`."""
    return table_of(
        frames["capacity"], _law, lambda row: f"already fails at N = {row['smallest']:g}"
    )


def _law(series: Series, row: pd.Series) -> dict[str, Answer]:
    criterion = Criterion.parse(str(row["criterion"]))
    found = of_law(series.rule, series.parameters, series.d_k, criterion).iloc[0]
    return {"law": Answer(found["capacity"], found["status"], found["reason"])}


def columns(frame: pd.DataFrame) -> tuple[Kind, ...]:
    """What is measured and the law, for each dimension."""
    return columns_of(frame, {"law": "law"})


def numbers(frame: pd.DataFrame) -> Quantities:
    """Agreement with laws, and every measured capacity."""
    return numbers_of(frame, "capacity")


def caption(frame: pd.DataFrame) -> str:
    """What is measured, how, and how it agrees."""
    sizes = ", ".join(map(str, sizes_of(frame)))
    return (
        f"Capacity $N^*$ of {len(frame)} rules at their default parameters: the largest number of"
        " pairs such that at each load up to it the squared cosine of read-out and value, mean over"
        f" stored ages, is at least {Criterion.parse(frame['criterion'].iloc[0]).threshold:g}."
        f" Keys uniform on the sphere, $d = d_k = d_v$ = {sizes}. {method(frame)}"
        r" $\ge$: every load tried met it."
    )


TABLE = Table(
    name="capacities",
    title="Capacities, measured and by law",
    columns=columns,
    data=data,
    caption=caption,
    needs={"capacity": fitted("capacity")},
    group="family",
    numbers=numbers,
    section=Section.CAPACITY,
)
