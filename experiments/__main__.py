"""The command line of the measurements: probe, future, run, status, export, test, audit."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.table import Table

from capacity.console import (
    AsJson,
    Heads,
    Items,
    KeyDim,
    KeysName,
    RuleFile,
    RuleName,
    Settings,
    ValueDim,
    ValuesName,
    Wrappers,
    console,
    new_app,
    parse_wrappers,
    positive,
    print_json,
    run,
)
from capacity.discover import rule_class, wrapped
from capacity.errors import InputError
from capacity.keys import parse_keys
from capacity.rule import Dims
from capacity.settings import parse_settings
from capacity.stability import warn_beyond_edge
from capacity.values import parse_values
from experiments.audit_cli import audit_command
from experiments.device import device_class, parse_device, parse_dtype
from experiments.future_cli import future_command
from experiments.hypothesis_cli import judge_command
from experiments.passes import Pass
from experiments.probes.recall import QUANTITIES, recall_probe
from experiments.progress import compute
from experiments.runner import missing
from experiments.store import Store, export
from experiments.sweep import exports, find_sweep, sweeps

app = new_app(
    "What memories are measured to recall.\n\n"
    "Example: [bold]python -m experiments probe delta --d-k 64 --d-v 64 --items 256 "
    "--trials 200[/]"
)
SweepNames = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[SWEEP]...", help="Sweeps that ship, or .py files with SWEEP; none: all that ship."
    ),
]
Preset = Annotated[str, typer.Option(help="quick or paper.")]
Results = Annotated[Path, typer.Option(help="Folder of results.")]
Device = Annotated[str, typer.Option(help="auto (a GPU when there is one), cpu, cuda, ....")]


def probe_answer(
    rule: str,
    *,
    keys: str = "sphere",
    d_k: int,
    d_v: int,
    items: int,
    trials: int,
    values: str = "noise",
    seed: int = 0,
    dtype: str = "float64",
    device: str = "auto",
    parameters: dict[str, Any] | None = None,
    wrappers: Mapping[str, str] | None = None,
    rule_file: Path | None = None,
) -> dict[str, Any]:
    """Measured signal, power and mse by age with standard errors over ``trials`` streams."""
    plain = rule_class(rule, rule_file).with_values(**(parameters or {}))
    chosen = wrapped(plain, wrappers or {})
    place, began = parse_device(device), time.perf_counter()
    ensemble, dims = parse_keys(keys), Dims(d_k, d_v, positive("items", items))
    warn_beyond_edge(chosen, ensemble, dims)
    measured = recall_probe(
        chosen,
        ensemble,
        dims,
        (items,),
        trials=trials,
        values=parse_values(values),
        seed=seed,
        dtype=parse_dtype(dtype),
        device=place,
    )[0]
    arrays = {name: measured.by_age[name].mean for name in QUANTITIES}
    errors = {f"{name}_stderr": measured.by_age[name].stderr for name in QUANTITIES}
    power = np.where(arrays["power"] > 0, arrays["power"], np.inf)
    return {
        "rule": rule,
        "parameters": plain.values(),
        "wrappers": dict(wrappers or {}),
        "keys": keys,
        "values": values,
        "d_k": d_k,
        "d_v": d_v,
        "items": items,
        "age": np.arange(items),
        **arrays,
        "cos2": arrays["signal"] ** 2 / power,
        **errors,
        "trials": trials,
        "seed": seed,
        "device": device_class(place),
        "dtype": dtype,
        "seconds": time.perf_counter() - began,
    }


@app.command()
def probe(
    rule: RuleName,
    keys: KeysName = "sphere",
    values: ValuesName = "noise",
    d_k: KeyDim = 64,
    d_v: ValueDim = 64,
    items: Items = 64,
    trials: Annotated[int, typer.Option(help="Number of independent streams.")] = 200,
    seed: Annotated[int, typer.Option(help="Seed; distinct seeds share no stream.")] = 0,
    dtype: Annotated[str, typer.Option(help="float32 or float64.")] = "float64",
    device: Device = "auto",
    settings: Settings = None,
    heads: Heads = 1,
    wrap: Wrappers = None,
    rule_file: RuleFile = None,
    as_json: AsJson = False,
) -> None:
    """Write streams, read every stored key, print recall by age with standard errors."""
    answer = probe_answer(
        rule,
        keys=keys,
        d_k=d_k,
        d_v=d_v,
        items=items,
        trials=trials,
        values=values,
        seed=seed,
        dtype=dtype,
        device=device,
        parameters=parse_settings(settings or []),
        wrappers=parse_wrappers(heads, wrap),
        rule_file=rule_file,
    )
    if as_json:
        print_json(answer)
        return
    title = f"{rule} {answer['parameters']}, {keys} keys, N = {items}, {trials} streams"
    table = Table(title=f"{title}, {answer['device']} {dtype}, {answer['seconds']:.2f} s")
    table.add_column("age", justify="right")
    for name in QUANTITIES:
        table.add_column(name, justify="right")
    for age in sorted({round(x) - 1 for x in np.geomspace(1, items, min(items, 20))}):
        cells = (f"{answer[q][age]:.5f} ± {answer[f'{q}_stderr'][age]:.5f}" for q in QUANTITIES)
        table.add_row(str(age), *cells)
    console.print(table)


def _plan(names: list[str], preset: str, device: str, rule_file: Path | None) -> list[Pass]:
    place = parse_device(device).type
    file = str(rule_file) if rule_file else None
    passes = [p for n in names for p in find_sweep(n).plan(preset, device=place, rule_file=file)]
    return list(dict.fromkeys(passes))


app.command("future")(future_command)


@app.command("run")
def run_sweeps(
    names: SweepNames = None,
    preset: Preset = "quick",
    results: Results = Path("results"),
    workers: Annotated[int | None, typer.Option(help="Processes; default: all cores.")] = None,
    device: Device = "auto",
    rule_file: RuleFile = None,
) -> None:
    """Compute the passes of sweeps that are missing or were made with other code."""
    store, chosen = Store(results), names or list(sweeps())
    plan = _plan(chosen, preset, device, rule_file)
    compute(f"{', '.join(names or ['all sweeps'])} ({preset})", plan, store, workers)


@app.command()
def status(
    preset: Preset = "quick",
    results: Results = Path("results"),
    device: Device = "auto",
    rule_file: RuleFile = None,
    as_json: AsJson = False,
) -> None:
    """For each sweep: passes planned, stored under the present code, and still to compute."""
    store = Store(results)
    store.check()
    rows = []
    for name, sweep in sweeps().items():
        if preset not in sweep.presets:
            continue
        plan = _plan([name], preset, device, rule_file)
        stored = sum(store.has(work.key) for work in plan)
        rows.append(
            {"sweep": name, "planned": len(plan), "stored": stored, "missing": len(plan) - stored}
        )
    if as_json:
        print_json(rows)
        return
    table = Table("sweep", "planned", "stored", "missing", title=f"{preset} sweeps in {results}")
    for row in rows:
        table.add_row(*(str(x) for x in row.values()))
    console.print(table)


@app.command("export")
def export_sweeps(
    names: SweepNames = None,
    preset: Preset = "quick",
    results: Results = Path("results"),
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="FILE.parquet or FILE.csv, for one sweep."),
    ] = None,
    data: Annotated[Path, typer.Option(help="Folder for SWEEP-PRESET.parquet.")] = Path(
        "build/data"
    ),
    device: Device = "auto",
    rule_file: RuleFile = None,
) -> None:
    """Gather each sweep's stored passes into one file with a hash of its data.

    A sweep that seeks a capacity or a horizon has a second file, threshold-SWEEP-PRESET.parquet:
    the size of each series, by isotonic fit, with an interval by bootstrap over its streams.
    """
    store, chosen = Store(results), names or list(sweeps())
    if out is not None and len(chosen) > 1:
        raise InputError(f"--out names one file for one sweep, got {len(chosen)} sweeps.")
    for name in chosen:
        plan = _plan([name], preset, device, rule_file)
        todo = missing(plan, store)
        if todo:
            raise InputError(
                f"{len(todo)} of {len(plan)} passes of {name} ({preset}) are not in {results}; "
                f"compute them with: python -m experiments run {name} --preset {preset} "
                f"--results {results}"
            )
        path = out or data / f"{Path(name).stem}-{preset}.parquet"
        table = store.load([work.key for work in plan])
        for file, rows in exports(find_sweep(name), table, path).items():
            console.print(f"{file}  data hash {export(rows, file)}", soft_wrap=True)


app.command("test")(judge_command)
app.command("audit")(audit_command)


if __name__ == "__main__":
    run(app, "experiments")
