"""State tracking: a stream of random permutations, each a token of keys without values.

A memory that holds e_i at key e_i is multiplied, token by token, by what the keys of a permutation
make of the rule's factors (:mod:`capacity.tracking`); no key is learnt. ``items`` counts
permutations. Keys are those of the permutations and values the directions of the things, so the
ensemble of a request is not drawn from; d_k = d_v is the number of things.
"""

from itertools import pairwise
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from capacity.errors import InputError
from capacity.keys import Keys, Sphere
from capacity.permutations import symmetric_group
from capacity.rule import Rule
from capacity.tracking import Tracker
from experiments.probes.recall import batch_size, check_request
from experiments.request import Request
from experiments.statistics import Moments
from experiments.streams import draws

QUANTITIES = ("accuracy", "signal")
RESOLUTION = 2.0**-8  # the spacing of bfloat16 numbers at 1, in units of what was stored


def measure(request: Request) -> pd.DataFrame:
    """One row a checkpoint, for a sweep; options ``choice`` and ``resolution``."""
    if request.dims.d_k != request.dims.d_v:
        raise InputError(
            f"State tracking needs d_k = d_v things, got {request.dims.d_k}, {request.dims.d_v}."
        )
    options: dict[str, Any] = {"choice": "swaps", "resolution": RESOLUTION}
    options |= request.only("choice", "resolution")
    found = state_tracking_probe(
        request.rule,
        request.dims.d_k,
        request.checkpoints,
        trials=request.trials,
        keys=request.keys,
        seed=request.seed,
        dtype=request.dtype,
        device=request.device,
        **options,
    )
    return table(found).assign(**options)


def table(measured: dict[int, dict[str, Moments]]) -> pd.DataFrame:
    """One row a checkpoint: means over streams, with their standard errors."""
    rows = []
    for items, moments in measured.items():
        row = {name: float(at.mean) for name, at in moments.items()}
        errors = {f"{name}_stderr": float(at.stderr) for name, at in moments.items()}
        rows.append({"items": items} | row | errors)
    return pd.DataFrame(rows)


def state_tracking_probe(
    rule: Rule,
    things: int,
    checkpoints: tuple[int, ...],
    *,
    choice: str = "swaps",
    resolution: float = RESOLUTION,
    trials: int,
    keys: Keys | None = None,
    seed: int = 0,
    dtype: torch.dtype = torch.float64,
    device: torch.device | str = "cpu",
) -> dict[int, dict[str, Moments]]:
    """Accuracy and signal after each number of permutations, over streams.

    signal: mean over things of the own value in what is read, in units of what was stored;
    accuracy: whether each thing's own value leads all others by more than ``resolution``.
    """
    checkpoints = check_request(checkpoints, trials, seed)
    tracker = Tracker(rule, things, choice)
    found = {n: {name: Moments() for name in QUANTITIES} for n in checkpoints}
    size = batch_size(tracker.dims, checkpoints[-1] * rule.pairs, device)
    for first in range(0, trials, size):
        seeds = range(seed * 2**32 + first, seed * 2**32 + min(first + size, trials))
        drawn = draws("permutations", keys or Sphere(), tracker.dims, seeds, device)
        uniform = drawn.uniform(checkpoints[-1], 1)[..., 0]
        _one_batch(tracker, uniform, found, resolution, dtype)
    return found


def _one_batch(
    tracker: Tracker,
    uniform: Tensor,
    found: dict[int, dict[str, Moments]],
    resolution: float,
    dtype: torch.dtype,
) -> None:
    batch, device, pairs, n = len(uniform), uniform.device, tracker.rule.pairs, tracker.things
    group = torch.tensor(symmetric_group(n), device=device)
    chosen = (uniform * len(group)).long()
    keys = torch.as_tensor(tracker.keys, dtype=dtype, device=device)[chosen].flatten(1, 2)
    values = torch.zeros_like(keys)
    states = tracker.filled(batch, dtype, device)
    stored = tracker.held(states, batch, dtype, device).diagonal(dim1=1, dim2=2).mean()
    start, true = -(-n // pairs) * pairs, torch.arange(n, device=device).expand(batch, n)
    for before, at in pairwise((0, *found)):
        part = slice(before * pairs, at * pairs)
        states = tracker.rule.write_stream(
            states, keys[:, part], values[:, part], start + part.start
        )
        for t in range(before, at):
            true = true.gather(1, group[chosen[:, t]])
        held = tracker.held(states, batch, dtype, device) / stored
        for name, sample in _measure(held, true, resolution).items():
            found[at][name].add(sample.double().cpu().numpy())


def _measure(held: Tensor, true: Tensor, resolution: float) -> dict[str, Tensor]:
    """One number a stream, from read-outs in columns (streams, n, n) and the row of each's own."""
    own = held.gather(1, true[:, None])
    others = held.scatter(1, true[:, None], -torch.inf).amax(1, keepdim=True)
    right = (own - others > resolution).all(2)
    return {"accuracy": right[:, 0], "signal": own[:, 0].mean(1)}
