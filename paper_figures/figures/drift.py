"""Past against future: error on stored and on unseen pairs of a drifting teacher.

Over gates, step and ridge, each with the best value that the law predicts for unseen pairs.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from capacity import questions
from capacity.discover import rules
from capacity.keys import parse_keys
from capacity.parameters import Parameter
from capacity.recall import weakest
from capacity.rule import Dims
from capacity.taught import TaughtLaw
from capacity.values import parse_values
from paper_figures.curves import (
    Panel,
    agreement,
    agreement_numbers,
    curve_figure,
    points,
    table,
)
from paper_figures.data import Need, export_of
from paper_figures.gain import best_gain_error
from paper_figures.quantity import Quantities, flat, number
from paper_figures.section import Section

COLUMNS = (
    *("rule", "parameters", "keys", "values", "d_k", "d_v", "items", "trials"),
    *("error", "error_stderr", "stored_mse", "stored_mse_stderr"),
    *("alignment", "alignment_stderr", "power", "power_stderr"),
)
NEED: Need = export_of("drift", COLUMNS)
PAST, FUTURE, GAIN = "stored pairs (past)", "unseen pairs (future)", "unseen pairs, best gain"
POINTS, LONGEST = 41, 1000.0  # of a curve; the memory that stands for a gate of 1


def _place(parameter: Parameter, values: Any) -> Any:
    """Gates, whose domain ends at 1, are placed by the memory 1/(1 - gate) that they leave."""
    return 1 / np.maximum(1 - values, 1 / LONGEST) if parameter.domain[1] == 1 else values


def _back(parameter: Parameter, place: Any) -> Any:
    if parameter.domain[1] == 1:
        return np.where(place >= LONGEST, 1.0, 1 - 1 / place)
    return place


def _varied(rule: str, settings: list[dict[str, Any]]) -> Parameter:
    """The parameter that has several values."""
    return next(
        p for p in rules()[rule].parameters() if len({each[p.name] for each in settings}) > 1
    )


def panels(frame: pd.DataFrame) -> dict[str, Panel]:
    """One a rule; axes after the parameter that varies."""
    found = {}
    for name, rows in frame.groupby("panel", sort=False):
        kind = rules()[str(name)]
        parameter = next(p for p in kind.parameters() if p.name == rows["parameter"].iloc[0])
        gate, wide = parameter.domain[1] == 1, rows["x"].max() > 100 * rows["x"].min()
        label = rf"memory $1/(1-{parameter.symbol})$" if gate else f"${parameter.symbol}$"
        error = r"error $1 - A^2/P$" if set(rows["series"]) == {GAIN} else "squared error"
        found[str(name)] = Panel(kind.title, label, error, "log" if gate or wide else "linear")
    return found


def data(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a dot, one a point of a law, one for the best value of each panel."""
    rows = frames["drift"]
    first, parts = rows.iloc[0], []
    for rule, found in rows.groupby("rule"):
        settings = [json.loads(text) for text in found["parameters"]]
        name = _varied(str(rule), settings).name
        parts += [part.assign(parameter=name) for part in _parts(str(rule), found)]
    about = {name: first[name] for name in ("d_k", "items", "keys", "values")}
    return table(parts).assign(**about, trials=int(rows["trials"].min()))


