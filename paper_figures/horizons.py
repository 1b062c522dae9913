"""How far back memories recall, by the size of the lever that should lengthen it, and the price.

A memory meets a criterion from a youngest age (0 unless it learns late) to an oldest, its horizon.
Both fall between two ages by linear interpolation and have intervals (:mod:`.crossings`); the
number of ages from one to the other is the length of what is recalled. Every setting is shown at
the best of its declared steps, for laws and for measurements alike.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from capacity.discover import rules
from capacity.keys import parse_keys
from capacity.recall import Status, weakest
from capacity.rule import Dims
from capacity.threshold import Criterion
from paper_figures.crossings import Banded, banded, crossing, last_crossing
from paper_figures.data import export_of
from paper_figures.series import setting

Array = NDArray[np.float64]
NEED = export_of(
    "levers",
    (
        *("rule", "parameters", "keys", "d_k", "d_v", "items", "age", "trials"),
        *("oldest", "lengths", "cos2", "cos2_stderr", "write", "read", "state"),
    ),
)
# parameters that are sizes of a lever: its name, the words of its axis; others are steps to tune
LEVERS = {
    "d_k": ("Width", "width $d$"),
    "window": ("Window", "window $c$ (pairs)"),
    "chunk": ("Chunk", "chunk $b$ (pairs)"),
    "cache": ("Cache", "cache (pairs)"),
    "mu": ("Momentum", r"$1/(1-\mu)$ (pairs)"),
    "gamma": ("Second moment", r"$1/(1-\gamma)$ (pairs)"),
}
WIDTH_LEVER = "d_k"
RISING = "largest size tried, still rising"
HALF = 0.5  # an age stands for the unit interval around it


@dataclass(frozen=True)
class Curve:
    """Squared cosine by band of ages, whose middles are ``ages``, and its standard error."""

    ages: Array
    cos2: Array
    stderr: Array

    def reach(self, criterion: Criterion) -> Banded:
        """The horizon; 0 where no age meets the criterion."""
        return banded(self.ages, self.cos2, self.stderr, criterion, last_crossing)

    def length(self, criterion: Criterion) -> Banded:
        """The number of ages from the youngest that meets the criterion to the horizon."""
        return banded(self.ages, self.cos2, self.stderr, criterion, length)

    def youngest(self, criterion: Criterion) -> float:
        """The youngest age that meets the criterion, 0 where the newest pair does."""
        return max(0.0, youngest(self.ages, self.cos2, criterion))


def youngest(ages: Array, means: Array, criterion: Criterion) -> float:
    """Where the criterion is met for the first time; half an age early where the newest pair is."""
    met = np.flatnonzero(criterion.met(means))
    first = met[0] if len(met) else 0
    back = slice(first, None, -1)
    found, newest = crossing(ages[back], means[back], criterion)
    return -HALF if newest else found


def length(ages: Array, means: Array, criterion: Criterion) -> tuple[float, bool]:
    """The ages between; 0 where no age meets the criterion."""
    if not criterion.met(means).any():
        return 0.0, False
    last, endless = last_crossing(ages, means, criterion)
    return last - youngest(ages, means, criterion), endless


GAINS = {"horizon": Curve.reach, "length": Curve.length}


@dataclass(frozen=True)
class Setting:
    """One rule with its parameters, the lever they pull and how far, its price, and its curve.

    adds: multiply-adds to write one pair and read one query; state: scalars; law: the curve that
    theory gives of the same bands and times of reading, None where there is none.
    """

    rule: str
    title: str
    lever: str
    size: float
    d: int
    keys: str
    items: int
    parameters: str
    adds: float
    state: float
    measured: Curve
    law: Curve | None
    status: str | None


def settings(rows: pd.DataFrame) -> list[Setting]:
    """Every setting that was measured."""
    levers = {str(rule): _lever(found) for rule, found in rows.groupby("rule")}
    return [
        _setting(str(rule), levers[str(rule)], found.sort_values("age"))
        for (rule, _, _), found in rows.groupby(["rule", "parameters", "d_k"])
    ]


def levered_width(rows: pd.DataFrame) -> int:
    """The width at which levers were pulled: that of most settings."""
    return max((found["parameters"].nunique(), int(str(d))) for d, found in rows.groupby("d_k"))[1]


def _lever(rows: pd.DataFrame) -> str:
    """The size that varies among the settings of a rule; the width where no other does."""
    texts = [json.loads(text) for text in rows["parameters"].unique()]
    varied = (name for name in LEVERS if len({str(each.get(name)) for each in texts}) > 1)
    return next(varied, WIDTH_LEVER)


def _setting(rule: str, lever: str, rows: pd.DataFrame) -> Setting:
    first = rows.iloc[0]
    values, d = json.loads(first["parameters"]), int(first["d_k"])
    middle = (rows["age"].to_numpy(float) + rows["oldest"].to_numpy(float)) / 2
    curve = Curve(middle, rows["cos2"].to_numpy(float), rows["cos2_stderr"].to_numpy(float))
    law, status = law_curve(rule, values, rows)
    return Setting(
        rule=rule,
        title=_title(rule, lever, values),
        lever=lever,
        size=float(d if lever == WIDTH_LEVER else place(lever, values[lever])),
        d=d,
        keys=str(first["keys"]),
        items=int(first["items"]),
        parameters=str(first["parameters"]),
        adds=float(first["write"] + first["read"]),
        state=float(first["state"]),
        measured=curve,
        law=law,
        status=status,
    )


def _title(rule: str, lever: str, values: dict[str, Any]) -> str:
    """The rule's, with another lever than its own where that is not at its default."""
    if rule not in rules():
        return rule.replace("_", " ").capitalize()
    others = [p for p in rules()[rule].parameters() if p.name in LEVERS.keys() & values.keys()]
    moved = [p for p in others if p.name != lever and values[p.name] != p.default]
    return ", ".join([rules()[rule].title, *(setting(p, values[p.name]) for p in moved)])


