"""Collecting claims: every file of ``proofs_check/rules`` and the relations between rules."""

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from fnmatch import fnmatch
from functools import cache

import proofs_check.rules
from proofs_check.claim import Claim, Verdict

RELATIONS = "relations"


@cache
def proof_files() -> tuple[str, ...]:
    """Stems of the proof files: ids of the rules they prove."""
    return tuple(sorted(info.name for info in pkgutil.iter_modules(proofs_check.rules.__path__)))


@cache
def claims() -> dict[str, Claim]:
    """All claims by id, each with its file; two of one id are an error."""
    found: dict[str, Claim] = {}
    for module in (*(f"rules.{stem}" for stem in proof_files()), RELATIONS):
        file = f"proofs_check/{module.replace('.', '/')}.py"
        for claim in importlib.import_module(f"proofs_check.{module}").CLAIMS:
            stem = module.removeprefix("rules.")
            if claim.id in found or not claim.id.startswith(f"{stem}/"):
                raise ValueError(
                    f"{file}: claim {claim.id!r} must be unique and named '{stem}/...'."
                )
            found[claim.id] = replace(claim, file=file)
    return found


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
    rules: Iterable[str],
    exact: Iterable[str],
) -> list[Verdict]:
    """Failures of coverage: proofs without a rule, files without claims, exact laws unproved."""
    files, rules = set(files), set(rules)
    proved = {name for claim in found.values() for name in claim.rules}
    verdicts = [_misfit(x, f"there is no rule {x!r} in capacity/rules.") for x in files - rules]
    verdicts += [
        _misfit(x, f"it claims nothing about the rule {x!r}.") for x in (files & rules) - proved
    ]
    verdicts += [
        _misfit(x, f"the rule {x!r} declares an exact law and has no proof.")
        for x in set(exact) - files
    ]
    return sorted(verdicts, key=lambda verdict: verdict.id)


def _misfit(stem: str, reason: str) -> Verdict:
    file = f"proofs_check/rules/{stem}.py"
    return Verdict(f"{stem}/*", file, "Rules and proofs correspond.", "coverage", False, reason)
