"""How many items are recalled that occur with power-law frequencies, among all of them.

Item i = 1 .. N occurs with frequency p_i in proportion to i^(-exponent). Its value enters the
memory weighed by p_i, so that a memory that writes the Hebbian gradient of a chunk writes the
gradient of the expected loss, that of endlessly many draws; the chunk must hold all items. An item
is recalled where its read-out prefers its own unit value to that of every other item.
"""

import pandas as pd
import torch
from torch import Tensor

from capacity.errors import InputError
from experiments.probes.recall import batch_size, check_request
from experiments.request import Request
from experiments.statistics import Moments
from experiments.streams import streams


def measure(request: Request) -> pd.DataFrame:
    """One row a number of items, for a sweep; option ``exponent``, 0 for equal frequencies."""
    exponent = request.only("exponent").get("exponent", 1.5)
    if not exponent >= 0:
        raise InputError(f"exponent needs exponent >= 0, got {exponent!r}.")
    check_request(request.checkpoints, request.trials, request.seed)
    rows = []
    for items in request.checkpoints:
        found = frequencies_probe(request, items, float(exponent))
        rows.append((items, float(found.mean), float(found.stderr)))
    frame = pd.DataFrame(rows, columns=["items", "recalled", "recalled_stderr"])
    return frame.assign(exponent=float(exponent))


def frequencies_probe(request: Request, items: int, exponent: float) -> Moments:
    """Moments over streams of the number of items recalled."""
    rule, dims, found = request.rule, request.dims, Moments()
    size, offset = batch_size(dims, items, request.device), request.seed * 2**32
    for first in range(0, request.trials, size):
        seeds = range(offset + first, offset + min(first + size, request.trials))
        k, v = streams(
            request.keys,
            dims,
            seeds,
            items,
            values=request.values,
            dtype=request.dtype,
            device=request.device,
        )
        v = v / v.norm(dim=2, keepdim=True)
        rng = torch.Generator(k.device).manual_seed(seeds.start)
        states = rule.init(dims, (len(seeds),), rng, dtype=k.dtype, device=k.device)
        states = rule.write_stream(states, k, v * _frequencies(items, exponent, v))
        found.add(_recalled(rule.read_stream(states, k), v).double().cpu().numpy())
    return found


def _frequencies(items: int, exponent: float, like: Tensor) -> Tensor:
    """p_i in a column (items, 1)."""
    weights = torch.arange(1, items + 1, dtype=like.dtype, device=like.device) ** -exponent
    return (weights / weights.sum())[:, None]


def _recalled(o: Tensor, v: Tensor) -> Tensor:
    """How many read-outs (streams, items, d_v) of each stream are nearest to their own value."""
    chosen = (o @ v.mT).argmax(dim=2)
    return (chosen == torch.arange(v.shape[1], device=v.device)).sum(dim=1)
