"""What laws say of the numbers that cells measure; an AssertionError where theory is silent."""

import inspect
from typing import Any

import numpy as np

from capacity.keys import Keys
from capacity.rebinding_law import rebinding_law
from capacity.recall import Recall, Status
from capacity.repeated_law import repeated_law
from capacity.rule import Dims, Rule
from capacity.taught import FutureError
from capacity.values import parse_values
from tests.mutations.measured import Numbers, by_matrices


def _given(law: Any, exact: bool) -> Any:
    """A law that exists and, if asked, is exact."""
    assert law is not None, "no law"
    assert not exact or set(law.statuses.values()) == {Status.EXACT}, "no exact law"
    return law


def _numbers(recall: Recall, own: bool) -> Numbers:
    found = {"signal": recall.signal, "power": recall.power}
    return found | ({"own": recall.own_power} if own and recall.own_power is not None else {})


def recall(
    rule: Rule, keys: Keys, d: int, items: int, *, own: bool = True, exact: bool = True
) -> Numbers:
    """Recall of each of ``items`` pairs."""
    law = _given(rule.law(keys, Dims(d, d, items)), exact)
    return _numbers(law.recall(items), own and by_matrices(rule))


def closed_form(rule: Rule, keys: Keys, d: int, items: int) -> Numbers:
    """The closed form at the radial moments of the keys, where a rule has one of this kind."""
    stated = getattr(rule, "closed_form", None)
    assert stated is not None, "none is stated"
    assert {"where", "age"} & set(inspect.signature(stated).parameters), "none by age"
    m4 = 1.0 if keys.name == "sphere" else 1 + 2 / d
    m6 = 1.0 if keys.name == "sphere" else (1 + 2 / d) * (1 + 4 / d)
    assert m4 == 1 or rule.rule_id() not in ("longhorn", "mlstm"), "for unit keys alone"
    assert rule.rule_id() == "gla" or not any(map(np.ndim, rule.values().values())), "equal gates"
    assert getattr(rule, "period", 1) == 1, "gates that do not vary in time"
    rows = [stated(age=age, d=d, items=items, m4=m4, m6=m6) for age in range(items)]
    return dict(zip(("signal", "power"), np.array(rows, dtype=float).T, strict=True))


def lifelong(rule: Rule, keys: Keys, d: int, ages: int) -> Numbers:
    """Recall of the newest ages after an endless past."""
    found = _given(rule.law(keys, Dims(d, d, 1)), exact=True).lifelong(ages)
    assert found is not None, "no endless stream"
    assert np.isfinite(found.power).all(), "no finite limit"
    return _numbers(found, by_matrices(rule))


def _parts(found: FutureError, at: Any) -> Numbers:
    parts = {x: getattr(found, x) for x in ("error", "alignment", "power", "variance")}
    parts["systematic"] = found.bias + found.lag
    return {name: np.atleast_1d(np.asarray(x)[at]) for name, x in parts.items()}


def future(
    rule: Rule, keys: Keys, d: int, values: str, checkpoints: tuple[int, ...], *, exact: bool = True
) -> Numbers:
    """Errors on unseen pairs at each checkpoint and, of several, on stored ones at the last."""
    law = _given(rule.taught(keys, Dims(d, d), parse_values(values)), exact)
    last = checkpoints[-1]
    found = _parts(law.future(last), [n - 1 for n in checkpoints])
    if len(checkpoints) > 1:
        found["stored"] = np.array([law.stored(last).mse.mean()])
    return found


def steady(rule: Rule, keys: Keys, d: int, values: str) -> Numbers:
    """Errors on unseen pairs after an endless past."""
    law = _given(rule.taught(keys, Dims(d, d), parse_values(values)), exact=True)
    found = law.steady()
    assert found is not None, "no limit"
    return _parts(found, ...)


def rebound(rule: Rule, keys: Keys, d: int, items: int, first: int, second: int) -> Numbers:
    """Both signals and the power of a key that was written twice."""
    law = rebinding_law(rule, keys, d)  # type: ignore[arg-type]
    assert law is not None, "no law"
    found = law.rebound(items, first, second)
    return {x: np.asarray(getattr(found, x)) for x in ("first", "second", "power")}


def steps(rule: Rule, keys: Keys, d: int, values: str, items: int, last: int, each: int) -> Numbers:
    """Losses after ``last`` steps at the newest pair and ``each`` at every pair before it."""
    law = repeated_law(rule, keys, d, parse_values(values), items=items, steps=last, earlier=each)
    assert law is not None, "no law"
    mse = law.stored(items).mse
    unseen = law.future(items).error[-1]
    return {"newest": mse[0], "stored": mse[1:].mean(), "unseen": unseen}
