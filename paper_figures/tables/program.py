"""The program x <- 5, y <- x + 5, x <- 3, z <- y + x, run through memories that evict or merge."""

import json

import pandas as pd
from scipy.stats import binomtest

from capacity.discover import wrappers
from paper_figures.columns import Column, Interval, Kind, Measured
from paper_figures.data import Frames, export_of
from paper_figures.section import Section
from paper_figures.series import GROUP, Series
from paper_figures.style import family_order
from paper_figures.table import Table

SHARES, SIGNALS = ("right", "x_new", "x_old"), ("signal_new", "signal_old")
NEED = export_of(
    "program",
    (
        *(*GROUP, "wrappers", "items", "distractors", "dropped", "trials", *SHARES),
        *(name for signal in SIGNALS for name in (signal, f"{signal}_stderr")),
    ),
)
LENGTHS = (1, 3, 7, 15)  # distractors after each assignment
AT = 3  # the number of them at which it is told what x is read as
NUMBERS = 32  # of which one is right: the chance of a guess
GOOD = 90.0  # per cent of streams


def wilson(share: float, trials: int) -> dict[str, float]:
    """A share of streams in per cent, with its Wilson interval of 95 %."""
    found = binomtest(round(share * trials), trials).proportion_ci(method="wilson")
    return {"": 100 * share, "_low": 100 * found.low, "_high": 100 * found.high}


def data(frames: Frames) -> pd.DataFrame:
    """One row a memory: ``right_K`` by distractors, what x is read as, ``dropped`` at worst."""
    rows = frames["program"].sort_values("trials", ascending=False)
    rows = rows.drop_duplicates([*GROUP, "wrappers", "items", "dropped"])
    found = [_row(each) for _, each in rows.groupby([*GROUP, "wrappers"], sort=True)]
    found.sort(key=lambda row: (family_order(str(row["family"])), str(row["memory"])))
    return pd.DataFrame(found)


def _row(rows: pd.DataFrame) -> dict[str, object]:
    first = rows.iloc[0]
    series = Series(*(first[name] for name in GROUP))
    around = [wrappers()[name].title for name in json.loads(first["wrappers"])]
    row = {
        "memory": " with ".join([series.label, *around]),
        "family": series.family.replace("_", " "),
        **{name: first[name] for name in ("d_k", "d_v", "trials")},
    }
    whole = rows[rows["dropped"] == 0].set_index("distractors")
    for distractors in LENGTHS:
        row |= _share(f"right_{distractors}", whole["right"].get(distractors), first["trials"])
    at = whole.loc[AT]
    row |= _share("x_new", at["x_new"], first["trials"])
    row |= _share("x_old", at["x_old"], first["trials"])
    row |= {name: at[name] for s in SIGNALS for name in (s, f"{s}_stderr")}
    dropped = rows.loc[rows["dropped"] > 0, "right"]
    row |= _share("dropped", dropped.max() if len(dropped) else None, first["trials"])
    return row | {"dropped_reason": "not measured: one memory of a kind was"}


def _share(name: str, share: float | None, trials: int) -> dict[str, float | None]:
    if share is None:
        return dict.fromkeys((name, f"{name}_low", f"{name}_high"))
    return {f"{name}{end}": x for end, x in wilson(share, trials).items()}


def caption(frame: pd.DataFrame) -> str:
    """The program, how it is run, the paper's claim, and what the numbers say of it."""
    first, few, many = frame.iloc[0], f"right_{LENGTHS[0]}", f"right_{LENGTHS[-1]}"
    ties = (frame["x_new_low"] > 25) & (frame["x_old_low"] > 25)
    return (
        r"The program $x \leftarrow 5,\ y \leftarrow x + 5,\ x \leftarrow 3,\ z \leftarrow y + x$"
        " of \\citet{mcdermott2026lifelong}, run through memories. A variable is a unit key, a"
        f" number one of {NUMBERS} random unit values ($d_k = {first['d_k']}$, $d_v ="
        f" {first['d_v']}$); an assignment reads its variables, decodes them by argmax (equals by"
        " lot), adds, and writes the sum; $K$ pairs of other variables follow each. Columns $K$:"
        " per cent of streams in which $z$ is read as 13 at the end. At $K ="
        f" {AT}$ also, as the last assignment reads $x$: per cent read as 3 and as 5, and the"
        f" signals $s_3, s_5$ of both values. {first['trials']} streams, the same for all memories;"
        " Wilson intervals of 95 \\%, standard errors of signals. "
        + _dropped(frame)
        + f" To keep all is not enough: {_named(frame[ties])} read $x$ as 3 or as 5 by chance at"
        f" $K = {AT}$ (each by more than 25 \\% of streams), for they hold both values."
        f" Right in more than {GOOD:g} \\% of streams (lower ends): at $K = {LENGTHS[0]}$"
        f" {_named(frame[frame[few + '_low'] > GOOD])}; at $K = {LENGTHS[-1]}$"
        f" {_named(frame[frame[many + '_low'] > GOOD])}."
    )


def _dropped(frame: pd.DataFrame) -> str:
    worst = frame.loc[frame["dropped"].idxmax()]
    return (
        "The paper says that dropping any assignment makes the question for $z$ unanswerable:"
        f" with one of them never written ($K = {LENGTHS[0]}$), the best of"
        f" {frame['dropped'].notna().sum()} memories and four assignments is right in"
        f" {worst['dropped']:.1f} \\% (up to {worst['dropped_high']:.1f} \\%) of streams, a guess"
        f" in {100 / NUMBERS:.1f} \\%."
    )


def _named(rows: pd.DataFrame) -> str:
    return ", ".join(rows["memory"]) or "none"


COLUMNS: tuple[Kind, ...] = (
    Column("memory", "Memory"),
    *(Interval(f"right_{k}", f"$K={k}$", best="max") for k in LENGTHS),
    Interval("x_new", "$x$: 3"),
    Interval("x_old", "$x$: 5"),
    Measured("signal_new", "$s_3$"),
    Measured("signal_old", "$s_5$"),
    Interval("dropped", "One dropped"),
)
TABLE = Table(
    name="program",
    title="A program run through memories",
    columns=COLUMNS,
    data=data,
    caption=caption,
    needs={"program": NEED},
    group="family",
    sideways=True,
    section=Section.INTERFERENCE,
)
