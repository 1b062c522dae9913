r"""Newton-Schulz iteration towards the polar factor of a matrix (Muon's orthogonalisation).

X <- a X + (b X X^T + c (X X^T)^2) X acts on each singular value as x <- a x + b x^3 + c x^5, from
M / |M|_F. It keeps singular vectors; where it sends the singular values depends on the
coefficients.
"""

import torch
from torch import Tensor

Coefficients = tuple[float, float, float]

# Muon's quintic (Jordan et al. 2024): steep at 0, so it does not settle at 1. After five steps
# singular values above 0.003 of |M|_F lie between 0.68 and 1.21.
MUON: Coefficients = (3.4445, -4.7750, 2.0315)
# The quintic with third-order convergence to 1: the polar factor, given enough iterations.
POLAR: Coefficients = (1.875, -1.25, 0.375)


def newton_schulz(M: Tensor, iterations: int = 5, coefficients: Coefficients = MUON) -> Tensor:
    """Approximate polar factor of M (..., rows, columns), in M's own precision.

    Batched, safe under ``torch.func.vmap``; a zero matrix stays zero, 0 iterations normalise.
    """
    a, b, c = coefficients
    tall = M.shape[-2] > M.shape[-1]
    X = M.mT if tall else M
    norm = X.square().sum(dim=(-2, -1), keepdim=True).sqrt()
    X = X / torch.where(norm > 0, norm, 1.0)
    for _ in range(iterations):
        gram = X @ X.mT
        X = a * X + (b * gram + c * gram @ gram) @ X
    return X.mT if tall else X


def newton_schulz_cost(rows: int, columns: int, iterations: int) -> int:
    """Multiply-adds of one orthogonalisation: three products an iteration, and the norm."""
    small, large = sorted((rows, columns))
    return iterations * (2 * small**2 * large + small**3) + 2 * small * large
