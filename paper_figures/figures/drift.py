"""Past against future: error on stored and on unseen pairs of a drifting teacher.

Over gates, step and ridge, each with the best value that the law predicts for unseen pairs.
"""

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter

from capacity import questions
from capacity.discover import rules
from capacity.keys import parse_keys
from capacity.parameters import Parameter
from capacity.recall import weakest
from capacity.rule import Dims
from capacity.taught import TaughtLaw
from capacity.values import parse_values
from paper_figures import curves
from paper_figures.curves import (
    Panel,
    agreement,
    agreement_numbers,
    points,
    table,
)
from paper_figures.data import Need, export_of
from paper_figures.figure import Figure
from paper_figures.gain import best_gain_error
from paper_figures.quantity import Quantities, Quantity, flat
from paper_figures.section import Section
from paper_figures.series import held
from paper_figures.style import Style

COLUMNS = (
    *("rule", "parameters", "keys", "values", "d_k", "d_v", "items", "trials"),
    *("error", "error_stderr", "stored_mse", "stored_mse_stderr"),
    *("alignment", "alignment_stderr", "power", "power_stderr"),
)
NEED: Need = export_of("drift", COLUMNS)
PAST, FUTURE, GAIN = "stored pairs (past)", "unseen pairs (future)", "unseen pairs, best gain"
POINTS = 41  # of a curve
LONGEST, BREAK = 1000.0, 500.0  # where a gate of 1 stands, and where the curve ends before it


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
        gate, wide = _gated(rows), rows["x"].max() > 100 * rows["x"].min()
        label = f"memory ${_symbol(rows)}$" if gate else f"${_symbol(rows)}$"
        error = r"error $1 - A^2/P$" if set(rows["series"]) == {GAIN} else "squared error"
        scale = "log" if gate or wide else "linear"
        ticks = tuple(10.0**n for n in range(3) if 10.0**n > 0.99 * rows["x"].min())
        found[str(name)] = Panel(
            *(rules()[str(name)].title, label, error, scale),
            x_ticks=(*ticks, LONGEST) if _endless(rows).any() else (),
        )
    return found


def _parameter(rows: pd.DataFrame) -> Parameter:
    """The parameter on the axis of a panel."""
    kind, name = rules()[str(rows["panel"].iloc[0])], rows["parameter"].iloc[0]
    return next(p for p in kind.parameters() if p.name == name)


def _gated(rows: pd.DataFrame) -> bool:
    return _parameter(rows).domain[1] == 1


def _symbol(rows: pd.DataFrame) -> str:
    """What the axis of a panel shows."""
    symbol = _parameter(rows).symbol
    return f"1/(1-{symbol})" if _gated(rows) else symbol


def _endless(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Which rows of a panel stand for a gate of 1."""
    return (rows["x"] >= LONGEST) & _gated(rows)


def draw(frame: pd.DataFrame, style: Style) -> Canvas:
    """Panels whose laws are broken before a gate of 1, which is a dash at infinity."""
    canvas = curves.draw(frame, style, panels=panels, across=4, height=1.55)
    lines = {line.get_gid(): (ax, line) for ax in canvas.axes for line in ax.lines}
    for (panel, series), rows in frame[frame["kind"] == "law"].groupby(["panel", "series"]):
        endless = _endless(rows)
        if not endless.any():
            continue
        (ax, line), last = lines[f"law {panel} {series}"], rows[endless]
        finite = rows[~endless].sort_values("x")
        line.set_data(finite["x"], finite["y"])
        (dash,) = ax.plot(last["x"], last["y"], "_", color=line.get_color(), ms=11, zorder=1.9)
        dash.set_gid(f"law at infinity {panel} {series}")
        ax.xaxis.set_major_formatter(FuncFormatter(_tick))
    return canvas


def _tick(value: float, _: Any) -> str:
    return r"$\infty$" if value >= LONGEST else f"{value:g}"


def data(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a dot, one a point of a law, one for the best value of each panel."""
    rows = frames["drift"]
    first, parts = rows.iloc[0], []
    for rule, found in rows.groupby("rule"):
        settings = [json.loads(text) for text in found["parameters"]]
        name = _varied(str(rule), settings).name
        fixed = json.dumps({key: x for key, x in settings[0].items() if key != name})
        parts += [part.assign(parameter=name, fixed=fixed) for part in _parts(str(rule), found)]
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
    longest = BREAK if varied.domain[1] == 1 and x.max() >= LONGEST else x.max()
    grid = np.union1d(spaced(x.min(), longest, POINTS), x)
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
        _infinity(frame),
        _stepless(frame),
        _disagreement(frame),
        agreement(frame),
    ]
    return " ".join(part for part in text if part)


