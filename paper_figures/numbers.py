"""``numbers.tex`` and ``numbers.json``: the quantities of all outputs as macros.

Each output keeps its own in ``NAME.numbers.json``; the two files gather what lies in a folder of
outputs, so that drawing one figure again renews its numbers and leaves the others.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from capacity.errors import InputError
from paper_figures.output import write_together
from paper_figures.provenance import read_embedded
from paper_figures.quantity import Quantities, macro

ENDING = ".numbers.json"
FOLDERS = ("figures", "tables")
GATHERED = ("numbers.tex", "numbers.json")


def own_numbers(name: str, quantities: Quantities, origin: str) -> dict[str, bytes]:
    """The file of one output's quantities; none where it quotes nothing."""
    if not quantities:
        return {}
    listed = {
        macro(name, key): {"value": each.value, "text": each.text, "what": each.what}
        for key, each in quantities.items()
    }
    if len(listed) != len(quantities):
        raise InputError(f"{name} quotes two numbers under one macro, among {sorted(listed)}.")
    content = json.dumps({"origin": origin, "numbers": listed}, indent=1, ensure_ascii=False)
    return {f"{name}{ENDING}": f"{content}\n".encode()}


def gather(out: Path) -> dict[str, bytes]:
    """The two files, by name, from all outputs in OUT/figures and OUT/tables; none without any."""
    found = list(_parts(out))
    if not found:
        return {}
    numbers: dict[str, dict[str, object]] = {}
    lines = ["% numbers that text may quote; made by python -m paper_figures"]
    for path, origin, listed in found:
        twice = sorted(numbers.keys() & listed.keys())
        if twice:
            raise InputError(f"Two outputs quote a number as {', '.join(twice)}: {path}.")
        lines.append(f"% {path}: {origin}")
        for name, each in listed.items():
            lines.append(f"\\newcommand{{\\{name}}}{{{each['text']}}} % {each['what']}")
            numbers[name] = {**each, "output": path}
    content = json.dumps(numbers, indent=1, ensure_ascii=False)
    return dict(
        zip(GATHERED, ("\n".join(lines).encode() + b"\n", f"{content}\n".encode()), strict=True)
    )


def write_gathered(out: Path) -> list[Path]:
    """Renew the two files."""
    return write_together(out, gather(out))


def stale(out: Path) -> dict[Path, str]:
    """For each of the two files what is wrong with it; "" if it holds all outputs' numbers."""
    expected, found = gather(out), {}
    for name, content in expected.items():
        path = out / name
        if not path.is_file():
            found[path] = f"{name} does not exist"
        elif path.read_bytes() != content:
            found[path] = "does not hold the numbers of the outputs as they are; draw again"
        else:
            found[path] = ""
    return found


def _parts(out: Path) -> Iterator[tuple[str, str, dict[str, dict[str, object]]]]:
    for folder in FOLDERS:
        for path in sorted((out / folder).glob(f"*{ENDING}")):
            read_embedded(path)
            content = json.loads(path.read_text())
            yield f"{folder}/{path.name}", content["origin"], content["numbers"]
