"""From a law back to sizes: capacity and horizon, generic over rules."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity.errors import InputError, unknown
from capacity.information import fano_bits, gaussian_bits
from capacity.keys import Keys
from capacity.law import Law
from capacity.recall import Recall
from capacity.rule import Dims

Array = NDArray[np.float64]
LIMIT = 16_384
STEP = 1.1  # ratio of neighbouring loads of a coarse search
FINE = 256  # up to which it tries each load

_METRICS: dict[str, Callable[["Criterion", Recall, int], Array]] = {
    "mse": lambda c, recall, d_v: recall.mse,
    "best_gain_mse": lambda c, recall, d_v: recall.best_gain_mse,
    "cos2": lambda c, recall, d_v: recall.cos2,
    "snr": lambda c, recall, d_v: recall.snr,
    "accuracy": lambda c, recall, d_v: recall.accuracy(c.candidates, d_v),
}
SMALL_IS_GOOD = ("mse", "best_gain_mse")
_AT_MOST_ONE = ("cos2", "accuracy")


@dataclass(frozen=True)
class Criterion:
    """A metric and the threshold that recall must meet, such as mse=0.1 or accuracy=0.9@1000."""

    metric: str
    threshold: float
    candidates: int = 0

    @classmethod
    def parse(cls, text: str) -> "Criterion":
        """Read ``metric=threshold``; accuracy takes ``@V``, the number of candidates."""
        metric, _, rest = text.partition("=")
        if metric not in _METRICS:
            raise unknown("criterion", metric, _METRICS)
        number, _, candidates = rest.partition("@")
        form = "accuracy=0.9@1000" if metric == "accuracy" else f"{metric}=0.1"
        problem = InputError(f"Criterion {text!r} does not read like {form}.")
        try:
            criterion = cls(metric, float(number), int(candidates) if candidates else 0)
        except ValueError:
            raise problem from None
        if (metric == "accuracy") != bool(candidates):
            raise problem
        top = 1.0 if metric in _AT_MOST_ONE else math.inf
        if not 0 < criterion.threshold <= top or math.isinf(criterion.threshold):
            allowed = f"0 < {metric} <= 1" if top == 1 else f"0 < {metric}"
            raise InputError(f"Criterion needs {allowed}, got {number}.")
        if metric == "accuracy" and criterion.candidates < 2:
            raise InputError(f"Accuracy needs at least 2 candidates, got {candidates}.")
        return criterion

    def __str__(self) -> str:
        suffix = f"@{self.candidates}" if self.candidates else ""
        return f"{self.metric}={self.threshold:g}{suffix}"

    @property
    def small_is_good(self) -> bool:
        """Whether recall meets the criterion at or below the threshold."""
        return self.metric in SMALL_IS_GOOD

    def bits(self, d_v: int) -> float:
        """Information of a pair at the threshold: rate-distortion, Fano's for accuracy."""
        if self.metric == "accuracy":
            return fano_bits(self.threshold, self.candidates)
        error = {
            "mse": self.threshold,
            "best_gain_mse": self.threshold,
            "cos2": 1 - self.threshold,
            "snr": 1 / (1 + self.threshold),
        }[self.metric]
        return gaussian_bits(error, d_v)

    def measure(self, recall: Recall, d_v: int) -> Array:
        """The metric by age."""
        return _METRICS[self.metric](self, recall, d_v)

    def met(self, value: Any) -> Any:
        """Whether values of the metric meet the threshold (rounding of 1e-12 is forgiven)."""
        slack = 1e-12 * max(1.0, abs(self.threshold))
        if self.small_is_good:
            return value <= self.threshold + slack
        return value >= self.threshold - slack


@dataclass(frozen=True)
class Over:
    """Which stored pairs must meet a criterion: their mean, the worst, or those of one age."""

    kind: str
    age: int = 0

    @classmethod
    def parse(cls, text: str) -> "Over":
        """Read ``mean``, ``worst`` or ``age:a``."""
        kind, _, rest = text.partition(":")
        if kind in ("mean", "worst") and not rest:
            return cls(kind)
        if kind == "age" and rest.isdecimal():
            return cls(kind, int(rest))
        raise unknown("stored ages", text, ["mean", "worst", "age:A (A = 0, 1, ...)"])

    def reduce(self, criterion: Criterion, values: Array) -> float | None:
        """One number from the metric by age; None where no stored pair has that age."""
        if self.kind == "mean":
            return float(values.mean())
        if self.kind == "worst":
            return float(values.max() if criterion.small_is_good else values.min())
        return float(values[self.age]) if self.age < len(values) else None


