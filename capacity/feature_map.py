r"""Feature maps of keys, declared like rules: name, dimension, kernel, and the moments laws need.

A map takes keys (..., d) to features (..., D). Elementwise maps act on sqrt(d) k, so that unit keys
give entries of size 1; features are then divided by a constant, so that E |phi(k)|^2 is 1 on keys
of unit size (exactly on the sphere or, where that differs, for entries N(0, 1)) and step sizes mean
what they mean without features.
"""

import math
import re
from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from capacity.additive import Kernel, Moments
from capacity.coordinates import normal_coordinate, pair_mean, sphere_coordinate
from capacity.keys import Array, Gaussian, Keys, Sphere
from capacity.parameters import Declared
from capacity.recall import Status
from capacity.rule import Source


class FeatureMap(Declared, ABC):
    """A map of keys; ``kernel`` and ``moments`` are None where theory has no answer."""

    title: ClassVar[str]
    formula: ClassVar[str]
    source: ClassVar[Source]
    trivial: ClassVar[bool] = False  # whether keys come back as they are
    power: ClassVar[Status] = Status.EXACT  # of E kappa(k, k)^2 in ``moments``; the others are

    @classmethod
    def map_id(cls) -> str:
        """The name on the command line: the class name in snake_case."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()

    @abstractmethod
    def dimension(self, d: int) -> int:
        """Features of a key in R^d."""

    @abstractmethod
    def __call__(self, keys: Tensor) -> Tensor:
        """Features (..., D) of keys (..., d)."""

    @abstractmethod
    def cost(self, d: int) -> int:
        """Multiply-adds of mapping one key."""

    def kernel(self, d: int) -> Kernel | None:
        """phi(k)^T phi(k') as a function of k^T k', on keys of any norm; None if it is not one."""
        return None

    def moments(self, keys: Keys, d: int) -> Moments | None:
        """Moments of the kernel on an ensemble; here for isotropic keys, by quadrature."""
        kernel, radii = self.kernel(d), keys.radii(d)
        if kernel is None or radii is None:
            return None
        r, weights = radii
        x, mass = sphere_coordinate(d)
        own = kernel(r**2)
        other = kernel(np.multiply.outer(np.outer(r, r), x)) ** 2 @ mass
        return Moments(weights @ own, weights @ own**2, weights @ other @ weights)


class Elementwise(FeatureMap):
    """A scalar function of each entry of sqrt(d) k; D = d.

    Its moments are exact on the sphere and on Gaussian keys (integrals over one or two entries).
    As d grows, kappa(k, k)^2/E kappa(k, k')^2 saturates at (E f^2/(E f)^2)^2 unless E f = 0.
    """

    @abstractmethod
    def function(self, x: Tensor) -> Tensor:
        """f of each entry; smooth on either side of 0."""

    @abstractmethod
    def mean_square(self) -> float:
        """E f(z)^2 for z ~ N(0, 1)."""

    def dimension(self, d: int) -> int:
        return d

    def cost(self, d: int) -> int:
        return d

    def __call__(self, keys: Tensor) -> Tensor:
        d = keys.shape[-1]
        return self.function(keys * math.sqrt(d)) / math.sqrt(d * self.mean_square())

    def _of(self, x: Array) -> Array:
        return np.asarray(self.function(torch.as_tensor(x)).numpy())

    def moments(self, keys: Keys, d: int) -> Moments | None:
        mixed: Any
        mixed_squares: Any
        if isinstance(keys, Gaussian):
            x, mass = normal_coordinate()
            first, second, fourth = (mass @ self._of(x) ** n for n in (1, 2, 4))
            mixed, mixed_squares = first**2, second**2
        elif isinstance(keys, Sphere):
            u, mass = sphere_coordinate(d)
            second, fourth = (mass @ self._of(d**0.5 * u) ** n for n in (2, 4))
            mixed = pair_mean(d, lambda u: self._of(d**0.5 * u)) if d > 1 else 0.0
            mixed_squares = pair_mean(d, lambda u: self._of(d**0.5 * u) ** 2) if d > 1 else 0.0
        else:
            return None
        size = d * self.mean_square()
        return Moments(
            d * second / size,
            d * (fourth + (d - 1) * mixed_squares) / size**2,
            d * (second**2 + (d - 1) * mixed**2) / size**2,
        )
