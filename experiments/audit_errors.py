"""Errors of one rule on one head: measured, on shuffled values, raw, and as laws predict them."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from capacity.affine import AffineRule
from capacity.given_keys import recall_matrices, signal_and_power
from capacity.keys import Signs, effective_dimension
from capacity.rule import Dims, Rule
from experiments.windows import Head, standardise, unit_norm

Array = NDArray[np.float64]
BATCH = 32  # windows at a time: what one rule works on then stays in the processor's cache
GROWTH = 64  # pairs written before the memory gets rows for further values
RAW_EVERY = 4  # raw recall is for the record: one window in so many


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
    compute = _linear_errors if rule.linear_in_values else _read_errors
    batches = [compute(rule, prepared, at) for at in _batches(len(prepared.keys))]
    measured, shuffled, given_keys = (_by_age(parts) for parts in zip(*batches))
    return Errors(measured, shuffled, given_keys, _by_age(list(_raw_errors(rule, prepared.head))))


def _batches(windows: int) -> Iterator[slice]:
    return (slice(first, first + BATCH) for first in range(0, windows, BATCH))


def _by_age(batches: Sequence[Tensor | None]) -> Array | None:
    parts = [part for part in batches if part is not None]
    if not parts:
        return None
    found: Array = torch.cat(parts).flip(1).double().numpy()
    return np.where(np.isnan(found), np.inf, found)  # inf - inf of a memory that diverged


def _linear_errors(rule: Rule, p: Prepared, at: slice) -> tuple[Tensor | None, ...]:
    """One pass with unit values tells how any values are read: o = R V.

    An affine rule is linear in the query too, R = K Z: it answers d_k unit queries, not N keys.
    """
    keys, values = p.keys[at], (p.values, p.shuffled)
    if isinstance(rule, AffineRule):
        Z = _unit_queries(rule, keys)
        signal = (keys * Z.mT).sum(dim=2)
        power = ((keys @ (Z @ Z.mT)) * keys).sum(dim=2)
        errors = [None if V is None else _squared(keys @ (Z @ V[at]) - V[at]) for V in values]
    else:
        R = recall_matrices(rule, keys)
        signal, power = signal_and_power(R)
        errors = [None if V is None else _squared(R @ V[at] - V[at]) for V in values]
    return *errors, 1 - 2 * signal + power


def _unit_queries(rule: AffineRule, keys: Tensor) -> Tensor:
    """Read-outs Z (windows, d_k, tokens) at unit queries, the values being unit vectors too.

    Rows of the memory that belong to values still to come are zero and are added when needed.
    """
    windows, tokens, d = keys.shape
    states = rule.init(Dims(d, 1, tokens), (windows,), dtype=keys.dtype)
    states = states._replace(S=states.S[:, :0])
    step = rule.pairs * max(1, GROWTH // rule.pairs)
    for first in range(0, tokens, step):
        last = min(first + step, tokens)
        fresh = keys.new_zeros(windows, last - first, states.S.shape[2])
        states = states._replace(S=torch.cat([states.S, fresh], dim=1))
        unit = torch.eye(last, dtype=keys.dtype)[first:].expand(windows, -1, -1)
        states = rule.write_stream(states, keys[:, first:last], unit, first)
    return rule.read_stream(states, torch.eye(d, dtype=keys.dtype).expand(windows, -1, -1))


def _read_errors(rule: Rule, p: Prepared, at: slice) -> tuple[Tensor | None, ...]:
    """Any other rule is measured with each kind of values in turn."""
    keys, values = p.keys[at], (p.values, p.shuffled)
    errors = [None if V is None else _squared(_recalled(rule, keys, V[at]) - V[at]) for V in values]
    return *errors, None


def _raw_errors(rule: Rule, head: Head) -> Iterator[Tensor]:
    if head.values is None:
        return
    keys, values = head.keys[::RAW_EVERY], head.values[::RAW_EVERY]
    power = _squared(values).mean()
    for at in _batches(len(keys)):
        yield _squared(_recalled(rule, keys[at], values[at]) - values[at]) / power


def _recalled(rule: Rule, keys: Tensor, values: Tensor) -> Tensor:
    """Read-outs (windows, tokens, d_v) of all stored keys after the whole window was written."""
    dims = Dims(keys.shape[2], values.shape[2], keys.shape[1])
    states = rule.init(dims, (len(keys),), dtype=keys.dtype)
    return rule.read_stream(rule.write_stream(states, keys, values), keys)


def _squared(x: Tensor) -> Tensor:
    return x.square().sum(dim=2)


def covariance_prediction(rule: Rule, prepared: Prepared) -> Array | None:
    """The law's error by age on sign keys of the head's covariance; None where there is no law."""
    _, tokens, d = prepared.keys.shape
    law = rule.law(Signs(prepared.variances), Dims(d, d, tokens))
    return None if law is None else law.recall(tokens).mse
