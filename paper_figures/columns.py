r"""Kinds of table columns: texts, whole numbers, numbers, 0.123(5), and asymmetric intervals.

A kind turns the data into entries; :mod:`paper_figures.table` prints entries as LaTeX and Markdown.
A missing entry may have a reason, in the column ``NAME_reason``; it becomes a footnote mark. Digits
are those that the uncertainty leaves: of it are shown, by the rule of the Particle Data Group, two
up to 354, one up to 949, else it is rounded up.

**Best.** A kind with ``best`` ("max" or "min") marks the best of two entries or more, and every
entry that cannot be told from it: those whose difference from the best is within its own 95 %
interval, the half-widths that face one another added in quadrature. Rows that share the text of the
column ``within`` are compared with one another, where it is given; else all are. What has no
uncertainty has half-width 0; what is only known to be larger ("at least") reaches without end.
Entries measured on the same streams vary together, which makes the true interval of a difference
shorter: the rule then marks too many rather than too few.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from uncertainties import ufloat

Array = NDArray[np.float64]
Z = 1.959964  # standard errors in half a 95 % interval
LARGE = 1e6  # numbers from here on are shown with an exponent
_PARTS = re.compile(r"(\\ge )?(-)?(\d+)(?:\.(\d+))?(?:\(([\d.]+)\))?$")
_MINUS_OF_ZERO = re.compile(r"^-(?=[0.]+(\(|$))")


@dataclass(frozen=True)
class Entry:
    """What a cell shows: ``text``, and ``tail`` behind it in a column of its own.

    ``number``: siunitx reads the text. A text of None is a missing entry, ``reason`` says why.
    """

    text: str | None
    tail: str = ""
    number: bool = False
    raw: bool = False
    best: bool = False
    reason: str | None = None


def absent(row: pd.Series, name: str) -> Entry:
    """A missing entry, with its reason where the data give one."""
    reason = row.get(f"{name}_reason")
    return Entry(None, reason=reason if isinstance(reason, str) else None)


@dataclass(frozen=True)
class Kind(ABC):
    """A column of the data, and its head in LaTeX and Markdown."""

    name: str
    head: str

    @abstractmethod
    def entries(self, frame: pd.DataFrame) -> list[Entry]:
        """One entry a row."""

    @property
    def aligned(self) -> bool:
        """Whether siunitx aligns the numbers."""
        return True

    @property
    def span(self) -> int:
        """How many columns of LaTeX it takes."""
        return 1

    @property
    def folds(self) -> float:
        """The width in centimetres at which its texts fold; 0 where they do not."""
        return 0.0

    def layout(self, entries: Sequence[Entry]) -> str:
        """The column's specification in LaTeX."""
        return f"S[{table_format(entries)},text-series-to-math,uncertainty-mode=compact-marker]"


@dataclass(frozen=True)
class Column(Kind):
    """Texts, or with ``numeric`` whole numbers among which texts may stand.

    ``raw`` text is LaTeX and is printed as it is. ``wide`` columns fold at this width, "3.2cm".
    """

    numeric: bool = False
    raw: bool = False
    wide: str = ""

    @property
    def folds(self) -> float:
        return float(self.wide.removesuffix("cm") or 0)

    def entries(self, frame: pd.DataFrame) -> list[Entry]:
        return [self._entry(row) for _, row in frame.iterrows()]

    def _entry(self, row: pd.Series) -> Entry:
        value = row[self.name]
        if pd.isna(value):
            return absent(row, self.name)
        if not self.numeric or not str(value).isdigit():
            return Entry(str(value), raw=self.raw)
        return plain(float(value), 0)

    @property
    def aligned(self) -> bool:
        return self.numeric

    def layout(self, entries: Sequence[Entry]) -> str:
        if self.numeric:
            return super().layout(entries)
        return rf">{{\raggedright\arraybackslash}}p{{{self.wide}}}" if self.wide else "l"


@dataclass(frozen=True)
class Number(Kind):
    """Numbers to ``decimals`` places."""

    decimals: int = 0
    best: str = ""
    within: str = ""

    def entries(self, frame: pd.DataFrame) -> list[Entry]:
        values = frame[self.name].to_numpy(float)
        chosen = best_of(frame, values, values, values, self.best, self.within)
        return [
            absent(row, self.name) if np.isnan(x) else plain(x, self.decimals, is_best)
            for (_, row), x, is_best in zip(frame.iterrows(), values, chosen, strict=True)
        ]


@dataclass(frozen=True)
class Measured(Kind):
    """0.123(5): numbers with the standard error in ``NAME_stderr`` in their last digits."""

    best: str = ""
    within: str = ""

    def entries(self, frame: pd.DataFrame) -> list[Entry]:
        values = frame[self.name].to_numpy(float)
        errors = frame[f"{self.name}_stderr"].to_numpy(float)
        reach = Z * np.nan_to_num(errors)
        ends = values - reach, values + reach
        chosen = best_of(frame, values, *ends, self.best, self.within)
        return [
            absent(row, self.name)
            if np.isnan(x)
            else Entry(with_error(x, error), number=True, best=is_best)
            for (_, row), x, error, is_best in zip(
                frame.iterrows(), values, errors, chosen, strict=True
            )
        ]


