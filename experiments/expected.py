"""What laws expect a pass to measure, as a table of the columns that its probe writes.

A hypothesis computes its effect from such a table with the very function that it applies to
measurements, so that a prediction carries the same loads, interpolation and finite dimension.
"""

import json
from collections.abc import Callable

import numpy as np
import pandas as pd

from capacity.keys import parse_keys
from capacity.recall import Recall, Status, weakest
from capacity.values import parse_values
from experiments.hypothesis import Prediction
from experiments.passes import Pass
from experiments.sweep import Grid

Expected = tuple[pd.DataFrame, Status]


def _recall(work: Pass) -> Expected | None:
    found = _stored(work)
    if found is None:
        return None
    rows = []
    for items, recall in found.items():
        by_age = {"signal": recall.signal, "power": recall.power, "mse": recall.mse}
        by_age = {name: np.broadcast_to(x, items) for name, x in by_age.items()}
        mean = {name: x.mean() for name, x in by_age.items()}
        rows.append(pd.DataFrame(mean, index=[0]).assign(age=np.nan, items=items))
        rows.append(pd.DataFrame(by_age).assign(age=np.arange(items), items=items))
    return pd.concat(rows, ignore_index=True), _status(found)


def _stored(work: Pass) -> dict[int, Recall] | None:
    """Recall of stored pairs at each checkpoint."""
    rule, keys, values = work.build(), parse_keys(work.keys), parse_values(work.values)
    if values.signal:
        taught = rule.taught(keys, work.dims(), values)
        return None if taught is None else {n: taught.stored(n) for n in work.checkpoints}
    law = rule.law(keys, work.dims())
    return None if law is None else {n: law.recall(n) for n in work.checkpoints}


def _status(found: dict[int, Recall]) -> Status:
    worst = [weakest(recall.statuses) or Status.CONJECTURE for recall in found.values()]
    return max(worst, key=lambda status: status.rank)


def _future(work: Pass) -> Expected | None:
    values = parse_values(work.values)
    taught = work.build().taught(parse_keys(work.keys), work.dims(), values)
    if taught is None:
        return None
    found, rows = taught.future(max(work.checkpoints)), []
    for items in work.checkpoints:
        names = {"error": found.error, "alignment": found.alignment, "power": found.power}
        names |= {"variance": found.variance, "systematic": found.bias + found.lag}
        row = {name: float(x[items - 1]) for name, x in names.items()}
        rows.append(row | {"items": items, "stored_mse": taught.stored(items).mse.mean()})
    return pd.DataFrame(rows), weakest(taught.statuses) or Status.CONJECTURE


def _accuracy(work: Pass) -> Expected | None:
    """Stored candidates are taken for fresh ones, which is a conjecture; fresh ones as they are."""
    found = _stored(work)
    if found is None:
        return None
    candidates = json.loads(work.options).get("candidates", "stored")
    rows = []
    for items, recall in found.items():
        among = items if candidates == "stored" else int(candidates)
        accuracy = recall.accuracy(among, work.d_v).mean() if among > 1 else 1.0
        rows.append({"items": items, "age": np.nan, "accuracy": accuracy})
    status = Status.CONJECTURE if candidates == "stored" else Status.ASYMPTOTIC
    return pd.DataFrame(rows), max(status, _status(found), key=lambda x: x.rank)


EXPECTATIONS: dict[str, Callable[[Pass], Expected | None]] = {
    "recall": _recall,
    "future": _future,
    "accuracy": _accuracy,
}


def expected(work: Pass) -> Expected | None:
    """The table that laws expect of a pass, with the weakest status; None where there is no law."""
    known = EXPECTATIONS.get(work.probe)
    found = known(work) if known else None
    if found is None:
        return None
    described = ("rule", "parameters", "wrappers", "keys", "values", "d_k", "d_v")
    return found[0].assign(**{name: getattr(work, name) for name in described}), found[1]


def by_laws(
    grids: tuple[Grid, ...],
    statistic: Callable[[pd.DataFrame], float],
    *,
    low: float,
    high: float,
) -> Prediction:
    """A prediction whose value is the statistic of what laws expect of the grids' passes.

    No value where a pass has no law.
    """
    found = [expected(work) for grid in grids for work in grid.passes("cpu", None)]
    known = [each for each in found if each is not None]
    if len(known) < len(found):
        return Prediction(low, high)
    table = pd.concat([frame for frame, _ in known], ignore_index=True)
    status = max((status for _, status in known), key=lambda status: status.rank)
    return Prediction(low, high, statistic(table), status)