def _parts(rule: str, rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    first, items = rows.iloc[0], int(rows["items"].iloc[0])
    settings = [json.loads(text) for text in rows["parameters"]]
    varied = _varied(rule, settings)
    values = np.array([setting[varied.name] for setting in settings])
    x = _place(varied, values)
    for series, name in _read(rule):
        found, stderr = _measured(rows, name)
        yield points(rule, series, "measured", x, found, rule="", stderr=stderr)
    fixed = {name: value for name, value in settings[0].items() if name != varied.name}
    spaced = np.geomspace if x.max() > 100 * x.min() or varied.domain[1] == 1 else np.linspace
    grid = np.union1d(spaced(x.min(), x.max(), POINTS), x)
    # a place on the axis stands for one value: that measured there, else the curve's own
    known = dict(zip(x, values, strict=True))
    curve = [float(known.get(place, _back(varied, place))) for place in grid]
    laws = [_law(rule, {**fixed, varied.name: value}, first) for value in curve]
    status = str(weakest(laws[0].statuses))
    for series, name in _read(rule):
        y = [_predicted(law, name, items) for law in laws]
        yield points(rule, series, "law", grid, y, status=status)
    series, name = _read(rule)[-1]
    best = questions.optimum(
        rule,
        keys=str(first["keys"]),
        d_k=int(first["d_k"]),
        d_v=int(first["d_v"]),
        target=f"future:{items}",
        criterion="best_gain_mse" if name == "best_gain" else "mse",
        values=str(first["values"]),
        parameters=fixed,
    )
    place = float(_place(varied, best["optimum"][varied.name]))
    yield points(rule, series, "best", place, best["value"])


def _read(rule: str) -> list[tuple[str, str]]:
    """Series and quantities of a panel; a rule without a step of its own is given the best gain."""
    no_step = getattr(rules()[rule], "step_size", None) == ""
    return [(GAIN, "best_gain")] if no_step else [(PAST, "stored_mse"), (FUTURE, "error")]


def _measured(rows: pd.DataFrame, name: str) -> tuple[np.ndarray, np.ndarray]:
    if name != "best_gain":
        return rows[name].to_numpy(), rows[f"{name}_stderr"].to_numpy()
    names = ("alignment", "alignment_stderr", "power", "power_stderr")
    return best_gain_error(*(rows[each] for each in names))


def _law(rule: str, parameters: Mapping[str, Any], row: pd.Series) -> TaughtLaw:
    built = rules()[rule].with_values(**parameters)
    keys, dims = parse_keys(str(row["keys"])), Dims(int(row["d_k"]), int(row["d_v"]))
    law: TaughtLaw | None = built.taught(keys, dims, parse_values(str(row["values"])))
    assert law is not None
    return law


def _predicted(law: TaughtLaw, name: str, items: int) -> float:
    if name == "stored_mse":
        return float(law.stored(items).mse.mean())
    future = law.future(items)
    error = future.best_gain_error if name == "best_gain" else future.error
    return float(error[-1])


def caption(frame: pd.DataFrame) -> str:
    """What is drawn, where past and future disagree, and how dots lie on lines."""
    first = frame.iloc[0]
    text = [
        "Past against future (open question 1): values follow a drifting linear teacher"
        f" ({_words(str(first['values']))}); after $N = {first['items']}$ pairs a memory is read at"
        " stored keys (past) and at unseen keys of the coming teacher (future).",
        f"Keys uniform on the sphere, $d_k = d_v = {first['d_k']}$; dots: means over"
        f" {first['trials']} streams or more, bars one standard error; solid lines: exact laws,"
        " dashed: asymptotic. Rings: the best value for unseen pairs by the law.",
        _disagreement(frame),
        agreement(frame),
    ]
    return " ".join(part for part in text if part)


def _words(values: str) -> str:
    model = parse_values(values)
    return rf"signal fraction $\rho^2 = {model.signal:g}$, drift $\tau = {model.drift:g}$"


def _places(frame: pd.DataFrame) -> dict[str, Quantities]:
    """Where on its axis the law of each rule is least, for the past and for the future."""
    found = {}
    for name, rows in frame[frame["kind"] == "law"].groupby("panel"):
        at = {s: part.sort_values("y")["x"].iloc[0] for s, part in rows.groupby("series")}
        if len(at) == 2:
            title = rules()[str(name)].title
            about = f"place on the axis of the least error of {title} by its law, on"
            found[title] = {
                "past": number(at[PAST], f"{about} {PAST}", ".3g"),
                "future": number(at[FUTURE], f"{about} {FUTURE}", ".3g"),
            }
    return found


def numbers(frame: pd.DataFrame) -> Quantities:
    """Where past and future are best, and the agreement."""
    return agreement_numbers(frame) | flat(_places(frame))


def _disagreement(frame: pd.DataFrame) -> str:
    found = "; ".join(
        f"{title} {n['past']} against {n['future']}" for title, n in _places(frame).items()
    )
    return f"The error is least, for the past against the future, at: {found}."


FIGURE = curve_figure(
    "drift",
    "Past against future under drift",
    section=Section.Q1,
    rank=2,
    needs={"drift": NEED},
    data=data,
    panels=panels,
    caption=caption,
    numbers=numbers,
    across=4,
)
