"""What a mutant is held against: one piece of evidence, as it stands before anything is changed."""

import signal
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

Target = tuple[str, str]  # module and function
MOST = 30  # pieces of one kind that a mutant meets, those that run fewest functions first
SECONDS = 6.0  # of a processor, for a piece that took a moment before the mutation


class Late(Exception):
    """A piece of evidence that no longer ends."""


@dataclass(frozen=True)
class Piece:
    """One claim, cell or test that passes; ``before``: what to compare with under a mutation."""

    name: str
    reached: frozenset[Target]
    seconds: float
    before: Any = None

    @property
    def limit(self) -> float:
        """Seconds after which it counts as late."""
        return max(SECONDS, 20 * self.seconds)


@dataclass(frozen=True)
class Outcome:
    """Whether evidence of one kind refuses a mutant: which piece, and why; how many were met."""

    killed: bool
    met: int
    by: str = ""
    why: str = ""


class Evidence(ABC):
    """One of the three checks."""

    kind: ClassVar[str]

    @abstractmethod
    def names(self) -> list[str]:
        """All pieces that may be met."""

    @abstractmethod
    def piece(self, name: str) -> Piece | None:
        """One, run before any mutation; None where it runs nothing that is watched."""

    @abstractmethod
    def refusal(self, piece: Piece, target: Target) -> str:
        """Why it no longer passes with this function mutated; empty where it does."""

    def judge(self, pieces: Sequence[Piece], target: Target) -> Outcome:
        """The first refusal by the pieces that run the target."""
        met = focused(pieces, target)
        for count, piece in enumerate(met, 1):
            why = self._why(piece, target)
            if why:
                return Outcome(True, count, piece.name, why)
        return Outcome(False, len(met))

    def _why(self, piece: Piece, target: Target) -> str:
        """A refusal; whatever fails to evaluate, or to end, no longer passes."""
        try:
            with limited(piece.limit):
                return self.refusal(piece, target)
        except Late:
            return "late"
        except Exception as problem:
            return f"{type(problem).__name__}: {problem}"[:200]


def focused(pieces: Sequence[Piece], target: Target) -> list[Piece]:
    """Those that run the target, fewest functions first: the order is the same on every machine."""
    met = [piece for piece in pieces if target in piece.reached]
    return sorted(met, key=lambda piece: (len(piece.reached), piece.name))[:MOST]


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise :class:`Late` in the main thread after so many seconds of the processor."""

    def late(*_: Any) -> None:
        raise Late

    previous = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, previous)
