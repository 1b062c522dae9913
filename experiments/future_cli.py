"""The command line of the future probe: errors on unseen pairs, measured, with their parts."""

from typing import Annotated, Any

import numpy as np
import typer
from rich.table import Table

from capacity.console import (
    AsJson,
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
    parse_wrappers,
    positive,
    print_json,
)
from capacity.discover import rule_class, wrapped
from capacity.keys import parse_keys
from capacity.rule import Dims
from capacity.settings import parse_settings
from capacity.values import parse_values
from experiments.device import device_class, parse_device, parse_dtype
from experiments.probes.future import QUANTITIES, future_probe, table


def future_command(
    rule: RuleName,
    values: ValuesName,
    keys: KeysName = "sphere",
    d_k: KeyDim = 64,
    d_v: ValueDim = 64,
    items: Items = 64,
    trials: Annotated[int, typer.Option(help="Number of streams.")] = 200,
    share: Annotated[int, typer.Option(help="Streams that share a teacher; divides trials.")] = 4,
    seed: Annotated[int, typer.Option(help="Seed; distinct seeds share no stream.")] = 0,
    dtype: Annotated[str, typer.Option(help="float32 or float64.")] = "float64",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, ....")] = "auto",
    settings: Settings = None,
    wrap: Wrappers = None,
    rule_file: RuleFile = None,
    as_json: AsJson = False,
) -> None:
    """Write streams of a teacher's pairs, read unseen keys at up to 10 lengths of the stream."""
    plain = rule_class(rule, rule_file).with_values(**parse_settings(settings or []))
    positive("items", items)
    lengths = tuple(sorted({round(n) for n in np.geomspace(1, items, min(items, 10))}))
    place, teacher = parse_device(device), parse_values(values)
    found = table(
        future_probe(
            wrapped(plain, parse_wrappers(1, wrap)),
            parse_keys(keys),
            Dims(d_k, d_v, items),
            lengths,
            values=teacher,
            trials=trials,
            share=share,
            seed=seed,
            dtype=parse_dtype(dtype),
            device=place,
        )
    )
    answer: dict[str, Any] = {
        "rule": rule,
        "parameters": plain.values(),
        "keys": keys,
        "values": teacher.label,
        "d_k": d_k,
        "d_v": d_v,
        **{str(name): found[name].to_numpy() for name in found},
        "trials": trials,
        "share": share,
        "seed": seed,
        "device": device_class(place),
        "dtype": dtype,
    }
    if as_json:
        print_json(answer)
        return
    shown = Table(
        title=f"{rule} {answer['parameters']}, {keys} keys, values {teacher.label}, {trials} "
        f"streams, {answer['device']} {dtype}"
    )
    for column in ("written", *(name.replace("_", " ") for name in QUANTITIES)):
        shown.add_column(column, justify="right")
    for _, row in found.iterrows():
        cells = (f"{row[q]:.5f} ± {row[f'{q}_stderr']:.5f}" for q in QUANTITIES)
        shown.add_row(f"{row['items']:.0f}", *cells)
    console.print(shown)
