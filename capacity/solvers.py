"""Iterative solvers with a fixed number of steps, batched and safe under ``torch.func.vmap``."""

import torch
from torch import Tensor


def conjugate_gradient(M: Tensor, Q: Tensor, steps: int) -> Tensor:
    """Approximate M^{-1} Q for symmetric positive M (..., d, d), columns of Q (..., d, n) apart.

    Starts from zero; each column has its own step lengths. A column whose residual or curvature
    has vanished stays where it is, so steps beyond convergence do no harm.
    """
    X = torch.zeros_like(Q)
    residual = direction = Q
    size = (residual * residual).sum(dim=-2, keepdim=True)
    for _ in range(steps):
        image = M @ direction
        curvature = (direction * image).sum(dim=-2, keepdim=True)
        step = _ratio(size, curvature)
        X = X + step * direction
        residual = residual - step * image
        smaller = (residual * residual).sum(dim=-2, keepdim=True)
        direction = residual + _ratio(smaller, size) * direction
        size = smaller
    return X


def _ratio(above: Tensor, below: Tensor) -> Tensor:
    """above / below where below is positive, else 0."""
    positive = below > 0
    return torch.where(positive, above / torch.where(positive, below, 1.0), 0.0)
