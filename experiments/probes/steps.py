"""Several steps a pair: losses before and after the newest token is written k times in a row.

A gradient memory takes one step of its online loss a write, so a token that is written k times is
given k steps. ``steps`` counts those of the newest token (0: it is not written), ``earlier`` those
of every token before it. Losses are squared errors |o - v|^2 in units of E|v|^2: of the newest
pair before and after its writes, of the pairs stored before it (mean), and of unseen pairs of the
coming teacher, whose noise 1 - rho^2 is added, not drawn.
"""

import pandas as pd
import torch
from torch import Tensor

from capacity.errors import InputError
from capacity.keys import Keys
from capacity.rule import Dims, Rule
from capacity.values import NOISE, Values
from experiments.probes.future import FRESH
from experiments.probes.recall import batch_size, check_request
from experiments.request import Request
from experiments.statistics import Moments
from experiments.streams import Lesson, lesson

QUANTITIES = ("before", "newest", "stored", "unseen")


def measure(request: Request) -> pd.DataFrame:
    """One row a checkpoint, for a sweep; options ``steps`` and ``earlier``."""
    options = {"steps": 1, "earlier": 1, **request.only("steps", "earlier")}
    parts = []
    for items in request.checkpoints:
        found = steps_probe(
            request.rule,
            request.keys,
            request.dims,
            items,
            values=request.values,
            trials=request.trials,
            seed=request.seed,
            dtype=request.dtype,
            device=request.device,
            **options,
        )
        parts.append(table(found).assign(items=items, **options))
    return pd.concat(parts, ignore_index=True)


def table(measured: dict[str, Moments]) -> pd.DataFrame:
    """One row: means with standard errors."""
    row = {name: float(at.mean) for name, at in measured.items()}
    errors = {f"{name}_stderr": float(at.stderr) for name, at in measured.items()}
    return pd.DataFrame([row | errors])


def steps_probe(
    rule: Rule,
    keys: Keys,
    dims: Dims,
    items: int,
    *,
    steps: int,
    earlier: int = 1,
    trials: int,
    values: Values = NOISE,
    seed: int = 0,
    dtype: torch.dtype = torch.float64,
    device: torch.device | str = "cpu",
) -> dict[str, Moments]:
    """Moments over streams ``seed * 2^32 + 0 .. trials - 1`` of the four losses.

    ``items`` are distinct pairs, a whole number of tokens and at least two of them.
    """
    _check(rule, items, steps, earlier)
    check_request((items,), trials, seed)
    keys.check(dims.d_k, max(items, FRESH))
    longest = Dims(dims.d_k, dims.d_v, items * earlier + rule.pairs * steps)
    found = {name: Moments() for name in QUANTITIES}
    size = batch_size(dims, items, device)
    for start in range(0, trials, size):
        seeds = range(seed * 2**32 + start, seed * 2**32 + min(start + size, trials))
        taught = lesson(
            keys, dims, seeds, (items,), values=values, fresh=FRESH, dtype=dtype, device=device
        )
        losses = _losses(rule, longest, seeds, taught, steps, earlier)
        losses["unseen"] = losses["unseen"] + values.noise
        for name, sample in losses.items():
            found[name].add(sample.double().cpu().numpy())
    return found


def _check(rule: Rule, items: int, steps: int, earlier: int) -> None:
    n = rule.pairs
    if items % n or items < 2 * n:
        raise InputError(f"items must be a multiple of {n} from {2 * n} on, got {items}.")
    for name, count, least in (("steps", steps, 0), ("earlier", earlier, 1)):
        if not isinstance(count, int) or count < least:
            raise InputError(f"{name} must be an integer from {least} on, got {count!r}.")


def _losses(
    rule: Rule, dims: Dims, seeds: range, taught: Lesson, steps: int, earlier: int
) -> dict[str, Tensor]:
    """One number a stream for each loss."""
    k, v, n = taught.keys, taught.values, rule.pairs
    items = k.shape[1]
    rng = torch.Generator(k.device).manual_seed(seeds.start)
    empty = rule.init(dims, (len(seeds),), rng, dtype=k.dtype, device=k.device)
    old, new = slice(0, items - n), slice(items - n, items)

    def loss(states: object, queries: Tensor, answers: Tensor) -> Tensor:
        o = rule.read_stream(states, queries)
        return (o - answers).square().sum(2).mean(1)

    before = rule.write_stream(
        empty, repeated(k[:, old], n, earlier), repeated(v[:, old], n, earlier)
    )
    after = before
    if steps:
        start = (items - n) * earlier
        after = rule.write_stream(
            before, repeated(k[:, new], n, steps), repeated(v[:, new], n, steps), start
        )
    return {
        "before": loss(before, k[:, new], v[:, new]),
        "newest": loss(after, k[:, new], v[:, new]),
        "stored": loss(after, k[:, old], v[:, old]),
        "unseen": loss(after, taught.queries, taught.answers[items]),
    }


def repeated(rows: Tensor, pairs: int, times: int) -> Tensor:
    """Pairs (streams, items, d) with every token of ``pairs`` of them ``times`` in a row."""
    batch, items, d = rows.shape
    tokens = rows.reshape(batch, items // pairs, pairs, d)
    return tokens.repeat_interleave(times, dim=1).reshape(batch, items * times, d)
