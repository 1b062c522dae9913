"""A hypothesis: a statement, what it predicts, and how it will be judged, declared before the data.

Everything here can be read, and the power computed, while no result exists. A hypothesis is
measured by independent *replicates*: the same grids under other seeds, one number each, so that an
interval over replicates is honest whatever the statistic.
"""

import hashlib
import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
from scipy import stats

import experiments.hypotheses
from capacity.discover import import_file
from capacity.errors import InputError, unknown
from capacity.recall import Status
from experiments.passes import Pass
from experiments.sweep import Grid

QUESTIONS = {
    "Q1": "What is the greater online objective, and how should it be regularised?",
    "Q2": "How can online losses efficiently contain longer-horizon signals?",
    "Q3": "How should keys and values be generated?",
    "limits": "Memory capacity and the cost of updates.",
}
_MOST_REPLICATES = 2048  # seeds of one hypothesis; pilots use as many others


@dataclass(frozen=True)
class Prediction:
    """What laws say the effect is, and the effects that support the statement.

    value, with the status of the laws behind it, is None where there is no law. The statement is
    supported by effects in [low, high] and refuted by all others; an end may be infinite.
    """

    low: float
    high: float
    value: float | None = None
    status: Status | None = None

    def __post_init__(self) -> None:
        if not self.low < self.high or np.isinf([self.low, self.high]).all():
            raise InputError(
                "A prediction needs low < high, one of them finite, or nothing could refute it; "
                f"got [{self.low}, {self.high}]."
            )

    @property
    def edges(self) -> tuple[float, ...]:
        """The finite ends of the region."""
        return tuple(edge for edge in (self.low, self.high) if np.isfinite(edge))

    def holds(self, effect: float) -> bool:
        """Whether this effect supports the statement."""
        return self.low <= effect <= self.high


