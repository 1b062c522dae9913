"""A capacity grid of the delta rule: one shared pass against one run per cell.

16 loads x 32 streams, d = 64, N <= 256, float32, one thread. The shared pass writes all streams
at once and reads at 16 checkpoints; the peers' way runs a third-party recurrent loop for each
cell. Both must give the same recall errors.
"""

from typing import Any

import torch

from benchmarks.timing import best_seconds
from capacity.discover import rule_class
from capacity.keys import Sphere
from capacity.rule import Dims
from experiments.streams import streams
from tests.referees.fla import load_naive

LOADS = tuple(range(16, 257, 16))
STREAMS, D = 32, 64


def measure() -> dict[str, Any]:
    """Seconds of both ways, their ratio, and the largest difference of a recall error."""
    torch.set_num_threads(1)
    keys, values = streams(Sphere(), Dims(D, D), range(STREAMS), LOADS[-1], dtype=torch.float32)
    rule = rule_class("delta").with_values(beta=1.0)

    def shared() -> torch.Tensor:
        start, errors = rule.init(Dims(D, D), (STREAMS,), dtype=keys.dtype), []
        through = rule.write_through(start, keys, values, LOADS)
        for items, states in zip(LOADS, through, strict=True):
            read = rule.read_stream(states, keys[:, :items])
            errors.append((read - values[:, :items]).square().sum(2).mean(1))
        return torch.stack(errors)

    recurrence = load_naive("delta_rule", float64=False).delta_rule_recurrence

    def one_cell(stream: int, items: int) -> torch.Tensor:
        k, v = keys[stream, :items][None, None], values[stream, :items][None, None]
        _, state = recurrence(k.clone(), k, v, torch.ones(1, 1, items, dtype=k.dtype))
        return (k[0, 0] @ state[0, 0] - v[0, 0]).square().sum(1).mean()

    def cell_by_cell() -> torch.Tensor:
        return torch.stack(
            [torch.stack([one_cell(stream, items) for stream in range(STREAMS)]) for items in LOADS]
        )

    difference = float((shared() - cell_by_cell()).abs().max())
    ours, theirs = best_seconds(shared, 5), best_seconds(cell_by_cell, 1)
    return {
        "what": "delta rule, 16 loads x 32 streams, d = 64, N <= 256, float32, one thread",
        "shared_seconds": ours,
        "per_cell_seconds": theirs,
        "ratio": theirs / ours,
        "largest_difference": difference,
    }
