"""State tracking: what a memory knows of a product of permutations, over factors and step size."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from capacity.discover import rules
from capacity.permutations import exact_share
from capacity.recall import Status
from capacity.tracking import Tracker
from paper_figures.curves import (
    Panel,
    agreement,
    agreement_numbers,
    curve_figure,
    points,
    table,
)
from paper_figures.data import export_of
from paper_figures.quantity import Quantities, flat, measured, number
from paper_figures.section import Section

NEED = export_of(
    "state_tracking",
    (
        *("rule", "parameters", "choice", "d_k", "items", "trials", "resolution"),
        *("accuracy", "accuracy_stderr", "signal", "signal_stderr"),
    ),
)
REFLECTION = 2.0
SWAPS = ("swap", "swaps")  # of one, of several
ROUNDING = 1e-12  # a spread that is smaller is none
TICKS = (1, 4, 16, 64, 256)


def panels(frame: pd.DataFrame) -> dict[str, Panel]:
    """Accuracy and signal of each group."""
    about = {"accuracy": "all in place", "signal": "signal above chance"}
    ticks = tuple(t for t in TICKS if t <= frame["x"].max())
    return {
        f"{name} {n}": Panel(
            rf"$S_{n}$", "permutations", y, "log", y_limits=(-0.04, 1.06), x_ticks=ticks
        )
        for name, y in about.items()
        for n in sorted(frame["things"].unique())
    }


def data(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a dot, and one a token of a law; signal is 0 where nothing is known, 1 at first."""
    rows = frames["state_tracking"]
    parts = []
    settings = rows.groupby(["rule", "parameters", "choice", "d_k"])
    for (rule, parameters, choice, n), found in settings:
        values, things = json.loads(str(parameters)), int(str(n))
        tracker = Tracker(rules()[str(rule)].with_values(**values), things, str(choice))
        for part in _curves(_name(values, things, str(choice)), tracker, found):
            parts.append(part.assign(things=things, n_h=values["n_h"], beta=values["beta"]))
    found = pd.concat(parts, ignore_index=True).sort_values(["beta", "n_h"], ascending=False)
    return found.assign(trials=int(rows["trials"].min()), resolution=rows["resolution"].max())


def _name(values: Mapping[str, Any], n: int, choice: str) -> str:
    if choice != "swaps":
        return r"$n_h = n - 2$, nearest"
    if values["beta"] < REFLECTION:
        return rf"$n_h = n - 1$, $\beta = {values['beta']:g}$"
    return _swaps(values["n_h"])


def _swaps(count: int) -> str:
    return rf"$n_h = {count}$ {SWAPS[int(count > 1)]}"


def _curves(series: str, tracker: Tracker, rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    n, last = tracker.things, int(rows["items"].max())
    above = n / (n - 1)  # of the signal, per unit of what is above chance
    measured = {
        "accuracy": (rows["accuracy"], rows["accuracy_stderr"]),
        "signal": (above * (rows["signal"] - 1 / n), above * rows["signal_stderr"]),
    }
    laws = {
        "accuracy": tracker.accuracy(last),
        "signal": above * (tracker.signal(last) - 1 / n),
    }
    for name, (y, stderr) in measured.items():
        panel, law = f"{name} {n}", laws[name]
        spread = np.where(stderr < ROUNDING, 0.0, stderr)
        yield table([points(panel, series, "measured", rows["items"], y, stderr=spread)])
        if law is not None:
            at = np.arange(1, last + 1)
            yield table([points(panel, series, "law", at, law[1:], status=str(Status.EXACT))])


def caption(frame: pd.DataFrame) -> str:
    """What is drawn, which permutations are exact, and what too few or too weak factors cost."""
    first = frame.iloc[0]
    text = [
        "State tracking (open question 3): each token is a random permutation of $n$ things,"
        " written as $n_h$ pairs without values, so that it multiplies the memory by $n_h$ factors"
        " $I - \\beta k k^\\top$; no key is learnt. At $\\beta = 2$ a factor with $k = (e_i -"
        " e_j)/\\sqrt 2$ swaps two things, and $n - 1$ swaps make any permutation. With fewer, the"
        " first swaps are made, or the nearest reflections ($n_h = n - 2$).",
        _shares(frame),
        "At $\\beta < 2$ a factor is the mean of swapping with weight $\\beta/2$ and of doing"
        " nothing: what is read fades.",
        "All in place: each of $n$ things leads all others where it belongs (by more than"
        f" {first['resolution']:.2g} of what was stored). Signal: own value in what is read, from"
        f" chance (0) to all (1). Dots: {first['trials']} streams, bars one standard error; lines:"
        " exact.",
        _ends(frame),
        agreement(frame),
    ]
    return " ".join(part for part in text if part)


def numbers(frame: pd.DataFrame) -> Quantities:
    """Shares of permutations that are exact, what is in place at last, and the agreement."""
    exact, placed = flat(_exact(frame)), flat({"placed": _placed(frame)})
    return agreement_numbers(frame) | exact | placed


def _swapping(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["series"].str.endswith(SWAPS)].astype({"n_h": int})


def _exact(frame: pd.DataFrame) -> dict[str, Quantities]:
    """Per cent of the permutations of so many things that a number of swaps makes."""
    found = {}
    for n, rows in _swapping(frame).groupby("things"):
        shares = {m: 100 * exact_share(int(str(n)), m) for m in sorted(rows["n_h"].unique())}
        found[f"$S_{n}$"] = {
            f"exact {_swaps(m)}": number(share, f"per cent of $S_{n}$ exact, {_swaps(m)}", ".3g")
            for m, share in shares.items()
        }
    return found


def _shares(frame: pd.DataFrame) -> str:
    """How many permutations a number of swaps makes."""
    found = "; ".join(
        f"{', '.join(str(share) for share in shares.values())}\\% of {group}"
        for group, shares in _exact(frame).items()
    )
    fewest = _swapping(frame)["n_h"].min()
    return f"Exact with $n_h = {fewest}, \\dots, n - 1$ swaps: {found}."


def _last(frame: pd.DataFrame) -> pd.DataFrame:
    """Accuracies on the larger group at the end."""
    dots = frame[(frame["kind"] == "measured") & (frame["panel"].str.startswith("accuracy"))]
    largest = dots["things"] == dots["things"].max()
    last: pd.DataFrame = dots[largest & (dots["x"] == dots.loc[largest, "x"].max())]
    return last


def _placed(frame: pd.DataFrame) -> Quantities:
    about = "share of streams with all in place at the end"
    return {
        row["series"]: measured(
            row["y"], row["stderr"], f"{about}, $S_{row['things']}$, {row['series']}"
        )
        for _, row in _last(frame).iterrows()
    }


def _ends(frame: pd.DataFrame) -> str:
    first = _last(frame).iloc[0]
    found = "; ".join(f"{name}: {placed}" for name, placed in _placed(frame).items())
    return f"On $S_{first['things']}$ after {first['x']:g} permutations: {found}."


FIGURE = curve_figure(
    "state_tracking",
    "State tracking of permutation groups",
    needs={"state_tracking": NEED},
    data=data,
    panels=panels,
    caption=caption,
    numbers=numbers,
    section=Section.Q3,
    rank=4,
    across=2,
)
