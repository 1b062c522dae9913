"""Collecting claims: every file of every folder of ``proofs_check`` that holds ``CLAIMS``.

``rules``, ``wrappers`` and ``features`` hold the proofs of what bears those names in ``capacity``;
the other folders hold what belongs to no single one. A claim of ``rules/delta.py`` is named
``delta/...``; one of any other ``folder/stem.py``, ``folder/stem/...``.
"""

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from fnmatch import fnmatch
from functools import cache
from typing import Any

import proofs_check
from proofs_check.claim import Claim, Verdict

RULES = "rules"
SINGULAR = {RULES: "rule", "wrappers": "wrapper", "features": "feature map"}


class ProofFileError(Exception):
    """A file of claims that cannot be read as such; the message names it."""


@cache
def folders() -> dict[str, tuple[str, ...]]:
    """The folders of claims and the stems of their files."""
    found = {}
    for info in pkgutil.iter_modules(proofs_check.__path__):
        if info.ispkg:
            package = importlib.import_module(f"proofs_check.{info.name}")
            stems = (each.name for each in pkgutil.iter_modules(package.__path__))
            found[info.name] = tuple(sorted(stems))
    return found


def proof_files(folder: str = RULES) -> tuple[str, ...]:
    """Stems of a folder's files: ids of the rules, wrappers or feature maps that they prove."""
    return folders().get(folder, ())


@cache
def claims() -> dict[str, Claim]:
    """All claims by id, each with its file; a file that has none, or two of one id, is an error."""
    found: dict[str, Claim] = {}
    for folder, stems in folders().items():
        for stem in stems:
            file = f"proofs_check/{folder}/{stem}.py"
            name = stem if folder == RULES else f"{folder}/{stem}"
            for claim in _claims_of(file):
                if claim.id in found or not claim.id.startswith(f"{name}/"):
                    raise ProofFileError(
                        f"{file}: claim {claim.id!r} must be unique and named '{name}/...'."
                    )
                found[claim.id] = replace(claim, file=file)
    return found


def _claims_of(file: str) -> Iterable[Claim]:
    try:
        found: Iterable[Claim] = importlib.import_module(_module(file)).CLAIMS
    except Exception as problem:
        raise ProofFileError(f"{file}: {type(problem).__name__}: {problem}") from problem
    return found


def title(file: str) -> str:
    """The first paragraph of what a file, or a folder's ``__init__``, says of itself."""
    try:
        text = importlib.import_module(_module(file)).__doc__
    except ModuleNotFoundError:  # the file that a failure of coverage misses
        return ""
    return " ".join((text or "").strip().split("\n\n")[0].split())


def _module(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def matching(pattern: str, known: Iterable[str]) -> list[str]:
    """Ids equal to the pattern, below it (``delta`` holds ``delta/update``), or globbed by it."""
    return [x for x in known if fnmatch(x, pattern) or x.startswith(pattern.rstrip("/") + "/")]


def nearest(pattern: str, known: Iterable[str]) -> list[str]:
    """The ids, and the rules they belong to, that look most like the pattern."""
    names = sorted({name for x in known for name in (x, x.split("/")[0])})
    return get_close_matches(pattern, names, n=3, cutoff=0.4)


def misfits(
    files: Iterable[str],
    found: Mapping[str, Claim],
    shipped: Iterable[str],
    exact: Iterable[str],
    folder: str = RULES,
) -> list[Verdict]:
    """Failures of coverage in one folder: proofs of nothing, silent files, exact laws unproved."""
    files, shipped, one = set(files), set(shipped), SINGULAR[folder]
    proved = {name for claim in found.values() for name in claim.rules}
    silent = (files & shipped) - proved
    problems = {x: f"there is no {one} {x!r} in capacity/{folder}." for x in files - shipped}
    problems |= {x: f"it claims nothing about the {one} {x!r}." for x in silent}
    problems |= {
        x: f"the {one} {x!r} declares an exact law and has no proof." for x in set(exact) - files
    }
    return [_misfit(folder, stem, problems[stem]) for stem in sorted(problems)]


def _misfit(folder: str, stem: str, reason: str) -> Verdict:
    file = f"proofs_check/{folder}/{stem}.py"
    name = stem if folder == RULES else f"{folder}/{stem}"
    statement = f"What ships in capacity/{folder} and proofs correspond."
    return Verdict(f"{name}/*", file, statement, "coverage", False, reason)


def uncovered(catalogue: Any) -> list[Verdict]:
    """Failures of coverage of all that ships: rules, wrappers and feature maps."""
    shipped = {
        RULES: catalogue.rules,
        "wrappers": catalogue.wrappers,
        "features": catalogue.features,
    }
    return [
        verdict
        for folder, known in shipped.items()
        for verdict in misfits(
            proof_files(folder), claims(), known, catalogue.exact(folder), folder
        )
    ]