@dataclass(frozen=True)
class Hypothesis:
    """One declaration; every field is fixed before any of its data is read.

    question: a key of ``QUESTIONS``. effect: in words, what ``statistic`` computes from the rows of
    one replicate. grids: what a replicate measures, by preset; their seeds are set here.
    prediction: by preset. replicates and spread: by preset, their number and the standard deviation
    of the statistic of one of them, known from a pilot on other seeds. minimal: the least distance
    of the effect from an edge of the region that matters. note: facts computed without data, such
    as prices. rule_file: a file with a rule that does not ship.
    """

    name: str
    question: str
    statement: str
    effect: str
    grids: Callable[[str], tuple[Grid, ...]]
    statistic: Callable[[pd.DataFrame], float]
    prediction: Callable[[str], Prediction]
    replicates: Mapping[str, int]
    spread: Mapping[str, float]
    minimal: float
    alpha: float = 0.05
    note: Callable[[str], str] = lambda preset: ""
    rule_file: Path | None = None

    def __post_init__(self) -> None:
        if self.question not in QUESTIONS:
            raise unknown(f"question of {self.name}", self.question, QUESTIONS)
        if not self.replicates or self.replicates.keys() != self.spread.keys():
            raise InputError(
                f"Hypothesis {self.name} must declare replicates and spread for the same presets, "
                f"got {sorted(self.replicates)} and {sorted(self.spread)}."
            )
        positive = (
            *(("spread", x) for x in self.spread.values()),
            ("minimal", self.minimal),
        )
        for what, x in positive:
            if not 0 < x < np.inf:
                raise InputError(f"Hypothesis {self.name} needs 0 < {what} < inf, got {x}.")
        if not 0 < self.alpha < 1:
            raise InputError(f"Hypothesis {self.name} needs 0 < alpha < 1, got {self.alpha}.")
        for n in self.replicates.values():
            if not 2 <= n <= _MOST_REPLICATES:
                raise InputError(
                    f"Hypothesis {self.name} needs 2 <= replicates <= {_MOST_REPLICATES}, got {n}."
                )

    def check_preset(self, preset: str) -> None:
        """Raise :class:`InputError` for a preset that this hypothesis does not declare."""
        if preset not in self.replicates:
            raise unknown(f"preset of hypothesis {self.name}", preset, self.replicates)

    def seeds(self, preset: str, *, pilot: bool = False) -> range:
        """One seed a replicate, from name and preset: nothing else, nor a pilot, shares any."""
        self.check_preset(preset)
        digest = hashlib.sha256(f"{self.name}|{preset}".encode()).digest()
        block = 1 + int.from_bytes(digest[:8]) % (2**31 // (2 * _MOST_REPLICATES) - 1)
        first = (2 * block + pilot) * _MOST_REPLICATES
        return range(first, first + self.replicates[preset])

    def plan(
        self,
        preset: str,
        *,
        device: str = "cpu",
        rule_file: str | None = None,
        pilot: bool = False,
    ) -> dict[int, list[Pass]]:
        """The passes of each replicate, by seed, without repeats."""
        file = str(self.rule_file) if self.rule_file else rule_file
        seeds, grids = self.seeds(preset, pilot=pilot), self.grids(preset)
        return {
            seed: list(
                dict.fromkeys(
                    p for grid in grids for p in replace(grid, seed=seed).passes(device, file)
                )
            )
            for seed in seeds
        }

    def power(self, preset: str) -> float:
        """Chance that the verdict is decided, at least, when the effect is ``minimal`` inside or
        outside the region or farther from its edges, and the spread is as declared.

        From the noncentral t distribution of a mean over replicates, Gaussian and independent.
        """
        self.check_preset(preset)
        predicted = self.prediction(preset)
        room = (predicted.high - predicted.low) / 2
        if self.minimal > room * (1 + 1e-9):
            raise InputError(
                f"Hypothesis {self.name} needs minimal <= {room:g}, half the width of its region, "
                f"got {self.minimal:g}."
            )
        n = self.replicates[preset]
        threshold = stats.t.ppf(1 - self.alpha / 2, n - 1)
        shift = self.minimal * np.sqrt(n) / self.spread[preset]
        missed = stats.nct.cdf(threshold, n - 1, shift) if shift < 30 else 0.0
        return float(max(0.0, 1 - len(predicted.edges) * missed))


def hypotheses() -> dict[str, Hypothesis]:
    """The hypotheses that ship, by name: one module each, with a constant HYPOTHESIS."""
    found = {}
    for info in pkgutil.iter_modules(experiments.hypotheses.__path__):
        module = importlib.import_module(f"experiments.hypotheses.{info.name}")
        where = f"experiments/hypotheses/{info.name}.py"
        each = _hypothesis_of(module, where)
        if each.name != info.name:
            raise InputError(f"{where} names its hypothesis {each.name!r}; the names must agree.")
        found[each.name] = each
    return found


def find_hypotheses(names: Sequence[str]) -> list[Hypothesis]:
    """Hypotheses that ship, by name, or users' own, by the paths of their files; none named: all.

    Raises :class:`InputError` for an unknown name, a file without HYPOTHESIS, and two hypotheses
    of one name, which would share their streams.
    """
    known = hypotheses()
    found = [_named(name, known) for name in dict.fromkeys(names)] if names else [*known.values()]
    for i, each in enumerate(found):
        twin = each.name in [other.name for other in found[:i]]
        if twin or known.get(each.name, each) is not each:
            raise InputError(
                f"Two hypotheses are named {each.name!r}; give each its own name, for streams "
                "are drawn by name."
            )
    return found


def _named(name: str, known: Mapping[str, Hypothesis]) -> Hypothesis:
    if not name.endswith(".py"):
        if name not in known:
            raise unknown("hypothesis", name, [*known, "FILE.py"])
        return known[name]
    path = Path(name)
    if not path.is_file():
        raise InputError(f"{path} is not a file; it should define HYPOTHESIS = Hypothesis(...).")
    return _hypothesis_of(import_file(path, f"user_hypothesis_{path.stem}"), str(path))


def _hypothesis_of(module: ModuleType, where: str) -> Hypothesis:
    found = getattr(module, "HYPOTHESIS", None)
    if not isinstance(found, Hypothesis):
        raise InputError(f"{where} must define HYPOTHESIS = Hypothesis(...).")
    return found