def place(lever: str, value: float) -> float:
    """Where a size stands on its axis: gates and momenta by the memory that they leave."""
    return 1 / (1 - value) if 0 < value < 1 else value


def law_curve(
    rule: str, values: dict[str, object], rows: pd.DataFrame
) -> tuple[Curve | None, str | None]:
    """The law of what was measured, at the same times of reading, in the same bands; its status."""
    if rule not in rules():
        return None, None
    first = rows.iloc[0]
    keys, lengths = parse_keys(str(first["keys"])), [int(n) for n in first["lengths"].split(" ")]
    dims = Dims(int(first["d_k"]), int(first["d_v"]), max(lengths))
    law = rules()[rule].with_values(**values).law(keys, dims)
    if law is None:
        return None, None
    stored, ages = [law.recall(n) for n in lengths], min(lengths)
    signal, power = (
        np.mean([getattr(recall, name)[:ages] for recall in stored], axis=0)
        for name in ("signal", "power")
    )
    cos2 = np.where(power > 0, signal**2 / np.where(power > 0, power, 1.0), 0.0)
    bands = zip(rows["age"].astype(int), rows["oldest"].astype(int), strict=True)
    means = np.array([cos2[young : old + 1].mean() for young, old in bands])
    middle = (rows["age"].to_numpy(float) + rows["oldest"].to_numpy(float)) / 2
    return Curve(middle, means, np.zeros(len(means))), str(weakest(law.statuses))


