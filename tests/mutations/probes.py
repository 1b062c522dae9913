"""Probes: what a law says against what was measured, in standard errors."""

import time
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache

import numpy as np

from tests.mutations.cells import Cell, cells
from tests.mutations.evidence import Evidence, Piece, Target
from tests.mutations.measured import Measured, Numbers
from tests.mutations.swap import noted

Z = 5.0  # standard errors; no cell is further off before the mutation, seeds being fixed
ROUNDING = 1e-9  # of means that do not vary by stream


@dataclass(frozen=True)
class Probes(Evidence):
    """The cells; ``pattern`` is matched by their names."""

    pattern: str = "*"
    kind = "probe"

    def names(self) -> list[str]:
        return [name for name in _cells() if fnmatch(name, self.pattern)]

    def piece(self, name: str) -> Piece | None:
        cell, start = _cells()[name], time.process_time()
        try:
            with noted() as by_law:
                expected = cell.expected()
        except AssertionError:
            return None  # theory has no exact law here
        with noted() as by_step:
            measured = cell.measured()
        why = disagreement(measured, expected, cell.slack)
        assert not why, f"{name}: {why}"
        seconds = time.process_time() - start
        return Piece(name, frozenset(by_law | by_step), seconds, (measured, by_step))

    def refusal(self, piece: Piece, target: Target) -> str:
        """The law is asked anew; what was measured stands where it ran nothing that is mutated."""
        cell, (measured, by_step) = _cells()[piece.name], piece.before
        expected = cell.expected()
        found = cell.measured() if target in by_step else measured
        return disagreement(found, expected, cell.slack)


def disagreement(measured: Measured, expected: Numbers, slack: float = 0.0) -> str:
    """The quantity that is furthest off, if it is too far; slack is an error that is declared."""
    means, stderrs = measured
    worst, where = 0.0, ""
    for name, law in expected.items():
        if np.shape(law) != np.shape(means[name]):
            return f"{name} differs in shape"
        spread = stderrs[name] + ROUNDING / Z * np.maximum(1, np.abs(means[name]))
        far = np.maximum(np.abs(means[name] - law) - slack, 0.0) / spread
        off = np.nan_to_num(far, nan=np.inf)
        if off.max() > worst:
            worst, where = float(off.max()), name
    return f"{where} is off by {worst:.3g} standard errors" if worst > Z else ""


@cache
def _cells() -> dict[str, Cell]:
    return cells()
