"""What the supplement holds, read from the build folder: the same for paper and page."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from capacity.errors import InputError
from paper_figures.data import MissingData
from paper_figures.discover import figures, tables
from paper_figures.figure import Figure
from paper_figures.section import Section
from paper_figures.supplement.claims import Appendix, read_appendix
from paper_figures.supplement.findings import findings
from paper_figures.supplement.introductions import INTRODUCTIONS, QUESTIONS
from paper_figures.supplement.missing import NUMBERS, PROOFS, missing
from paper_figures.supplement.origin import Origin, read_origin
from paper_figures.supplement.references import Reference, references
from paper_figures.supplement.verdicts import Judged, read_verdicts, tally, verdicts_path
from paper_figures.table import Table

T = TypeVar("T", Figure, Table)
_CAPTION = re.compile(r"\\caption\{(.*)\}\n\\label", re.DOTALL)


@dataclass(frozen=True)
class Shown:
    """A figure or a table: its caption in LaTeX, and the files that show it."""

    name: str
    title: str
    caption: str
    paper: str  # the file that LaTeX includes, relative to the build folder
    told: Path  # the file that holds the caption
    page: Path  # PNG of a figure, Markdown of a table
    origin: Origin

    @property
    def lead(self) -> str:
        """The title where the caption does not begin with it."""
        return "" if self.caption.startswith(self.title) else f"{self.title}."


@dataclass(frozen=True)
class Chapter:
    """A section with its figures and tables in reading order."""

    section: Section
    introduction: str
    figures: tuple[Shown, ...]
    tables: tuple[Shown, ...]


@dataclass(frozen=True)
class Contents:
    """Everything that the supplement shows."""

    preset: str
    chapters: tuple[Chapter, ...]
    verdicts: tuple[Judged, ...]
    appendix: Appendix
    references: tuple[Reference, ...]
    numbers: Mapping[str, str]
    files: Mapping[str, Path]  # all that was read, by the name that the supplement gives it

    @property
    def shown(self) -> list[Shown]:
        """All figures and tables in reading order."""
        return [each for chapter in self.chapters for each in (*chapter.figures, *chapter.tables)]


def gather(out: Path, data: Path, preset: str) -> Contents:
    """Read figures, tables, verdicts and proofs.

    Raises :class:`MissingData` that names all that is missing or stale, and how to make it.
    """
    absent = list(missing(out, data, preset))
    if absent:
        raise MissingData(
            f"The supplement ({preset}) cannot be put together:\n  "
            + "\n  ".join(absent)
            + f"\nmake paper PRESET={preset} makes all of it."
        )
    judged = read_verdicts(data, preset)
    numbers = _numbers(out)
    chapters = tuple(_chapters(out, judged, numbers))
    judgement = verdicts_path(data, preset)
    files = _files(out, chapters) | {judgement.name: judgement}
    return Contents(
        preset=preset,
        chapters=chapters,
        verdicts=tuple(judged),
        appendix=read_appendix(files[PROOFS].read_text()),
        references=tuple(references()),
        numbers=numbers,
        files=files,
    )


def _numbers(out: Path) -> dict[str, str]:
    """LaTeX of the macros that prose may name; none where no output quotes a number."""
    path = out / "numbers.json"
    listed = json.loads(path.read_text()) if path.is_file() else {}
    return {name: each["text"] for name, each in listed.items()}


def _files(out: Path, chapters: Iterable[Chapter]) -> dict[str, Path]:
    shown = (each for one in chapters for each in (*one.figures, *one.tables))
    paths = [path for each in shown for path in (out / each.paper, each.told, each.page)]
    found = {str(path.relative_to(out)): path for path in [*paths, out / PROOFS, out / NUMBERS]}
    return {name: path for name, path in found.items() if name != NUMBERS or path.is_file()}


def _chapters(out: Path, judged: Sequence[Judged], numbers: Mapping[str, str]) -> Iterator[Chapter]:
    for section in Section:
        drawn = tuple(_drawn(out / "figures", section))
        printed = tuple(_printed(out / "tables", section))
        if drawn or printed or (section is Section.HYPOTHESES and judged):
            told = (
                INTRODUCTIONS[section].strip(),
                findings(section, numbers),
                _tally(section, judged),
            )
            yield Chapter(section, "\n\n".join(filter(None, told)), drawn, printed)


def _tally(section: Section, judged: Sequence[Judged]) -> str:
    here = [each for each in judged if each.question == QUESTIONS.get(section)]
    return f"Hypotheses on this, judged below: {tally(here)}." if here else ""


def _drawn(folder: Path, section: Section) -> Iterator[Shown]:
    for figure in _of(section, figures().values()):
        told, page = folder / f"{figure.name}.caption.tex", folder / f"{figure.name}.png"
        if page.is_file():
            caption = told.read_text().partition("\n")[2].strip()
            paper = f"figures/{figure.name}.pdf"
            yield Shown(figure.name, figure.title, caption, paper, told, page, read_origin(told))


def _printed(folder: Path, section: Section) -> Iterator[Shown]:
    for table in _of(section, tables().values()):
        told, page = folder / f"{table.name}.tex", folder / f"{table.name}.md"
        if page.is_file():
            found = _CAPTION.search(told.read_text())
            if found is None:
                raise InputError(f"{told} has no caption with a label; print it again.")
            paper = f"tables/{table.name}.tex"
            yield Shown(table.name, table.title, found[1], paper, told, page, read_origin(told))


def _of(section: Section, declared: Iterable[T]) -> list[T]:
    here = [each for each in declared if each.section is section]
    return sorted(here, key=lambda each: (each.rank, each.name))