def widened(setting: Setting, d: int) -> Setting | None:
    """A setting by its law at another width, after as many pairs a unit of width; None without."""
    items = round(setting.items / setting.d * d)
    ages = pd.DataFrame({"age": np.arange(items), "oldest": np.arange(items)})
    about = ages.assign(keys=setting.keys, d_k=d, d_v=d, lengths=str(items))
    values = json.loads(setting.parameters)
    law, status = law_curve(setting.rule, values, about)
    if law is None:
        return None
    built, dims = rules()[setting.rule].with_values(**values), Dims(d, d, items)
    cost = built.cost(dims, items)
    return replace(
        setting,
        size=float(d),
        d=d,
        items=items,
        adds=float(-(-cost.write // built.pairs) + cost.read),
        state=float(built.state_scalars(dims, items)),
        law=law,
        status=status,
    )


@dataclass(frozen=True)
class Best:
    """The best setting of one size of a lever, and what it reaches."""

    setting: Setting
    found: Banded
    youngest: float


def best(every: list[Setting], gain: str, criterion: Criterion) -> Iterator[Best]:
    """Of each size of each rule, the measured setting with the largest gain, sizes ascending."""
    for same in _sizes(every):
        yield max((_measured(each, gain, criterion) for each in same), key=_value)


def best_laws(every: list[Setting], gain: str, criterion: Criterion) -> Iterator[Best]:
    """The same by the laws, of sizes of which all settings have one."""
    for same in _sizes(every):
        if all(each.law is not None for each in same):
            yield max((_predicted(each, gain, criterion) for each in same), key=_value)


def _value(one: Best) -> float:
    return one.found.at


def _measured(setting: Setting, gain: str, criterion: Criterion) -> Best:
    curve = setting.measured
    return Best(setting, GAINS[gain](curve, criterion), curve.youngest(criterion))


def _predicted(setting: Setting, gain: str, criterion: Criterion) -> Best:
    assert setting.law is not None
    return Best(setting, GAINS[gain](setting.law, criterion), setting.law.youngest(criterion))


def _sizes(every: list[Setting]) -> list[list[Setting]]:
    """Settings that differ in their steps alone, by lever, rule and size."""
    groups: dict[tuple[int, str, int, float], list[Setting]] = {}
    for each in every:
        key = (list(LEVERS).index(each.lever), each.rule, each.d, each.size)
        groups.setdefault(key, []).append(each)
    return [groups[key] for key in sorted(groups)]


def held(every: list[Setting], gain: str, criterion: Criterion) -> list[bool]:
    """Of the best settings with an exact law: whether their interval holds its value."""
    shown = [one for one in best(every, gain, criterion) if one.setting.status == "exact"]
    return [
        one.found.low <= _predicted(one.setting, gain, criterion).found.at <= one.found.high
        for one in shown
    ]


def largest(every: list[Setting]) -> dict[str, float]:
    """The largest size of its lever at which each title was measured."""
    return {each.title: each.size for each in sorted(every, key=lambda each: each.size)}


def still_rising(dots: pd.DataFrame, size: str) -> bool:
    """Whether a series is best at its largest size tried, clear of the interval before.

    ``size`` is the column of sizes.
    """
    last = dots.sort_values(size).tail(2)
    before, end = last.iloc[0], last.iloc[-1]
    return bool(end[size] == end["largest"] and end["y"] == dots["y"].max()) and bool(
        len(last) > 1 and end["low"] > before["high"]
    )


def without(every: list[Setting], criterion: Criterion) -> list[str]:
    """Sizes of levers at which no age meets the criterion, at any step."""
    lost = [one.setting for one in best(every, "horizon", criterion) if one.found.at == 0]
    return [
        f"{each.title} at {LEVERS[each.lever][1].removesuffix(' (pairs)')} = {each.size:.3g}"
        for each in lost
    ]


def weakest_lines(frame: pd.DataFrame) -> pd.DataFrame:
    """Every line in the style of its weakest point: some laws are exact at small sizes alone."""
    laws = frame["kind"] == "law"
    for _, rows in frame[laws].groupby(["panel", "series"]):
        frame.loc[rows.index, "status"] = max(rows["status"], key=lambda name: Status(name).rank)
    return frame
