"""Keys with structure: a spectrum, a common component, or a memory of the key before."""

import math
from abc import abstractmethod
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor

from capacity.counter_random import Draws
from capacity.errors import InputError, unknown
from capacity.keys import Array, Keys, Overlaps


class Structured(Keys):
    """An ensemble with one number, written ``name:number`` or ``name:parameter=number``."""

    parameter: ClassVar[str]

    @classmethod
    def parse(cls, text: str) -> Self:
        """From what follows the colon of a label."""
        name, equals, number = text.rpartition("=")
        if equals and name != cls.parameter:
            raise unknown(f"option of {cls.name} keys", name, [cls.parameter])
        try:
            value = float(number)
        except ValueError:
            raise InputError(
                f"{cls.name} keys need {cls.name}:{cls.parameter}=NUMBER, got {text!r}."
            ) from None
        return cls(**{cls.parameter: value})

    @property
    def value(self) -> float:
        """The number."""
        found: Any = getattr(self, fields(self)[0].name)  # type: ignore[arg-type]
        return float(found)

    @property
    def label(self) -> str:
        return f"{self.name}:{self.parameter}={self.value!r}"

    @abstractmethod
    def effective_dimension(self, d_k: int) -> float:
        """1/tr Sigma^2, the participation ratio of the keys' second moment Sigma (trace 1)."""


@dataclass(frozen=True)
class Spectrum(Structured):
    """N(0, Sigma) with eigenvalues falling as i^-power, tr Sigma = 1; power 0 is ``gaussian``."""

    power: float

    name: ClassVar[str] = "spectrum"
    parameter: ClassVar[str] = "power"

    def __post_init__(self) -> None:
        if not 0 <= self.power < math.inf:
            raise InputError(f"Spectrum keys need 0 <= power < inf, got {self.power}.")

    def variances(self, d_k: int) -> Array:
        """The eigenvalues of Sigma."""
        falling = np.arange(1, d_k + 1, dtype=float) ** -self.power
        variances: Array = falling / falling.sum()
        return variances

    def sample(self, draws: Draws, d_k: int, items: int) -> Tensor:
        scales = torch.tensor(np.sqrt(self.variances(d_k)), device=draws.seeds.device)
        return draws.normal(items, d_k) * scales

    def effective_dimension(self, d_k: int) -> float:
        return float(1 / (self.variances(d_k) ** 2).sum())

    def overlaps(self, d_k: int) -> Overlaps:
        """1, 1 + 2 tr Sigma^2 and tr Sigma^2, by Wick's theorem."""
        shared = 1 / self.effective_dimension(d_k)
        return Overlaps(1.0, 1 + 2 * shared, shared)


@dataclass(frozen=True)
class Spike(Structured):
    """Unit keys sqrt(share) e + sqrt(1 - share) z: one common direction e, z uniform across it."""

    share: float

    name: ClassVar[str] = "spike"
    parameter: ClassVar[str] = "share"

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise InputError(f"Spike keys need 0 <= share <= 1, got {self.share}.")

    def sample(self, draws: Draws, d_k: int, items: int) -> Tensor:
        self.check(d_k, items)
        across = draws.normal(items, d_k)[..., 1:]
        across = across / across.square().sum(dim=2, keepdim=True).sqrt()
        common = torch.full_like(across[..., :1], math.sqrt(self.share))
        return torch.cat([common, math.sqrt(1 - self.share) * across], dim=2)

    def check(self, d_k: int, items: int) -> None:
        if d_k < 2:
            raise InputError(f"Spike keys need d_k >= 2, got {d_k}.")

    def effective_dimension(self, d_k: int) -> float:
        return float(1 / self.overlaps(d_k).other_square)

    def overlaps(self, d_k: int) -> Overlaps:
        """1, 1 and share^2 + (1 - share)^2/(d - 1)."""
        return Overlaps(1.0, 1.0, self.share**2 + (1 - self.share) ** 2 / (d_k - 1))


@dataclass(frozen=True)
class Autoregressive(Structured):
    """k_t = rho k_(t-1) + sqrt(1 - rho^2) N(0, I/d): each key alone is gaussian, neighbours alike.

    rho is the correlation of neighbours.
    """

    correlation: float

    name: ClassVar[str] = "ar1"
    parameter: ClassVar[str] = "correlation"

    def __post_init__(self) -> None:
        if not -1 < self.correlation < 1:
            raise InputError(f"AR(1) keys need -1 < correlation < 1, got {self.correlation}.")

    def sample(self, draws: Draws, d_k: int, items: int) -> Tensor:
        fresh = draws.normal(items, d_k) / math.sqrt(d_k)
        rows, gain = [fresh[:, 0]], math.sqrt(1 - self.correlation**2)
        for t in range(1, items):
            rows.append(self.correlation * rows[-1] + gain * fresh[:, t])
        return torch.stack(rows, dim=1)

    def effective_dimension(self, d_k: int) -> float:
        return float(d_k)
