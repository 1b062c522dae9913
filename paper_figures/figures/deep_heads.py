"""Heads of deep memories: what they cost in recall and in learning, at fixed width or size.

Each dot is at the step, of those measured, with the least error.
"""

import json
from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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
HARDLY = 0.95  # errors above leave hardly anything learnt
Array = NDArray[np.float64]
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
        d=int(first["d_k"]),
        signal=teacher,
        fewest=int(trials.min()),
        most=int(trials.max()),
        width=min(json.loads(x).get("width", np.inf) for x in frames["deep_heads"]["parameters"]),
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
        f" better of two steps. A head's net has ${first['width']:g} d/h$ hidden units (all heads"
        f" together $1/h$ of the parameters of one), or ${first['width']:g} d$ (as many as one"
        " head: equal parameters).",
        _heads_cost(frame),
        _hardly(frame),
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
    """In how many comparisons more heads are better or worse, by panel, and how clearly."""
    gaps = _gaps(frame)
    found = {}
    for what, words in PANELS.items():
        z = gaps[what]
        found[words] = {
            "lower": count(int((z < 0).sum()), f"lower errors of more heads than one on {words}"),
            "better": count(int((z < -2).sum()), f"of these on {words} beyond two standard errors"),
            "worse": count(
                int((z > 2).sum()), f"higher errors beyond two standard errors on {words}"
            ),
            "compared": count(len(z), f"comparisons of more heads with one on {words}"),
        }
    return found


def _gaps(frame: pd.DataFrame) -> dict[str, Array]:
    """Errors of more heads less that of one, in standard errors of the difference, by panel."""
    found: dict[str, list[float]] = {what: [] for what in PANELS}
    dots = frame[frame["kind"] == "measured"]
    for (panel, _), rows in dots.groupby(["panel", "series"]):
        one, more = rows[rows["x"] == 1].iloc[0], rows[rows["x"] > 1]
        gaps = (more["y"] - one["y"]) / np.hypot(one["stderr"], more["stderr"])
        found[str(panel).split(" ")[0]] += gaps.tolist()
    return {what: np.array(gaps) for what, gaps in found.items()}


def _heads_cost(frame: pd.DataFrame) -> str:
    told = [
        f"on {words} in {n['lower']} of {n['compared']} comparisons ({n['better']} lower and"
        f" {n['worse']} higher by more than two standard errors of the difference)"
        for words, n in _better(frame).items()
    ]
    return f"More heads than one have a lower error {', '.join(told)}."


def _hardly(frame: pd.DataFrame) -> str:
    """Rules that learn hardly anything of unseen pairs at any number of heads."""
    dots = frame[(frame["kind"] == "measured") & frame["panel"].str.startswith("unseen")]
    least = dots.groupby("panel", sort=False)["y"].min()
    named = [rules()[str(panel).split(" ")[1]].title for panel in least.index[least > HARDLY]]
    if not named:
        return ""
    return (
        f"All errors on unseen pairs are above {HARDLY:g} for {', '.join(named)}: hardly anything"
        " is learnt there with any number of heads."
    )


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
