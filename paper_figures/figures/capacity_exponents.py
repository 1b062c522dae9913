"""How capacity grows: exponents of N* in the width d and in the size of the state, rule by rule."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from capacity.errors import InputError
from capacity.threshold import Criterion
from paper_figures.capacities import KEYS, Asked, capacities, shown, state_of
from paper_figures.crossings import WIDTH
from paper_figures.data import export_of
from paper_figures.facets import span
from paper_figures.quantity import Quantities, count, measured
from paper_figures.rows import Column, inside, marks, row_figure, table
from paper_figures.section import Section
from paper_figures.series import Series

ASKED = Asked(Criterion("cos2", 0.5), "cos2", "cos2_stderr")
LENGTHS = 256  # numbers of pairs over which a state is told to grow or not
PANELS = {
    "d_k": Column("in width", r"$x$ of $N^* \propto d^x$", (-0.1, 1.3), guides=((1.0, "$d$"),)),
    "state": Column(
        "in state",
        r"$x$ of $N^* \propto \mathrm{state}^x$",
        (-0.1, 1.15),
        guides=((0.5, r"$\sqrt{\mathrm{state}}$"), (1.0, "state")),
    ),
}


def data(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a rule, panel and kind: slope of log N* by least squares, with its interval.

    Laws are fitted at the d at which the rules were measured.
    """
    rows = frames["capacity"]
    sizes = tuple(int(d) for d in sorted(rows["d_k"].unique()))
    if len(sizes) < 2:
        raise InputError(
            f"Exponents need capacities at two d or more; these are at d = {sizes[0]}."
        )
    every = capacities(rows, ASKED, sizes)
    rows = shown(every)
    crossed = rows[~rows["censored"].astype(bool)]
    found: list[dict[str, Any]] = []
    for (rule, parameters, kind), each in crossed.groupby(["rule", "parameters", "kind"]):
        if each["d_k"].nunique() == len(sizes):
            series = Series(str(rule), str(parameters), KEYS, 1, 1)
            found += [_slope(series, str(kind), each, panel) for panel in PANELS]
    kept = [one for one in found if np.isfinite(one["x"])]
    frame = table(kept)
    shrinking = _turning(crossed)
    turning = [name for name in dict.fromkeys(frame["row"]) if name in shrinking]
    frame = frame[(frame["panel"] != "state") | ~frame["row"].isin(turning)]
    return frame.reset_index(drop=True).assign(
        sizes=", ".join(str(d) for d in sizes),
        trials=int(every["trials"].min()),
        turning=", ".join(turning),
    )


def _turning(rows: pd.DataFrame) -> set[str]:
    """Labels of rules whose state is larger at some number of pairs than at the next."""
    names = rows[["rule", "parameters", "d_k"]].drop_duplicates().itertuples(index=False)
    every = [Series(str(rule), str(text), KEYS, int(d), int(d)) for rule, text, d in names]
    return {series.label for series in every if not _grows(series)}


def _grows(series: Series) -> bool:
    """Whether the state never shrinks from one number of pairs to the next, where it is known."""
    sizes = [state_of(series, t) for t in range(1, LENGTHS + 1)]
    return not bool((np.diff(sizes) < 0).any())


def _slope(series: Series, kind: str, rows: pd.DataFrame, panel: str) -> dict[str, Any]:
    """Least squares through log N*; measured N* of different d come from different streams.

    Its standard error takes that of log N* as a quarter of the interval's length in the logarithm.
    """
    x, y = np.log(rows[panel].to_numpy(float)), np.log(rows["edge"].to_numpy(float))
    centred = x - x.mean()
    spread = float((centred**2).sum())
    slope = float((centred * y).sum() / spread) if spread > 1e-12 else np.nan
    about: dict[str, Any] = {"status": rows["status"].iloc[0]} if kind == "law" else {}
    if kind == "measured":
        with np.errstate(divide="ignore"):
            ends = np.log((rows["high"] / rows["low"]).to_numpy(float)) / (2 * WIDTH)
        half = WIDTH * float(np.sqrt((centred**2 * ends**2).sum())) / spread
        about = {"low": slope - half, "high": slope + half}
    return marks(panel, series.label, series.family, kind, slope, **about)


def agreement(frame: pd.DataFrame) -> tuple[int, int]:
    """How many measured intervals there are beside exact laws, and how many hold the law's."""
    laws = frame[(frame["kind"] == "law") & (frame["status"] == "exact")]
    dots = frame[frame["kind"] == "measured"]
    both = dots.merge(laws, on=["panel", "row"], suffixes=("", "_law"))
    return len(both), int(both["x_law"].between(both["low"], both["high"]).sum())


def numbers(frame: pd.DataFrame) -> Quantities:
    """How intervals compare with exact laws, and every measured exponent in the width."""
    compared, held = agreement(frame)
    found = {
        "Compared": count(compared, "measured intervals of an exponent beside an exact law"),
        "Agreeing": count(held, "of these hold the law's"),
    }
    dots = frame[(frame["kind"] == "measured") & (frame["panel"] == "d_k")]
    for _, row in dots.iterrows():
        half = (row["high"] - row["low"]) / 2 / WIDTH
        what = f"measured exponent of capacity in d of {row['row']}"
        found[f"Width-{row['row']}"] = measured(row["x"], half, what)
    return found


def caption(frame: pd.DataFrame) -> str:
    """What is fitted, how measured exponents compare with the laws', what lies outside."""
    dots, first = frame[frame["kind"] == "measured"], frame.iloc[0]
    width = dots[dots["panel"] == "d_k"]["x"]
    n = numbers(frame)
    beyond = list(dict.fromkeys(frame.loc[~inside(frame, PANELS), "row"]))
    text = [
        f"How the capacity of {frame['row'].nunique()} memories at their default parameters grows:"
        " exponent of $N^*$ in the width $d = d_k = d_v$ and in the scalars of state after $N^*$"
        " pairs, by least squares in the logarithms.",
        f"$N^*$ as in the figure of capacity: mean squared cosine {ASKED.criterion.threshold:g},"
        " keys uniform on the sphere.",
        f"Fitted over $d$ = {first['sizes']}. Dots: measured with {first['trials']} streams,"
        f" {span(width.round(2))} in $d$; bars: {WIDTH:g} standard errors; rules share streams, so"
        " their dots stray together. Lines: laws at the same $d$;"
        f" {n['Agreeing']} of the {n['Compared']} intervals beside exact laws hold the law's"
        " exponent.",
        "A gate or window of fixed length holds a memory below $x = 1$ in $d$.",
        f"Not in the panel of state, since theirs rises and falls with the number of pairs:"
        f" {first['turning']}."
        if first["turning"]
        else "",
        f"Beyond the axes: {', '.join(beyond)}." if beyond else "",
    ]
    return " ".join(part for part in text if part)


FIGURE = row_figure(
    "capacity_exponents",
    "Growth of capacity with width and state",
    section=Section.CAPACITY,
    rank=3,
    needs={"capacity": export_of("capacity", ASKED.columns)},
    data=data,
    panels=PANELS,
    caption=caption,
    numbers=numbers,
)
