"""The bibliography: every source that a rule, wrapper or feature map declares, and the paper."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from capacity.discover import feature_maps, rules, wrappers
from capacity.rule import Source

PAPER = Source("McDermott, Heath, Parhi 2026", "arXiv:2606.25342", "")
KEYS = {PAPER.identifier: "mcdermott2026lifelong"}  # those that captions cite by name
ADDRESSES = {"arXiv": "https://arxiv.org/abs/", "doi": "https://doi.org/"}
_YEAR = re.compile(r"(.+?),? (\d{4})\b")


@dataclass(frozen=True)
class Reference:
    """A work: authors, year, identifier, and who uses which of its equations."""

    authors: str
    year: str
    identifier: str
    uses: tuple[str, ...]

    @property
    def key(self) -> str:
        """What citations call it."""
        return KEYS.get(self.identifier, re.sub(r"\W+", "-", self.identifier))

    @property
    def short(self) -> str:
        """How a text cites it."""
        first, *others = self.authors.split(", ")
        authors = f"{first} et al." if len(others) > 1 else " and ".join([first, *others])
        return f"{authors} ({self.year})"

    @property
    def address(self) -> str:
        """Where it is found, empty where no rule says."""
        kind, _, number = self.identifier.partition(":")
        return f"{ADDRESSES[kind]}{number}" if kind in ADDRESSES else ""


def references() -> list[Reference]:
    """All works by author and year, each once."""
    used = sorted([*_sources(), ("", PAPER)], key=lambda use: use[1].identifier)
    found = [
        _reference(list(group)) for _, group in groupby(used, key=lambda use: use[1].identifier)
    ]
    return sorted(found, key=lambda each: (each.authors, each.year, each.identifier))


def _reference(uses: list[tuple[str, Source]]) -> Reference:
    source = min((source for _, source in uses), key=lambda each: len(each.citation))
    found = _YEAR.match(source.citation)
    authors, year = (found[1], found[2]) if found else (source.citation, "")
    told = tuple(sorted(f"{who}: {each.equation}" for who, each in uses if who))
    return Reference(authors, year, source.identifier, told)


def _sources() -> Iterator[tuple[str, Source]]:
    for found in (rules(), wrappers(), feature_maps()):
        for name, one in found.items():
            yield getattr(one, "title", name), one.source
