r"""Gates of consecutive steps: how decays, or mixings of blocks, carry a memory across a chunk.

A step multiplies S (batch, d_v, D) by a gate: nothing, a scalar, a number per channel, or a mixing
G (x) I of the m blocks that lie side by side in S (D = m d). Everything is a product over an
interval of steps, never a quotient, so zero, tiny and negative gates are safe. Shapes: gates
(batch, C, ...); columns P, X (batch, C, D, n).
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor


def mix(S: Tensor, G: Tensor) -> Tensor:
    """S (G (x) I): blocks (..., d_v, m d) mixed by G (..., m, m)."""
    blocks = S.reshape(*S.shape[:-1], G.shape[-1], -1)
    return torch.einsum("...vpd,...pq->...vqd", blocks, G).flatten(-2)


def columns(x: Tensor) -> Tensor:
    """(batch, C, D, n) -> (batch, D, C n), columns ordered by step."""
    return x.permute(0, 2, 1, 3).reshape(x.shape[0], x.shape[2], -1)


class Gates(ABC):
    """The gates a_1 ... a_C of one run of steps."""

    @abstractmethod
    def span(self, start: int, stop: int) -> "Gates":
        """The gates of steps start .. stop - 1."""

    @abstractmethod
    def apply(self, S: Tensor, t: int) -> Tensor:
        """S a_t; may reuse the memory of S."""

    @abstractmethod
    def through(self, S: Tensor) -> Tensor:
        """S a_1 ... a_C."""

    @abstractmethod
    def carried(self, P: Tensor) -> Tensor:
        """a_1 ... a_(t-1) P_t: what the memory at the start meets at step t."""

    @abstractmethod
    def delivered(self, X: Tensor) -> Tensor:
        """(X_t^T a_(t+1) ... a_C)^T: what is left at the end of a write at step t."""

    @abstractmethod
    def overlap(self, X: Tensor, P: Tensor) -> Tensor:
        """X_i^T a_(i+1) ... a_(t-1) P_t for i < t, else 0: (batch, C x, C r)."""


def _before_only(blocks: Tensor) -> Tensor:
    """Keep i < t of (batch, i, n, t, r) and merge steps with columns."""
    batch, C, n, _, r = blocks.shape
    strict = torch.ones(C, C, dtype=torch.bool, device=blocks.device).triu(1)[:, None, :, None]
    return torch.where(strict, blocks, 0.0).reshape(batch, C * n, C * r)


class Open(Gates):
    """No gate: every factor is 1."""

    def span(self, start: int, stop: int) -> "Open":
        return self

    def apply(self, S: Tensor, t: int) -> Tensor:
        return S

    def through(self, S: Tensor) -> Tensor:
        return S

    def carried(self, P: Tensor) -> Tensor:
        return P

    def delivered(self, X: Tensor) -> Tensor:
        return X

    def overlap(self, X: Tensor, P: Tensor) -> Tensor:
        C = X.shape[1]
        inner = columns(X).mT @ columns(P)
        return _before_only(inner.reshape(-1, C, X.shape[3], C, P.shape[3]))


@dataclass(frozen=True)
class Decays(Gates):
    """One factor a step, (batch, C, 1), or one a channel, (batch, C, d)."""

    factors: Tensor

    def span(self, start: int, stop: int) -> "Decays":
        return Decays(self.factors[:, start:stop])

    def apply(self, S: Tensor, t: int) -> Tensor:
        return S.mul_(self.factors[:, t, None, :])

    @cached_property
    def _products(self) -> Tensor:
        """prod_(i < j <= t) a_j for i <= t: (batch, C, C, 1 or d)."""
        C = self.factors.shape[1]
        later = torch.ones(C, C, dtype=torch.bool, device=self.factors.device).triu(1)
        return torch.where(later[:, :, None], self.factors[:, None], 1.0).cumprod(dim=2)

    def through(self, S: Tensor) -> Tensor:
        return S * self.factors.prod(dim=1)[:, None, :]

    def carried(self, P: Tensor) -> Tensor:
        through = self.factors.cumprod(dim=1)
        before = torch.cat([torch.ones_like(through[:, :1]), through[:, :-1]], dim=1)
        return P * before[..., None]

    def delivered(self, X: Tensor) -> Tensor:
        return X * self._products[:, :, -1, :, None]

    def overlap(self, X: Tensor, P: Tensor) -> Tensor:
        products = self._products
        inside = torch.cat([torch.ones_like(products[:, :, :1]), products[:, :, :-1]], dim=2)
        if inside.shape[3] > 1:
            return _before_only(torch.einsum("bidn,bitd,btdr->bintr", X, inside, P))
        C = X.shape[1]
        inner = (columns(X).mT @ columns(P)).reshape(-1, C, X.shape[3], C, P.shape[3])
        return _before_only(inner * inside[:, :, None])


@dataclass(frozen=True)
class Mixings(Gates):
    """A mixing of m blocks a step, (batch, C, m, m)."""

    factors: Tensor

    def span(self, start: int, stop: int) -> "Mixings":
        return Mixings(self.factors[:, start:stop])

    def apply(self, S: Tensor, t: int) -> Tensor:
        return mix(S, self.factors[:, t])

    @cached_property
    def _products(self) -> Tensor:
        """G_(i+1) ... G_t for i <= t, the identity elsewhere: (batch, C, C, m, m)."""
        batch, C, m, _ = self.factors.shape
        one = torch.eye(m, dtype=self.factors.dtype, device=self.factors.device)
        running, found = one.expand(batch, C, m, m), []
        for t in range(C):
            earlier = (torch.arange(C, device=one.device) < t)[:, None, None]
            running = torch.where(earlier, running @ self.factors[:, t, None], one)
            found.append(running)
        return torch.stack(found, dim=2)

    @property
    def _from_start(self) -> Tensor:
        """G_1 ... G_t: (batch, C, m, m)."""
        return self.factors[:, :1] @ self._products[:, 0]

    def through(self, S: Tensor) -> Tensor:
        return mix(S, self._from_start[:, -1])

    def carried(self, P: Tensor) -> Tensor:
        from_start = self._from_start
        one = torch.eye(from_start.shape[2], dtype=P.dtype, device=P.device)
        before = torch.cat([one.expand_as(from_start[:, :1]), from_start[:, :-1]], dim=1)
        return torch.einsum("bcpq,bcqdr->bcpdr", before, self._blocks(P)).flatten(2, 3)

    def delivered(self, X: Tensor) -> Tensor:
        to_end = self._products[:, :, -1]
        return torch.einsum("bcpdn,bcpq->bcqdn", self._blocks(X), to_end).flatten(2, 3)

    def overlap(self, X: Tensor, P: Tensor) -> Tensor:
        products = self._products
        one = torch.eye(products.shape[-1], dtype=P.dtype, device=P.device)
        first = one.expand_as(products[:, :, :1])
        inside = torch.cat([first, products[:, :, :-1]], dim=2)
        inner = torch.einsum("bipdn,btqdr->bitpqnr", self._blocks(X), self._blocks(P))
        return _before_only(torch.einsum("bitpqnr,bitpq->bintr", inner, inside))

    def _blocks(self, x: Tensor) -> Tensor:
        batch, C, _, n = x.shape
        return x.reshape(batch, C, self.factors.shape[2], -1, n)


def gates(decay: Tensor) -> Gates:
    """The gates of (batch, T), (batch, T, d) or (batch, T, m, m) factors; all ones are Open."""
    if decay.ndim == 4:
        return Mixings(decay)
    if decay.ndim == 3:
        return Decays(decay)
    return Open() if bool((decay == 1).all()) else Decays(decay[:, :, None])
