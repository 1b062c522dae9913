"""Put the supplement together: one PDF where TeX is installed, one HTML page; and check them."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from capacity.errors import InputError, unknown
from capacity.tex import TexError, compile_pdf, missing
from paper_figures.check import Verdict
from paper_figures.data import PRESETS
from paper_figures.draw import DATA, OUT
from paper_figures.output import write_together
from paper_figures.provenance import Provenance, read_embedded
from paper_figures.supplement.contents import Contents, gather
from paper_figures.supplement.document import DEBIAN, document
from paper_figures.supplement.missing import NUMBERS
from paper_figures.supplement.page import page

TITLE = "Memory capacity of parametric attention: figures, tables, verdicts, proofs"
PAPER, PAGE, PDF = "supplement.tex", "supplement.html", "supplement.pdf"
READS = ("figures", "tables", NUMBERS)  # what the document includes


@dataclass(frozen=True)
class Assembled:
    """The files written, and why there is no PDF where there is none."""

    written: tuple[Path, ...]
    note: str


def assemble(
    preset: str = "quick", *, data: Path = DATA, out: Path = OUT, pdf: bool = True
) -> Assembled:
    """Write ``supplement.tex``, ``.html`` and, with TeX, ``.pdf`` from what lies in the folders.

    Raises :class:`InputError` that names what is missing or stale and how to make it, and where
    TeX refuses the document.
    """
    if preset not in PRESETS:
        raise unknown("preset", preset, PRESETS)
    contents = gather(out, data, preset)
    command = f"python -m paper_figures.supplement --preset {preset}"
    made = provenance(contents, command + (f" --data {data}" if data != DATA else ""))
    texts = {PAPER: document(contents, made), PAGE: page(contents, made)}
    written = write_together(out, {name: text.encode() for name, text in texts.items()})
    found, note = _compiled(out) if pdf else (None, "")
    return Assembled((*written, *([found] if found else [])), note)


def provenance(contents: Contents, command: str) -> Provenance:
    """What the supplement says of itself: the hash of every file that it was made from."""
    sources = {name: _hash(path) for name, path in contents.files.items()}
    return Provenance(TITLE, command, _joint(sources), sources)


def _hash(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def _joint(sources: Mapping[str, str]) -> str:
    return sha256("\n".join(f"{k}={v}" for k, v in sorted(sources.items())).encode()).hexdigest()


def _compiled(out: Path) -> tuple[Path | None, str]:
    try:
        found = compile_pdf(out / PAPER, [name for name in READS if (out / name).exists()])
    except TexError as problem:
        raise InputError(f"No PDF of {out / PAPER}: {problem}") from None
    return found, "" if found else missing(DEBIAN)


def check_supplement(data: Path = DATA, out: Path = OUT) -> list[Verdict]:
    """Whether each form of the supplement is of the files as they are now."""
    there = [out / name for name in (PAPER, PAGE, PDF) if (out / name).is_file()]
    return [_verdict(path, data, out) for path in there]


def _verdict(path: Path, data: Path, out: Path) -> Verdict:
    try:
        embedded = read_embedded(path)
        sources = embedded.sources or read_embedded(out / PAPER).sources
    except (InputError, OSError) as problem:
        return Verdict(path, False, str(problem))
    if embedded.data_hash != _joint(sources):
        return Verdict(path, False, f"was not made from {PAPER} as it is now")
    files = {name: (data if name.endswith(".json") else out) / name for name in sources}
    there = {name: _hash(file) for name, file in files.items() if file.is_file()}
    changed = [name for name, content in there.items() if content != sources[name]]
    if changed:
        return Verdict(path, False, f"{changed[0]} has changed since; make paper")
    absent = [f"{name} is absent, not compared" for name in sources if name not in there]
    return Verdict(path, True, ", ".join([f"matches {len(there)} files", *absent]))
