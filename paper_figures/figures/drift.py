"""Past against future: error on stored and on unseen pairs of a drifting teacher.

Over gates, step and ridge, each with the best value that the law predicts for unseen pairs.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from capacity import questions
from capacity.discover import rules
from capacity.keys import parse_keys
from capacity.recall import weakest
from capacity.rule import Dims
from capacity.taught import TaughtLaw
from capacity.values import parse_values
from paper_figures.curves import Panel, agreement, curve_figure, points, table
from paper_figures.data import Need, export_of

COLUMNS = (
    *("rule", "parameters", "keys", "values", "d_k", "d_v", "items", "trials"),
    *("error", "error_stderr", "stored_mse", "stored_mse_stderr"),
    *("alignment", "alignment_stderr", "power", "power_stderr"),
)
NEED: Need = export_of("drift", COLUMNS)
PAST, FUTURE, GAIN = "stored pairs (past)", "unseen pairs (future)", "unseen pairs, best gain"
POINTS = 41


class Varied(NamedTuple):
    """The parameter that a panel varies, and the place of its values on the axis."""

    name: str
    place: Callable[[Any], Any]
    back: Callable[[Any], Any]


def _memory(gate: Any) -> Any:
    return 1 / np.maximum(1 - gate, 1e-3)


def _gate(memory: Any) -> Any:
    return np.where(memory >= 1e3, 1.0, 1 - 1 / memory)


def _same(x: Any) -> Any:
    return x


VARIED = {
    "gated_delta": Varied("alpha", _memory, _gate),
    "delta": Varied("beta", _same, _same),
    "mesa": Varied("lam", _same, _same),
    "decay": Varied("gamma", _memory, _gate),
}
PANELS = {
    "gated_delta": Panel(
        "gated delta", r"memory $1/(1-\alpha)$ (pairs)", "squared error", x_scale="log"
    ),
    "delta": Panel("delta", r"step $\beta$", "squared error"),
    "mesa": Panel("Mesa", r"ridge $\lambda$", "squared error", x_scale="log"),
    "decay": Panel("decay", r"memory $1/(1-\gamma)$ (pairs)", r"error $1 - A^2/P$", x_scale="log"),
}


def data(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a dot, one a point of a law, one for the best value of each panel."""
    rows = frames["drift"]
    parts = [part for rule, found in rows.groupby("rule") for part in _parts(str(rule), found)]
    first = rows.iloc[0]
    about = {name: first[name] for name in ("d_k", "items", "keys", "values")}
    return table(parts).assign(**about, trials=int(rows["trials"].min()))


def _parts(rule: str, rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    varied, first = VARIED[rule], rows.iloc[0]
    settings = [json.loads(text) for text in rows["parameters"]]
    values = np.array([setting[varied.name] for setting in settings])
    x = varied.place(values)
    for series, name in _read(rule):
        found, stderr = _measured(rows, name)
        yield points(rule, series, "measured", x, found, stderr=stderr)
    fixed = {name: value for name, value in settings[0].items() if name != varied.name}
    log = PANELS[rule].x_scale == "log"
    grid = (np.geomspace if log else np.linspace)(x.min(), x.max(), POINTS)
    grid = np.union1d(grid, x)
    # a place on the axis stands for one value: that measured there, else the nearest of the curve
    known = dict(zip(x, values, strict=True))
    curve = [float(known.get(place, varied.back(place))) for place in grid]
    laws = [_law(rule, {**fixed, varied.name: value}, first) for value in curve]
    status = str(weakest(laws[0].statuses))
    items = int(first["items"])
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
    place = float(varied.place(best["optimum"][varied.name]))
    yield points(rule, series, "best", place, best["value"])


def _read(rule: str) -> list[tuple[str, str]]:
    """Series and quantities of a panel; a rule whose output has no scale is given the best gain."""
    return [(GAIN, "best_gain")] if rule == "decay" else [(PAST, "stored_mse"), (FUTURE, "error")]


def _measured(rows: pd.DataFrame, name: str) -> tuple[np.ndarray, np.ndarray]:
    if name != "best_gain":
        return rows[name].to_numpy(), rows[f"{name}_stderr"].to_numpy()
    a, p = rows["alignment"].to_numpy(), rows["power"].to_numpy()
    # first order; alignment and power vary together, so the sum of both parts is the upper end
    spread = 2 * a / p * rows["alignment_stderr"] + a**2 / p**2 * rows["power_stderr"]
    return 1 - a**2 / p, spread.to_numpy()


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


def _disagreement(frame: pd.DataFrame) -> str:
    law = frame[frame["kind"] == "law"]
    found = []
    for name, rows in law.groupby("panel"):
        at = {s: part.sort_values("y")["x"].iloc[0] for s, part in rows.groupby("series")}
        if len(at) == 2:
            found.append(f"{PANELS[str(name)].title} {at[PAST]:.3g} against {at[FUTURE]:.3g}")
    return f"The error is least, for the past against the future, at: {'; '.join(found)}."


FIGURE = curve_figure(
    "drift",
    "Past against future under drift",
    needs={"drift": NEED},
    data=data,
    panels=PANELS,
    caption=caption,
    across=4,
)
