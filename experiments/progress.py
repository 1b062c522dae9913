"""Compute what a plan lacks, with a progress bar that weighs each pass by its work."""

import os

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from capacity.console import console, positive
from experiments.passes import Pass
from experiments.runner import execute, missing
from experiments.store import Store


def compute(
    label: str, plan: list[Pass], store: Store, workers: int | None, out: Console = console
) -> None:
    """Say how much is stored, measure the rest on all cores, commit each pass as it ends."""
    if workers is not None:
        positive("workers", workers)
    todo = missing(plan, store)
    out.print(
        f"{label}: {len(plan) - len(todo)} of {len(plan)} passes stored, "
        f"{len(todo)} to compute in {store.folder}",
        soft_wrap=True,
    )
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[count]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Progress(*columns, console=out) as progress:
        shares = {work: work.work() for work in todo}
        task = progress.add_task(
            "measuring", total=sum(shares.values()) or 1.0, count=f"0/{len(todo)}"
        )
        done = 0

        def report(work: Pass) -> None:
            nonlocal done
            done += 1
            progress.update(
                task, advance=shares[work], description=work.rule, count=f"{done}/{len(todo)}"
            )

        try:
            execute(todo, store, workers=workers or os.cpu_count(), report=report)
        except KeyboardInterrupt:
            stored = len(plan) - len(missing(plan, store))
            progress.stop()
            out.print(f"Stopped: {stored} of {len(plan)} passes stored; run again to go on.")
            raise
