r"""Audit: recall of real keys and values, beside what the laws predict from the keys.

For each head and rule, the mean over stored items of

* ``measured``: |o - v|^2, keys of unit norm, values centred and scaled to mean |v|^2 = 1;
* ``shuffled``: the same with the head's values permuted over all its tokens, a control: what is
  left of the gap to the prediction once values no longer depend on the keys;
* ``given_keys``: 1 - 2 R_jj + sum_i R_ji^2, exact for these very keys if values were independent of
  them (affine rules);
* ``given_covariance``: the law on independent keys of the same second moment
  (:mod:`capacity.spectrum`), where the rule has one;
* ``raw``: |o - v|^2 relative to mean |v|^2 with keys and values as they came; infinite where the
  memory diverges.

Real values follow their keys and the tokens of a text share its topic, so predictions that take
values as independent may be far off; the audit measures by how much. Standard errors are over
windows and take windows as independent, which neighbouring ones of one text are not quite.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from capacity.affine import AffineRule
from capacity.given_keys import recall_matrices, signal_and_power
from capacity.keys import Signs, effective_dimension
from capacity.rule import Dims, Rule
from experiments.audit_rules import audited_rules
from experiments.windows import Head, standardise, unit_norm

Array = NDArray[np.float64]
BATCH = 64  # windows at a time: small enough for chunked writes and the cache
ALL = "all"


class Prepared(NamedTuple):
    """A head ready for every rule; d_eff = (tr S)^2 / tr S^2 of its unit-norm keys."""

    head: Head
    keys: Tensor
    values: Tensor | None
    shuffled: Tensor | None
    variances: Array  # eigenvalues of the keys' second moment, sum 1
    d_eff: float


class Errors(NamedTuple):
    """Squared errors by window and age, (windows, tokens); absent where they have no meaning."""

    measured: Array | None
    shuffled: Array | None
    given_keys: Array | None
    raw: Array | None


def audit(
    heads: Iterable[Head],
    rules: Mapping[str, Rule] | None = None,
    *,
    seed: int = 0,
    tick: Callable[[], None] = lambda: None,
) -> pd.DataFrame:
    """One row per head, rule and group of ages (``ages`` = "all" or "first-last").

    Computed in the dtype of the keys. ``rules`` maps names to rules, by default all affine rules
    and the caches of :mod:`experiments.audit_rules`; ``seed`` shuffles the control's values;
    ``tick`` is called after each rule of each head. Raises :class:`capacity.errors.InputError` for
    a zero key and for values that are all alike.
    """
    chosen = audited_rules() if rules is None else dict(rules)
    rows: list[dict[str, object]] = []
    for head in heads:
        prepared = prepare(head, seed)
        for name, rule in chosen.items():
            rows.extend(_rows(prepared, name, rule))
            tick()
    return pd.DataFrame(rows)


def prepare(head: Head, seed: int) -> Prepared:
    """Unit-norm keys, standardised and shuffled values, and the spectrum of the keys."""
    keys = unit_norm(head.keys, head.label)
    values = shuffled = None
    if head.values is not None:
        values = standardise(head.values, head.label)
        flat = values.flatten(0, 1)
        order = torch.randperm(len(flat), generator=torch.Generator().manual_seed(seed))
        shuffled = flat[order].reshape(values.shape)
    rows = keys.flatten(0, 1).double().numpy()
    variances = np.linalg.eigvalsh(rows.T @ rows / len(rows)).clip(min=0.0)
    return Prepared(head, keys, values, shuffled, variances, effective_dimension(rows))


def errors_of(rule: Rule, prepared: Prepared) -> Errors:
    """All errors of one rule on one head, newest pair first."""
    parts = [
        _affine_errors(rule, prepared, at)
        if isinstance(rule, AffineRule)
        else _read_errors(rule, prepared, at)
        for at in _batches(len(prepared.keys))
    ]
    return Errors(*(None if p[0] is None else _by_age(torch.cat(p)) for p in zip(*parts)))


def _batches(windows: int) -> Iterator[slice]:
    return (slice(first, first + BATCH) for first in range(0, windows, BATCH))


def _by_age(errors: Tensor) -> Array:
    found: Array = errors.flip(1).double().numpy()
    return np.where(np.isnan(found), np.inf, found)  # inf - inf of a memory that diverged


def _affine_errors(rule: AffineRule, p: Prepared, at: slice) -> tuple[Tensor | None, ...]:
    """One pass gives the read-out matrix R, and R the errors with any values."""
    R = recall_matrices(rule, p.keys[at])
    signal, power = signal_and_power(R)
    measured = None if p.values is None else _squared(R @ p.values[at] - p.values[at])
    control = None if p.shuffled is None else _squared(R @ p.shuffled[at] - p.shuffled[at])
    return measured, control, 1 - 2 * signal + power, _raw_errors(rule, p.head, at)


def _read_errors(rule: Rule, p: Prepared, at: slice) -> tuple[Tensor | None, ...]:
    """Any other rule is measured with each kind of values in turn."""
    measured, control = (
        None if values is None else _squared(_recalled(rule, p.keys[at], values[at]) - values[at])
        for values in (p.values, p.shuffled)
    )
    return measured, control, None, _raw_errors(rule, p.head, at)


def _raw_errors(rule: Rule, head: Head, at: slice) -> Tensor | None:
    if head.values is None:
        return None
    values = head.values[at]
    return _squared(_recalled(rule, head.keys[at], values) - values) / _squared(head.values).mean()


def _recalled(rule: Rule, keys: Tensor, values: Tensor) -> Tensor:
    """Read-outs (windows, tokens, d_v) of all stored keys after the whole window was written."""
    dims = Dims(keys.shape[2], values.shape[2], keys.shape[1])
    states = rule.init(dims, (len(keys),), dtype=keys.dtype, device=keys.device)
    return rule.read_stream(rule.write_stream(states, keys, values), keys)


def _squared(x: Tensor) -> Tensor:
    return x.square().sum(dim=2)


def covariance_prediction(rule: Rule, prepared: Prepared) -> Array | None:
    """The law's error by age on sign keys of the head's covariance; None where there is no law."""
    _, tokens, d = prepared.keys.shape
    law = rule.law(Signs(prepared.variances), Dims(d, d, tokens))
    return None if law is None else law.recall(tokens).mse


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


def summarise(table: pd.DataFrame) -> pd.DataFrame:
    """Per rule, medians over heads at all ages: errors, predictions and measured / predicted."""
    rows = table[table["ages"] == ALL]
    ratios = {
        f"measured/{name}": rows["measured"] / rows[name]
        for name in ("given_keys", "given_covariance")
    }
    columns = ["measured", "shuffled", "given_keys", "given_covariance", "raw"]
    wide = rows[["rule", *columns]].assign(**ratios)
    return wide.groupby("rule").median().reset_index()
