"""The kill table: which check kills which mutant, as text, JSON and Markdown."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.mutations.explained import explanation
from tests.mutations.judge import Verdict

KINDS = ("proof", "probe", "referee")
MARKS = {True: "killed", False: "alive"}


def row(verdict: Verdict) -> dict[str, Any]:
    """One mutant as plain data; a check that never runs the function is null."""
    found: dict[str, Any] = {
        "place": verdict.mutant.place,
        "kind": verdict.mutant.kind,
        "change": verdict.mutant.change,
    }
    for kind in KINDS:
        outcome = verdict.outcomes.get(kind)
        met = outcome is not None and (outcome.met or outcome.killed)
        found[kind] = (
            {"killed": outcome.killed, "met": outcome.met, "by": outcome.by, "why": outcome.why}
            if outcome is not None and met
            else None
        )
    found["killers"] = verdict.killers
    found["explained"] = "" if verdict.killers else explanation(verdict.mutant.name)
    return found


def marks(found: dict[str, Any]) -> list[str]:
    """The three marks of a row: killed, alive, or a dash where the check never runs it."""
    return [MARKS[found[kind]["killed"]] if found[kind] else "-" for kind in KINDS]


def summary(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Counts, as lines."""
    by = Counter(" and ".join(x["killers"]) or "none" for x in rows)
    lines = [f"{len(rows)} mutants: {sum(bool(x['killers']) for x in rows)} killed."]
    lines += [f"{count} killed by {who}." for who, count in sorted(by.items()) if who != "none"]
    alive = [x for x in rows if not x["killers"]]
    told = sum(bool(x["explained"]) for x in alive)
    return [*lines, f"{len(alive)} alive, {told} of them explained."]


def unexplained(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Mutants that no check refuses and that nobody explained."""
    return [x for x in rows if not x["killers"] and not x["explained"]]


def write(rows: Sequence[dict[str, Any]], folder: Path) -> tuple[Path, Path]:
    """``mutations.json`` and ``mutations.md``."""
    folder.mkdir(parents=True, exist_ok=True)
    data, text = folder / "mutations.json", folder / "mutations.md"
    data.write_text(json.dumps({"summary": summary(rows), "mutants": rows}, indent=1) + "\n")
    text.write_text(_markdown(rows))
    return data, text


def _markdown(rows: Sequence[dict[str, Any]]) -> str:
    lines = ["# Mutants and what kills them", "", *(f"- {x}" for x in summary(rows)), ""]
    lines += [
        "| where | change | proof | probe | referee | explained |",
        "|---|---|---|---|---|---|",
    ]
    for x in rows:
        change = x["change"].replace("|", r"\|")
        lines.append(f"| {x['place']} | `{change}` | {' | '.join(marks(x))} | {x['explained']} |")
    return "\n".join(lines) + "\n"
