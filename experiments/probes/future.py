"""Error on unseen pairs of the teacher: the online loss on future pairs, with its parts.

A stream is written once and read at unseen keys at each checkpoint; what is to be read is W k of
the coming teacher. The noise of an unseen value is independent of everything, so its mean square
1 - rho^2 is added, not drawn. ``share`` streams have one teacher and one set of unseen keys: the
spread of their read-outs is the variance, the error of their mean is bias plus lag. One number per
group of streams enters the statistics, since the streams of a group are not independent.
"""

from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor

from capacity.errors import InputError
from capacity.keys import Keys
from capacity.rule import Dims, Rule
from capacity.values import Values
from experiments.probes.recall import batch_size, check_request
from experiments.request import Request
from experiments.statistics import Moments
from experiments.streams import Lesson, lesson

QUANTITIES = ("error", "alignment", "power", "variance", "systematic", "stored_mse")
FRESH = 16  # unseen keys a stream


@dataclass(frozen=True)
class FutureMeasured:
    """Moments over groups at one checkpoint of ``items`` pairs.

    error: on an unseen pair; alignment <W k, o>; power |o|^2; variance: of o given the teacher;
    systematic: bias plus lag; stored_mse: mean error over the stored pairs.
    """

    items: int
    moments: dict[str, Moments]

    def row(self) -> dict[str, float]:
        """Means with standard errors."""
        found: dict[str, float] = {"items": self.items}
        for name in QUANTITIES:
            found[name] = float(self.moments[name].mean)
            found[f"{name}_stderr"] = float(self.moments[name].stderr)
        return found


def table(measured: list[FutureMeasured]) -> pd.DataFrame:
    """One row a checkpoint."""
    return pd.DataFrame([at.row() for at in measured])


def measure(request: Request) -> pd.DataFrame:
    """One row a checkpoint, for a sweep; options ``share`` and ``fresh``."""
    found = future_probe(
        request.rule,
        request.keys,
        request.dims,
        request.checkpoints,
        values=request.values,
        trials=request.trials,
        seed=request.seed,
        dtype=request.dtype,
        device=request.device,
        **request.only("share", "fresh"),
    )
    return table(found)


def future_probe(
    rule: Rule,
    keys: Keys,
    dims: Dims,
    checkpoints: tuple[int, ...],
    *,
    values: Values,
    trials: int,
    share: int = 4,
    fresh: int = FRESH,
    seed: int = 0,
    dtype: torch.dtype = torch.float64,
    device: torch.device | str = "cpu",
) -> list[FutureMeasured]:
    """Measure at each checkpoint, over streams ``seed * 2^32 + 0 .. trials - 1``.

    ``trials`` is a multiple of ``share``, at least 2.
    """
    checkpoints = check_request(checkpoints, trials, seed)
    if share < 2 or trials % share:
        raise InputError(
            f"share needs at least 2 streams and must divide trials = {trials}, got {share}."
        )
    keys.check(dims.d_k, max(checkpoints[-1], fresh))
    longest = Dims(dims.d_k, dims.d_v, checkpoints[-1])
    found = [FutureMeasured(n, {name: Moments() for name in QUANTITIES}) for n in checkpoints]
    size = max(share, batch_size(dims, checkpoints[-1], device) // share * share)
    for first in range(0, trials, size):
        seeds = range(seed * 2**32 + first, seed * 2**32 + min(first + size, trials))
        taught = lesson(
            keys,
            longest,
            seeds,
            checkpoints,
            values=values,
            fresh=fresh,
            share=share,
            dtype=dtype,
            device=device,
        )
        _one_batch(rule, longest, seeds, taught, found, values, share)
    return found


def _one_batch(
    rule: Rule,
    dims: Dims,
    seeds: range,
    taught: Lesson,
    found: list[FutureMeasured],
    values: Values,
    share: int,
) -> None:
    k, v, device = taught.keys, taught.values, taught.keys.device
    rng = torch.Generator(device).manual_seed(seeds.start)
    states = rule.init(dims, (len(seeds),), rng, dtype=k.dtype, device=device)
    checkpoints = [at.items for at in found]
    for at, reached in zip(found, rule.write_through(states, k, v, checkpoints), strict=True):
        o = rule.read_stream(reached, taught.queries)
        recalled = rule.read_stream(reached, k[:, : at.items])
        stored = (recalled - v[:, : at.items]).square().sum(2).mean(1)
        samples = _measure(o, taught.answers[at.items], values.noise, share)
        samples["stored_mse"] = stored.view(-1, share).mean(1)
        for name, sample in samples.items():
            at.moments[name].add(sample.double().cpu().numpy())


def _measure(o: Tensor, answer: Tensor, noise: float, share: int) -> dict[str, Tensor]:
    """One number a group, from read-outs (streams, fresh, d_v) of groups of ``share`` streams."""

    def grouped(x: Tensor) -> Tensor:
        return x.sum(2).mean(1).view(-1, share).mean(1)

    by_group = o.view(-1, share, *o.shape[1:])
    spread = (by_group - by_group.mean(1, keepdim=True)).square().sum((1, 3)).mean(1)
    variance = spread / (share - 1)
    error = grouped((o - answer).square())
    return {
        "error": error + noise,
        "alignment": grouped(o * answer),
        "power": grouped(o.square()),
        "variance": variance,
        "systematic": error - variance,
    }
