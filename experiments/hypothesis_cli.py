"""The command line of hypotheses: declare, measure what is missing, judge, correct for many."""

import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from capacity.console import AsJson, RuleFile, console, print_json
from experiments.device import parse_device
from experiments.hypothesis import find_hypotheses
from experiments.judge import all_passes, declarations, pilots, plans, save, verdicts
from experiments.progress import compute
from experiments.store import Store
from experiments.verdict import Verdict

COLOURS = {"supported": "green", "refuted": "red", "undecided": "yellow"}


def judge_command(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME or FILE.py]...",
            help="Hypotheses that ship, by name, or your own, by file; none: all that ship.",
        ),
    ] = None,
    preset: Annotated[str, typer.Option(help="quick or paper.")] = "quick",
    results: Annotated[Path, typer.Option(help="Folder of results.")] = Path("results"),
    data: Annotated[Path, typer.Option(help="Folder for the verdicts.")] = Path("build/data"),
    workers: Annotated[int | None, typer.Option(help="Processes; default: all cores.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, ....")] = "auto",
    declare: Annotated[
        bool, typer.Option("--declare", help="Print predictions and power; read no data.")
    ] = False,
    pilot: Annotated[
        bool,
        typer.Option("--pilot", help="Spread between replicates, on other streams; no effects."),
    ] = False,
    rule_file: RuleFile = None,
    as_json: AsJson = False,
) -> None:
    """Judge hypotheses: supported, refuted or undecided, with effect, interval and power.

    Each is declared in a file before its data exist: examples/my_hypothesis.py is a template.
    Several at once are corrected for multiple testing (Holm). The verdicts of all that ship are
    written to hypotheses-PRESET.parquet and .json, those of a choice to hypotheses-chosen-PRESET.
    """
    chosen, began = find_hypotheses(names or []), time.perf_counter()
    for each in chosen:
        each.check_preset(preset)
    if declare:
        _show(declarations(chosen, preset), as_json, f"Declared ({preset}), no data read")
        return
    file = str(rule_file) if rule_file else None
    place, store = parse_device(device).type, Store(results)
    planned = plans(chosen, preset, device=place, rule_file=file, pilot=pilot)
    label = f"{len(chosen)} hypotheses ({preset}{', pilot' if pilot else ''})"
    out = Console(stderr=True) if as_json else console
    compute(label, all_passes(planned), store, workers, out)
    if pilot:
        _show(pilots(chosen, preset, planned, store), as_json, f"Pilot ({preset})")
        return
    judged = verdicts(chosen, preset, planned, store)
    path = data / f"hypotheses-{'chosen-' if names else ''}{preset}.parquet"
    content = save(judged, path)
    if as_json:
        print_json([asdict(each) for each in judged])
        return
    _print_verdicts(judged, f"{preset}, {time.perf_counter() - began:.0f} s")
    console.print(f"{path}  data hash {content}", soft_wrap=True)


def _show(rows: list[dict[str, Any]], as_json: bool, title: str) -> None:
    if as_json:
        print_json(rows)
        return
    console.print(f"[bold]{title}[/]")
    for row in rows:
        facts = (f"{name.replace('_', ' ')} {_cell(x)}" for name, x in row.items())
        name, *rest = (fact.partition(" ")[2] if i == 0 else fact for i, fact in enumerate(facts))
        console.print(f"[bold]{name}[/]\n  " + "\n  ".join(rest), highlight=False)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _print_verdicts(judged: Sequence[Verdict], title: str) -> None:
    table = Table(title=f"Verdicts ({title}); after Holm's correction over {len(judged)}")
    for head in ("hypothesis", "verdict"):
        table.add_column(head, overflow="fold")
    for head in ("effect", "interval", "supported if"):
        table.add_column(head, justify="right", no_wrap=True)
    for each in judged:
        shown = each.verdict_holm
        lost = f" (alone {each.verdict})" if shown != each.verdict else ""
        table.add_row(
            each.name,
            f"[{COLOURS[shown]}]{shown}[/]{lost}",
            _cell(each.effect),
            f"{each.low:.3g} .. {each.high:.3g}",
            f"{each.supported_from:.3g} .. {each.supported_to:.3g}",
        )
    console.print(table)
    for each in judged:
        law = "no law" if each.predicted is None else f"law {each.predicted:.4g} ({each.status})"
        console.print(
            f"[bold]{each.name}[/] ({each.question}): {each.statement} Effect: {each.effect_is}; "
            f"{law}; p {each.p_holm:.2g}; power {each.power:.2f} at {each.minimal:g} from the edge"
            f"{'; ' + each.note if each.note else ''}.",
            highlight=False,
        )
