"""A key written twice with two values: how much of each is read, and how loud the read-out is.

The control is the same stream with keys of their own for both pairs. Superposition would leave the
signals of the two values as they are there; what differs is what one write does to the other.
"""

import pandas as pd
import torch
from torch import Tensor

from capacity.errors import InputError
from capacity.keys import Keys
from capacity.rule import Dims, Rule
from experiments.probes.recall import batch_size, check_request
from experiments.request import Request
from experiments.statistics import Moments
from experiments.streams import streams

QUANTITIES = ("first", "second", "power", "own_error", "first_excess", "second_excess")


def measure(request: Request) -> pd.DataFrame:
    """One row a checkpoint, for a sweep; options ``first`` and ``second`` are the key's ages."""
    ages = request.only("first", "second")
    parts = []
    for items in request.checkpoints:
        found = rebinding_probe(
            request.rule,
            request.keys,
            request.dims,
            items,
            trials=request.trials,
            seed=request.seed,
            dtype=request.dtype,
            device=request.device,
            **ages,
        )
        named = {f"{name}_age": age for name, age in ages.items()}  # the signals have the names
        parts.append(table(found).assign(items=items, **named))
    return pd.concat(parts, ignore_index=True)


def rebinding_probe(
    rule: Rule,
    keys: Keys,
    dims: Dims,
    items: int,
    *,
    first: int,
    second: int,
    trials: int,
    seed: int = 0,
    dtype: torch.dtype = torch.float64,
    device: torch.device | str = "cpu",
) -> dict[str, Moments]:
    """Moments over streams of <v1, o>, <v2, o>, |o|^2 and |o - v2|^2, the error on the last value.

    The pair of age ``second`` is given the key of the pair of age ``first``. The excesses are
    <v1, o> and <v2, o> less those of the same values under keys of their own.
    """
    check_request((items,), trials, seed)
    if not 0 <= second < first < items:
        raise InputError(
            f"Rebinding needs 0 <= second < first < items = {items}, got first = {first}, "
            f"second = {second}."
        )
    found = {name: Moments() for name in QUANTITIES}
    longest, size = Dims(dims.d_k, dims.d_v, items), batch_size(dims, items, device)
    one, two = items - 1 - first, items - 1 - second
    for start in range(0, trials, size):
        seeds = range(seed * 2**32 + start, seed * 2**32 + min(start + size, trials))
        k, v = streams(keys, dims, seeds, items, dtype=dtype, device=device)
        again = k.clone()
        again[:, two] = k[:, one]
        bound = _read(rule, longest, seeds, (again, v), [one])[:, 0]
        alone = _read(rule, longest, seeds, (k, v), [one, two])
        for name, sample in _samples(bound, alone, v[:, [one, two]]).items():
            found[name].add(sample.double().cpu().numpy())
    return found


def _read(
    rule: Rule, dims: Dims, seeds: range, pairs: tuple[Tensor, Tensor], places: list[int]
) -> Tensor:
    """Read-outs (streams, places, d_v) at the keys of these places, after all pairs."""
    k, v = pairs
    rng = torch.Generator(k.device).manual_seed(seeds.start)
    states = rule.init(dims, (len(seeds),), rng, dtype=k.dtype, device=k.device)
    return rule.read_stream(rule.write_stream(states, k, v), k[:, places])


def _samples(bound: Tensor, alone: Tensor, values: Tensor) -> dict[str, Tensor]:
    """One number a stream: bound (streams, d_v); alone and the two values (streams, 2, d_v)."""
    first, second = (bound[:, None] * values).sum(2).unbind(1)
    excess = ((bound[:, None] - alone) * values).sum(2)
    return {
        "first": first,
        "second": second,
        "power": bound.square().sum(1),
        "own_error": (bound - values[:, 1]).square().sum(1),
        "first_excess": excess[:, 0],
        "second_excess": excess[:, 1],
    }


def table(measured: dict[str, Moments]) -> pd.DataFrame:
    """One row: means with standard errors."""
    row = {name: float(at.mean) for name, at in measured.items()}
    errors = {f"{name}_stderr": float(at.stderr) for name, at in measured.items()}
    return pd.DataFrame([row | errors])
