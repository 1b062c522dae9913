"""Difficulty against usefulness: future error over what no memory could know of the next pair."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from capacity.discover import rules
from capacity.keys import Array, parse_keys
from capacity.recall import Status, weakest
from capacity.rule import Dims
from capacity.values import Values, parse_values
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
from paper_figures.quantity import Quantities, flat, measured
from paper_figures.section import Section
from paper_figures.series import held
from paper_figures.style import family_order

TASK = ["rule", "parameters", "keys", "values", "d_v"]
MEASURED = ("alignment", "alignment_stderr", "power", "power_stderr")
NEED = export_of(
    "difficulty",
    (
        *("rule", "parameters", "keys", "values", "d_k", "d_v", "items", "trials"),
        *MEASURED,
    ),
)
NOISE, DRIFT, BOTH, SWITCH = "noise", "drift", "noise and drift", "switching"
LEFT = "nothing better is possible"
KINDS = (NOISE, BOTH, DRIFT, SWITCH)
USEFUL = "useful"


def floor(values: Values) -> float:
    """Error of one who knows the teacher of the newest pair and not when it switches."""
    return 1 - values.signal * values.kept**2


def kind(values: Values) -> str:
    """What makes the task hard."""
    if values.switch:
        return SWITCH
    if values.drift == 0:
        return NOISE
    return DRIFT if values.signal == 1 else BOTH


def panels(frame: pd.DataFrame) -> dict[str, Panel]:
    """One a rule, then the best of them."""
    x, limits = "difficulty", (0.0, 1.05)
    found = {
        str(name): Panel(rules()[str(name)].title, x, r"future error $1 - A^2/P$", y_limits=limits)
        for name in dict.fromkeys(frame["panel"])
        if name != USEFUL
    }
    return found | {USEFUL: Panel("best of these", x, "share learnt", y_limits=(0.0, 1.12))}


def data(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a dot and one a point of a law, at the difficulties that were measured."""
    every = frames["difficulty"]
    rows = pd.DataFrame([_task(rows) for _, rows in every.groupby(TASK, sort=False)])
    rows["error"], rows["stderr"] = best_gain_error(*(rows[name] for name in MEASURED))
    order = sorted(rows["rule"].unique(), key=lambda x: family_order(rules()[x].family))
    parts = [part for rule in order for part in _curves(rule, rows[rows["rule"] == rule])]
    first = rows.iloc[0]
    about = {"d": int(first["d_k"]), "items": int(every["items"].min())}
    settings = rows.drop_duplicates("rule").set_index("rule")["parameters"]
    found = table([*parts, *_useful(rows)]).assign(**about, trials=int(rows["trials"].min()))
    return found.assign(parameters=found["panel"].map(settings))


def _task(rows: pd.DataFrame) -> dict[str, Any]:
    """One rule at one task: means over the phases of a period, where teachers switch.

    Dots of a period share streams, so that the mean of their standard errors is an upper end.
    """
    first, values = rows.iloc[0], parse_values(str(rows["values"].iloc[0]))
    error, status = _law(first, values, rows["items"].to_numpy())
    return {
        **{name: first[name] for name in (*TASK, "d_k", "trials")},
        **{name: rows[name].mean() for name in MEASURED},
        **{"law": error, "status": status, "floor": floor(values), "kind": kind(values)},
    }


def _law(row: pd.Series, values: Values, items: Array) -> tuple[float, str | None]:
    """Future error at the best gain by the law, with its status; nan where there is none."""
    rule = rules()[str(row["rule"])].with_values(**json.loads(row["parameters"]))
    keys, dims = parse_keys(str(row["keys"])), Dims(int(row["d_k"]), int(row["d_v"]))
    law = rule.taught(keys, dims, values)
    if law is None:
        return np.nan, None
    future = law.future(int(items.max()))
    alignment, power = (x[items - 1].mean() for x in (future.alignment, future.power))
    error, _ = best_gain_error(alignment, 0.0, power, 0.0)
    return float(error), str(weakest(law.statuses))


