"""The parameters that make a metric best, by minimising the law; generic over rules."""

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
from capacity.keys import Keys
from capacity.law import Law
from capacity.parameters import Parameter
from capacity.rule import Dims, Rule
from capacity.stability import StabilityWarning
from capacity.threshold import SMALL_IS_GOOD, Criterion
from capacity.values import NOISE, Values

Array = NDArray[np.float64]


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
    if target.kind == "future" and criterion.metric not in SMALL_IS_GOOD:
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
