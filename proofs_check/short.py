"""Claims on short streams: what ships equals brute force, for a few pairs in few dimensions."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sympy import Matrix

from proofs_check.claim import Claim, Twin, replaced, times
from proofs_check.lemmas import Ensemble
from proofs_check.notation import Expr
from proofs_check.standard import recall_assumptions
from proofs_check.streams import State, Write, recall


@dataclass(frozen=True)
class Stream:
    """A printed update with its empty memory and its read-out, and where its rule is asked.

    label: tells apart the streams of one rule; parameters: free symbols; ships(catalogue, keys,
    size, items): rows (signal, power), newest first.
    """

    rule: str
    label: str
    start: Callable[[int], State]
    write: Write
    read: Callable[[State], Expr]
    parameters: tuple[Expr, ...]
    ships: Callable[[Any, Ensemble, int, int], Expr]

    def claim(self, keys: Ensemble, size: int, items: int) -> Claim:
        """Signal and power of every stored pair of a stream of so many items."""
        label = self.label.replace(" ", "-")
        halved = [replaced(f"{x} halved", {x: x / 2}) for x in self.parameters]
        swapped = []
        if len(self.parameters) > 1:
            x, y = self.parameters[:2]
            swapped.append(replaced(f"{x} and {y} swapped", {x: y, y: x}))
        return Claim(
            id=f"{self.rule}/streams/{label}/{keys.name}/d{size}/items{items}",
            statement=f"Signal and power of each of {items} pairs, {keys.name} keys of d = {size}, "
            f"{self.label}.",
            derive=lambda: recall(self.start, self.write, self.read, keys, size, items),
            ships=lambda catalogue: self.ships(catalogue, keys, size, items),
            twins=(
                times("wrong sign", -1),
                times("factor 2", 2),
                Twin("ages reversed", _reversed),
                *halved,
                *swapped,
            ),
            rules=(self.rule,),
            parameters=self.parameters,
            assumptions=recall_assumptions(keys),
            steps="Write every pair as printed; the read-out is a polynomial in the entries of the "
            "keys; average it term by term with exact moments.",
        )


def _reversed(shipped: Expr) -> Expr:
    return Matrix(shipped[::-1, :])
