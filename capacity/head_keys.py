"""Keys of single heads: slices of a key, each turned into the direction of a key of full norm."""

import numpy as np
import torch
from torch import Tensor

from capacity.counter_random import Draws
from capacity.keys import Array, Empirical, Gaussian, Keys, Signs, Sphere


def split_heads(x: Tensor, heads: int) -> Tensor:
    """(..., n, d) -> (..., heads, n, d/heads)."""
    *before, d = x.shape
    return x.reshape(*before, heads, d // heads).movedim(-2, -3)


def split_keys(keys: Tensor, heads: int) -> Tensor:
    """Slices (..., heads, n, d/heads), each with the norm of its whole key; zero slices stay zero.

    With one head the factor is a norm over itself, exactly 1.
    """
    whole = torch.linalg.vector_norm(split_heads(keys, 1), dim=-1, keepdim=True)
    parts = split_heads(keys, heads)
    norms = torch.linalg.vector_norm(parts, dim=-1, keepdim=True)
    factor = whole / torch.where(norms > 0, norms, 1.0)
    return parts * torch.where(norms > 0, factor, 1.0)


class SameNorm(Keys):
    """The key of one head of an isotropic ensemble: a uniform direction, the norm of the whole."""

    name = "same-norm"

    def __init__(self, whole: Keys, heads: int) -> None:
        self.whole, self.heads = whole, heads

    def sample(self, draws: Draws, d_k: int, items: int) -> Tensor:
        return split_keys(self.whole.sample(draws, d_k * self.heads, items), self.heads)[:, 0]

    def radii(self, d_k: int) -> tuple[Array, Array] | None:
        return self.whole.radii(d_k * self.heads)


def head_keys(keys: Keys, heads: int, d: int) -> list[Keys] | None:
    """The ensembles of the heads, one if they are alike; None where they have no description."""
    if heads == 1 or isinstance(keys, Sphere):
        return [keys]
    if isinstance(keys, Gaussian):
        return [SameNorm(keys, heads)]
    if isinstance(keys, Signs):
        keys.check(d, 1)
        parts = np.split(keys.variances, heads)
        return [Signs(part) for part in parts] if all(part.sum() > 0 for part in parts) else None
    if isinstance(keys, Empirical):
        rows = split_keys(torch.from_numpy(keys.rows), heads).numpy()
        return [Empirical(part, keys.path) for part in rows]
    return None
