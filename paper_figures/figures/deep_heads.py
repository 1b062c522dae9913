"""Heads of deep memories: what they cost in recall and in learning, at fixed width or size.

Each dot is at the step, of those measured, with the least error.
"""

import json
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from capacity.discover import rules, wrapped
from capacity.keys import parse_keys
from capacity.rule import Dims, Rule
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
from paper_figures.gain import best_gain_error, recall_noise
from paper_figures.quantity import Quantities, count, flat
from paper_figures.section import Section
from paper_figures.series import law_status
from paper_figures.style import family_order

FUTURE = ("alignment", "alignment_stderr", "power", "power_stderr")
NEED = export_of(
    "deep_heads",
    (
        *("rule", "parameters", "wrappers", "keys", "values", "d_k", "d_v", "items", "trials"),
        *("noise", "noise_stderr", *FUTURE),
    ),
)
PANELS = {"stored": "stored pairs", "unseen": "unseen pairs"}
SIZES = {"shrinking": "nets shrink", "equal": "equal parameters"}
ERROR = {"stored": r"stored, $1 - s^2/p$", "unseen": r"unseen, $1 - A^2/P$"}


def panels(frame: pd.DataFrame) -> dict[str, Panel]:
    """A column a rule; stored pairs above, unseen ones below."""
    counts = tuple(sorted(frame["x"].unique()))
    names = list(dict.fromkeys(frame["panel"]))
    return {
        name: Panel(
            rules()[name.split(" ")[1]].title,
            "heads $h$",
            ERROR[what],
            "log",
            y_limits=(0.0, 1.08),
            level=1.0,
            x_ticks=counts,
        )
        for what in PANELS
        for name in names
        if name.startswith(what)
    }


