r"""DPFP features: $\phi_{ij}(k) \propto r_i r_{i+j}$ with $r = \mathrm{relu}([k, -k])$."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from capacity.additive import Moments
from capacity.feature_map import FeatureMap
from capacity.keys import Gaussian, Keys, Sphere
from capacity.parameters import param
from capacity.rule import Source


@dataclass(frozen=True)
class Dpfp(FeatureMap):
    """Deterministic parameter-free projection, j = 1 .. nu, D = 2 d nu; indices are cyclic.

    Features are polynomials on each orthant, so their moments are exact on Gaussian keys (entry by
    entry) and, being homogeneous of degree two, on the sphere.
    """

    title = "DPFP"
    formula = r"\phi_{ij}(k) \propto r_i r_{i+j},\ r = \mathrm{relu}([k, -k])"
    source = Source("Schlag, Irie, Schmidhuber 2021", "arXiv:2102.11174", "Eq 37, section 5.4")

    nu: int = param(1, symbol=r"\nu", domain=(1, 64), typical=(1, 2, 3), integer=True)

    def dimension(self, d: int) -> int:
        return 2 * d * self.nu

    def cost(self, d: int) -> int:
        return 2 * d * self.nu

    def __call__(self, keys: Tensor) -> Tensor:
        r = torch.cat([keys, -keys], dim=-1).clamp(min=0)
        rolled = [r * r.roll(-j, dims=-1) for j in range(1, self.nu + 1)]
        d = keys.shape[-1]
        return torch.cat(rolled, dim=-1) / math.sqrt(self._size(d))

    def _feature(self, d: int, i: int, j: int) -> tuple[int, int]:
        """The two indices into r."""
        return i % (2 * d), (i + j) % (2 * d)

    def _size(self, d: int) -> float:
        """E |phi(k)|^2 over Gaussian keys of the feature before division."""
        first = (self._feature(d, 0, j) for j in range(1, self.nu + 1))
        return 2 * d * sum(_moment(d, pair, pair) for pair in first) or 1.0

    def moments(self, keys: Keys, d: int) -> Moments | None:
        """Features of unlike i are alike up to signed permutations of the entries: i = 0 stands."""
        if not isinstance(keys, Gaussian | Sphere):
            return None
        firsts = [self._feature(d, 0, j) for j in range(1, self.nu + 1)]
        every = [self._feature(d, i, j) for i in range(2 * d) for j in range(1, self.nu + 1)]
        size = self._size(d)
        own = 2 * d * sum(_moment(d, a, a) for a in firsts)
        own_square = 2 * d * sum(_moment(d, a, a, b, b) for a in firsts for b in every)
        other = 2 * d * sum(_moment(d, a, b) ** 2 for a in firsts for b in every)
        if isinstance(keys, Sphere):  # E |k|^4 and E |k|^8 of Gaussian keys
            fourth = (d + 2) / d
            own, other = own / fourth, other / fourth**2
            own_square /= fourth * (d + 4) * (d + 6) / d**2
        return Moments(own / size, own_square / size**2, other / size**2)


_RECTIFIED = [1.0, 0.0, 0.5, 0.0, 1.5, 0.0, 7.5, 0.0, 52.5]  # E relu(z)^n for even n


def _moment(d: int, *pairs: tuple[int, int]) -> float:
    """E of the product of r over all indices, for keys N(0, I/d)."""
    powers: dict[int, int] = {}
    for index in (i for pair in pairs for i in pair):
        powers[index] = powers.get(index, 0) + 1
    if any(index + d in powers for index in powers):
        return 0  # relu(x) relu(-x)
    found: float = math.prod(_rectified(power) for power in powers.values()) / d ** len(pairs)
    return found


def _rectified(power: int) -> float:
    """E relu(z)^power, z ~ N(0, 1)."""
    if power % 2 == 0:
        return _RECTIFIED[power]
    return math.prod(range(power - 1, 0, -2)) / math.sqrt(2 * math.pi)
