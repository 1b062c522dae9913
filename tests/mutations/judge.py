"""Judging mutants: the evidence as it stands, then each mutant against what runs its function."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from tests.mutations.evidence import Evidence, Outcome, Piece
from tests.mutations.farm import forked
from tests.mutations.swap import install, watched
from tests.mutations.targets import Mutant

LONGEST = 600  # seconds of a processor for a child, where its own limits do not end it

Standing = dict[str, list[Piece]]  # pieces by kind of evidence


@dataclass(frozen=True)
class Verdict:
    """What each kind of evidence makes of a mutant."""

    mutant: Mutant
    outcomes: dict[str, Outcome]

    @property
    def killers(self) -> list[str]:
        """The kinds that refuse it."""
        return [kind for kind, outcome in self.outcomes.items() if outcome.killed]


def standing(
    evidence: Sequence[Evidence], mutants: Sequence[Mutant], jobs: int
) -> Iterator[tuple[str, Piece | None]]:
    """Each piece of evidence, run as things stand, with its kind; those that fail are an error."""
    tasks, failed = [(each, name) for each in evidence for name in each.names()], []
    with watched({mutant.target for mutant in mutants}):
        for (each, name), found in forked(_stands, tasks, jobs=jobs, seconds=LONGEST):
            if found is None:
                failed.append(f"{each.kind} {name}")
                continue
            (piece,) = found
            yield each.kind, piece
    if failed:
        raise RuntimeError(f"Fails or does not end as things stand: {'; '.join(failed)}.")


def judged(
    evidence: Sequence[Evidence], pieces: Standing, mutants: Sequence[Mutant], jobs: int
) -> Iterator[Verdict]:
    """Verdicts as they are reached."""
    work = partial(_judge, evidence=evidence, pieces=pieces)
    for mutant, found in forked(work, mutants, jobs=jobs, seconds=LONGEST):
        late = Outcome(True, 0, "all", "the process ended or was ended")
        yield Verdict(mutant, found or {each.kind: late for each in evidence})


def _stands(task: tuple[Evidence, str]) -> tuple[Piece | None]:
    each, name = task
    return (each.piece(name),)


def _judge(mutant: Mutant, evidence: Sequence[Evidence], pieces: Standing) -> dict[str, Outcome]:
    install(mutant)
    return {each.kind: each.judge(pieces[each.kind], mutant.target) for each in evidence}
