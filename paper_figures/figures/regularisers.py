"""Memorisation against generalisation: over the bandwidth of softmax attention and over heads.

Eqs 11-15 of McDermott, Heath, Parhi 2026: narrow kernels recall every stored pair and answer no
new one; heads make the map smaller, and what one head cannot see of a token is noise to it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from capacity.discover import rules, wrapped
from capacity.keys import parse_keys
from capacity.recall import Status, weakest
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
from paper_figures.data import export_of
from paper_figures.quantity import Quantities, count, flat, measured, number
from paper_figures.section import Section
from paper_figures.series import held

NEED = export_of(
    "regularisers",
    (
        *("rule", "parameters", "wrappers", "keys", "values", "d_k", "items", "trials"),
        *("error", "error_stderr", "stored_mse", "stored_mse_stderr"),
        *("variance", "variance_stderr"),
    ),
)
BANDWIDTH, HEADS = "bandwidth $h$", "heads $h$"
NEAR = "heads_near_interpolation"  # the hypothesis on loads between these
COUNTS = (1, 2, 4, 8, 16)
SMOOTH = 25  # points of a law's line between the narrowest and the widest bandwidth
PANELS = {
    "bandwidth 1": Panel(r"softmax, $\rho^2 = 1$", BANDWIDTH, "squared error", "log"),
    "bandwidth 0.5": Panel(r"softmax, $\rho^2 = 1/2$", BANDWIDTH, "squared error", "log"),
    "heads": Panel("unseen pairs", HEADS, "squared error", "log", level=1.0, x_ticks=COUNTS),
    "context": Panel("over contexts", HEADS, "variance of $o$", "log", "log", x_ticks=COUNTS),
}


def data(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a dot, and one a point of a law."""
    rows = frames["regularisers"]
    split = rows.groupby("rule")["wrappers"].transform("nunique") > 1
    kernel, heads = rows[~split], rows[split]
    found = table([*_bandwidths(kernel), *_heads(heads)])
    sizes = {"d_kernel": int(kernel["d_k"].max()), "d_heads": int(heads["d_k"].max())}
    return found.assign(trials=int(rows["trials"].min()), **sizes)


