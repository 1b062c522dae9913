"""Information that a memory demonstrably holds about its values.

Exact numbers and symbols give exact logarithms.
"""

import math
from typing import Any


def gaussian_bits(mse: float, d_v: int) -> float:
    """Rate-distortion bits per pair: (d_v/2) log2(1/mse) for values N(0, I/d_v), 0 at mse >= 1.

    A lower bound on what the state must hold when the mean squared error is ``mse`` (exact bound).
    """
    if mse <= 0:
        return math.inf
    ratio = 1 / mse
    return d_v / 2 * _log2(ratio) if ratio > 1 else 0.0


def fano_bits(accuracy: float, candidates: int) -> float:
    """Fano bits per pair at argmax accuracy among ``candidates`` equally likely values.

    :func:`symmetric_bits` at the error 1 - accuracy (exact bound), 0 where a blind guess does it.
    """
    error = 1 - accuracy
    if error >= 1 - 1 / candidates:
        return 0.0
    if error <= 0:
        return _log2(candidates)
    return max(0.0, symmetric_bits(error, candidates))


def symmetric_bits(error: float, candidates: int) -> float:
    """Bits of an answer whose errors are all alike, log2 V - h2(e) - e log2(V - 1), 0 < e < 1."""
    right = 1 - error
    entropy = -(error * _log2(error) + right * _log2(right))
    return _log2(candidates) - entropy - error * _log2(candidates - 1)


def _log2(x: Any) -> float:
    if hasattr(x, "free_symbols"):
        import sympy

        found: float = sympy.log(x, 2)
        return found
    return math.log2(x)
