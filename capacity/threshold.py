"""From a law back to sizes: capacity, horizon and the best parameters, generic over rules."""

import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from capacity.errors import InputError, unknown
from capacity.information import fano_bits, gaussian_bits
from capacity.keys import Keys
from capacity.law import Law
from capacity.parameters import Parameter
from capacity.recall import Recall
from capacity.rule import Dims, Rule
from capacity.stability import StabilityWarning
from capacity.values import NOISE, Values

Array = NDArray[np.float64]
LIMIT = 16_384

_METRICS: dict[str, Callable[["Criterion", Recall, int], Array]] = {
    "mse": lambda c, recall, d_v: recall.mse,
    "best_gain_mse": lambda c, recall, d_v: recall.best_gain_mse,
    "cos2": lambda c, recall, d_v: recall.cos2,
    "snr": lambda c, recall, d_v: recall.snr,
    "accuracy": lambda c, recall, d_v: recall.accuracy(c.candidates, d_v),
}
_SMALL_IS_GOOD = ("mse", "best_gain_mse")
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
        return self.metric in _SMALL_IS_GOOD

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


@dataclass(frozen=True)
class Optimum:
    """Best parameters, the metric they reach, and the parameters that ended on a domain edge."""

    values: dict[str, float]
    metric: float
    at_edge: tuple[str, ...]


@dataclass(frozen=True)
class Target:
    """What parameters are optimised for: one age (lifelong), a load's mean, or unseen pairs.

    ``future`` asks for unseen pairs of a teacher as writes go on (size 0) or after ``size`` writes.
    """

    kind: str
    size: int

    @classmethod
    def parse(cls, text: str) -> "Target":
        """Read ``age:A``, ``load:N``, ``future`` or ``future:N``."""
        if text == "future":
            return cls(text, 0)
        kind, _, rest = text.partition(":")
        smallest = {"age": 0, "load": 1, "future": 1}
        if kind not in smallest or not rest.isdecimal() or int(rest) < smallest[kind]:
            allowed = ["age:A (A = 0, 1, ...)", "load:N", "future", "future:N (N = 1, 2, ...)"]
            raise unknown("target", text, allowed)
        return cls(kind, int(rest))

    def of(self, rule: Rule, keys: Keys, dims: Dims, criterion: Criterion, values: Values) -> float:
        """The metric that this target asks of a rule; infinite or zero where the law diverges."""
        missing = InputError(f"{rule.rule_id()} has no law on {keys.label} keys.")
        if self.kind != "future":
            law = rule.law(keys, dims)
            if law is None:
                raise missing
            return self.value(law, criterion, dims.d_v)
        taught = rule.taught(keys, dims, values)
        if taught is None:
            raise InputError(f"{missing} There is none for unseen pairs of values {values.label}.")
        found = taught.future(self.size) if self.size else taught.steady()
        if found is None:
            return math.inf
        error = found.error if criterion.metric == "mse" else found.best_gain_error
        return float(np.atleast_1d(error)[-1])

    def value(self, law: Law, criterion: Criterion, d_v: int) -> float:
        """The metric that this target asks of a law."""
        recall = law.recall(self.size) if self.kind == "load" else law.lifelong(self.size + 1)
        if recall is None:
            raise InputError("These keys have no endless stream: optimise for load:N instead.")
        values = criterion.measure(recall, d_v)
        return float(values.mean() if self.kind == "load" else values[self.size])


def optimum(
    rule: type[Rule],
    fixed: dict[str, Any],
    keys: Keys,
    dims: Dims,
    target: Target,
    criterion: Criterion,
    wrap: Callable[[Rule], Rule] = lambda rule: rule,
    values: Values = NOISE,
) -> Optimum:
    """The continuous parameters, not fixed by the user, that make the target's metric best.

    A coarse grid over the declared domains finds the basin, a bounded simplex search polishes it.
    """
    free = [
        p
        for p in rule.parameters()
        if p.name not in fixed and not p.integer and np.ndim(p.default) == 0
    ]
    if not free:
        raise InputError(f"{rule.rule_id()} has no free continuous parameter to optimise.")
    scales = [_Scale(p) for p in free]
    sign = 1.0 if criterion.small_is_good else -1.0
    if target.kind == "future" and criterion.metric not in _SMALL_IS_GOOD:
        raise InputError(
            f"Unseen pairs are judged by mse or best_gain_mse, got {criterion.metric}."
        )

    def score(point: Any) -> float:
        chosen = {p.name: s.value(x) for p, s, x in zip(free, scales, point, strict=True)}
        with warnings.catch_warnings():  # a search may step over the edge; its answer does not
            warnings.simplefilter("ignore", StabilityWarning)
            candidate = wrap(rule.with_values(**fixed, **chosen))
            found = sign * target.of(candidate, keys, dims, criterion, values)
        return found if math.isfinite(found) else 1e300

    count = {1: 65, 2: 17}.get(len(free), 7)
    grid = list(product(np.linspace(0, 1, count), repeat=len(free)))
    scores = [score(point) for point in grid]
    start = np.array(grid[int(np.argmin(scores))])
    simplex = np.vstack([start, *_corners(start, 0.5 / (count - 1))])
    polished = minimize(
        score,
        start,
        method="Nelder-Mead",
        bounds=[(0, 1)] * len(free),
        options={"xatol": 1e-10, "fatol": 1e-14, "initial_simplex": simplex, "maxiter": 2000},
    )
    point = polished.x if polished.fun <= min(scores) else start
    best = {p.name: s.value(x) for p, s, x in zip(free, scales, point, strict=True)}
    edges = tuple(p.name for p, s, x in zip(free, scales, point, strict=True) if s.at_edge(x))
    return Optimum(best, sign * min(float(polished.fun), min(scores)), edges)


def _corners(start: Array, width: float) -> Iterator[Array]:
    """One vertex a coordinate, stepping inwards from the edges of the unit cube."""
    for i, x in enumerate(start):
        vertex = start.copy()
        vertex[i] = x + width if x + width <= 1 else x - width
        yield vertex


class _Scale:
    """Maps [0, 1] onto a parameter's domain, logarithmically where the domain is unbounded.

    Elsewhere by 10 x^3 - 15 x^4 + 6 x^5, flat at both ends: the best gates are often within a
    hundredth of 1, where an even grid has no point.
    """

    def __init__(self, parameter: Parameter) -> None:
        self.low, self.high = parameter.domain
        self.log = math.isinf(self.high)
        if self.log:
            numbers = [float(x) for x in parameter.typical if x is not None and x > self.low]
            self.low, self.high = min(numbers) / 100, max(numbers) * 100
        elif self.low in parameter.open_at or self.high in parameter.open_at:
            margin = 1e-9 * (self.high - self.low)
            self.low, self.high = self.low + margin, self.high - margin

    def value(self, x: float) -> float:
        if self.log:
            return float(self.low * (self.high / self.low) ** x)
        if x > 0.5:  # from the nearer end, so that nothing cancels
            return float(self.high - (self.high - self.low) * self._flat(1 - x))
        return float(self.low + (self.high - self.low) * self._flat(x))

    @staticmethod
    def _flat(x: float) -> float:
        return x**3 * (10 - 15 * x + 6 * x**2)

    def at_edge(self, x: float) -> bool:
        """Whether the value is an end of the scale, to a millionth of its length."""
        end = min(x, 1 - x)
        return (end if self.log else self._flat(end)) < 1e-6
