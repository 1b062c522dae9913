"""Check: outputs still belong to their data, by the hashes that were embedded in them."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from capacity.errors import InputError
from paper_figures.data import PRESETS, Need, load
from paper_figures.discover import figures, tables
from paper_figures.draw import DATA, OUT, choose
from paper_figures.numbers import ENDING, stale
from paper_figures.provenance import read_embedded

FIGURE_FILES, TABLE_FILES = (".pdf", ".png", ".caption.tex"), (".tex", ".md")


@dataclass(frozen=True)
class Verdict:
    """One output file: whether it belongs to its data, and what was found."""

    path: Path
    good: bool
    finding: str


def check_outputs(
    names: Sequence[str] = (), *, data: Path = DATA, out: Path = OUT, only_tables: bool = False
) -> list[Verdict]:
    """Compare every output with its CSV and with the data files that it was drawn from, and
    the gathered numbers with those of the outputs.

    Without names, outputs that were never made are passed over; an error if there are none at all.
    A data file that is absent cannot be compared, and the finding says so.
    """
    chosen = choose(names, only_tables=only_tables)
    verdicts = []
    for folder, listed, endings in (
        (out / "figures", chosen.figures, FIGURE_FILES),
        (out / "tables", chosen.tables, TABLE_FILES),
    ):
        for name in listed:
            made = [folder / f"{name}{ending}" for ending in (*endings, ".csv")]
            if chosen.named or any(path.exists() for path in made):
                verdicts += [_verdict(path, made[-1], name, data) for path in made[:-1]]
                quoted = folder / f"{name}{ENDING}"
                if quoted.is_file():
                    verdicts.append(_verdict(quoted, made[-1], name, data))
    if not verdicts:
        raise InputError(f"{out} holds no figures or tables; make them: python -m paper_figures")
    for path, problem in stale(out).items():
        verdicts.append(Verdict(path, not problem, problem or "holds the numbers of all outputs"))
    return verdicts


def _verdict(path: Path, csv: Path, name: str, data: Path) -> Verdict:
    for needed in (path, csv):
        if not needed.is_file():
            return Verdict(path, False, f"{needed.name} does not exist")
    try:
        embedded = read_embedded(path)
    except InputError as problem:
        return Verdict(path, False, str(problem))
    if embedded.data_hash != hashlib.sha256(csv.read_bytes()).hexdigest():
        return Verdict(path, False, f"was not made from {csv.name} as it is now")
    findings = ["matches its CSV"]
    for source, content in embedded.sources.items():
        found = _content(source, name, data)
        if found is None:
            findings.append(f"{source} is absent, not compared")
        elif found != content:
            return Verdict(path, False, f"{source} has changed since; draw it again")
        else:
            findings.append(f"matches {source}")
    return Verdict(path, True, ", ".join(findings))


def _content(source: str, name: str, data: Path) -> str | None:
    for need, preset in _needs(name):
        if need.name(preset) == source and need.is_there(data, preset):
            try:
                return load(need, data, preset).content
            except InputError:
                return "unreadable"
    return None


def _needs(name: str) -> Iterator[tuple[Need, str]]:
    one = figures().get(name) or tables()[name]
    for need in one.needs.values():
        for preset in PRESETS:
            yield need, preset
