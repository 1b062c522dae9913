r"""FAVOR+ features: $\phi_a(k) \propto e^{\omega_a^\top x - |x|^2/2}$, $x = s\,d^{1/4} k$."""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor

from capacity.additive import Moments
from capacity.coordinates import sphere_coordinate
from capacity.feature_map import FeatureMap
from capacity.keys import Array, Keys, Sphere
from capacity.parameters import param
from capacity.rule import Source


@cache
def directions(d: int, features: int, seed: int) -> Tensor:
    """omega, (features, d): iid N(0, I), fixed by the seed (not orthogonalised)."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(features, d, generator=generator, dtype=torch.float64)


@dataclass(frozen=True)
class Favor(FeatureMap):
    """Positive random features of the softmax kernel e^(x^T y); x y carries attention's 1/sqrt(d).

    The directions are fixed by ``seed``, so moments are those of this draw: exact on the sphere.
    Features are divided by e^(|x|^2/2) of unit keys, after which E kappa(k, k) over draws is 1.
    """

    title = "FAVOR+"
    formula = r"\phi_a(k) \propto \exp(\omega_a^\top x - |x|^2/2),\ x = s\,d^{1/4} k"
    source = Source("Choromanski et al. 2021", "arXiv:2009.14794", "Lemma 1")

    features: int = param(64, symbol="D", domain=(1, 4096), typical=(1, 64, 256), integer=True)
    scale: float = param(
        1.0, symbol="s", domain=(0.0, 4.0), open_at=(0.0,), typical=(0.5, 1.0, 4.0)
    )
    seed: int = param(0, symbol=r"\mathrm{seed}", domain=(0, 2**31), typical=(0, 1), integer=True)

    def dimension(self, d: int) -> int:
        return self.features

    def cost(self, d: int) -> int:
        return self.features * d + d

    def _square(self, d: int) -> float:
        """|x|^2 of unit keys."""
        return self.scale**2 * math.sqrt(d)

    def __call__(self, keys: Tensor) -> Tensor:
        d = keys.shape[-1]
        b = self._square(d)
        omega = directions(d, self.features, self.seed).to(keys.device, keys.dtype)
        x = keys * math.sqrt(b)
        exponent = x @ omega.T - x.square().sum(-1, keepdim=True) / 2 - b / 2
        return exponent.exp() / math.sqrt(self.features)

    def moments(self, keys: Keys, d: int) -> Moments | None:
        if not isinstance(keys, Sphere):
            return None
        b = self._square(d)
        omega = directions(d, self.features, self.seed).numpy() * b**0.5
        squares = (omega**2).sum(1)
        sums = np.sqrt(np.maximum(np.add.outer(squares, squares) + 2 * omega @ omega.T, 0))
        pairs = exponential_mean(d, sums.ravel(), 2 * b)
        doubled = exponential_mean(d, 2 * sums.ravel(), 4 * b)
        own = exponential_mean(d, 2 * np.sqrt(squares), 2 * b)
        return Moments(own.mean(), doubled.mean(), (pairs**2).sum() / self.features**2)


def exponential_mean(d: int, t: Array, offset: float) -> Array:
    """E e^(t u - offset) for one coordinate u of a uniform unit vector, t of one axis."""
    u, mass = sphere_coordinate(d)
    parts = np.array_split(t, max(1, t.size // 65_536))
    return np.concatenate([np.exp(np.outer(part, u) - offset) @ mass for part in parts])
