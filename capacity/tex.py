"""From LaTeX to PDF where a TeX installation exists."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

SECONDS = 300.0
QUIET = ("-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape")
COMMANDS: dict[str, tuple[tuple[str, ...], int]] = {  # program: options, runs until links settle
    "latexmk": (("-pdf", "-norc", *QUIET), 1),
    "pdflatex": (QUIET, 3),
    "tectonic": ((), 1),
}
DEBIAN = ("texlive-latex-recommended", "texlive-fonts-recommended", "lmodern")


class TexError(Exception):
    """TeX found, and it refused the file; the message holds its complaint."""


def compiler() -> str | None:
    """The first program found that makes a PDF of a LaTeX file."""
    return next((name for name in COMMANDS if shutil.which(name)), None)


def missing(packages: Sequence[str] = DEBIAN) -> str:
    """What to say where there is none; packages: Debian's names of those that suffice."""
    return (
        f"No PDF: none of {', '.join(COMMANDS)} is found; "
        f"on Debian: apt-get install --no-install-recommends {' '.join(packages)}."
    )


def compile_pdf(source: Path, reads: Sequence[str] = ()) -> Path | None:
    """The PDF beside the source, None without TeX; raises TexError. An older PDF never stays.

    reads: names of files and folders beside the source that it includes.
    """
    target = source.with_suffix(".pdf")
    target.unlink(missing_ok=True)
    program = compiler()
    if program is None:
        return None
    with TemporaryDirectory() as folder:
        shutil.copy(source, folder)
        for name in reads:
            (Path(folder) / name).symlink_to((source.parent / name).resolve())
        _run(program, source.name, Path(folder))
        shutil.copy(Path(folder) / target.name, target)
        log = Path(folder) / source.with_suffix(".log").name
        if log.exists():
            shutil.copy(log, source.with_suffix(".log"))
    return target


def _run(program: str, name: str, folder: Path) -> None:
    options, times = COMMANDS[program]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "0", "FORCE_SOURCE_DATE": "1"}
    for _ in range(times):
        try:
            done = subprocess.run(
                [program, *options, name],
                cwd=folder,
                env=environment,
                capture_output=True,
                timeout=SECONDS,
                stdin=subprocess.DEVNULL,
            )
        except subprocess.TimeoutExpired:
            raise TexError(f"{program} took longer than {SECONDS:g} s.") from None
        if done.returncode:
            said = (done.stdout + done.stderr).decode(errors="replace")
            raise TexError(f"{program} failed: {_complaint(said)}")


def _complaint(said: str) -> str:
    """The first error that TeX reports, with the line number that follows it."""
    found = re.search(r"^! .*$", said, re.MULTILINE)
    if not found:
        return " ".join(said.strip().splitlines()[-1:]) or "it said nothing."
    line = re.search(r"^l\.\d+", said[found.end() :], re.MULTILINE)
    return f"{found[0][2:]} {line[0] if line else ''}".strip()
