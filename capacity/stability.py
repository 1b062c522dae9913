"""Stability edges: the step size beyond which a memory's mean square grows without bound."""

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from capacity.keys import Keys
    from capacity.rule import Dims, Rule

STABLE = 1 + 1e-12  # growth per period that still counts as not growing


class StabilityWarning(UserWarning):
    """A parameter lies beyond the edge up to which the memory stays finite as items grow."""


class Edge(NamedTuple):
    """The parameter that sets the step, and its largest value with a finite lifelong power."""

    parameter: str
    value: float


def warn_beyond_edge(rule: "Rule", keys: "Keys", dims: "Dims") -> None:
    """Warn if a rule's step lies beyond its edge on these keys; name rule, edge and value."""
    edge = rule.edge(keys, dims)
    if edge is None:
        return
    found = getattr(rule, edge.parameter)
    if found > edge.value * (1 + 1e-9):
        warnings.warn(
            f"{type(rule).__name__} with {edge.parameter} = {found:g} is beyond its stability edge "
            f"{edge.parameter} = {edge.value:.6g} on {keys.name} keys of d_k = {dims.d_k}: "
            "power grows without bound with the number of items.",
            StabilityWarning,
            stacklevel=3,
        )


def largest_stable(stable: Callable[[float], bool], smallest: float = 2.0**-20) -> float | None:
    """The end of the first stable interval above ``smallest``; None if there is none, or no end."""
    if not stable(smallest):
        return None
    low, high = smallest, 2 * smallest
    while stable(high):
        low, high = high, 2 * high
        if high > 2.0**20:
            return None
    while high - low > 1e-13 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if stable(middle) else (low, middle)
    return high
