r"""Quantities that prose quotes, and their LaTeX macros: one object for the caption and the macro.

A figure or table declares ``numbers``, of its data, by name; its caption quotes the same objects,
and every run gathers those of all outputs into ``numbers.tex``, a macro each: ``Agreeing`` of the
figure ``capacity`` is ``\CapacityAgreeing``.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from paper_figures.columns import unsigned_zero, with_error

_WORDS = ("Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


@dataclass(frozen=True)
class Quantity:
    """A number as text and prose print it, and what it is."""

    value: float
    text: str
    what: str

    def __str__(self) -> str:
        return self.text


Quantities = dict[str, Quantity]
Numbers = Callable[[pd.DataFrame], Quantities]  # of the data that a figure draws or a table prints


def no_numbers(frame: pd.DataFrame) -> Quantities:
    """What a figure or table quotes that quotes nothing."""
    return {}


def count(value: int, what: str) -> Quantity:
    """A whole number."""
    return Quantity(value, f"{value:d}", what)


def number(value: float, what: str, form: str = ".2f") -> Quantity:
    """A number in a format."""
    return Quantity(value, unsigned_zero(format(value, form)), what)


def measured(value: float, stderr: float, what: str) -> Quantity:
    """0.123(5)."""
    return Quantity(value, with_error(value, stderr), what)


def flat(groups: Mapping[str, Quantities]) -> Quantities:
    """The quantities of groups, under the name of the group and their own."""
    return {f"{group} {key}": each for group, n in groups.items() for key, each in n.items()}


def macro(*words: str) -> str:
    r"""The macro's name in letters alone, without backslash: words in CamelCase, digits spelled."""
    parts = (part for word in words for part in re.split(r"[^A-Za-z0-9]+", word) if part)
    joined = "".join(part[:1].upper() + part[1:] for part in parts)
    return "".join(_WORDS[int(letter)] if letter.isdigit() else letter for letter in joined)
