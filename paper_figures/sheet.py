"""A printed table before it has a language: columns, their entries, groups of rows, footnotes."""

import string
from dataclasses import dataclass

from paper_figures.columns import Entry, Kind


@dataclass(frozen=True)
class Sheet:
    """What LaTeX and Markdown print alike.

    ``entries`` has one list a column; ``groups`` maps the row before which a group begins to its
    text; ``origin`` is the line of provenance.
    """

    name: str
    columns: tuple[Kind, ...]
    entries: tuple[list[Entry], ...]
    groups: dict[int, str]
    caption: str
    origin: str
    sideways: bool

    @property
    def rows(self) -> list[tuple[Entry, ...]]:
        """The entries row by row."""
        return list(zip(*self.entries, strict=True))


class Notes:
    """Footnotes in the order of first use; the same text keeps the same mark."""

    def __init__(self) -> None:
        self.marks: dict[str, str] = {}

    def mark(self, text: str) -> str:
        """The letter of this text: a, b, ..., z, aa, ab, ...."""
        if text not in self.marks:
            count, letters = len(self.marks), string.ascii_lowercase
            first = letters[count // 26 - 1] if count >= 26 else ""
            self.marks[text] = first + letters[count % 26]
        return self.marks[text]
