"""Hypotheses: what each predicted, what was found, and the verdict after Holm's correction."""

import numpy as np
import pandas as pd
from scipy import stats

from capacity.prose import words
from paper_figures.columns import Column, Measured, Number, unsigned_zero
from paper_figures.data import Frames, Need
from paper_figures.quantity import Quantities, Quantity, count, measured
from paper_figures.section import Section
from paper_figures.table import Table

VERDICTS = Need(
    "hypotheses-{preset}.parquet",
    (
        *("name", "question", "statement", "effect_is", "predicted", "status"),
        *("supported_from", "supported_to", "minimal", "power", "n"),
        *("effect", "stderr", "low", "high", "p_holm", "verdict", "verdict_holm", "note"),
    ),
    "python -m experiments test --preset {preset}",
)
QUESTIONS = {
    "Q1": "Question 1: the online objective and its regularisation",
    "Q2": "Question 2: signals of a longer horizon",
    "Q3": "Question 3: how keys and values are generated",
    "limits": "Memory capacity and the cost of updates",
}


def data(frames: Frames) -> pd.DataFrame:
    """One row a hypothesis, by the question it bears on."""
    rows = frames["hypotheses"].sort_values(["question", "name"], key=lambda x: x.str.lower())
    return rows.assign(
        about=rows["question"].map(QUESTIONS),
        told=[words(text) for text in rows["statement"] + " Effect: " + rows["effect_is"] + "."],
        region=[_region(*ends) for ends in zip(rows["supported_from"], rows["supported_to"])],
        interval=[_region(*ends) for ends in zip(rows["low"].round(3), rows["high"].round(3))],
        predicted_reason=rows["predicted"].isna().map({True: "no law", False: None}),
        p=[r"$<0.001$" if p < 1e-3 else f"${p:.3f}$" for p in rows["p_holm"]],
        effect_stderr=rows["stderr"],
        level=_level(rows),
    ).reset_index(drop=True)


def _region(low: float, high: float) -> str:
    if pd.isna(low) or low == float("-inf"):
        return rf"$\le {_short(high)}$"
    if pd.isna(high) or high == float("inf"):
        return rf"$\ge {_short(low)}$"
    return f"${_short(low)}$ to ${_short(high)}$"


def _short(value: float) -> str:
    return unsigned_zero(f"{value:g}")


def _level(rows: pd.DataFrame) -> float:
    """The level of the intervals, which their length in standard errors tells; NaN if they differ.

    Intervals are Student's over n replicates.
    """
    reach = (rows["high"] - rows["low"]) / 2 / rows["stderr"].where(rows["stderr"] > 0)
    levels = np.asarray(1 - 2 * stats.t.sf(reach.dropna(), rows["n"][reach.notna()] - 1))
    return float(np.round(levels.mean(), 4)) if len(levels) and np.ptp(levels) < 1e-6 else np.nan


def numbers(frame: pd.DataFrame) -> Quantities:
    """The verdicts counted, and each effect."""
    found = {"All": count(len(frame), "hypotheses")}
    for verdict in ("supported", "refuted", "undecided"):
        found[verdict] = count(int((frame["verdict_holm"] == verdict).sum()), f"of these {verdict}")
    lost = int((frame["verdict_holm"] != frame["verdict"]).sum())
    found["Lost"] = count(lost, "decided alone, not after correction")
    for _, row in frame.iterrows():
        found[f"{row['name']}-effect"] = measured(row["effect"], row["stderr"], row["effect_is"])
        about = f"verdict on {row['name']}; the value is p after Holm's correction"
        found[f"{row['name']}-verdict"] = Quantity(float(row["p_holm"]), row["verdict_holm"], about)
    return found


def caption(frame: pd.DataFrame) -> str:
    """How verdicts are reached, and how many of each there are."""
    n, share = numbers(frame), frame["level"].iloc[0]
    level = "" if np.isnan(share) else f"{100 * share:g} \\%"
    return (
        f"The {n['All']} hypotheses, declared before their data were read: {n['supported']}"
        f" supported, {n['refuted']} refuted, {n['undecided']} undecided"
        f" ({n['Lost']} of them decided alone). Law: the effect that laws predict. Region: effects"
        " that support the statement. Effect: mean over independent replicates with its standard"
        f" error, then Student's {level} interval. Power: chance of a verdict at the least distance"
        " from the region's edge that matters. $p$: two-sided test of an effect on the edge, after"
        " Holm's correction over all rows; a verdict needs a $p$ no larger than one less the"
        " interval's level, and the interval on one side of each edge."
    )


COLUMNS = (
    Column("told", "Statement", raw=True, wide="8.4cm"),
    Number("predicted", "law", decimals=3),
    Column("status", "status"),
    Column("region", "region", raw=True),
    Measured("effect", "effect"),
    Column("interval", "interval", raw=True),
    Number("power", "power", decimals=2),
    Column("p", "$p$", raw=True),
    Column("verdict_holm", "verdict"),
)
TABLE = Table(
    name="hypotheses",
    title="Hypotheses and verdicts",
    columns=COLUMNS,
    data=data,
    caption=caption,
    needs={"hypotheses": VERDICTS},
    group="about",
    sideways=True,
    numbers=numbers,
    section=Section.HYPOTHESES,
)
