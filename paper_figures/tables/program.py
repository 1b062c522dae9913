"""The program x <- 5, y <- x + 5, x <- 3, z <- y + x, run through memories that evict or merge."""

import json
from collections.abc import Mapping

import pandas as pd
from scipy.stats import binomtest

from capacity.discover import rules, wrappers
from paper_figures.columns import Column, Interval, Kind, Measured
from paper_figures.data import Frames, export_of
from paper_figures.quantity import Quantities, count, number
from paper_figures.section import Section
from paper_figures.series import GROUP, Series, setting
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
GOOD, TIE = 90.0, 25.0  # per cent of streams: of a memory that answers, of a number that is read


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
    row = {
        "memory": _label(series, json.loads(first["wrappers"])),
        "family": series.family.replace("_", " "),
        **{name: first[name] for name in ("d_k", "d_v", "trials")},
    }
    whole = rows[rows["dropped"] == 0].set_index("distractors")
    for distractors in LENGTHS:
        row |= _share(f"right_{distractors}", float(whole["right"][distractors]), first["trials"])
    for read in SHARES[1:]:
        row |= _share(read, float(whole[read][AT]), first["trials"])
    row |= {name: whole[name][AT] for s in SIGNALS for name in (s, f"{s}_stderr")}
    dropped = rows.loc[rows["dropped"] > 0, "right"]
    row |= _share("dropped", dropped.max(), first["trials"])
    return row


def _label(series: Series, around: Mapping[str, str]) -> str:
    """The rule, and what is around it with the parameters that are not defaults."""
    parts = [series.label]
    for name, text in around.items():
        kind = wrappers()[name]
        chosen = kind.parse(rules()[series.rule](), text)
        shown = [
            setting(p, v) for p in kind.parameters() if (v := getattr(chosen, p.name)) != p.default
        ]
        parts.append(", ".join([kind.title, *shown]))
    return " with ".join(parts)


def _share(name: str, share: float, trials: int) -> dict[str, float]:
    return {f"{name}{end}": x for end, x in wilson(share, trials).items()}


def caption(frame: pd.DataFrame) -> str:
    """The program, how it is run, the paper's claim, and what the numbers say of it."""
    first, few, many, n = frame.iloc[0], LENGTHS[0], LENGTHS[-1], numbers(frame)
    text = [
        r"The program $x \leftarrow 5,\ y \leftarrow x + 5,\ x \leftarrow 3,\ z \leftarrow y + x$"
        f" of \\citet{{mcdermott2026lifelong}} run through {n['Memories']} memories. A variable is"
        f" a unit key, a number one of {NUMBERS} random unit values; $d_k = {first['d_k']}$, $d_v ="
        f" {first['d_v']}$. An assignment reads its variables, takes the numbers whose values the"
        " read-outs point at most (equals by lot), adds, and writes the sum; $K$ pairs of other"
        f" variables follow. $K = {few}$ to ${many}$: per cent of {first['trials']} streams, the"
        f" same for all memories, in which $z$ is 13 at the end. At $K = {AT}$, as the last"
        " assignment reads $x$: per cent of 3 and of 5, and the signals $s_3$, $s_5$ of their"
        " values. Wilson intervals of 95 \\%, standard errors of signals.",
        _dropped(n),
        f"To hold all is not enough: read as 3 in some and as 5 in other streams, each in more than"
        f" {TIE:g} \\% of them by the lower ends of the intervals, is $x$ by:"
        f" {_named(frame[(frame['x_new_low'] > TIE) & (frame['x_old_low'] > TIE)])}.",
        *(
            f"Right in more than {GOOD:g} \\% of streams (lower ends) at $K = {k}$:"
            f" {_named(frame[frame[f'right_{k}_low'] > GOOD])}."
            for k in (few, many)
        ),
    ]
    return " ".join(text)


def numbers(frame: pd.DataFrame) -> Quantities:
    """How many memories, and how often they are right without an assignment."""
    right = "per cent of streams that are right with one assignment dropped"
    return {
        "Memories": count(len(frame), "memories"),
        "Dropped": number(frame["dropped"].max(), f"largest {right}", ".1f"),
        "DroppedHigh": number(frame["dropped_high"].max(), f"upper end, {right}", ".1f"),
        "Guess": number(100 / NUMBERS, "per cent of streams in which a guess is right", ".1f"),
    }


def _dropped(n: Quantities) -> str:
    return (
        "The paper says that dropping any assignment makes the question for $z$ unanswerable. Last"
        f" column: with one of them never written, $K = {LENGTHS[0]}$, the largest share of the"
        f" four; {n['Dropped']} \\% or less (interval up to {n['DroppedHigh']} \\%), where a guess"
        f" is right in {n['Guess']} \\%."
    )


def _named(rows: pd.DataFrame) -> str:
    return "; ".join(rows["memory"]) or "none"


COLUMNS: tuple[Kind, ...] = (
    Column("memory", "Memory"),
    *(Interval(f"right_{k}", f"$K={k}$", best="max") for k in LENGTHS),
    Interval("x_new", "$x$: 3"),
    Interval("x_old", "$x$: 5"),
    Measured("signal_new", "$s_3$"),
    Measured("signal_old", "$s_5$"),
    Interval("dropped", "one dropped"),
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
    numbers=numbers,
    section=Section.INTERFERENCE,
)
