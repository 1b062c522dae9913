"""The in-place loop against chunks, over batch and dimension: what `choose_chunk` rests on."""

from functools import partial
from typing import Any

import torch

from benchmarks.timing import best_seconds
from capacity.chunkwise import choose_chunk
from capacity.discover import rule_class
from capacity.keys import Sphere
from capacity.rule import Dims
from experiments.streams import streams

ITEMS = 256
CASES = [
    (1, 64),
    (8, 64),
    (64, 64),
    (256, 64),
    (1, 128),
    (32, 128),
    (128, 128),
    (1, 256),
    (32, 256),
]


def measure() -> dict[str, Any]:
    """Seconds of the loop and of chunks of 16, 32, 64, and the length that is chosen."""
    torch.set_num_threads(1)
    what = f"delta rule, {ITEMS} writes, float64, one thread; chunk 1 is the loop"
    return {"what": what, "cases": [_case(batch, d) for batch, d in CASES]}


def _case(batch: int, d: int) -> dict[str, Any]:
    rule = rule_class("delta").with_values(beta=1.0)
    keys, values = streams(Sphere(), Dims(d, d), range(batch), ITEMS)
    start = rule.init(Dims(d, d), (batch,))

    def write(chunk: int) -> None:
        rule.write_stream(start, keys, values, chunk=chunk)

    seconds = {chunk: best_seconds(partial(write, chunk)) for chunk in (1, 16, 32, 64)}
    chosen = choose_chunk(d)
    return {
        "batch": batch,
        "d": d,
        "seconds": {str(chunk): found for chunk, found in seconds.items()},
        "chosen": chosen,
        "loop_over_chosen": seconds[1] / seconds[chosen],
        "best_over_chosen": min(seconds.values()) / seconds[chosen],
    }
