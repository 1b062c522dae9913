"""The ratio of pairs to queries: memories that heads share, and several pairs a token."""

import json
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from capacity.discover import rules
from capacity.keys import parse_keys
from capacity.recall import Recall
from capacity.rule import Dims
from paper_figures.curves import (
    Panel,
    agreement,
    agreement_numbers,
    curve_figure,
    points,
    table,
)
from paper_figures.data import export_of
from paper_figures.gain import best_gain_error
from paper_figures.quantity import Quantities, count, flat, number
from paper_figures.section import Section
from paper_figures.series import law_status, setting
from paper_figures.style import family_order

MEASURED = ("signal", "signal_stderr", "power", "power_stderr")
NEED = export_of(
    "sharing",
    (
        *("rule", "parameters", "keys", "d_k", "d_v", "items", "age", "trials"),
        *("mse", "mse_stderr", *MEASURED),
    ),
)
SHOWN = (1, 2, 4, 8)  # pairs a token whose forgetting is drawn
LATE = 8  # tokens after which recall is compared
FORGETTING, COUNT = "forgetting", "count"
STATE, MEMORY = "equal state in all", "equal state in each"
BEST = " at best gain"
GAINS = {"": ("y", "without gain"), BEST: ("gained", "at the best gain")}
SETTINGS = ("beta", "lam")
ERROR = r"error $1 - s^2/p$"


def panels(frame: pd.DataFrame) -> dict[str, Panel]:
    """Shared memories, a panel a rule, then several pairs a token."""
    shared = [name for name in dict.fromkeys(frame["panel"]) if name not in (FORGETTING, COUNT)]
    found = {
        name: Panel(
            rules()[name].title,
            "heads a memory $g$",
            r"error $E|o-v|^2$",
            "log",
            "log" if _wide(frame[frame["panel"] == name]) else "linear",
            x_ticks=tuple(sorted(frame.loc[frame["panel"] == name, "x"].unique())),
        )
        for name in shared
    }
    several = str(frame.loc[frame["panel"] == COUNT, "about"].iloc[0])
    found[FORGETTING] = Panel(several, "age in tokens + 1", ERROR, "log", level=1.0)
    late = f"{several}, {LATE} tokens later"
    found[COUNT] = Panel(late, "pairs a token $n_h$", ERROR, level=1.0, x_ticks=SHOWN)
    return found


def _wide(rows: pd.DataFrame) -> bool:
    return bool(rows["y"].max() > 4 * rows["y"].min())


