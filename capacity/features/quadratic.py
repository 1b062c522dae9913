r"""Quadratic features: all products of two entries, $\phi(k)^\top\phi(q) = (k^\top q)^2$."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from capacity.additive import Kernel
from capacity.feature_map import FeatureMap
from capacity.rule import Source


def symmetric_products(keys: Tensor) -> Tensor:
    """k_i k_j for i <= j, off-diagonal ones times sqrt(2): (..., d (d + 1)/2)."""
    i, j = torch.triu_indices(keys.shape[-1], keys.shape[-1], device=keys.device)
    factor = 1 + (i != j).to(keys.dtype) * (math.sqrt(2) - 1)
    products: Tensor = keys[..., i] * keys[..., j] * factor
    return products


@dataclass(frozen=True)
class Quadratic(FeatureMap):
    """Unit keys have unit features; effective dimension d (d + 2)/3 of D = d (d + 1)/2.

    The kernel of ReBased without its learned affine map. Each product is kept once.
    """

    title = "Quadratic"
    formula = r"\phi(k)^\top\phi(q) = (k^\top q)^2"
    source = Source("Aksenov et al. 2024 (ReBased)", "arXiv:2402.10644", "kernel (q^T k)^2")

    def dimension(self, d: int) -> int:
        return d * (d + 1) // 2

    def cost(self, d: int) -> int:
        return d * (d + 1)

    def __call__(self, keys: Tensor) -> Tensor:
        return symmetric_products(keys)

    def kernel(self, d: int) -> Kernel:
        return np.square
