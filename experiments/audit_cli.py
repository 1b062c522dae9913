"""The audit as a command, and as functions that return its table."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from capacity.console import AsJson, RuleFile, console, print_json
from capacity.discover import rule_class, rule_from_file
from capacity.rule import Rule
from experiments import real
from experiments.audit import audit, summarise
from experiments.audit_rules import audited_rules
from experiments.store import export
from experiments.windows import WINDOW, read_head

Stage = Callable[[str, int], Callable[[int], None]]


def unheard(name: str, total: int) -> Callable[[int], None]:
    """A stage that nobody watches."""
    return lambda steps: None


def audit_file(
    file: Path,
    rules: Mapping[str, Rule] | None = None,
    *,
    window: int = WINDOW,
    windows: int | None = None,
    stage: Stage = unheard,
) -> pd.DataFrame:
    """The audit of a user's own keys and values (see :func:`experiments.windows.read_head`)."""
    head = read_head(file, window, windows)
    chosen = audited_rules() if rules is None else rules
    tick = stage(f"{file.name}, {len(head.keys)} windows", len(chosen))
    return audit([head], chosen, tick=lambda: tick(1))


def audit_transformer(
    rules: Mapping[str, Rule] | None = None,
    *,
    window: int = WINDOW,
    windows: int | None = None,
    stage: Stage = unheard,
) -> pd.DataFrame:
    """The audit of every head of the transformer of :mod:`experiments.real`.

    ``windows`` limits how many windows of the text are read, evenly spaced (default: all);
    ``stage`` is told the name and length of each stage and returns what counts its steps. Raises
    :class:`InputError` without the extra ``real``.
    """
    folder = real.model_folder()
    text = real.read_text(folder, real.reference_text(), window, windows)
    model = real.load_model(folder)
    count = len(text.windows)
    reading = stage(f"reading {count} windows of {text.tokens:,} WordPieces", count)
    inputs = real.layer_inputs(model, text, tick=reading)
    chosen = audited_rules() if rules is None else rules
    heads = len(inputs) * model.config.num_attention_heads
    tick = stage(f"auditing {heads} heads with {len(chosen)} rules", heads * len(chosen))
    found = real.transformer_heads(model, inputs, real.NAME)
    return audit(found, chosen, tick=lambda: tick(1))


def chosen_rules(names: list[str], rule_file: Path | None) -> dict[str, Rule] | None:
    """The rules named, and the one of a file, at their defaults; None stands for the preset."""
    found = {name: rule_class(name, rule_file)() for name in names}
    if rule_file is None:
        return found or None
    own = rule_from_file(rule_file)
    return (found or audited_rules()) | {own.rule_id(): own()}


def audit_command(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="Your own keys, one row a token: .npy, or .npz or .safetensors with keys and, "
            "optionally, values. Without it: every head of a MiniLM encoder reading English."
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of tables.")] = Path(
        "build/data"
    ),
    rule: Annotated[
        list[str] | None,
        typer.Option("--rule", help="Rule id; repeatable. Default: a preset of seven."),
    ] = None,
    window: Annotated[int, typer.Option(help="Tokens after which the memory is reset.")] = WINDOW,
    windows: Annotated[
        int | None,
        typer.Option(help="Use so many windows, evenly spaced. Default: all."),
    ] = None,
    rule_file: RuleFile = None,
    as_json: AsJson = False,
) -> None:
    """Measure recall of real keys and values beside what the laws predict from the keys."""
    rules = chosen_rules(rule or [], rule_file)
    with _progress() as progress:

        def stage(name: str, total: int) -> Callable[[int], None]:
            task = progress.add_task(name, total=total)
            return lambda steps: progress.advance(task, steps)

        if file is None:
            table = audit_transformer(rules, window=window, windows=windows, stage=stage)
        else:
            table = audit_file(file, rules, window=window, windows=windows, stage=stage)
    name = "audit" if file is None else f"audit-{file.stem}"
    paths = [out / f"{name}.parquet", out / f"{name}.csv"]
    for path in paths:
        export(table, path)
    summary = summarise(table)
    if as_json:
        print_json(summary.to_dict("records"))
        return
    console.print(_printed(summary))
    console.print(f"{len(table)} rows in {paths[0]} and {paths[1]}", soft_wrap=True)


def _progress() -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(stderr=True))


PRINTED = {
    "measured": "measured",
    "measured_median": "typical\nwindow",
    "shuffled": "values\nshuffled",
    "given_keys": "law,\nkeys",
    "given_covariance": "law,\ncovar.",
    "measured/given_keys": "measured\n/ law",
}


def _printed(summary: pd.DataFrame) -> Table:
    """What fits in 80 columns; the files and --json have the rest."""
    title = "Recall error |o - v|^2 in units of |v|^2, medians over heads"
    table = Table(title=title, box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("rule", no_wrap=True)
    for head in PRINTED.values():
        table.add_column(head, justify="right", no_wrap=True)
    for _, row in summary.iterrows():
        table.add_row(str(row["rule"]), *(_short(float(row[name])) for name in PRINTED))
    return table


def _short(x: float) -> str:
    if np.isnan(x):
        return "-"
    return f"{x:.3g}" if x < 1000 else f"{x:,.0f}" if x < 1e6 else f"{x:.1e}"