def data(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a dot and one a point of a law."""
    rows = frames["sharing"]
    rows = rows.assign(pairs=[json.loads(text).get("n_h", 0) for text in rows["parameters"]])
    shared, several = rows[rows["pairs"] == 0], rows[rows["pairs"] > 0]
    order = sorted(shared["rule"].unique(), key=lambda x: family_order(rules()[x].family))
    parts = [part for rule in order for part in _shared(shared[shared["rule"] == rule])]
    found = table([*parts, *_several(several)])
    about = {"d_v": int(shared["d_v"].iloc[0]), "d": int(several["d_k"].iloc[0])}
    about |= {"each": int(shared["items"].min()), "trials": int(rows["trials"].min())}
    return found.assign(**about, about=rules()[several["rule"].iloc[0]].title)


def _shared(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Means over all stored pairs against the number of heads that bring them."""
    rows = rows[rows["age"].isna()].sort_values("items")
    each, width = rows["items"].min(), rows["d_v"]
    rows = rows.assign(heads=rows["items"] / each)
    for series, chosen in (
        (STATE, rows["d_k"] == rows["heads"] * width),
        (MEMORY, rows["d_k"] == width),
    ):
        found = rows[chosen]
        rule, values = str(found["rule"].iloc[0]), str(found["parameters"].iloc[0])
        stderr = found["mse_stderr"].to_numpy()
        dots = points(rule, series, "measured", found["heads"], found["mse"], stderr=stderr)
        gained, _ = best_gain_error(*(found[name] for name in MEASURED))
        yield dots.assign(gained=gained, parameters=values)
        told = [_law(row) for _, row in found.iterrows()]
        known = [each for each in told if each is not None]
        if len(known) == len(told):
            y = [recall.mse.mean() for recall, _ in known]
            yield points(rule, series, "law", found["heads"], y, status=known[0][1])


def _several(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The last pair of each token, by the age of its token."""
    rows = rows[rows["age"].notna()].astype({"age": int})
    rows = rows[rows["age"] % rows["pairs"] == 0]
    rows = rows.assign(tokens=rows["age"] // rows["pairs"])
    late = []
    for (parameters, n), found in rows.groupby(["parameters", "pairs"], sort=False):
        found = found.sort_values("tokens")
        y, stderr = best_gain_error(*(found[name] for name in MEASURED))
        told = _law(found.iloc[0])
        assert told is not None
        count = int(str(n))
        law = told[0].best_gain_mse[::count]
        gate = json.loads(str(parameters))["alpha"]
        late.append((gate, count, y[LATE], stderr[LATE], law[LATE], told[1]))
        if gate == 1 and count in SHOWN:
            series, at = f"$n_h = {n}$", found["tokens"] + 1
            few = found["tokens"].isin(_few(len(found))).to_numpy()
            yield points(FORGETTING, series, "measured", at[few], y[few], stderr=stderr[few])
            yield points(FORGETTING, series, "law", at, law, status=told[1])
    for gate in sorted({each[0] for each in late}, reverse=True):
        same = sorted(each for each in late if each[0] == gate)
        _, counts, errors, spreads, laws, status = zip(*same, strict=True)
        series = rf"$\alpha = {gate:g}$"
        yield points(COUNT, series, "measured", counts, errors, stderr=spreads)
        yield points(COUNT, series, "law", counts, laws, status=status[0])


def _few(count: int) -> set[int]:
    """Places that are about even on a logarithmic axis."""
    return {round(x) - 1 for x in np.geomspace(1, count, 9)}


def _law(row: pd.Series) -> tuple[Recall, str] | None:
    """Recall after the row's pairs, with its status."""
    items = int(row["items"])
    rule = rules()[str(row["rule"])].with_values(**json.loads(row["parameters"]))
    law = rule.law(parse_keys(str(row["keys"])), Dims(int(row["d_k"]), int(row["d_v"]), items))
    return None if law is None else (law.recall(items), law_status(law))


def caption(frame: pd.DataFrame) -> str:
    """What is drawn, what sharing costs, and how far several pairs a token shorten memory."""
    first = frame.iloc[0]
    text = [
        "The ratio of pairs to queries (open question 3). First: query heads bring"
        f" {first['each']} pairs each, with values of {first['d_v']} dimensions; one memory holds"
        " those of $g$ heads, with keys $g$ times as wide (equal state in all memories together)"
        f" or {first['d_v']} wide (equal state in each, $1/g$ in all).",
        f"Errors $E|o - v|^2$ are without output gain{_set(frame)}.",
        _costs(frame),
        f"Last: $n_h$ pairs a token in one memory of $d = {first['d']}$ at $\\beta = 1/2$, which"
        f" decays by $\\alpha$ a token: the last pair of each token by the token's age ($\\alpha ="
        f" 1$), and {LATE} tokens later.",
        _horizons(frame),
        f"Dots: {first['trials']} streams, bars one standard error (of $1 - s^2/p$ an upper end);"
        " solid lines exact laws, dashed asymptotic.",
        agreement(frame),
    ]
    return " ".join(part for part in text if part)


def numbers(frame: pd.DataFrame) -> Quantities:
    """What sharing costs, how far several pairs a token reach, and the agreement."""
    return agreement_numbers(frame) | flat(_ratios(frame) | {"tokens": _tokens(frame)})


def _shared_dots(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[(frame["kind"] == "measured") & frame["series"].isin((STATE, MEMORY))]


def _ratios(frame: pd.DataFrame) -> dict[str, Quantities]:
    """Error with most sharing over that with none, measured, without gain and at the best."""
    found = {}
    for rule, rows in _shared_dots(frame).groupby("panel", sort=False):
        title, ordered = rules()[str(rule)].title, rows.sort_values("x")
        each = {series: ordered[ordered["series"] == series] for series in (STATE, MEMORY)}
        found[title] = {
            f"{series}{gain}": number(
                y[column].iloc[-1] / y[column].iloc[0],
                f"error of {title}, {words}, with most sharing over that with none, {series}",
            )
            for series, y in each.items()
            for gain, (column, words) in GAINS.items()
        }
    return found


def _costs(frame: pd.DataFrame) -> str:
    found = "; ".join(
        f"{title} {n[STATE]} and {n[MEMORY]} ({n[STATE + BEST]} and {n[MEMORY + BEST]})"
        for title, n in _ratios(frame).items()
    )
    most = f"{_shared_dots(frame)['x'].max():g}"
    return (
        f"Errors at $g = {most}$ over those at 1, for equal state in all and in each (in"
        f" parentheses: $1 - s^2/p$, at the best gain): {found}."
    )


def _set(frame: pd.DataFrame) -> str:
    """Steps and ridges of the rules that have them."""
    told = []
    for rule, rows in _shared_dots(frame).groupby("panel", sort=False):
        values = json.loads(str(rows["parameters"].iloc[0]))
        shown = [
            setting(p, values[p.name])
            for p in rules()[str(rule)].parameters()
            if p.name in SETTINGS and p.name in values
        ]
        told += [", ".join([rules()[str(rule)].title, *shown])] if shown else []
    return f"; settings: {'; '.join(told)}" if told else ""


def _tokens(frame: pd.DataFrame) -> Quantities:
    """Tokens after which half of the value is lost, by the law."""
    law = frame[(frame["kind"] == "law") & (frame["panel"] == FORGETTING)]
    found = {}
    for name, rows in law.groupby("series", sort=False):
        held = rows[rows["y"] <= 0.5]
        most = int(held["x"].max()) if len(held) else 0
        found[str(name)] = count(most, f"newest tokens with error at most 1/2 by the law, {name}")
    return found


def _horizons(frame: pd.DataFrame) -> str:
    found = ", ".join(f"{name}: {tokens}" for name, tokens in _tokens(frame).items())
    return f"Newest tokens with error at most 1/2: {found}."


FIGURE = curve_figure(
    "sharing",
    "The ratio of pairs to queries",
    needs={"sharing": NEED},
    data=data,
    panels=panels,
    caption=caption,
    numbers=numbers,
    section=Section.Q3,
    rank=3,
)
