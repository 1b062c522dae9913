"""Referees: the tests against code by others, run by pytest inside this process."""

import contextlib
import io
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest

from tests.mutations.evidence import Evidence, Late, Outcome, Piece, Target, focused, limited
from tests.mutations.swap import noted

FOLDER = "tests/referees"


@dataclass
class _Watcher:
    """Takes part in a run of pytest: which tests ran, what they reached, which failed first."""

    names: list[str] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    def pytest_collection_finish(self, session: Any) -> None:
        self.names = [item.nodeid for item in session.items]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: Any) -> Iterator[None]:
        start = time.process_time()
        with noted() as reached:
            result = yield
        seconds = time.process_time() - start
        self.pieces.append(Piece(item.nodeid, frozenset(reached), seconds))
        return result

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.failed.setdefault(report.nodeid, _last_line(report))


def _last_line(report: Any) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(crash.message if crash else report.longrepr).splitlines()[0][:200]


def _pytest(*arguments: str) -> _Watcher:
    watcher, quiet = _Watcher(), io.StringIO()
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:hypothesispytest"]
    with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
        pytest.main([*options, *arguments], plugins=[watcher])
    return watcher


@dataclass(frozen=True)
class Referees(Evidence):
    """The tests in ``tests/referees``, a file at a time; ``pattern`` as ``pytest -k`` takes it."""

    pattern: str = ""
    kind = "referee"

    def names(self) -> list[str]:
        return list(_collected(self.pattern))

    def piece(self, name: str) -> Piece | None:
        watcher = _pytest(name)
        assert not watcher.failed, watcher.failed
        (piece,) = watcher.pieces
        return piece if piece.reached else None

    def refusal(self, piece: Piece, target: Target) -> str:
        return next(iter(_pytest(piece.name).failed.values()), "")

    def judge(self, pieces: Sequence[Piece], target: Target) -> Outcome:
        """In one run of pytest, since each has its price, up to the first failure."""
        met = focused(pieces, target)
        if not met:
            return Outcome(False, 0)
        try:
            with limited(sum(piece.limit for piece in met)):
                watcher = _pytest("-x", *(piece.name for piece in met))
        except Late:
            return Outcome(True, len(met), met[0].name, "late")
        for name, why in watcher.failed.items():
            return Outcome(True, len(watcher.pieces), name, why)
        assert len(watcher.pieces) == len(met)
        return Outcome(False, len(met))


@cache
def _collected(pattern: str) -> tuple[str, ...]:
    chosen = ("-k", pattern) if pattern else ()
    return tuple(_pytest(FOLDER, "--collect-only", *chosen).names)
