"""Judge hypotheses: measure what is missing, compute the effect of each replicate, correct for all.

Three steps that can be taken apart: ``declarations`` needs no data, ``measure`` no declaration of
what is expected, ``verdicts`` no computation but the statistics.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import stdev
from typing import Any

import pandas as pd

from capacity.console import plain
from capacity.errors import InputError
from experiments.hypothesis import Hypothesis
from experiments.passes import Pass
from experiments.store import Store, export
from experiments.verdict import Verdict, holm, verdict

Plans = Mapping[str, Mapping[int, Sequence[Pass]]]  # passes by hypothesis and seed


def plans(
    chosen: Sequence[Hypothesis],
    preset: str,
    *,
    device: str = "cpu",
    rule_file: str | None = None,
    pilot: bool = False,
) -> Plans:
    """What each hypothesis needs."""
    return {
        each.name: each.plan(preset, device=device, rule_file=rule_file, pilot=pilot)
        for each in chosen
    }


def all_passes(found: Plans) -> list[Pass]:
    """The passes of all hypotheses, each once."""
    every = (work for by_seed in found.values() for works in by_seed.values() for work in works)
    return list(dict.fromkeys(every))


def effects(hypothesis: Hypothesis, found: Plans, store: Store) -> list[float]:
    """The statistic of each replicate, from stored passes; NaN where it finds none."""
    by_seed = found[hypothesis.name]
    table = store.load([work.key for works in by_seed.values() for work in works])
    try:
        return [float(hypothesis.statistic(table[table["seed"] == seed])) for seed in by_seed]
    except Exception as problem:
        raise InputError(f"The statistic of {hypothesis.name} failed: {problem!r}.") from problem


def verdicts(
    chosen: Sequence[Hypothesis], preset: str, found: Plans, store: Store
) -> list[Verdict]:
    """Every hypothesis judged, with Holm's correction over all of them."""
    judged = [verdict(each, preset, effects(each, found, store)) for each in chosen]
    return holm(judged, [each.alpha for each in chosen])


def declarations(chosen: Sequence[Hypothesis], preset: str) -> list[dict[str, Any]]:
    """What is declared before any data is read."""
    rows = []
    for each in chosen:
        predicted = each.prediction(preset)
        rows.append(
            {
                "name": each.name,
                "question": each.question,
                "statement": each.statement,
                "effect_is": each.effect,
                "predicted": predicted.value,
                "status": predicted.status,
                "supported_from": predicted.low,
                "supported_to": predicted.high,
                "minimal": each.minimal,
                "power": each.power(preset),
                "spread_declared": each.spread[preset],
                "n": each.replicates[preset],
                "note": each.note(preset),
            }
        )
    return rows


def pilots(
    chosen: Sequence[Hypothesis], preset: str, found: Plans, store: Store
) -> list[dict[str, Any]]:
    """The spread of each statistic over pilot streams, beside the declared one; no effects."""
    return [
        {
            "name": each.name,
            "spread_declared": each.spread[preset],
            "spread_found": stdev(effects(each, found, store)),
            "n": each.replicates[preset],
        }
        for each in chosen
    ]


def save(judged: Sequence[Verdict], path: Path) -> str:
    """Write the verdicts as Parquet, for tables and figures, and as JSON beside it; data hash."""
    rows = [asdict(each) for each in judged]
    found = export(pd.DataFrame(rows), path)
    path.with_suffix(".json").write_text(json.dumps(plain(rows), indent=1) + "\n")
    return found
