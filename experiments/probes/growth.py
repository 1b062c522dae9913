"""What grows: the live state and the price of a token, counted on running tensors.

All streams of a pass start from one state, so entries that differ between them after t pairs are
what the streams wrote: the live state. The price is that of the reference step (``write`` of the
last token, then ``read`` of one query), counted by operation. Nothing is timed, nothing is random
but the streams themselves, so there are no standard errors.
"""

from dataclasses import asdict, dataclass

import pandas as pd
import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves, tree_map

from capacity.errors import InputError
from capacity.keys import Keys
from capacity.rule import Dims, Rule, State, Token
from capacity.values import NOISE, Values
from experiments.counting import multiply_adds, varying
from experiments.probes.recall import check_request
from experiments.request import Request
from experiments.streams import streams


@dataclass(frozen=True)
class Grown:
    """After ``items`` pairs, per stream.

    scalars: entries of the state that vary by stream; allocated: all floating-point entries held
    for a stream of this length, fixed initial weights and empty slots included; write, read:
    multiply-adds of the last token and of one query after it, in the reference step.
    """

    items: int
    scalars: int
    allocated: int
    write: int
    read: int


def measure(request: Request) -> pd.DataFrame:
    """One row a checkpoint, for a sweep."""
    request.only()
    found = growth_probe(
        request.rule,
        request.keys,
        request.dims,
        request.checkpoints,
        values=request.values,
        trials=request.trials,
        seed=request.seed,
        dtype=request.dtype,
        device=request.device,
    )
    return pd.DataFrame([asdict(at) for at in found])


def growth_probe(
    rule: Rule,
    keys: Keys,
    dims: Dims,
    checkpoints: tuple[int, ...],
    *,
    trials: int = 2,
    values: Values = NOISE,
    seed: int = 0,
    dtype: torch.dtype = torch.float64,
    device: torch.device | str = "cpu",
) -> list[Grown]:
    """Count at each checkpoint, a whole number of tokens, over at least 2 streams.

    Every length has a state of its own: a growing cache is allocated for that length.
    """
    checkpoints = check_request(checkpoints, trials, seed)
    if trials < 2:
        raise InputError(f"Entries that vary need trials >= 2 streams, got {trials}.")
    for items in checkpoints:
        if items % rule.pairs:
            raise InputError(
                f"items must be a multiple of {rule.pairs} pairs a token, got {items}."
            )
    keys.check(dims.d_k, checkpoints[-1])
    seeds = range(seed * 2**32, seed * 2**32 + trials)
    k, v = streams(keys, dims, seeds, checkpoints[-1], values=values, dtype=dtype, device=device)
    return [_at(rule, k[:, :items], v[:, :items]) for items in checkpoints]


def _at(rule: Rule, k: Tensor, v: Tensor) -> Grown:
    """The counts after all pairs of k (streams, items, d_k) and v (streams, items, d_v)."""
    empty, last = _alike(rule, k, v), k.shape[1] - rule.pairs
    # in one run: a buffer that was filled and emptied on the way would hold what no one reads
    states = rule.write_stream(empty, k, v)
    held = [x for x in tree_leaves(states) if x.is_floating_point()]
    before = rule.write_stream(tree_map(lambda x: x[:1], empty), k[:1, :last], v[:1, :last])
    token = Token(k[0, last:], v[0, last:], torch.tensor(last // rule.pairs, device=k.device))
    state, write = multiply_adds(rule.write, tree_map(lambda x: x[0], before), token)
    _, read = multiply_adds(rule.read, rule.flush(state), k[0, 0])
    return Grown(
        items=k.shape[1],
        scalars=sum(varying(x) for x in held),
        allocated=sum(x[0].numel() for x in held),
        write=write,
        read=read,
    )


def _alike(rule: Rule, k: Tensor, v: Tensor) -> State:
    """The same empty state for every stream, with room for these pairs."""
    dims = Dims(k.shape[2], v.shape[2], k.shape[1])
    rng = torch.Generator(k.device).manual_seed(0)
    one = rule.init(dims, (1,), rng, dtype=k.dtype, device=k.device)
    return tree_map(lambda x: x.expand(len(k), *x.shape[1:]).contiguous(), one)
