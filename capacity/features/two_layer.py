r"""Nonlinear keys of a random network: $\phi(k) \propto W^2\,\mathrm{relu}(W^1 k)$."""

import math
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from capacity.additive import Moments
from capacity.feature_map import FeatureMap
from capacity.keys import Array, Gaussian, Keys, Sphere
from capacity.parameters import param
from capacity.recall import Status
from capacity.rule import Source


@cache
def weights(d: int, hidden: int, features: int, seed: int) -> tuple[Tensor, Tensor]:
    """W1 (hidden, d) and W2 (features, hidden), entries iid N(0, 1), fixed by the seed."""
    generator = torch.Generator().manual_seed(seed)
    shapes = ((hidden, d), (features, hidden))
    first, second = (torch.randn(*x, generator=generator, dtype=torch.float64) for x in shapes)
    return first, second


def rectified_means(inner: Array, d: int) -> Array:
    """E relu(a.k) relu(b.k) for all rows a, b of (H, d), isotropic keys with E|k|^2 = 1.

    The arc-cosine kernel of order one, |a| |b| [sin t + (pi - t) cos t]/(2 pi d), t their angle
    (Cho and Saul 2009, Eqs 3 and 6).
    """
    norms = np.sqrt((inner**2).sum(1))
    sizes = np.multiply.outer(norms, norms)
    cosine = np.clip(inner @ inner.T / sizes, -1.0, 1.0)
    angle = np.arccos(cosine)
    found: Array = sizes * (np.sin(angle) + (np.pi - angle) * cosine) / (2 * np.pi * d)
    return found


@dataclass(frozen=True)
class TwoLayer(FeatureMap):
    """Keys k = W2 relu(W1 x) of weights that are not trained, fixed by ``seed``.

    With C = E phi phi^T of this draw, exact on isotropic keys, E kappa(k, k) = tr C and
    E kappa(k, k')^2 = tr C^2, hence an exact effective dimension. E kappa(k, k)^2 would need means
    of four rectified units; (tr C)^2 E|k|^4 bounds it from below (Jensen, by direction), so power
    is a lower bound: what is left out is how |phi| varies with direction, O(1/D + 1/H).

    Rectified units share a positive mean. That is one direction which all keys share: for keys of
    many dimensions the effective dimension stays near pi^2 however wide the layers are.
    """

    title = "Two layers"
    formula = r"\phi(k) = \sqrt{2/(DH)}\,W^2\,\mathrm{relu}(W^1 k)"
    source = Source("McDermott, Heath, Parhi 2026", "arXiv:2606.25342", "k = W2 sigma(W1 x)")
    power: ClassVar[Status] = Status.BOUND

    features: int = param(64, symbol="D", domain=(1, 4096), typical=(1, 64, 256), integer=True)
    hidden: int = param(64, symbol="H", domain=(1, 4096), typical=(1, 64, 256), integer=True)
    seed: int = param(0, symbol=r"\mathrm{seed}", domain=(0, 2**31), typical=(0, 1), integer=True)

    def dimension(self, d: int) -> int:
        return self.features

    def cost(self, d: int) -> int:
        return self.hidden * (d + self.features)

    def _weights(self, d: int) -> tuple[Tensor, Tensor]:
        return weights(d, self.hidden, self.features, self.seed)

    def __call__(self, keys: Tensor) -> Tensor:
        drawn = self._weights(keys.shape[-1])
        first, second = (W.to(keys.device, keys.dtype) for W in drawn)
        scale = math.sqrt(2 / (self.features * self.hidden))
        return (keys @ first.T).clamp(min=0) @ second.T * scale

    def moments(self, keys: Keys, d: int) -> Moments | None:
        if not isinstance(keys, Gaussian | Sphere):
            return None
        first, second = (W.numpy() for W in self._weights(d))
        C = second @ rectified_means(first, d) @ second.T * 2 / (self.features * self.hidden)
        own = np.trace(C)
        fourth = (d + 2) / d if isinstance(keys, Gaussian) else 1  # E|k|^4
        return Moments(own, own**2 * fourth, (C**2).sum())
