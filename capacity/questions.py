"""The questions that the command line asks, as Python functions with plain results."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from capacity.budget import Budget, best_offers
from capacity.discover import rule_class, wrapped
from capacity.errors import InputError
from capacity.keys import Keys, parse_keys
from capacity.law import Law
from capacity.optimum import Target
from capacity.optimum import optimum as find_optimum
from capacity.recall import weakest
from capacity.rule import Dims, Rule
from capacity.threshold import Criterion, Found, Over
from capacity.threshold import capacity as find_capacity
from capacity.threshold import horizon as find_horizon
from capacity.values import parse_values


def _setting(
    rule: str,
    parameters: dict[str, Any] | None,
    keys: str,
    d_k: int,
    d_v: int | None,
    wrappers: Mapping[str, str] | None,
    rule_file: Path | None,
) -> tuple[Rule, Keys, Dims, dict[str, Any]]:
    """The rule, keys and dimensions asked about, and the head of every answer."""
    plain: Rule = rule_class(rule, rule_file).with_values(**(parameters or {}))
    chosen = wrapped(plain, wrappers or {})
    dims = Dims(d_k, d_k if d_v is None else d_v)
    head = {
        "rule": rule,
        "parameters": plain.values(),
        "wrappers": dict(wrappers or {}),
        "keys": keys,
        "d_k": dims.d_k,
        "d_v": dims.d_v,
    }
    return chosen, parse_keys(keys), dims, head


def _no_law(rule: str, keys: str) -> str:
    return f"no law for {rule} on {keys} keys: measure it with `python -m experiments probe`"


def _statuses(law: Law | None) -> dict[str, Any]:
    statuses = dict(law.statuses) if law else {"signal": None, "power": None}
    return {"status": weakest(law.statuses) if law else None, "statuses": statuses}


def predict(
    rule: str,
    *,
    keys: str = "sphere",
    d_k: int,
    d_v: int,
    items: int,
    parameters: dict[str, Any] | None = None,
    wrappers: Mapping[str, str] | None = None,
    rule_file: Path | None = None,
) -> dict[str, Any]:
    """Signal, power, mse and cos2 by age after ``items`` writes, each with its status.

    ``wrappers`` go around the rule, each named with the text of its option: ``{"heads": "4"}``.

    Where theory has no law, the quantities are None and ``reason`` says so.
    """
    chosen, ensemble, dims, answer = _setting(rule, parameters, keys, d_k, d_v, wrappers, rule_file)
    if items < 1:
        raise InputError(f"items must be a positive integer, got {items}.")
    ensemble.check(dims.d_k, items)
    law = chosen.law(ensemble, dims)
    answer |= {"items": items, **_statuses(law)}
    if law is None:
        empty = dict.fromkeys(("age", "signal", "power", "mse", "cos2"))
        return answer | empty | {"reason": _no_law(rule, keys)}
    recall = law.recall(items)
    names = ("age", "signal", "power", "mse", "best_gain_mse", "cos2")
    return answer | {name: getattr(recall, name) for name in names}


def invert(
    rule: str,
    *,
    keys: str = "sphere",
    d_k: int,
    criterion: str,
    d_v: int | None = None,
    over: str = "mean",
    parameters: dict[str, Any] | None = None,
    limit: int = 16_384,
    wrappers: Mapping[str, str] | None = None,
    rule_file: Path | None = None,
) -> dict[str, Any]:
    """Capacity: the largest N such that every load up to N meets the criterion.

    ``bits_per_scalar`` is N I / state scalars: I the rate-distortion bits of a pair for error
    criteria, Fano's for accuracy; None where there is no capacity.
    """
    chosen, ensemble, dims, answer = _setting(rule, parameters, keys, d_k, d_v, wrappers, rule_file)
    asked, which = Criterion.parse(criterion), Over.parse(over)
    law = chosen.law(ensemble, dims)
    found = Found(None, _no_law(rule, keys))
    if law is not None:
        found = find_capacity(law, asked, dims, ensemble, which, limit)
    return answer | {
        "criterion": str(asked),
        "over": over,
        "status": _statuses(law)["status"],
        "capacity": found.value,
        "reason": found.reason,
        "bits_per_scalar": _bits_per_scalar(chosen, dims, asked, found.value),
    }


def _bits_per_scalar(rule: Rule, dims: Dims, asked: Criterion, items: int | None) -> float | None:
    if items is None or items == 0:
        return None
    return items * asked.bits(dims.d_v) / rule.state_scalars(dims, items)


def horizon(
    rule: str,
    *,
    keys: str = "sphere",
    d_k: int,
    criterion: str,
    d_v: int | None = None,
    parameters: dict[str, Any] | None = None,
    wrappers: Mapping[str, str] | None = None,
    rule_file: Path | None = None,
) -> dict[str, Any]:
    """Horizon: the largest age that meets the criterion as N grows without bound."""
    chosen, ensemble, dims, answer = _setting(rule, parameters, keys, d_k, d_v, wrappers, rule_file)
    asked = Criterion.parse(criterion)
    law = chosen.law(ensemble, dims)
    found = find_horizon(law, asked, dims.d_v) if law else Found(None, _no_law(rule, keys))
    return answer | {
        "criterion": str(asked),
        "status": _statuses(law)["status"],
        "horizon": found.value,
        "reason": found.reason,
    }


def future(
    rule: str,
    *,
    keys: str = "sphere",
    values: str,
    d_k: int,
    d_v: int | None = None,
    items: int,
    parameters: dict[str, Any] | None = None,
    wrappers: Mapping[str, str] | None = None,
    rule_file: Path | None = None,
) -> dict[str, Any]:
    """Error on an unseen pair of a linear teacher after 1 .. ``items`` writes, with its parts.

    ``error`` = ``floor`` + ``bias`` + ``lag`` + ``variance`` (:mod:`capacity.taught`); ``steady``
    holds their limits as writes go on, None where there are none.
    """
    chosen, ensemble, dims, answer = _setting(rule, parameters, keys, d_k, d_v, wrappers, rule_file)
    if items < 1:
        raise InputError(f"items must be a positive integer, got {items}.")
    teacher = parse_values(values)
    law = chosen.taught(ensemble, dims, teacher)
    answer |= {"values": teacher.label, "items": items}
    names = ("error", "best_gain_error", "bias", "lag", "variance")
    if law is None:
        empty = dict.fromkeys(("written", *names, "floor", "steady"))
        return answer | empty | {"status": None, "reason": _no_law(rule, keys)}
    found, steady = law.future(items), law.steady()
    return answer | {
        "status": weakest(law.statuses),
        "written": np.arange(1, items + 1),
        **{name: getattr(found, name) for name in names},
        "floor": found.floor,
        "steady": steady and {name: float(getattr(steady, name)) for name in names},
    }


def budget(
    *,
    state_bytes: float,
    flops: float,
    criterion: str,
    keys: str = "sphere",
    d: int | None = None,
    over: str = "mean",
    scalar_bytes: int = 4,
    limit: int = 65_536,
) -> dict[str, Any]:
    """The best offer of each rule within a budget, most pairs first; see :mod:`capacity.budget`.

    ``flops`` counts one write and one query a token, a multiply-add as two; d_k = d_v = ``d``, or
    the best of a list of sizes where it is not given.
    """
    asked, spending = Criterion.parse(criterion), Budget(state_bytes, flops, scalar_bytes)
    if d is not None and d < 1:
        raise InputError(f"d must be a positive integer, got {d}.")
    offers = best_offers(spending, asked, parse_keys(keys), d=d, over=Over.parse(over), most=limit)
    return {
        "bytes": state_bytes,
        "flops": flops,
        "scalar_bytes": scalar_bytes,
        "keys": keys,
        "criterion": str(asked),
        "over": over,
        "offers": [asdict(offer) for offer in offers],
    }


def optimum(
    rule: str,
    *,
    keys: str = "sphere",
    d_k: int,
    target: str,
    criterion: str | None = None,
    values: str = "noise",
    d_v: int | None = None,
    parameters: dict[str, Any] | None = None,
    wrappers: Mapping[str, str] | None = None,
    rule_file: Path | None = None,
) -> dict[str, Any]:
    """The continuous parameters that make a metric best at one age or over a load.

    ``target`` is ``age:A`` (as N grows without bound), ``load:N`` (mean over the N stored ages),
    or ``future`` and ``future:N``, unseen pairs of the teacher of ``values``. ``parameters`` are
    held fixed; ``criterion`` names the metric, by default cos2, and mse for unseen pairs.
    """
    kind, ensemble, dims = rule_class(rule, rule_file), parse_keys(keys), Dims(d_k, d_v or d_k)
    fixed = parameters or {}
    kind.with_values(**fixed)
    goal, teacher = Target.parse(target), parse_values(values)
    metric = criterion or ("mse" if goal.kind == "future" else "cos2")
    asked = Criterion.parse(metric if "=" in metric else f"{metric}=1")
    found = find_optimum(
        kind,
        fixed,
        ensemble,
        dims,
        goal,
        asked,
        lambda plain: wrapped(plain, wrappers or {}),
        teacher,
    )
    return {
        "rule": rule,
        "wrappers": dict(wrappers or {}),
        "keys": keys,
        "d_k": dims.d_k,
        "d_v": dims.d_v,
        "fixed": fixed,
        "for": target,
        "values": teacher.label,
        "metric": asked.metric,
        "value": found.metric,
        "optimum": found.values,
        "at_edge": list(found.at_edge),
    }