@dataclass(frozen=True)
class Found:
    """A size, or None with the reason why there is none to give."""

    value: int | None
    reason: str | None = None


def capacity(
    law: Law, criterion: Criterion, dims: Dims, keys: Keys, over: Over, limit: int = LIMIT
) -> Found:
    """N*, the largest number of items such that every load up to it meets the criterion.

    Every load is tried in turn, so curves that are not monotone in N are handled; only a law that
    declares its pairs alike and worse as N grows is bisected. 0: a single item already fails.
    """
    most = keys.most_items(dims.d_k)

    def meets(items: int) -> bool:
        if law.alike:
            return bool(criterion.met(criterion.measure(law.one(items), dims.d_v)[0]))
        value = over.reduce(criterion, criterion.measure(law.recall(items), dims.d_v))
        return True if value is None else bool(criterion.met(value))

    if law.alike and most is None:
        return _bisected(meets)
    last = min(limit, most or limit)
    failed = next((n for n in range(1, last + 1) if not meets(n)), None)
    if failed is not None:
        return Found(failed - 1)
    if most is not None and most <= limit:
        return Found(None, f"censored: met up to the {most} items that {keys.label} keys allow")
    forever = law.lifelong(over.age + 1) if over.kind == "age" else None
    if forever is not None and criterion.met(criterion.measure(forever, dims.d_v)[over.age]):
        return Found(None, f"unbounded: met at every load up to {last} and as N grows without end")
    return Found(None, f"censored: met at every load up to the scan limit of {last} items")


def _bisected(meets: Callable[[int], bool], most: int = 2**60) -> Found:
    low, high = 0, 1
    while high <= most and meets(high):
        low, high = high, 2 * high
    if high > most:
        return Found(None, f"unbounded: met at every load up to 2^{most.bit_length() - 1}")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if meets(middle) else (low, middle)
    return Found(low)


def coarse_capacity(law: Law, criterion: Criterion, d_v: int, over: Over, most: int) -> int:
    """Like :func:`capacity` up to ``most``, for laws that are slow or many.

    Each load is tried in turn up to ``FINE``, and from there on loads a tenth apart; between the
    last that meets the criterion and the first that fails the crossing is bisected. Pairs that are
    alike only get worse with more of them, so that loads a tenth apart do from the start.
    """

    def meets(items: int) -> bool:
        if law.alike:
            return bool(criterion.met(criterion.measure(law.one(items), d_v)[0]))
        value = over.reduce(criterion, criterion.measure(law.recall(items), d_v))
        return value is None or bool(criterion.met(value))

    coarse = {min(most, int(np.ceil(STEP**n))) for n in range(_steps(most) + 1)}
    fine = range(1, 0 if law.alike else min(most, FINE) + 1)
    for good, items in pairwise([0, *sorted(coarse.union(fine))]):
        if not meets(items):
            return good + last_holding(partial(_beyond, meets, good), items - good - 1)
    return most


def _beyond(meets: Callable[[int], bool], good: int, more: int) -> bool:
    return meets(good + more)


def _steps(most: int) -> int:
    return int(np.ceil(np.log(max(most, 1)) / np.log(STEP)))


def last_holding(holds: Callable[[int], bool], most: int) -> int:
    """The largest n <= most up to which a condition holds, by bisection; 0 where it never does."""
    low, high = 0, most + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def horizon(law: Law, criterion: Criterion, d_v: int, limit: int = 4 * LIMIT) -> Found:
    """a*, the largest age that meets the criterion as N grows without bound."""
    ages = 256
    while True:
        recall = law.lifelong(ages)
        if recall is None:
            return Found(None, "these keys have no endless stream, hence no lifelong limit")
        met = np.flatnonzero(criterion.met(criterion.measure(recall, d_v)))
        if len(met) == 0 and np.isinf(recall.power).all():
            return Found(None, "no age meets the criterion: power grows without bound with N")
        settled = len(met) == 0 or met[-1] < ages // 2
        if settled:
            if len(met):
                return Found(int(met[-1]))
            return Found(None, "no age meets the criterion")
        if ages >= limit:
            kind = "unbounded or censored" if met[-1] == ages - 1 else "censored"
            return Found(None, f"{kind}: met at age {met[-1]}, the scan ends at age {ages - 1}")
        ages = min(4 * ages, limit)
