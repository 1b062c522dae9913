"""Which memory stores most within a budget of bytes and of floating-point operations per token.

Every rule that ships is tried as it is and behind every feature map, at its default parameters,
with one parameter at a time at its other typical values, and with sizes (windows, caches, widths)
doubled as long as the state fits. Offers come from laws alone: what has no law makes none.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from capacity.discover import feature_maps, rules, wrapped
from capacity.errors import InputError
from capacity.keys import Keys
from capacity.recall import weakest
from capacity.rule import Dims, Rule
from capacity.threshold import Criterion, Over, coarse_capacity, last_holding

SIZES = tuple(sorted(chain((2**n for n in range(4, 13)), (3 * 2**n for n in range(3, 11)))))


@dataclass(frozen=True)
class Budget:
    """Most bytes of live state and most operations per token, one write and one query each.

    A multiply-add is two operations; ``scalar_bytes`` is the size of a number.
    """

    bytes: float
    flops: float
    scalar_bytes: int = 4

    def __post_init__(self) -> None:
        for name in ("bytes", "flops", "scalar_bytes"):
            if not getattr(self, name) > 0:
                raise InputError(f"A budget needs {name} > 0, got {getattr(self, name)}.")

    def state_bytes(self, rule: Rule, dims: Dims, pairs: int) -> int:
        """Bytes of state after so many pairs."""
        return rule.state_scalars(dims, pairs) * self.scalar_bytes

    def operations(self, rule: Rule, dims: Dims, pairs: int) -> int:
        """Operations of one write, per pair, and one query after so many pairs."""
        cost = rule.cost(dims, pairs)
        return 2 * (-(-cost.write // rule.pairs) + cost.read)

    def exceeded(self, rule: Rule, dims: Dims, pairs: int) -> str | None:
        """ "bytes" or "flops", whichever is exceeded after so many pairs; None if neither."""
        if self.state_bytes(rule, dims, pairs) > self.bytes:
            return "bytes"
        return "flops" if self.operations(rule, dims, pairs) > self.flops else None


@dataclass(frozen=True)
class Offer:
    """What one memory stores within the budget, what it spends, and what ended it.

    limit: "criterion", "bytes", "flops", or "scan" where the search ended first. bits: N times the
    information of a pair at the criterion.
    """

    rule: str
    parameters: Mapping[str, Any]
    wrappers: Mapping[str, str]
    d: int
    capacity: int
    bits: float
    state_bytes: int
    flops: int
    limit: str
    status: str


def best_offers(
    budget: Budget,
    criterion: Criterion,
    keys: Keys,
    *,
    d: int | None = None,
    over: Over = Over("mean"),  # noqa: B008 - frozen
    most: int = 65_536,
) -> list[Offer]:
    """The best offer of each rule, most pairs first; d_k = d_v = d, or the best d where not given.

    ``most`` ends the search for the capacity.
    """
    found: dict[str, Offer] = {}
    for name, kind in rules().items():
        for offer in _offers(name, kind, budget, criterion, keys, d, over, most):
            held = found.get(name)
            if held is None or (offer.capacity, -offer.state_bytes) > (
                held.capacity,
                -held.state_bytes,
            ):
                found[name] = offer
    return sorted(found.values(), key=lambda offer: (-offer.capacity, offer.state_bytes))


def _offers(
    name: str,
    kind: type[Rule],
    budget: Budget,
    criterion: Criterion,
    keys: Keys,
    d: int | None,
    over: Over,
    most: int,
) -> Iterator[Offer]:
    for around in ({}, *({"features": text} for text in _maps(kind, keys))):
        for size in SIZES if d is None else (d,):
            dims = Dims(size, size)
            for parameters in settings(kind, dims, budget):
                rule = wrapped(kind.with_values(**parameters), around)
                stored = _stored(rule, dims, budget, criterion, keys, over, most)
                if stored is None:
                    continue
                pairs, limit, status = stored
                filled = Dims(size, size, max(pairs, 1))
                yield Offer(
                    name,
                    parameters,
                    around,
                    size,
                    pairs,
                    pairs * criterion.bits(size),
                    budget.state_bytes(rule, filled, pairs),
                    budget.operations(rule, filled, pairs),
                    limit,
                    status,
                )


def _maps(kind: type[Rule], keys: Keys) -> Iterator[str]:
    """Feature maps at their defaults that change something and leave the rule with a law."""
    for name, feature_map in feature_maps().items():
        if not feature_map().trivial:
            law = wrapped(kind(), {"features": name}).law(keys, Dims(8, 8, 8))
            if law is not None:
                yield name


def settings(kind: type[Rule], dims: Dims, budget: Budget) -> Iterator[dict[str, Any]]:
    """Defaults; other typical values one at a time; sizes of state doubled while they fit."""
    yield {}
    for parameter in kind.parameters():
        default = getattr(kind(), parameter.name)
        values = [x for x in parameter.typical if x is not None and np.ndim(x) == 0]
        if parameter.integer and _sizes_state(kind, parameter.name, dims):
            values += [2**n for n in range(21)]
        for value in sorted(set(values) - {default} if np.ndim(default) == 0 else set(values)):
            held = max(1, int(value)) if parameter.integer else 1
            if budget.exceeded(kind.with_values(**{parameter.name: value}), dims, held):
                break  # values ascend
            yield {parameter.name: value}


def _sizes_state(kind: type[Rule], name: str, dims: Dims) -> bool:
    small, large = (kind.with_values(**{name: size}) for size in (1, 64))
    return bool(small.state_scalars(dims, 64) != large.state_scalars(dims, 64))


def _stored(
    rule: Rule,
    dims: Dims,
    budget: Budget,
    criterion: Criterion,
    keys: Keys,
    over: Over,
    most: int,
) -> tuple[int, str, str] | None:
    """Pairs stored, what ended them, and the law's status; None where nothing is on offer."""
    most = min(most, keys.most_items(dims.d_k) or most)
    try:
        if budget.exceeded(rule, dims, 1):
            return None
        affordable = last_holding(lambda n: budget.exceeded(rule, dims, n) is None, most)
        law = rule.law(keys, Dims(dims.d_k, dims.d_v, affordable))
    except InputError:  # a setting that these sizes do not allow, such as heads of a prime d
        return None
    if law is None:
        return None
    pairs = coarse_capacity(law, criterion, dims.d_v, over, affordable)
    status = str(weakest(law.statuses))
    if pairs < affordable:
        return pairs, "criterion", status
    exceeded = budget.exceeded(rule, dims, affordable + 1) if affordable < most else None
    return pairs, exceeded or "scan", status
