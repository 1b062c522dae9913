"""Judged hypotheses as ``python -m experiments test`` exports them, in words for paper and page."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from capacity.errors import InputError
from capacity.prose import words
from paper_figures.data import MissingData

FOUND = ("supported", "refuted", "undecided")


@dataclass(frozen=True)
class Judged:
    """A hypothesis in LaTeX: what was declared before its data, and what was found."""

    name: str
    question: str
    statement: str
    declared: str
    found: str
    verdict: str


def read_verdicts(folder: Path, preset: str) -> list[Judged]:
    """All hypotheses of a preset; raises MissingData where they were not judged."""
    path, make = verdicts_path(folder, preset), f"python -m experiments test --preset {preset}"
    if not path.is_file():
        raise MissingData(f"{path} does not exist; make it with: {make}")
    try:
        return [_judged(row) for row in json.loads(path.read_text())]
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{path} is not a file of verdicts; make it again: {make}") from None


def verdicts_path(folder: Path, preset: str) -> Path:
    """Where the verdicts of a preset lie."""
    return folder / f"hypotheses-{preset}.json"


def tally(judged: Iterable[Judged]) -> str:
    """How many were supported, refuted and left undecided, in words."""
    counts = Counter(each.verdict for each in judged)
    return ", ".join(f"{counts[each]} {each}" for each in FOUND if counts[each])


def _judged(row: Mapping[str, Any]) -> Judged:
    return Judged(
        name=row["name"],
        question=row["question"],
        statement=words(row["statement"]),
        declared=_declared(row),
        found=_found(row),
        verdict=row["verdict_holm"],
    )


def _declared(row: Mapping[str, Any]) -> str:
    law = "no law"
    if row["predicted"] is not None:
        law = f"law {number(row['predicted'])} ({row['status']})"
    return (
        f"Effect: {words(row['effect_is'])}; {law}. Supported {_region(row)}, else refuted."
        f" {row['n']} replicates, of spread {number(row['spread_declared'])} in a pilot: power"
        f" {row['power']:.2f} at {number(row['minimal'])} from the edge."
    )


def _region(row: Mapping[str, Any]) -> str:
    low, high = row["supported_from"], row["supported_to"]
    if high is None:
        return f"from {number(low)} upwards"
    if low is None:
        return f"up to {number(high)}"
    return f"from {number(low)} to {number(high)}"


def _found(row: Mapping[str, Any]) -> str:
    if row["effect"] is None:
        return f"No effect. {words(row['note'])}".strip()
    alone = row["verdict"]
    lost = f" (alone {alone})" if alone != row["verdict_holm"] else ""
    note = f" {words(row['note'][:1].upper() + row['note'][1:])}." if row["note"] else ""
    return (
        f"Effect {number(row['effect'])}, interval {number(row['low'])} to {number(row['high'])},"
        f" $p = {_math(row['p'])}$, corrected $p = {_math(row['p_holm'])}${lost}.{note}"
    )


def number(value: float) -> str:
    """Three digits in LaTeX."""
    return f"${_math(value)}$"


def _math(value: float) -> str:
    digits, _, power = f"{value:.3g}".partition("e")
    return rf"{digits} \times 10^{{{int(power)}}}" if power else digits
