r"""Closed forms shared by rules; they take numbers, arrays or sympy expressions alike.

The scalar rank-one family S <- S (a I - p k k^T) + b v k^T holds Hebbian (p = 0), decay, delta and
gated delta (p = alpha beta, b = beta). All of it is exact for isotropic iid keys with radial
moments E|k|^2 = 1, m4 = E|k|^4, m6 = E|k|^6 (1 and 1 on the sphere).
"""

from typing import Any

import numpy as np


def geometric(ratio: Any, count: Any) -> Any:
    """1 + ratio + ... + ratio^(count - 1), the degenerate ratio 1 included."""
    if any(hasattr(x, "free_symbols") for x in (ratio, count)):
        import sympy

        whole = (1 - ratio**count) / (1 - ratio)
        return sympy.Piecewise((count, sympy.Eq(ratio, 1)), (whole, True))
    if ratio == 1:
        return count
    if ratio == 0:  # which has no logarithm; no second moment is below
        return np.minimum(count, 1)
    return -np.expm1(count * np.log(ratio)) / (1 - ratio)


def exponential(x: Any) -> Any:
    """e^x of numbers, arrays or symbols."""
    if hasattr(x, "free_symbols"):
        import sympy

        return sympy.exp(x)
    return np.exp(x)


def rank_one_recall(
    *, decay: Any, removal: Any, write: Any, d: Any, age: Any, items: Any, m4: Any, m6: Any
) -> tuple[Any, Any]:
    r"""Signal and power at a stored key of the given age after ``items`` writes.

    With rho = E tr A^2 / d and tau the eigenvalue of the traceless part,

        s = b (a - p/d)^age,   c = (1 - 1/d) tau^age + rho^age / d,
        p = b^2 m4 c + (b^2/d) [G(rho, age) + y G(rho, items - 1 - age)],
        y = a^2 rho^age - 2 a p m4 c + p^2 m6 c,   G the geometric sum.
    """
    a, p, b = decay, removal, write
    rho = a**2 - 2 * a * p / d + p**2 * m4 / d
    tau = a**2 - 2 * a * p / d + 2 * p**2 * m4 / (d * (d + 2))
    signal = b * (a - p / d) ** age
    c = (1 - 1 / d) * tau**age + rho**age / d
    y = a**2 * rho**age - 2 * a * p * m4 * c + p**2 * m6 * c
    fresh = geometric(rho, age) + y * geometric(rho, items - 1 - age)
    return signal, b**2 * m4 * c + b**2 / d * fresh
