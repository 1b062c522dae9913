"""The in-place loop against chunks, over batch and dimension: what `choose_chunk` rests on."""

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
    rule, rows = rule_class("delta").with_values(beta=1.0), []
    for batch, d in CASES:
        keys, values = streams(Sphere(), Dims(d, d), range(batch), ITEMS)
        start = rule.init(Dims(d, d), (batch,))
        seconds = {
            chunk: best_seconds(
                lambda chunk=chunk: rule.write_stream(start, keys, values, chunk=chunk)
            )
            for chunk in (1, 16, 32, 64)
        }
        chosen = choose_chunk(batch, d, torch.device("cpu"))
        rows.append(
            {
                "batch": batch,
                "d": d,
                "seconds": {str(c): s for c, s in seconds.items()},
                "chosen": chosen,
                "loop_over_chosen": seconds[1] / seconds[chosen],
                "best_over_chosen": min(seconds.values()) / seconds[chosen],
            }
        )
    return {"what": f"delta rule, {ITEMS} writes, float64; chunk 1 is the loop", "cases": rows}
