r"""The exact law of one linear layer trained with momentum and decay, in closed steps.

    M <- mu M + beta (v - S k) k^T,    S <- alpha S + M,

row by row [S M] <- [S M] A + v [beta k, beta k]^T. Across the key A mixes the two blocks by
[[alpha, 0], [mu, mu]]; along a key of radius r the gradient takes beta r^2 off what S gives to
both. Status: exact on isotropic iid and orthonormal keys, any N and d.
"""

import numpy as np

from capacity.isotropic import IsotropicLaw, OrthonormalLaw, StepMaps
from capacity.keys import Keys, Orthonormal
from capacity.law import Law
from capacity.radial import RadialStep


def momentum_law(alpha: float, mu: float, beta: float, keys: Keys, d: int) -> Law | None:
    """The law on these keys; None where they are neither isotropic nor orthonormal."""
    if isinstance(keys, Orthonormal):
        across, along, write = _steps(alpha, mu, beta, np.ones(1))
        return OrthonormalLaw([RadialStep(across[0], along[0], write[0])], d)
    radii = keys.radii(d)
    if radii is None:
        return None
    nodes, weights = radii
    step = _steps(alpha, mu, beta, nodes)
    maps = StepMaps.of(step, nodes, d, lambda x: np.tensordot(weights, x, (0, 0)))
    return IsotropicLaw([maps])


def _steps(alpha: float, mu: float, beta: float, radii: np.ndarray) -> RadialStep:
    across = np.broadcast_to(np.array([[alpha, 0.0], [mu, mu]]), (len(radii), 2, 2))
    removed = np.zeros((len(radii), 2, 2))
    removed[:, 0] = beta * radii[:, None] ** 2
    return RadialStep(across, across - removed, beta * np.stack([radii, radii], axis=1))
