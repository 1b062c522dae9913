r"""Recall of kernel averages o = sum_i kappa(k_i^T q) v_i / sum_i kappa(k_i^T q) on the sphere.

Relative to the stored pair another pair weighs w = kappa(x)/kappa(1), x one coordinate of a uniform
unit vector: the integrals of :mod:`capacity.kernel_law` with another weight. Exact for kernels
that are nowhere negative and largest at 1.
"""

import numpy as np

from capacity.additive import Kernel
from capacity.coordinates import sphere_coordinate
from capacity.kernel_law import KernelLaw, Queries
from capacity.keys import Sphere


def ratio_law(kernel: Kernel, keys: Sphere, d: int) -> KernelLaw | None:
    """The law of a kernel on unit keys; None for a kernel of either sign."""
    x, mass = sphere_coordinate(d)
    w = kernel(x) / kernel(np.ones(1, int))[0]
    if not ((w >= 0) & (w <= 1)).all():
        return None
    with np.errstate(divide="ignore"):
        log_weight = np.maximum(np.log(w), -700.0)
    return KernelLaw(keys, d, 0.0, [Queries(1.0, log_weight, mass)])
