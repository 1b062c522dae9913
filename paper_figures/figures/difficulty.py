"""Difficulty against usefulness: future error over what no memory could know of the next pair."""

import json
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from capacity.discover import rules
from capacity.keys import parse_keys
from capacity.recall import Status
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
from paper_figures.style import family_order

MEASURED = ("alignment", "alignment_stderr", "power", "power_stderr")
NEED = export_of(
    "difficulty",
    (
        *("rule", "parameters", "keys", "values", "d_k", "d_v", "items", "trials"),
        *MEASURED,
    ),
)
NOISE, DRIFT, BOTH, LEFT = "noise", "drift", "noise and drift", "nothing better is possible"
USEFUL = "useful"


def floor(values: Values) -> float:
    """Error of one who knows the teacher of the newest pair: 1 - rho^2 (1 - tau)."""
    return 1 - values.signal * (1 - values.drift)


def kind(values: Values) -> str:
    """What makes the task hard."""
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
    rows = frames["difficulty"]
    told = [_error(row) for _, row in rows.iterrows()]
    rows = rows.assign(
        law=[error for error, _ in told],
        status=[status for _, status in told],
        floor=[floor(parse_values(x)) for x in rows["values"]],
        kind=[kind(parse_values(x)) for x in rows["values"]],
    )
    rows["error"], rows["stderr"] = best_gain_error(*(rows[name] for name in MEASURED))
    order = sorted(rows["rule"].unique(), key=lambda x: family_order(rules()[x].family))
    parts = [part for rule in order for part in _curves(rule, rows[rows["rule"] == rule])]
    first = rows.iloc[0]
    about = {"d": int(first["d_k"]), "items": int(first["items"])}
    return table([*parts, *_useful(rows)]).assign(**about, trials=int(rows["trials"].min()))


def _curves(rule: str, rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for name in (NOISE, BOTH, DRIFT):
        found = rows[rows["kind"] == name].sort_values("floor")
        x, stderr = found["floor"], found["stderr"].to_numpy()
        yield points(rule, name, "measured", x, found["error"], stderr=stderr)
        yield points(rule, name, "law", x, found["law"], status=found["status"].iloc[0])
    ends = np.array([0.0, 1.0])
    yield points(rule, LEFT, "law", ends, ends, status=str(Status.BOUND))


def _useful(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """(1 - F)/(1 - floor): of what could be known, how much the best memory knows."""
    for name in (NOISE, BOTH, DRIFT):
        found = rows[rows["kind"] == name]
        best = found.sort_values("error").drop_duplicates("floor").sort_values("floor")
        known = 1 - best["floor"]
        y, stderr = (1 - best["error"]) / known, (best["stderr"] / known).to_numpy()
        yield points(USEFUL, name, "measured", best["floor"], y, stderr=stderr)
        law = found.sort_values("law").drop_duplicates("floor").sort_values("floor")
        weakest = max((Status(x) for x in law["status"]), key=lambda x: x.rank)
        y = (1 - law["law"]) / (1 - law["floor"])
        yield points(USEFUL, name, "law", law["floor"], y, status=str(weakest))


def _error(row: pd.Series) -> tuple[float, str]:
    """Future error at the best gain by the law, with its status."""
    rule = rules()[str(row["rule"])].with_values(**json.loads(row["parameters"]))
    keys, dims = parse_keys(str(row["keys"])), Dims(int(row["d_k"]), int(row["d_v"]))
    law = rule.taught(keys, dims, parse_values(str(row["values"])))
    assert law is not None
    status = max(law.statuses.values(), key=lambda x: x.rank)
    return float(law.future(int(row["items"])).best_gain_error[-1]), str(status)


def caption(frame: pd.DataFrame) -> str:
    """What is drawn, and whether difficulty tells what a memory is good for."""
    first = frame.iloc[0]
    text = [
        "Difficulty of the task against usefulness (open question 3). Difficulty is the error left"
        " to one who knows the linear teacher of the newest pair, $1 - \\rho^2 (1 - \\tau)$, from"
        " noise, from drift or half from each; future error is that on unseen pairs at the best"
        f" gain, after $N = {first['items']}$ pairs, unit keys, $d = {first['d']}$. Share learnt:"
        " of what could be known, how much the best of these memories knows.",
        _spread(frame),
        f"Dots: {first['trials']} streams, bars an upper end of one standard error; lines: laws at"
        " what was measured (solid exact, dashed asymptotic, dotted bound).",
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
    return f"Equally difficult tasks are not equally useful: shares learnt are, {found}."


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
