"""Key ensembles: how the keys of a stream are distributed, with the moments that laws need.

Isotropic ensembles have k = r u with u uniform on the unit sphere and r independent of it, so
every expectation over keys is a radial one (here, by exact quadrature) times an angular one.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.linalg import eigh_tridiagonal
from torch import Tensor

from capacity.counter_random import Draws
from capacity.errors import InputError, unknown

Array = NDArray[np.float64]


class Overlaps(NamedTuple):
    """E|k|^2, E|k|^4 and, for two different keys, E(k . k')^2.

    Numbers, or symbols where a proof evaluates them.
    """

    own: Any
    own_square: Any
    other_square: Any


class Keys(ABC):
    """A distribution of key streams in R^d; a longer stream of a seed begins with the shorter."""

    name: ClassVar[str]

    @abstractmethod
    def sample(self, draws: Draws, d_k: int, items: int) -> Tensor:
        """Keys of the streams of ``draws``, (streams, items, d_k), float64."""

    def check(self, d_k: int, items: int) -> None:  # noqa: B027 - most ensembles never end
        """Raise :class:`InputError` if no stream of this length exists in this dimension."""

    def most_items(self, d_k: int) -> int | None:
        """The longest stream, or None where there is no limit."""
        return None

    def radii(self, d_k: int) -> tuple[Array, Array] | None:
        """Nodes and weights of the law of r = |k| for isotropic iid keys; None for other keys."""
        return None

    def fine_radii(self, d_k: int) -> tuple[Array, Array] | None:
        """The same for integrands that are smooth in log r but no polynomials in r."""
        return self.radii(d_k)

    def overlaps(self, d_k: int) -> Overlaps | None:
        """Moments of k . k' where any two keys of a stream have the same ones; None elsewhere.

        They suffice for memories that only add.
        """
        return None

    @property
    def label(self) -> str:
        """The text that :func:`parse_keys` turns back into this ensemble."""
        return self.name


@dataclass(frozen=True)
class Sphere(Keys):
    """Keys uniform on the unit sphere."""

    name: ClassVar[str] = "sphere"

    def sample(self, draws: Draws, d_k: int, items: int) -> Tensor:
        rows = draws.normal(items, d_k)
        unit: Tensor = rows / rows.square().sum(dim=2, keepdim=True).sqrt()
        return unit

    def radii(self, d_k: int) -> tuple[Array, Array]:
        return np.ones(1), np.ones(1)


@dataclass(frozen=True)
class Gaussian(Keys):
    """Keys N(0, I/d), so E|k|^2 = 1."""

    name: ClassVar[str] = "gaussian"
    NODES: ClassVar[int] = 16  # exact for polynomials in |k|^2 up to degree 31

    def sample(self, draws: Draws, d_k: int, items: int) -> Tensor:
        return draws.normal(items, d_k) / math.sqrt(d_k)

    def recurrence(self, d_k: Any) -> tuple[Any, Any]:
        """Jacobi matrix of the Gamma(d/2) law of d|k|^2/2: diagonal, squared off-diagonal."""
        n, shape = np.arange(self.NODES), d_k / 2
        return 2 * n + shape, n[1:] * (n[1:] + shape - 1)

    def radii(self, d_k: int) -> tuple[Array, Array]:
        diagonal, squares = self.recurrence(d_k)
        # Golub-Welsch: stable for any d, unlike formulas for the weights
        nodes, vectors = eigh_tridiagonal(diagonal, np.sqrt(squares))
        return np.sqrt(2 * nodes / d_k), vectors[0] ** 2

    def fine_radii(self, d_k: int) -> tuple[Array, Array]:
        # trapezoid in x = log(d|k|^2/2), density e^(shape x - e^x): converges double-exponentially
        shape = d_k / 2
        step = min(0.25, 0.8 / np.sqrt(d_k))
        low, high = -40 / shape - 9 * np.sqrt(2 / d_k), np.log1p(45 / shape) + 9 * np.sqrt(2 / d_k)
        x = np.log(shape) + np.arange(low, high, step)
        weights = np.exp(shape * (x - np.log(shape)) - np.exp(x) + shape)
        kept = weights > 1e-19 * weights.max()
        return np.sqrt(2 * np.exp(x[kept]) / d_k), weights[kept] / weights[kept].sum()


@dataclass(frozen=True)
class Orthonormal(Keys):
    """The first rows of a Haar-random orthonormal frame; at most d_k of them."""

    name: ClassVar[str] = "orthonormal"

    def sample(self, draws: Draws, d_k: int, items: int) -> Tensor:
        self.check(d_k, items)
        q, r = torch.linalg.qr(draws.normal(d_k, d_k))
        frame: Tensor = (q * r.diagonal(dim1=1, dim2=2).sign()[:, None]).mT
        return frame[:, :items]

    def most_items(self, d_k: int) -> int:
        return d_k

    def check(self, d_k: int, items: int) -> None:
        if items > d_k:
            raise InputError(
                f"Orthonormal keys allow at most d_k = {d_k} items, got {items}; "
                "use fewer items, a larger d_k, or the sphere ensemble."
            )


@dataclass(frozen=True, eq=False)
class Empirical(Keys):
    """Given keys, in the order of their rows; only the values of a stream are random.

    Keys are used as they are: no centring, no normalisation.
    """

    rows: Array
    path: str = "array"
    name: ClassVar[str] = "empirical"

    def sample(self, draws: Draws, d_k: int, items: int) -> Tensor:
        self.check(d_k, items)
        rows = torch.from_numpy(self.rows[:items]).to(draws.seeds.device, torch.float64)
        return rows.expand(len(draws.seeds), -1, -1)

    def most_items(self, d_k: int) -> int:
        return len(self.rows)

    def check(self, d_k: int, items: int) -> None:
        found = self.rows.shape[1]
        if d_k != found:
            raise InputError(f"The keys of {self.path} have d_k = {found}, got d_k = {d_k}.")
        if items > len(self.rows):
            raise InputError(f"{self.path} holds {len(self.rows)} keys, got items = {items}.")

    @property
    def label(self) -> str:
        return f"{self.name}:{self.path}"


@dataclass(frozen=True, eq=False)
class Signs(Keys):
    """Keys k_i = sqrt(sigma_i) times independent random signs, sum of sigma = 1.

    Every key has unit norm and E k k^T = diag(sigma), both exactly. The basis is the eigenbasis of
    a covariance; rules that treat all directions alike recall the same in any other basis.
    """

    variances: Array
    name: ClassVar[str] = "signs"

    def __post_init__(self) -> None:
        sigma = np.array(self.variances, dtype=float)
        if sigma.ndim != 1 or not np.isfinite(sigma).all() or (sigma < 0).any() or sigma.sum() <= 0:
            raise InputError(
                "The signs ensemble needs finite variances >= 0, not all zero, in one axis; "
                f"got {self.variances!r}."
            )
        sigma /= sigma.sum()
        sigma.flags.writeable = False
        object.__setattr__(self, "variances", sigma)

    def sample(self, draws: Draws, d_k: int, items: int) -> Tensor:
        self.check(d_k, items)
        scales = torch.tensor(np.sqrt(self.variances), device=draws.seeds.device)
        return draws.signs(items, d_k) * scales

    def check(self, d_k: int, items: int) -> None:
        if d_k != len(self.variances):
            raise InputError(
                f"The signs ensemble has {len(self.variances)} variances, got d_k = {d_k}."
            )

    @property
    def label(self) -> str:
        return f"{self.name}:{','.join(map(repr, self.variances.tolist()))}"


def effective_dimension(keys: Array) -> float:
    """d_eff = (tr S)^2 / tr S^2 with S = K^T K / N, the uncentred second moment of the keys."""
    moment = keys.T @ keys / len(keys)
    found: float = np.trace(moment) ** 2 / np.sum(moment**2)
    return found


ENSEMBLES: dict[str, Callable[[], Keys]] = {
    ensemble.name: ensemble for ensemble in (Sphere, Gaussian, Orthonormal)
}


def parse_keys(text: str) -> Keys:
    """The ensemble of a label.

    ``sphere``, ``gaussian``, ``orthonormal``, ``signs:VARIANCE,VARIANCE,...``, ``empirical:FILE``,
    ``spectrum:power=ALPHA``, ``spike:share=RHO``, ``ar1:correlation=RHO``.
    """
    from capacity.arrays import read_array  # here, so that laws need no file readers
    from capacity.correlated_keys import Autoregressive, Spectrum, Spike

    name, _, rest = text.partition(":")
    if name == "empirical":
        if not rest:
            raise InputError(
                "Empirical keys need a file: empirical:FILE (.npy, .npz, .safetensors)."
            )
        return Empirical(read_array(Path(rest), "keys"), rest)
    if name == "signs":
        try:
            return Signs(np.array([float(x) for x in rest.split(",")]))
        except ValueError as problem:
            raise InputError(f"Signs need signs:VARIANCE,VARIANCE,...; {problem}") from problem
    structured = {each.name: each for each in (Spectrum, Spike, Autoregressive)}
    if name in structured:
        return structured[name].parse(rest)
    if name not in ENSEMBLES:
        forms = [f"{each.name}:{each.parameter}=NUMBER" for each in structured.values()]
        allowed = [*ENSEMBLES, *forms, "signs:VARIANCE,VARIANCE,...", "empirical:FILE"]
        raise unknown("key ensemble", name, allowed)
    if rest:
        raise InputError(f"The {name} ensemble takes no options, got {rest!r}.")
    return ENSEMBLES[name]()
