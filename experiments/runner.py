"""Run a plan on all cores: what is stored is not computed again, what fails is named at the end."""

import os
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path

from capacity.errors import InputError
from capacity.folders import require_writable
from capacity.processes import process_pool
from experiments.passes import Pass, run_pass
from experiments.store import Store

Report = Callable[[Pass], None]


def missing(plan: list[Pass], store: Store) -> list[Pass]:
    """Passes of the plan that are not committed under the present code, heaviest first."""
    store.check()
    absent = [work for work in plan if not store.has(work.key)]
    return sorted(absent, key=lambda work: -work.work())


def execute(
    passes: list[Pass],
    store: Store,
    *,
    workers: int | None = None,
    report: Report = lambda work: None,
) -> None:
    """Compute and commit passes; ``report`` hears of each pass as it ends.

    A GPU is given one worker. A pass that fails does not stop the others; all failures are named
    in one :class:`InputError` at the end. An interrupt begins no further pass; what is committed
    stays. Raises :class:`InputError` before any work where nothing can be committed.
    """
    if not passes:
        return
    require_writable(store.folder, "Results")
    on_gpu = any(work.device != "cpu" for work in passes)
    count = 1 if on_gpu else (workers or os.cpu_count() or 1)
    failures: list[str] = []

    def settle(work: Pass, attempt: Callable[[], None]) -> None:
        try:
            attempt()
        except Exception as problem:
            failures.append(f"{work.label}: {problem}")
        report(work)

    if count == 1 or len(passes) == 1:
        for work in passes:
            settle(work, lambda work=work: _run_and_commit(work, store.folder))  # type: ignore[misc]
    else:
        with process_pool(min(count, len(passes))) as pool:
            waiting: dict[Future[None], Pass] = {
                pool.submit(_run_and_commit, work, store.folder): work for work in passes
            }
            while waiting:
                done, _ = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    settle(waiting.pop(future), future.result)
    if failures:
        raise InputError("Passes failed, all others are stored:\n  " + "\n  ".join(failures))


def _run_and_commit(work: Pass, folder: Path) -> None:
    Store(folder).commit(work.key, run_pass(work))
