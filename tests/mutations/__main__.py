"""Command line: ``python -m tests.mutations [PATTERN]``; exit 1 on a survivor without reason."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # children are the parallelism

from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.console import Console
from rich.progress import Progress

from tests.mutations.evidence import Evidence
from tests.mutations.judge import Standing, Verdict, judged, standing
from tests.mutations.probes import Probes
from tests.mutations.proofs import Proofs
from tests.mutations.referees import Referees
from tests.mutations.table import KINDS, marks, row, summary, unexplained, write
from tests.mutations.targets import Mutant, mutants

app = typer.Typer(add_completion=False)


@app.command()
def kill(
    pattern: Annotated[str, typer.Argument(help="Glob of places, such as isotropic.*")] = "*",
    claims: Annotated[str, typer.Option(help="Glob of the claims to hold against them.")] = "*",
    cells: Annotated[str, typer.Option(help="Glob of the cells of the probe.")] = "*",
    tests: Annotated[str, typer.Option(help="The referees' tests, as pytest -k takes them.")] = "",
    jobs: Annotated[int, typer.Option(min=0, help="Processes; 0: one for each core.")] = 0,
    output: Annotated[Path, typer.Option("--output", "-o", file_okay=False)] = Path("build"),
) -> None:
    """Judge mutants by proofs, probes and referees; print and write the kill table."""
    torch.set_num_threads(1)
    chosen = mutants(pattern)
    if not chosen:
        raise typer.BadParameter(f"no mutant in {pattern!r}")
    evidence = (Proofs(claims), Probes(cells), Referees(tests))
    found = _judged(evidence, chosen, jobs or len(os.sched_getaffinity(0)))
    rows = [row(found[mutant]) for mutant in chosen]
    for each in rows:
        told = "  ".join(f"{kind} {mark}" for kind, mark in zip(KINDS, marks(each), strict=True))
        print(f"{each['place']}: {each['change']}\n    {told}  {each['explained']}")
    paths = write(rows, output)
    print("\n".join([*summary(rows), f"Written to {paths[0]} and {paths[1]}."]))
    raise typer.Exit(1 if unexplained(rows) else 0)


def _judged(
    evidence: tuple[Evidence, ...], chosen: list[Mutant], jobs: int
) -> dict[Mutant, Verdict]:
    """Verdicts, with a bar where someone watches."""
    console = Console(stderr=True)
    pieces: Standing = {each.kind: [] for each in evidence}
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        names = sum(len(each.names()) for each in evidence)
        task = bar.add_task("evidence as it stands", total=names)
        for kind, piece in standing(evidence, chosen, jobs):
            pieces[kind] += [piece] if piece else []
            bar.advance(task)
        task, found = bar.add_task("mutants", total=len(chosen)), {}
        for verdict in judged(evidence, pieces, chosen, jobs):
            found[verdict.mutant] = verdict
            bar.advance(task)
    return found


if __name__ == "__main__":
    app()
