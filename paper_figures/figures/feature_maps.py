"""Interference of features: what nonlinear keys gain, and the dimension that they really use."""

import json
from collections.abc import Iterator, Mapping
from functools import cache

import numpy as np
import pandas as pd

from capacity.discover import parse_feature_map, rules, wrapped
from capacity.keys import parse_keys
from capacity.law import Law
from capacity.recall import Recall, Status
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
from paper_figures.gain import recall_noise
from paper_figures.quantity import Quantities, Quantity, flat, measured, number
from paper_figures.section import Section
from paper_figures.series import held, law_status
from paper_figures.style import family_order

NEED = export_of(
    "feature_maps",
    (
        *("rule", "parameters", "wrappers", "keys", "d_k", "d_v", "items", "trials"),
        *("noise", "noise_stderr", "dimension", "dimension_stderr"),
    ),
)
WIDTH = 2.0  # standard errors
SAME = 1e-12  # signals of pairs that are recalled alike differ by rounding
SIZE, EVERY = "dimension", r"all features, $d_{\mathrm{eff}} = D$"
PLAIN = "keys as they are"
Recalled = tuple[Recall, str]


def panels(frame: pd.DataFrame) -> dict[str, Panel]:
    """Errors of each rule, and effective dimensions."""
    found = {
        str(name): Panel(
            _titled(frame, str(name)), "pairs $N$", r"error $1 - s^2/p$", "log", level=1.0
        )
        for name in dict.fromkeys(frame["panel"])
        if name != SIZE
    }
    size = Panel("dimension used", "features $D$", r"$d_{\mathrm{eff}}$", "log", "log")
    return found | {SIZE: size}


def _titled(frame: pd.DataFrame, rule: str) -> str:
    """The rule's title with its parameters."""
    values = json.loads(frame.loc[frame["panel"] == rule, "parameters"].iloc[0])
    return ", ".join(filter(None, (rules()[rule].title, held(rule, values))))


