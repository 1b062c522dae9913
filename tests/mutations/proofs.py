"""Proofs: what a claim derived before the mutation against what then ships."""

import time
from dataclasses import dataclass
from typing import Any

from proofs_check.catalogue import Catalogue
from proofs_check.collect import claims, matching
from proofs_check.decide import counterexample, is_zero
from tests.mutations.evidence import Evidence, Piece, Target
from tests.mutations.swap import noted


@dataclass(frozen=True)
class Proofs(Evidence):
    """The claims of ``proofs_check``; ``pattern`` as its command line takes it."""

    pattern: str = "*"
    kind = "proof"

    def names(self) -> list[str]:
        return matching(self.pattern, claims())

    def piece(self, name: str) -> Piece | None:
        """Derivations run nothing that ships, so one is made before the mutation and kept."""
        claim, start = claims()[name], time.process_time()
        with noted() as reached:
            shipped = claim.ships(Catalogue())
        if not reached:
            return None
        derived = claim.derive()
        assert is_zero(shipped - derived), name
        seconds = time.process_time() - start
        return Piece(name, frozenset(reached), seconds, (derived, shipped))

    def refusal(self, piece: Piece, target: Target) -> str:
        derived, before = piece.before
        shipped: Any = claims()[piece.name].ships(Catalogue())
        if shipped == before:
            return ""
        if getattr(shipped, "shape", ()) != getattr(derived, "shape", ()):
            return "differs in shape"
        if is_zero(shipped - derived):
            return ""
        return str(counterexample(shipped - derived) or "undecided")