def _curves(rule: str, rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for name in KINDS:
        found = rows[rows["kind"] == name].sort_values("floor")
        x, stderr = found["floor"], found["stderr"].to_numpy()
        yield points(rule, name, "measured", x, found["error"], stderr=stderr)
        if found["law"].notna().all():
            yield points(rule, name, "law", x, found["law"], status=found["status"].iloc[0])
    ends = np.array([0.0, 1.0])
    yield points(rule, LEFT, "law", ends, ends, status=str(Status.BOUND))


def _useful(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """(1 - F)/(1 - floor): of what could be known, how much the best memory knows."""
    for name in KINDS:
        found = rows[rows["kind"] == name]
        best = found.sort_values("error").drop_duplicates("floor").sort_values("floor")
        known = 1 - best["floor"]
        y, stderr = (1 - best["error"]) / known, (best["stderr"] / known).to_numpy()
        yield points(USEFUL, name, "measured", best["floor"], y, stderr=stderr)
        if found["law"].isna().any():
            continue  # the best memory may be one without a law
        law = found.sort_values("law").drop_duplicates("floor").sort_values("floor")
        weak = max((Status(x) for x in law["status"]), key=lambda x: x.rank)
        y = (1 - law["law"]) / (1 - law["floor"])
        yield points(USEFUL, name, "law", law["floor"], y, status=str(weak))


def caption(frame: pd.DataFrame) -> str:
    """What is drawn, and whether difficulty tells what a memory is good for."""
    first = frame.iloc[0]
    text = [
        "Difficulty of the task against usefulness (open question 3). Difficulty is the error left"
        " to one who knows the linear teacher of the newest pair, $1 - \\rho^2 c^2$ with $c$ the"
        " mean correlation of the coming teacher with it: from noise ($\\rho^2 < 1$), from drift"
        " ($c^2 = 1 - \\tau$), half from each, or from a teacher that is replaced every $L$ pairs"
        " ($c = 1 - 1/L$; means over a period, bars at most those of one phase). Future error is"
        f" that on unseen pairs at the best gain, after $N = {first['items']}$ pairs (or up to"
        f" $L - 1$ more), unit keys, $d = {first['d']}$. Share learnt: of what could be"
        " known, how much the best of these memories knows.",
        _settings(frame),
        _spread(frame),
        f"Dots: {first['trials']} streams, bars an upper end of one standard error; lines: laws at"
        " what was measured (solid exact, dashed asymptotic, dotted bound); dots without a line: no"
        " law.",
        agreement(frame),
    ]
    return " ".join(part for part in text if part)


def numbers(frame: pd.DataFrame) -> Quantities:
    """Shares learnt at equal difficulty, and the agreement."""
    return agreement_numbers(frame) | flat(_shares(frame))


def _shares(frame: pd.DataFrame) -> dict[str, Quantities]:
    """At one difficulty, the shares learnt of tasks of different kinds."""
    dots = frame[(frame["panel"] == USEFUL) & (frame["kind"] == "measured")]
    places = np.sort(dots.loc[dots["series"] == NOISE, "x"].unique())
    found = {}
    for at in (places[0], places[len(places) // 2], places[-1]):
        near = dots[np.isclose(dots["x"], at, atol=1e-4)].set_index("series")
        place = f"at {at:.2g}"
        found[place] = {
            name: measured(
                near["y"][name], near["stderr"][name], f"share learnt {place} of tasks with {name}"
            )
            for name in (NOISE, DRIFT)
        }
    return found


def _spread(frame: pd.DataFrame) -> str:
    found = "; ".join(
        f"{place}, {' and '.join(f'{share} ({name})' for name, share in shares.items())}"
        for place, shares in _shares(frame).items()
    )
    return (
        "Equally difficult tasks are not equally useful to these memories at these settings: shares"
        f" learnt are, {found}."
    )


def _settings(frame: pd.DataFrame) -> str:
    """The one setting at which each memory was measured."""
    found = frame.dropna(subset="parameters").drop_duplicates("panel")
    told = "; ".join(
        f"{rules()[str(row['panel'])].title}, {held(row['panel'], json.loads(row['parameters']))}"
        for _, row in found.iterrows()
    )
    return f"Each memory has one setting at all tasks, tuned to none: {told}."


FIGURE = curve_figure(
    "difficulty",
    "Difficulty against usefulness",
    needs={"difficulty": NEED},
    data=data,
    panels=panels,
    caption=caption,
    numbers=numbers,
    section=Section.Q3,
    rank=6,
)
