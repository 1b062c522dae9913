"""Draw figures and print tables: the Python twin of the command line."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from capacity.errors import InputError, unknown
from paper_figures.data import PRESETS, Loaded, MissingData, load
from paper_figures.discover import figures, tables
from paper_figures.figure import Figure, render
from paper_figures.numbers import write_gathered
from paper_figures.output import write_together
from paper_figures.style import Style
from paper_figures.table import Table, print_table

Output = Figure | Table
Files = Callable[..., Mapping[str, bytes]]  # of loaded data, a command and a preset
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

    A figure whose data are absent does not keep the others from being drawn; it is listed in
    ``missing``, or in ``notes`` if it is optional and was not asked for by name.
    """
    if preset not in PRESETS:
        raise unknown("preset", preset, PRESETS)
    style, chosen, drawn = Style(venue, columns), choose(names, only_tables=only_tables), Drawn()
    size = f" --venue {venue} --columns {columns}"
    source = f" --preset {preset}" + (f" --data {data}" if data != DATA else "")
    known, printable = figures(), tables()
    jobs: list[tuple[Output, str, Files, str]] = [
        *(
            (known[n], "figures", partial(render, known[n], style=style), size)
            for n in chosen.figures
        ),
        *((printable[n], "tables", partial(print_table, printable[n]), "") for n in chosen.tables),
    ]
    for one, folder, files, looks in jobs:
        command = f"python -m paper_figures {one.name}{source if one.needs else ''}{looks}"
        try:
            loaded = inputs(one, data, preset)
        except MissingData as problem:
            optional = one.optional and not chosen.named
            (drawn.notes if optional else drawn.missing).append(f"{one.name}: {problem}")
            continue
        made = files(loaded=loaded, command=command, preset=preset)
        drawn.written += write_together(out / folder, made)
    drawn.written += write_gathered(out)
    return drawn


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
