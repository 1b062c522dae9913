r"""Audit: recall of real keys and values, beside what the laws predict from the keys.

For each head and rule, the mean over stored items of

* ``measured``: |o - v|^2, keys of unit norm, values centred and scaled to mean |v|^2 = 1;
* ``measured_median``: the median over windows in place of their mean, the error in a typical
  window; for Hebbian memories a few windows carry most of the mean;
* ``shuffled``: the same with the head's values permuted over all its tokens, a control: what is
  left of the gap to the prediction once values no longer depend on the keys;
* ``given_keys``: 1 - 2 R_jj + sum_i R_ji^2, exact for these very keys if values were independent of
  them (rules that are linear in the values);
* ``given_covariance``: the law on independent keys of the same second moment
  (:mod:`capacity.spectrum`), where the rule has one;
* ``raw``: |o - v|^2 relative to mean |v|^2 with keys and values as they came, on every
  fourth window; infinite where the memory diverges.

Real values follow their keys and the tokens of a text share its topic, so predictions that take
values as independent may be far off; the audit measures by how much. Standard errors are over
windows and take windows as independent, which neighbouring ones of one text are not quite.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import torch

from capacity.rule import Rule
from experiments.audit_errors import Array, Prepared, covariance_prediction, errors_of, prepare
from experiments.audit_rules import audited_rules
from experiments.windows import Head

ALL = "all"


def audit(
    heads: Iterable[Head],
    rules: Mapping[str, Rule] | None = None,
    *,
    seed: int = 0,
    workers: int | None = None,
    tick: Callable[[], None] = lambda: None,
) -> pd.DataFrame:
    """One row per head, rule and group of ages (``ages`` = "all" or "first-last").

    Computed in the dtype of the keys. ``rules`` maps names to rules, by default those of
    :mod:`experiments.audit_rules`; ``seed`` shuffles the control's values; ``workers`` heads are
    computed at a time (default: one per core), which does not change the numbers; ``tick`` is
    called after each rule of each head. Raises :class:`capacity.errors.InputError` for a zero key
    and for values that are all alike.
    """
    chosen = audited_rules() if rules is None else dict(rules)

    def rows_of(head: Head) -> list[dict[str, object]]:
        prepared = prepare(head, seed)
        rows: list[dict[str, object]] = []
        for name, rule in chosen.items():
            rows.extend(_rows(prepared, name, rule))
            tick()
        return rows

    # heads side by side, one thread each, use the cores better than threads inside small products
    threads = torch.get_num_threads()
    pool = ThreadPoolExecutor(
        workers or os.cpu_count(), initializer=torch.set_num_threads, initargs=(1,)
    )
    try:
        found = list(pool.map(rows_of, heads))
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)
    return pd.DataFrame([row for rows in found for row in rows])


def age_groups(tokens: int) -> dict[str, slice]:
    """All ages, then groups that grow fourfold: 0, 1-3, 4-15, 16-63, ...."""
    groups = {ALL: slice(0, tokens), "0": slice(0, 1)}
    first = 1
    while first < tokens:
        end = min(4 * first, tokens)
        groups[f"{first}-{end - 1}"] = slice(first, end)
        first = end
    return groups


def _rows(prepared: Prepared, name: str, rule: Rule) -> Iterator[dict[str, object]]:
    head = prepared.head
    windows, tokens, d_k = prepared.keys.shape
    errors = errors_of(rule, prepared)
    predicted = covariance_prediction(rule, prepared)
    for ages, pick in age_groups(tokens).items():
        yield {
            "source": head.source,
            "layer": head.layer,
            "head": head.head,
            "d_k": d_k,
            "d_eff": prepared.d_eff,
            "windows": windows,
            "window": tokens,
            "rule": name,
            "parameters": json.dumps(rule.values()),
            "dtype": str(prepared.keys.dtype).removeprefix("torch."),
            "ages": ages,
            **_mean_and_stderr("measured", errors.measured, pick),
            "measured_median": _median(errors.measured, pick),
            **_mean_and_stderr("shuffled", errors.shuffled, pick),
            "given_keys": np.nan
            if errors.given_keys is None
            else errors.given_keys[:, pick].mean(),
            "given_covariance": np.nan if predicted is None else predicted[pick].mean(),
            **_mean_and_stderr("raw", errors.raw, pick),
        }


def _mean_and_stderr(name: str, errors: Array | None, pick: slice) -> dict[str, float]:
    if errors is None:
        return {name: np.nan, f"{name}_stderr": np.nan}
    each = errors[:, pick].mean(axis=1)
    finite = len(each) > 1 and bool(np.isfinite(each).all())
    stderr = each.std(ddof=1) / np.sqrt(len(each)) if finite else np.nan
    return {name: float(each.mean()), f"{name}_stderr": float(stderr)}


def _median(errors: Array | None, pick: slice) -> float:
    return np.nan if errors is None else float(np.median(errors[:, pick].mean(axis=1)))


def summarise(table: pd.DataFrame) -> pd.DataFrame:
    """Per rule, medians over heads at all ages: errors, predictions and measured / predicted."""
    rows = table[table["ages"] == ALL]
    ratios = {
        f"measured/{name}": rows["measured"] / rows[name]
        for name in ("given_keys", "given_covariance")
    }
    columns = ["measured", "measured_median", "shuffled", "given_keys", "given_covariance", "raw"]
    wide = rows[["rule", *columns]].assign(**ratios)
    return wide.groupby("rule").median().reset_index()
