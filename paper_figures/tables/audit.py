"""Recall of real keys and values: medians over heads, beside what laws predict from the keys."""

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats

from capacity.discover import rules
from paper_figures.columns import Column, Interval, Number
from paper_figures.data import Frames
from paper_figures.figures.real_heads import AUDIT
from paper_figures.figures.real_heads import data as heads_of
from paper_figures.quantity import Quantities, Quantity, count
from paper_figures.section import Section
from paper_figures.style import family_order
from paper_figures.table import Table

NEED = replace(AUDIT, columns=(*AUDIT.columns, "measured_median", "raw"))
RATIOS = {
    "keys": ("measured", "given_keys"),
    "covariance": ("measured", "given_covariance"),
    "control": ("shuffled", "given_keys"),
}
MEDIANS = (
    Interval("keys", "ratio, keys"),
    Interval("covariance", "covariance"),
    Interval("control", "control", most=4),
)
LEVEL = 0.95


def data(frames: Frames) -> pd.DataFrame:
    """One row a rule: medians over heads at all ages, and of ratios with their intervals."""
    heads = heads_of(frames)
    rows = [_row(str(name), found) for name, found in heads.groupby("rule")]
    rows.sort(key=lambda row: (family_order(str(row["family"])), str(row["rule"])))
    first = heads.iloc[0]
    table = pd.DataFrame(rows).assign(level=LEVEL, d_k=first["d_k"], source=first["source"])
    return table.assign(windows=first["windows"], window=first["window"])


def _row(name: str, heads: pd.DataFrame) -> dict[str, object]:
    known = rules().get(name)
    row: dict[str, object] = {
        "family": known.family if known else "other",
        "rule": name,
        "title": known.title if known else name.replace("_", " "),
        "heads": len(heads),
    }
    for column in ("measured", "measured_median", "given_keys", "raw"):
        row[column] = heads[column].median()
    for ratio, (above, below) in RATIOS.items():
        found = median_interval((heads[above] / heads[below]).dropna().to_numpy(float))
        row |= dict(zip((ratio, f"{ratio}_low", f"{ratio}_high"), found, strict=True))
        row[f"{ratio}_reason"] = "no prediction" if np.isnan(found[0]) else None
    return row


def median_interval(values: np.ndarray) -> tuple[float, float, float]:
    """The median and two order statistics that hold that of all heads with the chance ``LEVEL``.

    By the binomial distribution, whatever the values' own; NaN ends for too few values (below 6),
    NaN for none. Heads are taken as independent.
    """
    if len(values) == 0:
        return np.nan, np.nan, np.nan
    ordered = np.sort(values)
    rank = int(stats.binom.ppf((1 - LEVEL) / 2, len(values), 0.5))
    median = float(np.median(ordered))
    if rank == 0:
        return median, np.nan, np.nan
    return median, float(ordered[rank - 1]), float(ordered[-rank])


def numbers(frame: pd.DataFrame) -> Quantities:
    """The heads, and each median ratio with its interval."""
    found = {"Heads": count(int(frame["heads"].iloc[0]), "attention heads")}
    for column in MEDIANS:
        ratio, (above, below) = column.name, RATIOS[column.name]
        for (_, row), entry in zip(frame.iterrows(), column.entries(frame), strict=True):
            if entry.text is not None:
                about = f"median over heads of {above} / {below}, {row['title']}"
                text = f"{entry.text}{entry.tail}"
                found[f"{row['rule']}-{ratio}"] = Quantity(float(row[ratio]), text, about)
    return found


def caption(frame: pd.DataFrame) -> str:
    """What was read, and what is compared."""
    n, first = numbers(frame), frame.iloc[0]
    tokens = first["windows"] * first["window"]
    less = 100 * (first["window"] - 1) / (tokens - 1)
    return (
        f"Recall error of real keys and values, medians over {n['Heads']} heads of"
        f" {first['source']} ($d_k = {first['d_k']}$), {first['windows']:,} windows of"
        f" {first['window']} tokens, the memory empty at the start of each; keys of unit norm,"
        " values centred and scaled to unit power. Typical: the median over windows in place of"
        " their mean. Law: expected error on these very keys, were values independent of them."
        " Raw: keys and values as they came. Ratios of measured error to law, given the keys and"
        " given their covariance alone; control: with values shuffled over tokens, given the keys"
        f" (without replacement, which lowers interference by up to {less:.1f} \\%)."
        f" Distances to the ends of {100 * first['level']:g} \\% intervals of the median, by order"
        " statistics of heads."
    )


COLUMNS = (
    Column("title", "Rule", wide="3.2cm"),
    Number("measured", "measured", decimals=2),
    Number("measured_median", "typical", decimals=2),
    Number("raw", "raw", decimals=2),
    Number("given_keys", "law", decimals=2),
    *MEDIANS,
)
TABLE = Table(
    name="audit",
    title="Recall of real keys and values",
    columns=COLUMNS,
    data=data,
    caption=caption,
    needs={"audit": NEED},
    optional=True,
    group="family",
    numbers=numbers,
    section=Section.REAL,
)
