"""Deciding many claims in parallel processes, each with its own time limit."""

import os
from collections.abc import Iterator
from concurrent.futures import as_completed
from functools import cache

from capacity.processes import process_pool
from proofs_check.catalogue import Catalogue
from proofs_check.claim import SECONDS, Verdict, check
from proofs_check.collect import claims


def run_claims(
    ids: list[str], *, jobs: int | None = None, seconds: float = SECONDS
) -> Iterator[Verdict]:
    """Verdicts as they are reached; ``jobs`` processes, by default one for each core."""
    workers = min(jobs or _cores(), max(len(ids), 1))
    with process_pool(workers) as pool:
        pending = [pool.submit(_decide, name, seconds) for name in ids]
        for done in as_completed(pending):
            yield done.result()


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _decide(name: str, seconds: float) -> Verdict:
    return check(claims()[name], _catalogue(), seconds)


@cache
def _catalogue() -> Catalogue:
    return Catalogue()
