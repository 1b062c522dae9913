"""Information that a memory demonstrably holds about its values."""

import math


def gaussian_bits(mse: float, d_v: int) -> float:
    """Rate-distortion bits per pair: (d_v/2) log2(1/mse) for values N(0, I/d_v), 0 at mse >= 1.

    A lower bound on what the state must hold when the mean squared error is ``mse`` (exact bound).
    """
    return 0.0 if mse >= 1 else math.inf if mse <= 0 else d_v / 2 * math.log2(1 / mse)


def fano_bits(accuracy: float, candidates: int) -> float:
    """Fano bits per pair at argmax accuracy among ``candidates`` equally likely values.

    log2 V - h2(e) - e log2(V - 1), e = 1 - accuracy (exact bound), at least 0.
    """
    error = 1 - accuracy
    if error >= 1 - 1 / candidates:
        return 0.0
    entropy = -sum(q * math.log2(q) for q in (error, accuracy) if q > 0)
    return max(0.0, math.log2(candidates) - entropy - error * math.log2(candidates - 1))
