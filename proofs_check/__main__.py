"""Command line: ``python -m proofs_check [PATTERN] [--json] [--missing] [--no-pdf]``.

Writes ``claims.json``, ``proofs.tex`` and, where TeX is installed, ``proofs.pdf``.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.text import Text

from capacity.errors import InputError
from capacity.folders import require_writable
from capacity.tex import TexError, compile_pdf
from capacity.tex import missing as no_tex
from proofs_check.appendix import document
from proofs_check.catalogue import Catalogue
from proofs_check.claim import SECONDS, Claim, Verdict
from proofs_check.collect import ProofFileError, claims, matching, nearest, uncovered
from proofs_check.run import run_claims

BUILD = Path("build")

app = typer.Typer(add_completion=False)


@app.command()
def check_claims(
    pattern: Annotated[str, typer.Argument(help="Claim id, rule, or glob; all if left out.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print verdicts as JSON.")] = False,
    missing: Annotated[
        bool, typer.Option("--missing", help="List what lacks a proof, and decide nothing.")
    ] = False,
    jobs: Annotated[int, typer.Option(min=0, help="Processes; 0: one for each core.")] = 0,
    seconds: Annotated[float, typer.Option(min=0.001, help="Longest time for a claim.")] = SECONDS,
    output: Annotated[
        Path, typer.Option("--output", "-o", file_okay=False, help="Folder of what is written.")
    ] = BUILD,
    pdf: Annotated[bool, typer.Option("--pdf/--no-pdf", help="Compile the appendix.")] = True,
) -> None:
    """Check that what ships is what is derived; exit 1 on a failed claim, 2 on bad input."""
    known = _known_claims()
    misfits = uncovered(Catalogue())
    if missing:
        _report(misfits, as_json)
        raise typer.Exit(1 if misfits else 0)
    chosen = matching(pattern, known) if pattern else list(known)
    if not chosen:
        near = " or ".join(map(repr, nearest(pattern, known))) or "nothing like it"
        typer.echo(f"Unknown claim {pattern!r}; nearest: {near}.", err=True)
        raise typer.Exit(2)
    try:
        require_writable(output, "Verdicts")
    except InputError as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(2) from None
    verdicts = [*([] if pattern else misfits), *_decided(chosen, jobs, seconds)]
    place = {name: i for i, name in enumerate(known)}
    verdicts.sort(key=lambda verdict: place.get(verdict.id, -1))
    _report(verdicts, as_json)
    written = _write(verdicts, output, f"python -m proofs_check {pattern}".strip(), pdf)
    holding = sum(verdict.holds for verdict in verdicts)
    typer.echo(f"{holding} of {len(verdicts)} hold; written to {written}.", err=as_json)
    raise typer.Exit(0 if holding == len(verdicts) else 1)


def _known_claims() -> dict[str, Claim]:
    try:
        return claims()
    except ProofFileError as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(2) from None


def _decided(chosen: list[str], jobs: int, seconds: float) -> Iterator[Verdict]:
    """Verdicts as they are reached, with a bar where someone watches."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("claims", total=len(chosen))
        for verdict in run_claims(chosen, jobs=jobs or None, seconds=seconds):
            yield verdict
            progress.advance(task)


def _write(verdicts: list[Verdict], folder: Path, command: str, pdf: bool) -> str:
    """Verdicts and appendix; the names of the files written."""
    results, appendix = folder / "claims.json", folder / "proofs.tex"
    results.write_text(_as_json(verdicts) + "\n")
    appendix.write_text(document(verdicts, command))
    found = _compiled(appendix) if pdf else None
    return f"{results} and {found or appendix}"


def _compiled(appendix: Path) -> Path | None:
    """The PDF, or one line that says why there is none."""
    try:
        found = compile_pdf(appendix)
    except TexError as problem:
        typer.echo(f"No PDF of {appendix}: {problem}", err=True)
        return None
    if found is None:
        typer.echo(no_tex(), err=True)
    return found


def _report(verdicts: Iterable[Verdict], as_json: bool) -> None:
    if as_json:
        print(_as_json(verdicts))
        return
    for verdict in verdicts:
        _print_line(verdict)


def _as_json(verdicts: Iterable[Verdict]) -> str:
    return json.dumps({"claims": [verdict.as_json() for verdict in verdicts]}, indent=1)


def _print_line(verdict: Verdict) -> None:
    """Mark, id, statement, kind, seconds, twins refused; a failure adds its file and reason."""
    mark, style = ("✓", "green") if verdict.holds else ("✗", "red")
    line = Text.assemble((mark, style), " ", (verdict.id, "bold"), f"  {verdict.statement}")
    line.append(f"  [{verdict.kind}, {verdict.seconds:.1f} s, ", "dim")
    line.append(f"twins {verdict.twins_refused}/{len(verdict.twins)}]", "dim")
    if not verdict.holds:
        line.append(f"\n    {verdict.file}: {verdict.reason}", style)
    Console().print(line, soft_wrap=True)


if __name__ == "__main__":
    app()
