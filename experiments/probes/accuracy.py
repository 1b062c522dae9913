"""Argmax accuracy: how often a read-out points at its own value more than at any other candidate.

The alphabet is of unit vectors, so the values of a stream are scaled to unit norm before they are
written. Candidates are all stored values of the stream, or the value and fresh unit vectors.
"""

import pandas as pd
import torch
from torch import Tensor

from capacity.errors import InputError
from capacity.keys import Keys
from capacity.rule import Dims, Rule
from capacity.values import NOISE, Values
from experiments.probes.recall import batch_size, check_request
from experiments.request import Request
from experiments.statistics import Moments
from experiments.streams import draws, streams

STORED = "stored"


def measure(request: Request) -> pd.DataFrame:
    """A row a checkpoint for the mean over stored pairs, age missing; option ``candidates``."""
    options = dict(request.only("candidates"))
    candidates = options.get("candidates", STORED)
    measured = accuracy_probe(
        request.rule,
        request.keys,
        request.dims,
        request.checkpoints,
        candidates=candidates,
        trials=request.trials,
        values=request.values,
        seed=request.seed,
        dtype=request.dtype,
        device=request.device,
    )
    return table(measured).assign(candidates=str(candidates))


def table(measured: dict[int, Moments]) -> pd.DataFrame:
    """One row a checkpoint: mean over streams, with its standard error."""
    found = [
        {"items": n, "accuracy": float(at.mean), "accuracy_stderr": float(at.stderr)}
        for n, at in measured.items()
    ]
    return pd.DataFrame(found).assign(age=pd.array([None] * len(found), dtype="Int64"))


def accuracy_probe(
    rule: Rule,
    keys: Keys,
    dims: Dims,
    checkpoints: tuple[int, ...],
    *,
    candidates: int | str = STORED,
    trials: int,
    values: Values = NOISE,
    seed: int = 0,
    dtype: torch.dtype = torch.float64,
    device: torch.device | str = "cpu",
) -> dict[int, Moments]:
    """Share of stored pairs whose value wins, over streams, at each checkpoint.

    ``candidates``: "stored", or how many there are, the value itself and fresh ones.
    """
    checkpoints = check_request(checkpoints, trials, seed)
    if candidates != STORED and not (isinstance(candidates, int) and candidates >= 2):
        raise InputError(f'candidates needs "{STORED}" or a number >= 2, got {candidates!r}.')
    keys.check(dims.d_k, checkpoints[-1])
    longest = Dims(dims.d_k, dims.d_v, checkpoints[-1])
    found = {n: Moments() for n in checkpoints}
    size = batch_size(dims, checkpoints[-1], device)
    for first in range(0, trials, size):
        seeds = range(seed * 2**32 + first, seed * 2**32 + min(first + size, trials))
        k, v = streams(
            keys, longest, seeds, checkpoints[-1], values=values, dtype=dtype, device=device
        )
        v = v / v.norm(dim=2, keepdim=True)
        fresh = None
        if isinstance(candidates, int):
            drawn = draws("candidates", keys, dims, seeds, device).normal(candidates - 1, dims.d_v)
            fresh = (drawn / drawn.norm(dim=2, keepdim=True)).to(dtype)
        rng = torch.Generator(k.device).manual_seed(seeds.start)
        states = rule.init(longest, (len(seeds),), rng, dtype=dtype, device=k.device)
        for n, reached in zip(
            checkpoints, rule.write_through(states, k, v, checkpoints), strict=True
        ):
            won = _won(rule.read_stream(reached, k[:, :n]), v[:, :n], fresh)
            found[n].add(won.double().mean(dim=1).cpu().numpy())
    return found


def _won(o: Tensor, v: Tensor, fresh: Tensor | None) -> Tensor:
    """Which read-outs (streams, items, d_v) prefer their own value to every other candidate."""
    own = (o * v).sum(dim=2)
    if fresh is not None:
        return own > (o @ fresh.mT).amax(dim=2)
    scores = o @ v.mT
    scores.diagonal(dim1=1, dim2=2).fill_(-torch.inf)
    return own > scores.amax(dim=2)
