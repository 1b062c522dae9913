"""Seconds of a call: the best of a few repeats, after one to warm up."""

import time
from collections.abc import Callable
from typing import Any


def best_seconds(call: Callable[[], Any], repeats: int = 3) -> float:
    """The shortest of ``repeats`` runs."""
    call()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return min(times)
