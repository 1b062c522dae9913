"""Draw figures and print tables: the Python twin of the command line."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from capacity.errors import InputError, unknown
from capacity.processes import process_pool
from paper_figures.data import PRESETS, Loaded, MissingData, load
from paper_figures.discover import figures, tables
from paper_figures.figure import Figure, render
from paper_figures.numbers import write_gathered
from paper_figures.output import write_together
from paper_figures.style import Style
from paper_figures.table import Table, print_table

Output = Figure | Table
DATA, OUT = Path("build/data"), Path("build")


@dataclass
class Drawn:
    """What a run wrote, and what it left out with the reason."""

    written: list[Path] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Chosen:
    """Names of figures and tables, and whether the user named them."""

    figures: tuple[str, ...]
    tables: tuple[str, ...]
    named: bool


def choose(names: Sequence[str] = (), *, only_tables: bool = False) -> Chosen:
    """The figures and tables of these names; no name means all of them."""
    drawable, printable = list(figures()), list(tables())
    for name in names:
        if name not in (*drawable, *printable):
            raise unknown("figure", name, [*drawable, *printable])
    drawn = [] if only_tables else [n for n in drawable if n in names or not names]
    printed = [n for n in printable if n in names or not names]
    if only_tables and names and not printed:
        raise InputError(f"{', '.join(names)} is no table; tables: {', '.join(printable)}.")
    return Chosen(tuple(drawn), tuple(printed), bool(names))


def draw_figures(
    names: Sequence[str] = (),
    *,
    preset: str = "quick",
    data: Path = DATA,
    out: Path = OUT,
    venue: str = "neurips",
    columns: int = 2,
    only_tables: bool = False,
) -> Drawn:
    """Draw figures to OUT/figures, print tables to OUT/tables, gather numbers in OUT/numbers.tex.

    A run that names none uses all cores.
    A figure whose data are absent or unfit does not keep the others from being drawn; it is in
    ``missing``, or in ``notes`` if it is optional and was not asked for by name.
    """
    if preset not in PRESETS:
        raise unknown("preset", preset, PRESETS)
    style, chosen, drawn = Style(venue, columns), choose(names, only_tables=only_tables), Drawn()
    every = (("figures", chosen.figures), ("tables", chosen.tables))
    jobs = [Job(n, folder, style, preset, data, out) for folder, named in every for n in named]
    with _workers(1 if chosen.named else os.cpu_count() or 1) as mapped:
        for job, made in zip(jobs, mapped(_make, jobs), strict=True):
            if isinstance(made, str):
                optional = job.output.optional and not chosen.named
                (drawn.notes if optional else drawn.missing).append(f"{job.name}: {made}")
            else:
                drawn.written += made
    drawn.written += write_gathered(out)
    return drawn


@dataclass(frozen=True)
class Job:
    """One figure or table to be made, by name, so that any process can make it."""

    name: str
    folder: str
    style: Style
    preset: str
    data: Path
    out: Path

    @property
    def output(self) -> Output:
        """What is made."""
        return figures()[self.name] if self.folder == "figures" else tables()[self.name]

    @property
    def command(self) -> str:
        """The command that makes it."""
        source = f" --preset {self.preset}" + (f" --data {self.data}" if self.data != DATA else "")
        looks = f" --venue {self.style.venue} --columns {self.style.columns}"
        drawn = looks if self.folder == "figures" else ""
        return f"python -m paper_figures {self.name}{source if self.output.needs else ''}{drawn}"


def _make(job: Job) -> list[Path] | str:
    """The files of a figure or table, or what is wrong with its data."""
    one = job.output
    try:
        loaded = inputs(one, job.data, job.preset)
    except InputError as problem:
        return str(problem)
    try:
        if isinstance(one, Figure):
            files = render(one, loaded, job.style, command=job.command, preset=job.preset)
        else:
            files = print_table(one, loaded, command=job.command, preset=job.preset)
    except (KeyError, IndexError, ValueError) as problem:
        if not one.needs:
            raise
        return _unfit(one, job, problem)
    return write_together(job.out / job.folder, files)


def _unfit(one: Output, job: Job, problem: Exception) -> str:
    """Why data that could be read could not be drawn: rows are absent, or of another revision."""
    told = "; ".join(
        f"{need.path(job.data, job.preset)} (make it again with: "
        f"{need.make.format(preset=job.preset)})"
        for need in one.needs.values()
    )
    return f"rows are missing or of another revision, {type(problem).__name__}: {problem}: {told}"


@contextmanager
def _workers(count: int) -> Iterator[Callable[..., Iterator[list[Path] | str]]]:
    """A map over jobs, in as many processes."""
    if count == 1:
        yield map
        return
    with process_pool(count) as pool:
        yield pool.map


def inputs(one: Output, data: Path, preset: str) -> dict[str, Loaded]:
    """All data of a figure or a table; all absent files are named in one error."""
    loaded, absent = {}, []
    for key, need in one.needs.items():
        try:
            loaded[key] = load(need, data, preset)
        except MissingData as problem:
            absent.append(str(problem))
    if absent:
        raise MissingData("; ".join(absent))
    return loaded
