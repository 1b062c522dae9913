"""Hypotheses: what each predicted, what was found, and the verdict after Holm's correction."""

import pandas as pd

from paper_figures.columns import Column, Interval, Number
from paper_figures.data import Frames, Need
from paper_figures.quantity import Quantities, Quantity, count
from paper_figures.section import Section
from paper_figures.table import Table

VERDICTS = Need(
    "hypotheses-{preset}.parquet",
    (
        *("name", "question", "statement", "effect_is", "predicted", "status"),
        *("supported_from", "supported_to", "minimal", "power", "n"),
        *("effect", "low", "high", "p_holm", "verdict", "verdict_holm", "note"),
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
    rows = rows.rename(columns={"low": "effect_low", "high": "effect_high"})
    return rows.assign(
        about=rows["question"].map(QUESTIONS),
        told=rows["statement"] + " Effect: " + rows["effect_is"] + ".",
        region=[_region(*ends) for ends in zip(rows["supported_from"], rows["supported_to"])],
        predicted_reason=_prediction(rows),
        shown=rows["verdict_holm"],
        shown_reason=None,
    ).reset_index(drop=True)


def _region(low: float, high: float) -> str:
    if pd.isna(low) or low == float("-inf"):
        return rf"$\le {high:g}$"
    if pd.isna(high) or high == float("inf"):
        return rf"$\ge {low:g}$"
    return f"${low:g}$ to ${high:g}$"


def _prediction(rows: pd.DataFrame) -> list[str | None]:
    return ["no law" if pd.isna(value) else None for value in rows["predicted"]]


def numbers(frame: pd.DataFrame) -> Quantities:
    """The verdicts counted, and each effect."""
    found = {"All": count(len(frame), "hypotheses")}
    for verdict in ("supported", "refuted", "undecided"):
        found[verdict] = count(int((frame["shown"] == verdict).sum()), f"of these {verdict}")
    lost = int((frame["shown"] != frame["verdict"]).sum())
    found["Lost"] = count(lost, "decided alone, not after correction")
    shown = Interval("effect", "").entries(frame)
    for (_, row), entry in zip(frame.iterrows(), shown, strict=True):
        text = f"{entry.text}{entry.tail}" if entry.text else "--"
        found[f"{row['name']}-effect"] = Quantity(float(row["effect"]), text, row["effect_is"])
        about = f"verdict on {row['name']}; the value is p after Holm's correction"
        found[f"{row['name']}-verdict"] = Quantity(float(row["p_holm"]), row["shown"], about)
    return found


def caption(frame: pd.DataFrame) -> str:
    """How verdicts are reached, and how many of each there are."""
    n = numbers(frame)
    return (
        f"The {n['All']} hypotheses, declared before their data were read: {n['supported']}"
        f" supported, {n['refuted']} refuted, {n['undecided']} undecided"
        f" ({n['Lost']} of them decided alone). Law: the effect that laws predict. Region: effects"
        " that support the statement. Effect: mean over independent replicates, with distances to"
        " the ends of Student's 95 \\% interval. Power: chance of a verdict at the least effect"
        " that matters. $p$: two-sided test of an effect on the region's edge, after Holm's"
        " correction over all rows; a verdict needs $p \\le 0.05$, and the interval on one side of"
        " each edge."
    )


COLUMNS = (
    Column("told", "Statement", wide="8.6cm"),
    Number("predicted", "law", decimals=3),
    Column("status", "status"),
    Column("region", "region", raw=True),
    Interval("effect", "effect"),
    Number("power", "power", decimals=2),
    Number("p_holm", "$p$", decimals=4),
    Column("shown", "verdict"),
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