def data(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a dot and one a point of a law, where a rule on these features has one."""
    rows = frames["feature_maps"]
    rows = rows.assign(map=[json.loads(text)["features"] for text in rows["wrappers"]])
    rows = rows.assign(
        name=[_name(text) for text in rows["map"]],
        place=[family_order(rules()[rule].family)[0] for rule in rows["rule"]],
    )
    rows = rows.sort_values(
        ["place", "name"], key=lambda x: x.where(x != PLAIN, ""), kind="stable", ignore_index=True
    )
    d = max(rows["d_k"].unique(), key=lambda d: rows.loc[rows["d_k"] == d, "items"].nunique())
    parts = [
        part
        for (rule, name), found in rows.groupby(["rule", "name"], sort=False)
        for part in (
            *_errors(str(rule), str(name), found[found["d_k"] == d]),
            *_sizes(str(name), found),
        )
    ]
    sizes = table(parts).query("panel == @SIZE")["x"].unique()
    most = points(SIZE, EVERY, "law", np.sort(sizes), np.sort(sizes), status=str(Status.BOUND))
    found = table([*parts, most]).assign(d=d, trials=int(rows["trials"].min()))
    settings = rows.drop_duplicates("rule").set_index("rule")["parameters"]
    return found.assign(
        parameters=found["panel"].map(settings), draws=found["series"].map(_draws(rows))
    )


def _draws(rows: pd.DataFrame) -> dict[str, float]:
    """The seed of each map that is drawn at random."""
    maps = (parse_feature_map(text) for text in rows["map"].unique())
    return {phi.title: float(phi.seed) for phi in maps if hasattr(phi, "seed")}


def _name(text: str) -> str:
    chosen = parse_feature_map(text)
    return PLAIN if chosen.trivial else chosen.title


def _errors(rule: str, name: str, rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """1 - s^2/p = n/(1 + n), n the noise over signal, and its error to first order."""
    noise = rows["noise"].to_numpy()
    spread = rows["noise_stderr"].to_numpy() / (1 + noise) ** 2
    yield points(rule, name, "measured", rows["items"], noise / (1 + noise), stderr=spread)
    laws = [_law(row, int(row["items"])) for _, row in rows.iterrows()]
    known = [law for law in laws if law is not None]
    if known and len(known) == len(rows):
        y = [recall_noise(recall) / (1 + recall_noise(recall)) for recall, _ in known]
        yield points(rule, name, "law", rows["items"], y, status=known[0][1])


def _sizes(name: str, rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Of a rule whose pairs are all alike: where they fade, noise does not grow in proportion."""
    found = []
    for _, at in rows.groupby("d_k"):
        most = at.sort_values("items").iloc[-1]
        law, d = _law(most, int(most["items"])), int(most["d_k"])
        phi = parse_feature_map(most["map"])
        moments = phi.moments(parse_keys(most["keys"]), d)
        if law is None or moments is None or np.ptp(law[0].signal) > SAME:
            return
        dot = (most["dimension"], most["dimension_stderr"])
        found.append((phi.dimension(d), *dot, moments.effective_dimension))
    x, y, stderr, law = zip(*sorted(found), strict=True)
    yield points(SIZE, name, "measured", x, y, stderr=stderr)
    yield points(SIZE, name, "law", x, law, status=str(Status.EXACT))


def _law(row: pd.Series, items: int) -> Recalled | None:
    named = (str(row[name]) for name in ("rule", "parameters", "wrappers", "keys"))
    law = _built(*named, int(row["d_k"]), int(row["d_v"]))
    return None if law is None else (law.recall(items), law_status(law))


@cache
def _built(rule: str, parameters: str, wrappers: str, keys: str, d_k: int, d_v: int) -> Law | None:
    plain = rules()[rule].with_values(**json.loads(parameters))
    return wrapped(plain, json.loads(wrappers)).law(parse_keys(keys), Dims(d_k, d_v))


def caption(frame: pd.DataFrame) -> str:
    """What is drawn, how much of the features is used, and which rule needs all of them."""
    text = [
        "Interference of nonlinear keys (open question 3). First: the error at the best gain of"
        f" pairs stored under features $\\phi(k)$ of unit keys, $d_k = {frame['d'].iloc[0]}$, by"
        " each rule. Last: the dimension that the features use, the inverse of what a pair adds to"
        " noise over signal, against their number $D$ (as $d_k$ grows); by theory"
        " $d_{\\mathrm{eff}} = (E \\kappa(k, k))^2/E \\kappa(k, k')^2 \\le D$ for the kernel"
        " $\\kappa$ of the features.",
        _used(frame),
        _turned(frame),
        "At small $N$ what costs is the spread of $|\\phi(k)|^2$ over keys as well, which"
        " $d_{\\mathrm{eff}}$ leaves out.",
        _random(frame),
        f"Dots: {frame['trials'].iloc[0]} streams, bars one standard error (jackknife); lines:"
        " laws at what was measured, solid exact, dotted: bounds, of errors from below, of"
        " $d_{\\mathrm{eff}}$ from above; dots without a line: no law.",
        agreement(frame),
    ]
    return " ".join(part for part in text if part)


def _used(frame: pd.DataFrame) -> str:
    """Measured effective dimensions at the largest keys."""
    sizes = _largest(frame)
    found = [f"{name} {sizes[str(name)]} of {n['x']:g}" for name, n in _most(frame).iterrows()]
    return f"Dimensions used, of the most features: {', '.join(found)}."


def _most(frame: pd.DataFrame) -> pd.DataFrame:
    """The dot of each map with the most features."""
    rows = frame[(frame["panel"] == SIZE) & (frame["kind"] == "measured")]
    return rows.sort_values("x").groupby("series", sort=False).last()


def _largest(frame: pd.DataFrame) -> Quantities:
    """The dimension that each map uses of its most features."""
    return {
        str(name): measured(
            each["y"], each["stderr"], f"dimensions that {name} uses of {each['x']:g}"
        )
        for name, each in _most(frame).iterrows()
    }


def numbers(frame: pd.DataFrame) -> Quantities:
    """What the caption quotes."""
    used = {f"used {name}": size for name, size in _largest(frame).items()}
    return agreement_numbers(frame) | used | flat(_better(frame))


def _worse(frame: pd.DataFrame) -> dict[str, dict[str, pd.DataFrame]]:
    """By rule, the maps with a larger error than keys as they are at N = d_k: errors of both."""
    dots = frame[(frame["kind"] == "measured") & (frame["panel"] != SIZE)]
    found = {}
    for panel, rows in dots.groupby("panel", sort=False):
        plain = rows[rows["series"] == PLAIN]
        both = rows.merge(plain, on="x", suffixes=("", "_plain")).sort_values("x")
        at = both[both["x"] == frame["d"].iloc[0]]
        worse = sorted(at.loc[at["y"] > at["y_plain"], "series"])
        found[str(panel)] = {name: both[both["series"] == name] for name in worse}
    return found


def _better(frame: pd.DataFrame) -> dict[str, Quantities]:
    """From which load measured on these maps are better, where they are at the largest."""
    found: dict[str, Quantities] = {}
    for panel, maps in _worse(frame).items():
        title = rules()[panel].title
        loads = {name: _from(rows, frame["d"].iloc[0], title) for name, rows in maps.items()}
        found[title] = {name: load for name, load in loads.items() if load is not None}
    return found


def _from(rows: pd.DataFrame, d: int, title: str) -> Quantity | None:
    """The least load from which on all measured errors are lower beyond two standard errors."""
    gap = WIDTH * np.hypot(rows["stderr"], rows["stderr_plain"])
    good = (rows["y"] + gap < rows["y_plain"]).to_numpy()
    kept = good[::-1].cumprod()[::-1].astype(bool)  # and at every larger load
    if not kept.any():
        return None
    name, load = rows["series"].iloc[0], float(rows["x"].to_numpy()[kept][0] / d)
    return number(load, f"N/d_k from which on {name} is better than {PLAIN}, {title}", "g")


def _turned(frame: pd.DataFrame) -> str:
    """Where features that all share a sign lose by addition and gain by correction."""
    found, better = [], _better(frame)
    for panel, maps in _worse(frame).items():
        title, loads = rules()[panel].title, better[rules()[panel].title]
        told = [f"{name} (better from $N = {n}\\,d_k$ on)" for name, n in loads.items()]
        rest = [name for name in maps if name not in loads]
        words = ", ".join([*told, *rest]) if maps else "none"
        found.append(f"{title}: {words}")
    last = frame.loc[(frame["kind"] == "measured") & (frame["panel"] != SIZE), "x"].max()
    return (
        f"Worse than {PLAIN} at $N = d_k$: {'; '.join(found)}. Where nothing is said they are not"
        f" better by more than {WIDTH:g} standard errors at $N = {last / frame['d'].iloc[0]:g}"
        "\\,d_k$ either."
    )


def _random(frame: pd.DataFrame) -> str:
    """Which maps are drawn at random, and that all streams share the draw."""
    maps = frame.dropna(subset="draws").drop_duplicates("series")
    if maps.empty:
        return ""
    seeds = ", ".join(f"{seed:g}" for seed in sorted(maps["draws"].unique()))
    return f"{' and '.join(maps['series'])} are one random draw (seed {seeds}), in all streams."


FIGURE = curve_figure(
    "feature_maps",
    "Interference of features",
    needs={"feature_maps": NEED},
    data=data,
    panels=panels,
    caption=caption,
    numbers=numbers,
    section=Section.Q3,
    rank=1,
)