@dataclass(frozen=True)
class Interval(Kind):
    """Numbers with the distances to the ends ``NAME_low`` and ``NAME_high`` of an interval.

    An infinite upper end is shown as "at least" the lower one. Places after the point are so many
    that the shorter distance is at least two units of the last, ``most`` at most. Numbers without
    an interval stand alone.
    """

    best: str = ""
    within: str = ""
    most: int = 3

    def entries(self, frame: pd.DataFrame) -> list[Entry]:
        values, low, high = (
            frame[f"{self.name}{end}"].to_numpy(float) for end in ("", "_low", "_high")
        )
        chosen = best_of(frame, values, low, high, self.best, self.within)
        return [
            absent(row, self.name) if np.isnan(x) else _between(x, a, b, self.most, is_best)
            for (_, row), x, a, b, is_best in zip(
                frame.iterrows(), values, low, high, chosen, strict=True
            )
        ]

    @property
    def span(self) -> int:
        return 2

    def layout(self, entries: Sequence[Entry]) -> str:
        return super().layout(entries) + "@{}l"


def _between(value: float, low: float, high: float, most: int, is_best: bool) -> Entry:
    if np.isinf(high):
        least = value if np.isnan(low) else low
        return Entry(rf"\ge {least:.{whole_places(least)}f}", number=True, best=is_best)
    distances = [x for x in (value - low, high - value) if np.isfinite(x) and x > 0]
    if not distances:
        return plain(value, whole_places(value), is_best)
    places = min(most, max(0, int(np.ceil(-np.log10(min(distances) / 2)))))
    tail = f"$_{{{-abs(value - low):.{places}f}}}^{{+{abs(high - value):.{places}f}}}$"
    return Entry(unsigned_zero(f"{value:.{places}f}"), tail, number=True, best=is_best)


def whole_places(value: float) -> int:
    """No places after the point for a whole number, else one."""
    return 0 if value == round(value) else 1


def plain(value: float, places: int, is_best: bool = False) -> Entry:
    """A number to so many places; a large one with an exponent, which siunitx need not align."""
    if np.isinf(value):
        return Entry(r"$\infty$" if value > 0 else r"$-\infty$", raw=True, best=is_best)
    if abs(value) < LARGE:
        return Entry(unsigned_zero(f"{value:.{places}f}"), number=True, best=is_best)
    return Entry(power_of_ten(value), raw=True, best=is_best)


def power_of_ten(value: float) -> str:
    """Two digits and an exponent, between dollars."""
    mantissa, exponent = f"{value:.1e}".split("e")
    return rf"${mantissa}\times 10^{{{int(exponent)}}}$"


def with_error(value: float, error: float) -> str:
    """0.123(5); a number without a finite error to four digits, without an exponent."""
    if np.isfinite(error) and error > 0:
        return unsigned_zero(f"{ufloat(value, error):fS}")
    return unsigned_zero(np.format_float_positional(float(f"{value:.4g}"), trim="-"))


def unsigned_zero(text: str) -> str:
    """The text of a number, without a minus sign where it is rounded to zero."""
    return _MINUS_OF_ZERO.sub("", text)


def best_of(
    frame: pd.DataFrame, values: Array, low: Array, high: Array, way: str, within: str
) -> list[bool]:
    """:func:`best` among the rows that share the text of the column ``within``."""
    groups = frame.groupby(within).ngroup().to_numpy() if within else np.zeros(len(frame))
    chosen = np.zeros(len(frame), dtype=bool)
    for group in np.unique(groups):
        at = groups == group
        chosen[at] = best(values[at], low[at], high[at], way)
    return [bool(x) for x in chosen]


def best(values: Array, low: Array, high: Array, way: str) -> list[bool]:
    """Which entries are best or cannot be told from the best; see the module's text."""
    if not way or np.isfinite(values).sum() < 2:
        return [False] * len(values)
    sign = 1.0 if way == "max" else -1.0
    ends = (low, high) if way == "max" else (high, low)
    down, up = (np.nan_to_num(abs(end - values), nan=0.0, posinf=np.inf) for end in ends)
    top = int(np.nanargmax(sign * values))
    away = sign * (values[top] - values)
    return [bool(x <= np.hypot(up_to, down[top])) for x, up_to in zip(away, up, strict=True)]


def table_format(entries: Sequence[Entry]) -> str:
    """What siunitx must make room for: a comparator, a sign, digits, digits of uncertainty."""
    found = [_PARTS.match(e.text) for e in entries if e.number and e.text is not None]
    parts = [match.groups(default="") for match in found if match]
    parts = [(*rest, error.replace(".", "")) for *rest, error in parts]
    compare, sign, whole, places, error = (
        max((len(x) for x in column), default=0) for column in (zip(*parts) if parts else [[]] * 5)
    )
    uncertainty = f"({error})" if error else ""
    ends = f"{'>' if compare else ''}{'-' if sign else ''}{max(whole, 1)}.{places}{uncertainty}"
    return f"table-format={ends}"
