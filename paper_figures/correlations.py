"""Recall of keys that resemble each other: what is measured and, where there is one, the law.

What two figures share that place ensembles on different axes.
"""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pandas as pd

from capacity.additive import key_moments
from capacity.correlated_keys import Autoregressive, Spectrum, Spike, Structured
from capacity.keys import Keys, Signs, parse_keys
from capacity.rule import Dims
from paper_figures.curves import Panel, agreement, agreement_numbers, points, table
from paper_figures.data import export_of
from paper_figures.quantity import Quantities, count
from paper_figures.series import Series, law_status

NEED = export_of(
    "effective_dimension",
    (
        *("rule", "parameters", "keys", "d_k", "d_v", "items", "age"),
        *("mse", "mse_stderr", "trials"),
    ),
)
NAMES: Mapping[type[Keys], str] = {
    Spectrum: "Gaussian, spectrum",
    Signs: "signs, same spectrum",
    Spike: "common component",
    Autoregressive: "chain",
}
FINE = 13  # places of a law between the ends of what was measured
Place = Callable[[Keys, int], float]


def effective_dimension(keys: Keys, d: int) -> float:
    """1/tr Sigma^2 of the keys' second moment Sigma, of trace 1."""
    if isinstance(keys, Structured):
        return keys.effective_dimension(d)
    moments = key_moments(keys, d)
    assert moments is not None
    return float(moments.effective_dimension)


def curves(rows: pd.DataFrame, place: Place, shown: tuple[type[Keys], ...]) -> pd.DataFrame:
    """The table of curves: a panel a rule, a series an ensemble, x by ``place``."""
    rows = rows[rows["age"].isna()]
    kinds = {label: type(parse_keys(str(label))) for label in rows["keys"].unique()}
    rows = rows.assign(ensemble=rows["keys"].map(kinds))
    parts = [
        part
        for (rule, parameters), found in rows.groupby(["rule", "parameters"])
        for kind in shown
        for part in _parts(
            str(rule), str(parameters), kind, found[found["ensemble"] == kind], place
        )
    ]
    first = rows.iloc[0]
    about = {name: first[name] for name in ("d_k", "d_v", "items")}
    return table(parts).assign(**about, trials=int(rows["trials"].min()))


def _parts(
    rule: str, parameters: str, kind: type[Keys], rows: pd.DataFrame, place: Place
) -> Iterator[pd.DataFrame]:
    if rows.empty:
        return
    d_k, d_v, items = (int(rows[name].iloc[0]) for name in ("d_k", "d_v", "items"))
    panel = Series(rule, parameters, "sphere", d_k, d_v).label
    measured = [parse_keys(str(label)) for label in rows["keys"]]
    at = [place(keys, d_k) for keys in measured]
    yield points(
        panel, NAMES[kind], "measured", at, rows["mse"], stderr=rows["mse_stderr"].to_numpy()
    )
    line = []
    for keys in _between(measured):
        built = Series(rule, parameters, keys.label, d_k, d_v).built
        law = None if built is None else built.law(keys, Dims(d_k, d_v, items))
        if law is None:
            return
        line.append((place(keys, d_k), law.recall(items).mse.mean(), law_status(law)))
    x, y, statuses = zip(*sorted(line), strict=True)
    yield points(panel, NAMES[kind], "law", x, y, status=statuses[0])


def _between(measured: list[Keys]) -> list[Keys]:
    """What was measured and, of ensembles with one number, places between."""
    if not all(isinstance(keys, Structured) for keys in measured):
        return measured
    values = [keys.value for keys in measured if isinstance(keys, Structured)]
    more = np.linspace(min(values), max(values), FINE)
    kind = type(measured[0])
    made = [kind(value) for value in np.union1d(values, more)]  # type: ignore[call-arg]
    return made


def panels(frame: pd.DataFrame, x: str, x_scale: str) -> dict[str, Panel]:
    """One a rule; errors on a logarithmic axis where they span a decade."""
    found = {}
    for name, rows in frame.groupby("panel", sort=False):
        wide = rows["y"].max() > 10 * rows["y"].min()
        title = str(name).replace(", ", "\n", 1)
        y_scale = "log" if wide else "linear"
        found[str(name)] = Panel(title, x, r"error $E|o-v|^2$", x_scale, y_scale)
    return found


def numbers(frame: pd.DataFrame) -> Quantities:
    """What :func:`about` quotes."""
    return _known(frame) | agreement_numbers(frame)


def _known(frame: pd.DataFrame) -> Quantities:
    series, laws = (
        rows.groupby(["panel", "series"]).ngroups for rows in (frame, frame[frame["kind"] == "law"])
    )
    return {"Series": count(series, "series"), "Laws": count(laws, "of these with a law")}


def about(frame: pd.DataFrame) -> str:
    """A caption's sentences on the data, the laws and the agreement."""
    first, n = frame.iloc[0], _known(frame)
    return (
        f"Mean squared error over stored ages after $N = {first['items']}$ pairs, $d_k ="
        f" {first['d_k']}$, $d_v = {first['d_v']}$, {first['trials']} streams; bars: one standard"
        f" error. Lines: laws where theory has one ({n['Laws']} of {n['Series']} series; solid"
        f" exact, dashed asymptotic). {agreement(frame)}"
    )