def _bandwidths(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    named = {"stored_mse": "stored pairs", "error": "unseen pairs"}
    for (values, items), found in rows.groupby(["values", "items"]):
        h = np.array([json.loads(text)["bandwidth"] for text in found["parameters"]])
        line = np.union1d(h, np.geomspace(h.min(), h.max(), SMOOTH))
        laws = _laws(found.iloc[0], line)
        status = str(weakest(laws[0].statuses))
        written = int(found["items"].iloc[0])
        curves = {
            "stored_mse": [float(law.stored(written).mse.mean()) for law in laws],
            "error": [float(law.future(written).error[-1]) for law in laws],
        }
        panel = f"bandwidth {parse_values(str(values)).signal:g}"
        for name, what in named.items():
            series = f"{what}, $N = {items}$"
            stderr = found[f"{name}_stderr"].to_numpy()
            yield points(panel, series, "measured", h, found[name], stderr=stderr)
            yield points(panel, series, "law", line, curves[name], status=status)


def _laws(row: pd.Series, bandwidths: np.ndarray) -> list[TaughtLaw]:
    """The law of the kernel under the row's teacher at each bandwidth."""
    keys, dims = parse_keys(str(row["keys"])), Dims(int(row["d_k"]), int(row["d_k"]))
    kind, values = rules()[str(row["rule"])], parse_values(str(row["values"]))
    found = [kind.with_values(bandwidth=h).taught(keys, dims, values) for h in bandwidths]
    laws = [law for law in found if law is not None]
    assert len(laws) == len(found)
    return laws


def _heads(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for (rule, items), found in rows.groupby(["rule", "items"]):
        found = found.assign(heads=[json.loads(x).get("heads", 1) for x in found["wrappers"]])
        found = found.astype({"heads": int}).sort_values("heads")
        series = f"{rules()[str(rule)].title}, $N = {items}$"
        laws = [_heads_law(row) for _, row in found.iterrows()]
        for panel, name in (("heads", "error"), ("context", "variance")):
            stderr = found[f"{name}_stderr"].to_numpy()
            about = {"rule": str(rule)}
            dots = points(
                panel, series, "measured", found["heads"], found[name], stderr=stderr, **about
            )
            settings = json.loads(found["parameters"].iloc[0])
            yield dots.assign(items=int(str(items)), held=held(str(rule), settings))
            y = np.array([getattr(law.future(int(str(items))), name)[-1] for law in laws])
            positive = y > 0  # the difference of two powers is not, where it is below their error
            at, status = found["heads"].to_numpy()[positive], str(Status.ASYMPTOTIC)
            yield points(panel, series, "law", at, y[positive], status=status, **about)


def _heads_law(row: pd.Series) -> TaughtLaw:
    plain = rules()[str(row["rule"])].with_values(**json.loads(row["parameters"]))
    size = int(row["d_k"])
    law = wrapped(plain, json.loads(row["wrappers"])).taught(
        parse_keys(str(row["keys"])), Dims(size, size), parse_values(str(row["values"]))
    )
    assert law is not None
    return law


def caption(frame: pd.DataFrame) -> str:
    """What is drawn, where unseen pairs are answered best, and what heads do to them."""
    first = frame.iloc[0]
    text = [
        "Memorisation against generalisation (open question 1). Left: softmax attention over its"
        " bandwidth, error at stored and at unseen keys of a fixed linear teacher with signal"
        f" fraction $\\rho^2$, $d_k = d_v = {first['d_kernel']}$.",
        _best_bandwidths(frame),
        "Right: heads at fixed width, each a slice of key and value (values are exactly linear in"
        f" whole keys, $d = {first['d_heads']}$): error at unseen pairs, and the variance of the"
        " read-out over contexts of one teacher.",
        _heads_help(frame),
        _context(frame),
        f"Dots: means over {first['trials']} streams, bars one standard error; lines: laws, of"
        " heads asymptotic in $d/h$.",
        agreement(frame),
    ]
    return " ".join(part for part in text if part)


def numbers(frame: pd.DataFrame) -> Quantities:
    """Best bandwidths, whether heads help, what depends on the context, and the agreement."""
    every = flat(_best(frame)) | _helped(frame) | flat(_variances(frame))
    return agreement_numbers(frame) | every


def _best(frame: pd.DataFrame) -> dict[str, Quantities]:
    """The measured bandwidth that answers unseen pairs best, by signal fraction and pairs."""
    found = {}
    unseen = frame[frame["series"].str.startswith("unseen") & (frame["kind"] == "measured")]
    for (panel, series), rows in unseen.groupby(["panel", "series"]):
        best = rows.sort_values("y").iloc[0]
        size, signal = str(series).partition(", ")[2], str(panel).partition(" ")[2]
        task = f"$\\rho^2 = {signal}$, {size}"
        found[task] = {
            "best bandwidth": number(best["x"], f"best bandwidth for unseen pairs, {task}", "g"),
            "error": measured(best["y"], best["stderr"], f"error on unseen pairs there, {task}"),
        }
    return found


def _best_bandwidths(frame: pd.DataFrame) -> str:
    found = ", ".join(
        f"{n['best bandwidth']} ({task}; error {n['error']})" for task, n in _best(frame).items()
    )
    return f"Of the widths measured, unseen pairs are answered best at $h$ = {found}."


def _helped(frame: pd.DataFrame) -> Quantities:
    rows = frame[frame["panel"] == "heads"]
    better = 0
    for _, found in rows.groupby("series"):
        one = found[found["x"] == 1].iloc[0]
        more = found[found["x"] > 1]
        gap = 2 * np.hypot(more["stderr"], one["stderr"])
        better += int((more["y"] < one["y"] - gap).any())
    return {
        "Series": count(rows["series"].nunique(), "series over heads"),
        "Helped": count(better, "of these in which more than one head answers unseen pairs better"),
    }


def _heads_help(frame: pd.DataFrame) -> str:
    n, dots = _helped(frame), frame[(frame["panel"] == "heads") & frame["items"].notna()]
    loads = sorted(dots["items"].unique() / dots["d_heads"].iloc[0])
    told = ", ".join(f"{load:g}" for load in loads)
    settings = dots.drop_duplicates("rule")[["rule", "held"]].itertuples(index=False)
    rule_words = "; ".join(f"{rules()[str(rule)].title}, {words}" for rule, words in settings)
    return (
        f"More than one head answers unseen pairs better in {n['Helped']} of {n['Series']} series,"
        f" at $N/d$ = {told} ({rule_words}). {_between(loads)}"
    ).strip()


def _between(loads: Sequence[float]) -> str:
    """The case that these loads leave out."""
    if not min(loads) < 1 < max(loads) or 1 in loads:
        return ""
    name = NEAR.replace("_", r"\_")
    return (
        "Between these loads, near $N = d$, one head of an unregularised optimiser interpolates:"
        f" whether heads help there is the question of the hypothesis {name}."
    )


def _contexts(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[(frame["panel"] == "context") & (frame["kind"] == "measured")]


def _variances(frame: pd.DataFrame) -> dict[str, Quantities]:
    """How much of the read-out depends on the context, with one head and with the most."""
    found = {}
    for name, rows in _contexts(frame).groupby("series", sort=False):
        ordered, about = rows.sort_values("x"), f"variance over contexts of {name}"
        one, many = ordered.iloc[0], ordered.iloc[-1]
        found[str(name)] = {
            "variance one": measured(one["y"], one["stderr"], f"{about}, one head"),
            "variance many": measured(many["y"], many["stderr"], f"{about}, {many['x']:g} heads"),
        }
    return found


def _context(frame: pd.DataFrame) -> str:
    found = "; ".join(
        f"{name}: {n['variance one']} and {n['variance many']}"
        for name, n in _variances(frame).items()
    )
    return (
        f"Variance over contexts with 1 and {_contexts(frame)['x'].max():g} heads: {found}. One"
        " head that is fitted well to more pairs than dimensions is almost a static layer (Eq 15)."
    )


FIGURE = curve_figure(
    "regularisers",
    "Memorisation against generalisation",
    section=Section.Q1,
    rank=1,
    needs={"regularisers": NEED},
    data=data,
    panels=PANELS,
    caption=caption,
    numbers=numbers,
    across=4,
)