def _words(values: str) -> str:
    model = parse_values(values)
    return rf"signal fraction $\rho^2 = {model.signal:g}$, drift $\tau = {model.drift:g}$"


def _panels(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The rows of each rule, by its title."""
    groups = frame.groupby("panel", sort=False)
    return {rules()[str(name)].title: rows for name, rows in groups}


def _infinity(frame: pd.DataFrame) -> str:
    """What stands at the end of an axis of memories, where one was measured without a gate."""
    found = [rows for rows in _panels(frame).values() if _endless(rows).any()]
    gates = " or ".join(f"${_parameter(rows).symbol} = 1$" for rows in found)
    if not gates:
        return ""
    return (
        f"At $\\infty$ stands {gates}, no decay, at a finite place of the axis: lines are broken"
        " before it, and the law there is a dash."
    )


def _stepless(frame: pd.DataFrame) -> str:
    """Why a panel has no curve of the past."""
    titles = [name for name, rows in _panels(frame).items() if set(rows["series"]) == {GAIN}]
    if not titles:
        return ""
    return (
        f"{', '.join(titles)} has no step size to set the scale of what is read, so that it is"
        " given its best gain; measured for unseen pairs alone, hence no curve of the past."
    )


def _places(frame: pd.DataFrame) -> dict[str, Quantities]:
    """Where on its axis the law of each rule is least, for the past and for the future."""
    found = {}
    for title, rows in _panels(frame).items():
        past = rows[(rows["kind"] == "law") & (rows["series"] == PAST)]
        ring = rows[rows["kind"] == "best"]
        about = f"${_symbol(rows)}$ of the least error of {title} by its law, on"
        future, series = _least(ring), ring["series"].iloc[0]
        found[title] = {
            **({"past": _two_digits(_least(past), f"{about} {PAST}")} if len(past) else {}),
            "future": _two_digits(future, f"{about} {series}"),
        }
    return found


def _least(law: pd.DataFrame) -> float:
    """The place of the least point of a curve: the vertex of the parabola, in log x, around it."""
    if _endless(law).to_numpy()[law["y"].to_numpy().argmin()]:
        return math.inf
    rows = law[~_endless(law)].sort_values("x")
    x, y = np.log(rows["x"].to_numpy()), rows["y"].to_numpy()
    i = int(y.argmin())
    if i in (0, len(y) - 1):
        return float(np.exp(x[i]))
    a, b, _ = np.polyfit(x[i - 1 : i + 2], y[i - 1 : i + 2], 2)
    return float(np.exp(-b / (2 * a)))


def _two_digits(value: float, what: str) -> Quantity:
    """A place of a flat minimum, in plain digits."""
    text = r"\infty" if math.isinf(value) else f"{float(f'{value:.2g}'):g}"
    return Quantity(value, text, what)


def numbers(frame: pd.DataFrame) -> Quantities:
    """Where past and future are best, and the agreement."""
    return agreement_numbers(frame) | flat(_places(frame))


def _disagreement(frame: pd.DataFrame) -> str:
    found, panels_of = [], _panels(frame)
    for title, n in _places(frame).items():
        rows = panels_of[title]
        places = [f"{_symbol(rows)} = {n[name]}" for name in ("past", "future") if name in n]
        alone = " (future alone)" if "past" not in n else ""
        fixed = held(str(rows["panel"].iloc[0]), json.loads(rows["fixed"].iloc[0]))
        fixed = f" ({fixed})" if fixed else ""
        found.append(f"{title}{fixed} ${'$ against $'.join(places)}${alone}")
    return (
        "The error is least, for the past against the future, at (minima are flat):"
        f" {'; '.join(found)}."
    )


FIGURE = Figure(
    name="drift",
    title="Past against future under drift",
    needs={"drift": NEED},
    data=data,
    draw=draw,
    caption=caption,
    numbers=numbers,
    section=Section.Q1,
    rank=2,
)