def data(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a dot, and one a point of a law where theory has one at every number of heads."""
    rows = frames["deep_heads"]
    built = [_built(row) for _, row in rows.iterrows()]
    sizes = [
        rule.state_scalars(Dims(d_k, d_v), 1)
        for rule, d_k, d_v in zip(built, rows["d_k"], rows["d_v"], strict=True)
    ]
    rows = rows.assign(heads=[json.loads(x)["heads"] for x in rows["wrappers"]], size=sizes)
    rows = pd.concat([_stored(rows), _unseen(rows)]).astype({"heads": int})
    order = sorted(rows["rule"].unique(), key=lambda x: family_order(rules()[x].family))
    keys = ["what", "items"]
    found = table(
        [
            part
            for rule in order
            for (what, items), each in rows[rows["rule"] == rule].groupby(keys)
            for part in _curves(f"{what} {rule}", int(items), each)
        ]
    )
    first = frames["deep_heads"].iloc[0]
    teacher = max(parse_values(x).signal for x in rows["values"].unique())
    trials = frames["deep_heads"]["trials"]
    return found.assign(
        d=int(first["d_k"]), signal=teacher, fewest=int(trials.min()), most=int(trials.max())
    )


def _stored(rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows[rows["noise"].notna()]
    stderr = rows["noise_stderr"] / (1 + rows["noise"]) ** 2
    return rows.assign(what="stored", error=rows["noise"] / (1 + rows["noise"]), stderr=stderr)


def _unseen(rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows[rows["power"].notna()]
    error, stderr = best_gain_error(*(rows[name] for name in FUTURE))
    return rows.assign(what="unseen", error=error, stderr=stderr)


def _curves(panel: str, items: int, rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Nets as wide by their keys as one head, and nets as large in all; a linear memory shrinks."""
    one = rows.loc[rows["heads"] == 1, "size"].max()
    smallest = rows.groupby("heads")["size"].transform("min")
    chosen = {"shrinking": rows["size"] == smallest, "equal": rows["size"] == one}
    for size, mask in chosen.items():
        best = rows[mask].sort_values("error").drop_duplicates("heads").sort_values("heads")
        if len(best) < rows["heads"].nunique():
            continue
        series = f"{SIZES[size]}, $N = {items}$"
        stderr = best["stderr"].to_numpy()
        yield points(panel, series, "measured", best["heads"], best["error"], stderr=stderr)
        told = [_law(row) for _, row in best.iterrows()]
        known = [each for each in told if each is not None]
        if len(known) == len(told):
            y, statuses = zip(*known, strict=True)
            yield points(panel, series, "law", best["heads"], y, status=statuses[-1])


def _built(row: pd.Series) -> Rule:
    plain = rules()[str(row["rule"])].with_values(**json.loads(row["parameters"]))
    return wrapped(plain, json.loads(row["wrappers"]))


def _law(row: pd.Series) -> tuple[float, str] | None:
    """The error at the best gain by the law, with its status."""
    rule, keys, values = _built(row), parse_keys(str(row["keys"])), parse_values(str(row["values"]))
    dims, items = Dims(int(row["d_k"]), int(row["d_v"])), int(row["items"])
    if row["what"] == "stored":
        law = rule.law(keys, dims)
        if law is None:
            return None
        noise = recall_noise(law.recall(items))
        return noise / (1 + noise), law_status(law)
    taught = rule.taught(keys, dims, values)
    if taught is None:
        return None
    status = max(taught.statuses.values(), key=lambda x: x.rank)
    return float(np.asarray(taught.future(items).best_gain_error)[-1]), str(status)


def caption(frame: pd.DataFrame) -> str:
    """What is drawn, and what heads do to deep memories."""
    first = frame.iloc[0]
    text = [
        f"Heads of deep memories (open question 3), $d = {first['d']}$ in all, keys of norm 1 in"
        " each head. Above: stored pairs of noise; below: unseen pairs of a fixed linear teacher"
        f" of whole keys, signal fraction {first['signal']:g}; both at the best gain and at the"
        " better of two steps. Nets are as wide by the keys of a head as one head's ($1/h$ of the"
        " parameters in all), or $h$ times wider (equal parameters).",
        _heads_cost(frame),
        f"Dots: {first['fewest']} streams, {first['most']} of the linear memory, bars one standard"
        " error; lines: exact laws solid, asymptotic ones (in the width of the net, in $d/h$)"
        " dashed; no law is known for the other nets.",
        agreement(frame),
    ]
    return " ".join(part for part in text if part)


def numbers(frame: pd.DataFrame) -> Quantities:
    """How often more heads are better, and the agreement."""
    return agreement_numbers(frame) | flat(_better(frame))


def _better(frame: pd.DataFrame) -> dict[str, Quantities]:
    """In how many comparisons more heads are better, beyond two standard errors, by panel."""
    dots = frame[(frame["kind"] == "measured")]
    better, every = dict.fromkeys(PANELS, 0), dict.fromkeys(PANELS, 0)
    for (panel, _), rows in dots.groupby(["panel", "series"]):
        what = str(panel).split(" ")[0]
        one, more = rows[rows["x"] == 1].iloc[0], rows[rows["x"] > 1]
        gap = 2 * np.hypot(one["stderr"], more["stderr"])
        better[what] += int((more["y"] < one["y"] - gap).sum())
        every[what] += len(more)
    return {
        words: {
            "better": count(better[what], f"comparisons on {words} in which more heads are better"),
            "compared": count(every[what], f"comparisons of more heads with one on {words}"),
        }
        for what, words in PANELS.items()
    }


def _heads_cost(frame: pd.DataFrame) -> str:
    told = [f"{n['better']} of {n['compared']} on {words}" for words, n in _better(frame).items()]
    return f"More heads than one have a lower error in {' and '.join(told)}."


FIGURE = curve_figure(
    "deep_heads",
    "Heads of deep memories",
    needs={"deep_heads": NEED},
    data=data,
    panels=panels,
    caption=caption,
    numbers=numbers,
    section=Section.Q3,
    rank=5,
    across=4,
)
