"""A key written twice with two values: how much of each is read, and how loud the read-out is."""

import pandas as pd
import torch

from capacity.errors import InputError
from capacity.keys import Keys
from capacity.rule import Dims, Rule
from experiments.probes.recall import batch_size, check_request
from experiments.request import Request
from experiments.statistics import Moments
from experiments.streams import streams

QUANTITIES = ("first", "second", "power", "own_error")


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
        parts.append(table(found).assign(items=items, **ages))
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

    The pair of age ``second`` is given the key of the pair of age ``first``.
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
        k = k.clone()
        k[:, two] = k[:, one]
        rng = torch.Generator(k.device).manual_seed(seeds.start)
        states = rule.init(longest, (len(seeds),), rng, dtype=k.dtype, device=k.device)
        o = rule.read_stream(rule.write_stream(states, k, v), k[:, one : one + 1])[:, 0]
        samples = {
            "first": (o * v[:, one]).sum(1),
            "second": (o * v[:, two]).sum(1),
            "power": o.square().sum(1),
            "own_error": (o - v[:, two]).square().sum(1),
        }
        for name, sample in samples.items():
            found[name].add(sample.double().cpu().numpy())
    return found


def table(measured: dict[str, Moments]) -> pd.DataFrame:
    """One row: means with standard errors."""
    row = {name: float(at.mean) for name, at in measured.items()}
    errors = {f"{name}_stderr": float(at.stderr) for name, at in measured.items()}
    return pd.DataFrame([row | errors])
