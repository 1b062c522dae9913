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
from paper_figures.curves import Panel, agreement, curve_figure, points, table
from paper_figures.data import export_of
from paper_figures.section import Section

NEED = export_of(
    "state_tracking",
    (
        *("rule", "parameters", "choice", "d_k", "items", "trials", "resolution"),
        *("accuracy", "accuracy_stderr", "signal", "signal_stderr"),
    ),
)
REFLECTION = 2.0
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
    return rf"$n_h = {values['n_h']}$ swaps"


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


def _shares(frame: pd.DataFrame) -> str:
    """How many permutations a number of swaps makes."""
    swaps = frame[frame["series"].str.endswith("swaps")]
    found = []
    for n, rows in swaps.groupby("things"):
        counts = sorted(rows["n_h"].astype(int).unique())
        shares = [f"{100 * exact_share(int(str(n)), int(m)):.3g}" for m in counts]
        found.append(f"{', '.join(shares)}\\% of $S_{n}$")
    few = sorted(swaps["n_h"].unique())
    return f"Exact with $n_h = {few[0]}, \\dots, n - 1$ swaps: {'; '.join(found)}."


def _ends(frame: pd.DataFrame) -> str:
    """Accuracy of each series on the larger group, in the middle and at the end."""
    dots = frame[(frame["kind"] == "measured") & (frame["panel"].str.startswith("accuracy"))]
    dots = dots[dots["things"] == dots["things"].max()]
    last = dots["x"].max()
    found = [
        f"{name} {rows.set_index('x')['y'][last]:.2g}"
        for name, rows in dots.groupby("series", sort=False)
    ]
    return f"On $S_{dots['things'].iloc[0]}$ after {last:g} permutations: {', '.join(found)}."


FIGURE = curve_figure(
    "state_tracking",
    "State tracking of permutation groups",
    needs={"state_tracking": NEED},
    data=data,
    panels=panels,
    caption=caption,
    section=Section.Q3,
    rank=4,
    across=2,
)
