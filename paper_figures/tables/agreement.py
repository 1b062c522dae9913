"""Laws against measurements, rule by rule: deviations in standard errors, and their largest."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from capacity.law import Law
from capacity.recall import Status
from paper_figures.agreement import SMALL
from paper_figures.columns import Column, Number
from paper_figures.data import Frames, sweep
from paper_figures.facets import span
from paper_figures.quantity import Quantities, count, number
from paper_figures.section import Section
from paper_figures.series import Series, defaults, law_status, most_trials, series_of
from paper_figures.style import family_order
from paper_figures.table import Table

QUANTITIES = ("signal", "power", "mse")
CHANCE = 0.05  # of a largest deviation beyond the bound, over all cells of a row
EVEN = 1e-12  # standard errors below are those of cells without variance
Array = NDArray[np.float64]


def data(frames: Frames) -> pd.DataFrame:
    """One row a rule, quantity and status, over all cells of the two sweeps that have a law."""
    cells = pd.concat(list(_cells(frames)), ignore_index=True)
    judged = cells[(cells["stderr"] > EVEN) & (cells["law"] > SMALL)]
    rows = [_row(found) for _, found in judged.groupby(["rule", "quantity", "status"])]
    rows.sort(key=lambda row: (*family_order(str(row["family"])), row["rule"], row["order"]))
    return (
        pd.DataFrame(rows)
        .drop(columns="order")
        .assign(chance=CHANCE, unjudged=len(cells) - len(judged), keys=_ensembles(judged))
    )


def _ensembles(cells: pd.DataFrame) -> str:
    """The ensembles of keys with their dimensions, in words."""
    found = cells.groupby("keys")["d"].unique().map(sorted)
    return "; ".join(f"{keys}, $d_k$ = {span(pd.Series(sizes))}" for keys, sizes in found.items())


def _cells(frames: Frames) -> Iterator[pd.DataFrame]:
    """Means over ages at each load, and each age of the long streams."""
    means, aged = (most_trials(frames[name]) for name in ("recall", "forgetting"))
    for rows in (means[means["age"].isna()], aged[aged["age"].notna()]):
        for series, found in series_of(defaults(rows)):
            law = series.law(int(found["items"].max()))
            if law is not None:
                yield from _compared(series, law, found)


def _compared(series: Series, law: Law, rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for items, found in rows.groupby("items"):
        recall = law.recall(int(str(items)))
        for quantity in QUANTITIES:
            by_age = np.broadcast_to(getattr(recall, quantity), int(str(items)))
            yield pd.DataFrame(
                {
                    "measured": found[quantity].to_numpy(),
                    "stderr": found[f"{quantity}_stderr"].to_numpy(),
                    "law": _at(by_age, found["age"]),
                    "trials": found["trials"].to_numpy(),
                    "quantity": quantity,
                    "rule": series.rule,
                    "title": series.label,
                    "family": series.family,
                    "status": law_status(law),
                    "keys": series.keys,
                    "d": series.d_k,
                }
            )


def _at(by_age: Array, ages: pd.Series) -> Array:
    """The law at these ages; a missing age stands for the mean over all."""
    if ages.isna().all():
        return np.full(len(ages), by_age.mean())
    return by_age[ages.astype(int)]


def _row(cells: pd.DataFrame) -> dict[str, object]:
    first, z = cells.iloc[0], (cells["measured"] - cells["law"]) / cells["stderr"]
    quantity = str(first["quantity"])
    return {
        "family": first["family"],
        "rule": first["rule"],
        "title": first["title"],
        "quantity": quantity,
        "order": (Status(first["status"]).rank, QUANTITIES.index(quantity)),
        "status": first["status"],
        "cells": len(cells),
        "mean": z.mean(),
        "spread": z.std() if len(z) > 1 else np.nan,
        "within": (z.abs() <= 2).mean(),
        "largest": z.abs().max(),
        "bound": stats.t.isf(CHANCE / 2 / len(z), cells["trials"].min() - 1),
        "gap": (cells["measured"] - cells["law"]).abs().max(),
    }


def numbers(frame: pd.DataFrame) -> Quantities:
    """How many rows of exact laws keep within the bound, and how all their cells scatter."""
    exact = frame[frame["status"] == "exact"]
    cells = exact["cells"].sum()
    share = (exact["within"] * exact["cells"]).sum() / cells
    beyond = exact["largest"] > exact["bound"]
    return {
        "Rows": count(len(exact), "rows of rules and quantities with exact laws"),
        "Cells": count(int(cells), "their cells"),
        "Beyond": count(int(beyond.sum()), "of these rows beyond the bound"),
        "Within": number(100 * share, "percent of these cells within two standard errors", ".1f"),
        "Unjudged": count(int(frame["unjudged"].iloc[0]), "cells left out"),
    }


def caption(frame: pd.DataFrame) -> str:
    """What a cell is, what the bound is, and how exact laws fare."""
    n, chance = numbers(frame), frame["chance"].iloc[0]
    return (
        "Measured minus law in standard errors, $z$, of rules at their default parameters. A cell"
        " is the mean over stored ages at one load, or one age in a long stream; cells of a rule"
        f" share streams. Keys: {frame['keys'].iloc[0]}; a law that is exact on some of them alone"
        " has rows for both. Spread: standard deviation of $z$ over cells. Bound: what the largest"
        f" $|z|$ of so many cells exceeds with a chance of at most {chance:g}, however they depend"
        " on one another (Bonferroni, Student's $t$). Gap: largest $|$measured $-$ law$|$. Of"
        f" {n['Rows']} rows of exact laws ({n['Cells']} cells, {n['Within']} \\% within two"
        f" standard errors) {n['Beyond']} are beyond the bound. Asymptotic laws have an error of"
        " their own, which $z$ shows where streams are many. Left out:"
        f" {n['Unjudged']} cells without variance or with a law below {SMALL:g}, means over rare"
        " near-duplicates of a key."
    )


COLUMNS = (
    Column("title", "Rule", wide="3.4cm"),
    Column("quantity", "Quantity"),
    Column("status", "Law"),
    Column("cells", "Cells", numeric=True),
    Number("mean", "mean $z$", decimals=2),
    Number("spread", "spread", decimals=2),
    Number("within", r"$|z| \le 2$", decimals=2),
    Number("largest", "max $|z|$", decimals=2),
    Number("bound", "bound", decimals=2),
    Number("gap", "gap", decimals=4),
)
TABLE = Table(
    name="agreement",
    title="Laws against measurements",
    columns=COLUMNS,
    data=data,
    caption=caption,
    needs={"recall": sweep("recall"), "forgetting": sweep("forgetting")},
    group="family",
    numbers=numbers,
    section=Section.AGREEMENT,
)
