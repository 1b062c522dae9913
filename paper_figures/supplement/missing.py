"""What the supplement lacks: outputs that are absent, of another preset, or of older data."""

from collections.abc import Iterator
from pathlib import Path

from paper_figures.check import FIGURE_FILES, TABLE_FILES, check_outputs
from paper_figures.data import MissingData
from paper_figures.discover import figures, tables
from paper_figures.draw import DATA, Output
from paper_figures.supplement.origin import read_origin
from paper_figures.supplement.verdicts import read_verdicts

PROOFS, NUMBERS = "proofs.tex", "numbers.tex"


def missing(out: Path, data: Path, preset: str) -> Iterator[str]:
    """One line for each thing that is missing or stale, with the command that makes it."""
    where = f" --preset {preset}" + (f" --data {data}" if data != DATA else "")
    for one, files in _declared(out):
        absent = [path for path in files if not path.is_file()]
        if absent and not one.optional:
            yield f"{absent[0]} does not exist: python -m paper_figures {one.name}{where}"
        elif not absent and not _of_preset(one, files[-1], preset):
            yield f"{files[-1]} is of another preset: python -m paper_figures {one.name}{where}"
    try:
        read_verdicts(data, preset)
    except MissingData as problem:
        yield str(problem)
    if not (out / PROOFS).is_file():
        yield f"{out / PROOFS} does not exist: make proofs"
    for verdict in check_outputs(data=data, out=out) if (out / "figures").is_dir() else ():
        if not verdict.good:
            yield f"{verdict.path}: {verdict.finding}"


def _declared(out: Path) -> Iterator[tuple[Output, list[Path]]]:
    """Figures and tables with their files, of which the last tells the origin."""
    for figure in figures().values():
        yield figure, [out / "figures" / f"{figure.name}{ending}" for ending in FIGURE_FILES]
    for table in tables().values():
        yield table, [out / "tables" / f"{table.name}{ending}" for ending in reversed(TABLE_FILES)]


def _of_preset(one: Output, path: Path, preset: str) -> bool:
    sources = read_origin(path).embedded.sources
    return all(need.name(preset) in sources for need in one.needs.values())
