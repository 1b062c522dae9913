"""Every rule: update, live state, price, status of its law, capacity and horizon."""

import pandas as pd

from capacity.discover import rules
from capacity.keys import Sphere
from capacity.recall import weakest
from capacity.rule import Dims, Rule
from capacity.threshold import Criterion, Found, Over, capacity, horizon
from paper_figures.columns import Column
from paper_figures.data import Frames
from paper_figures.growth import UPPER, UPPER_WORDS, growth
from paper_figures.quantity import Quantities, count
from paper_figures.section import Section
from paper_figures.series import setting
from paper_figures.style import family_order
from paper_figures.table import Table

D = 64
CRITERION, AGE_CRITERION = Criterion("mse", 0.1), Criterion("cos2", 0.5)
LIMIT = 1024  # largest number of items tried for a capacity, largest age for a horizon
NO_LAW = "no law on sphere keys: measure it"


def data(frames: Frames) -> pd.DataFrame:
    """One row a rule at its default parameters, sorted by family and name."""
    rows = [_row(name, rule()) for name, rule in rules().items()]
    rows.sort(key=lambda row: (family_order(str(row["family"])), str(row["rule"])))
    table = pd.DataFrame(rows)
    whole = {name: table[name].astype("Int64") for name in ("capacity", "horizon")}
    return table.assign(**whole)


def _row(name: str, rule: Rule) -> dict[str, object]:
    law = rule.law(Sphere(), Dims(D, D, LIMIT))
    stored, oldest = Found(None, NO_LAW), Found(None, NO_LAW)
    if law is not None:
        stored = capacity(law, CRITERION, Dims(D, D), Sphere(), Over("mean"), LIMIT)
        oldest = horizon(law, AGE_CRITERION, D, LIMIT)
    status = weakest(law.statuses) if law else None
    return {
        "family": rule.family,
        "rule": name,
        "title": rule.title,
        "update": f"${rule.update}$",
        "parameters": ", ".join(
            setting(p, p.default) for p in rule.parameters() if isinstance(p.default, int | float)
        ),
        "state": growth(lambda t: rule.state_scalars(Dims(D, D, t), t)),
        "write": growth(lambda t: rule.cost(Dims(D, D, t), t).write),
        "read": growth(lambda t: rule.cost(Dims(D, D, t), t).read),
        "status": None if status is None else str(status),
        "capacity": stored.value,
        "capacity_reason": stored.reason,
        "horizon": oldest.value,
        "horizon_reason": oldest.reason,
        "d_k": D,
        "d_v": D,
        "source": f"{rule.source.citation}, {rule.source.identifier}, {rule.source.equation}",
    }


def numbers(frame: pd.DataFrame) -> Quantities:
    """How many rules there are."""
    return {"All": count(len(frame), "update rules")}


def caption(frame: pd.DataFrame) -> str:
    """What the columns are; the sizes come from the table."""
    d_k, d_v = frame["d_k"].iloc[0], frame["d_v"].iloc[0]
    return (
        f"The {numbers(frame)['All']} update rules at their default parameters, $d_k = {d_k}$,"
        f" $d_v = {d_v}$. State: scalars that vary by stream after $t$ pairs. Write, read:"
        " multiply-adds of a token and of a query. Law: status of the law on sphere keys."
        f"{_upper(frame)}"
        " $N^*$: largest number of stored pairs such that at each load up to it the mean error over"
        f" ages is at most {CRITERION.threshold:g}. $a^*$: largest age with squared cosine at least"
        f" {AGE_CRITERION.threshold:g} as $N$ grows."
    )


def _upper(frame: pd.DataFrame) -> str:
    """What the sign of an upper end means, where a size has one."""
    sizes = frame[["state", "write", "read"]].astype(str)
    return f" {UPPER_WORDS}" if sizes.map(lambda text: UPPER in text).any(axis=None) else ""


COLUMNS = (
    Column("title", "Rule", wide="2.4cm"),
    Column("update", "Update", raw=True, wide="6.0cm"),
    Column("parameters", "Parameters", raw=True, wide="2.6cm"),
    Column("state", "State", numeric=True, raw=True),
    Column("write", "Write", numeric=True, raw=True),
    Column("read", "Read", numeric=True, raw=True),
    Column("status", "Law"),
    Column("capacity", "$N^*$", numeric=True),
    Column("horizon", "$a^*$", numeric=True),
)
TABLE = Table(
    name="rules",
    title="Memory update rules",
    columns=COLUMNS,
    data=data,
    caption=caption,
    group="family",
    sideways=True,
    numbers=numbers,
    section=Section.RULES,
)
