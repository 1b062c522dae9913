"""Command line: ``python -m proofs_check [PATTERN] [--json] [--missing]``."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.text import Text

from proofs_check.claim import SECONDS, Verdict
from proofs_check.collect import claims, matching, misfits, nearest, proof_files
from proofs_check.run import run_claims
from proofs_check.shipping import Catalogue

RESULTS = Path("build/claims.json")


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
) -> None:
    """Check that what ships is what is derived; exit 1 on a failed claim, 2 on bad input."""
    catalogue = Catalogue()
    uncovered = misfits(proof_files(), claims(), catalogue.rules, catalogue.exact())
    if missing:
        _report(uncovered, as_json)
        raise typer.Exit(1 if uncovered else 0)
    chosen = matching(pattern, claims()) if pattern else list(claims())
    if not chosen:
        near = " or ".join(map(repr, nearest(pattern, claims()))) or "nothing like it"
        typer.echo(f"Unknown claim {pattern!r}; nearest: {near}.", err=True)
        raise typer.Exit(2)
    verdicts = [] if pattern else uncovered
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("claims", total=len(chosen))
        for verdict in run_claims(chosen, jobs=jobs or None, seconds=seconds):
            verdicts.append(verdict)
            progress.advance(task)
    _finish(sorted(verdicts, key=lambda verdict: verdict.id), as_json)


def _finish(verdicts: list[Verdict], as_json: bool) -> None:
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(_as_json(verdicts) + "\n")
    _report(verdicts, as_json)
    holding = sum(verdict.holds for verdict in verdicts)
    if not as_json:
        print(f"{holding} of {len(verdicts)} hold; written to {RESULTS}.")
    raise typer.Exit(0 if holding == len(verdicts) else 1)


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
