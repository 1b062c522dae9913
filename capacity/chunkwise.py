r"""Chunkwise-parallel and in-place kernels of the affine update, batched over streams.

    S_t = S_{t-1} (diag(a_t) - P_t Q_t^T) + V_t B_t^T

Within a chunk, u_t = S_{t-1} P_t (what the update erases) solves one unit triangular system, and
the decays enter as products over intervals, never as quotients, so zero, tiny and negative decays
are safe. Shapes: S (batch, d_v, d); a (batch, T) or (batch, T, d); P, Q (batch, T, d, r);
B (batch, T, d, w); V (batch, T, w, d_v).
"""

from typing import NamedTuple

import torch
from torch import Tensor


class Coefficients(NamedTuple):
    """Coefficients of T consecutive steps of a batch of streams; decay None means all ones."""

    decay: Tensor | None
    left: Tensor
    right: Tensor
    write: Tensor

    def span(self, start: int, stop: int) -> "Coefficients":
        """Steps start .. stop - 1."""
        return Coefficients(*(None if x is None else x[:, start:stop] for x in self))


def choose_chunk(batch: int, d: int, device: torch.device) -> int:
    """Chunk length for the faster kernel; 1 is the in-place loop.

    Measured in benchmarks/kernels.py: once the batch fills the cores by itself, the loop's
    O(d_v d) step beats the chunk's extra work on the CPU; small batches want chunks.
    """
    if device.type == "cpu" and batch * d >= 128 * 64:
        return 1
    return 32 if d <= 128 else 64


def write_loop(S: Tensor, steps: Coefficients, values: Tensor) -> Tensor:
    """The same update step by step, in place on a copy of S."""
    S = S.clone()
    for t in range(values.shape[1]):
        erased = S @ steps.left[:, t]
        if steps.decay is not None:
            a = steps.decay[:, t]
            S *= a[:, None, None] if a.ndim == 1 else a[:, None, :]
        added = torch.cat([values[:, t].mT, -erased], dim=2)
        S.baddbmm_(added, torch.cat([steps.write[:, t], steps.right[:, t]], dim=2).mT)
    return S


def write_chunks(S: Tensor, steps: Coefficients, values: Tensor, chunk: int) -> Tensor:
    """The update in chunks of ``chunk`` steps; the last chunk may be shorter."""
    for start in range(0, values.shape[1], chunk):
        stop = min(start + chunk, values.shape[1])
        S = _one_chunk(S, steps.span(start, stop), values[:, start:stop])
    return S


def _interval_products(decay: Tensor) -> Tensor:
    """G[:, i, t] = prod_{i < j <= t} a_j for i <= t, (batch, C, C) or (batch, C, C, d)."""
    C = decay.shape[1]
    later = torch.ones(C, C, dtype=torch.bool, device=decay.device).triu(1)
    later = later.reshape(1, C, C, *[1] * (decay.ndim - 2))
    return torch.where(later, decay[:, None], 1.0).cumprod(dim=2)


def _one_chunk(S: Tensor, steps: Coefficients, values: Tensor) -> Tensor:
    batch, C, d, r = steps.left.shape
    w = steps.write.shape[3]
    left, right, write = steps.left, steps.right, steps.write
    carried = left  # start of chunk -> just before step t, applied to P_t
    right_end, write_end = right, write
    inside = None
    if steps.decay is not None:
        a = steps.decay if steps.decay.ndim == 3 else steps.decay[:, :, None]
        through = a.cumprod(dim=1)
        before = torch.cat([torch.ones_like(through[:, :1]), through[:, :-1]], dim=1)
        carried = left * before[..., None]
        products = _interval_products(steps.decay)
        to_end = products[:, :, -1] if steps.decay.ndim == 3 else products[:, :, -1, None]
        right_end, write_end = right * to_end[..., None], write * to_end[..., None]
        inside = torch.cat([torch.ones_like(products[:, :, :1]), products[:, :, :-1]], dim=2)
        S_end = S * through[:, -1, None, :]
    else:
        S_end = S
    V = values.reshape(batch, C * w, -1).mT
    if r:
        erased = S @ _columns(carried) + V @ _overlap(write, left, inside)
        system = _overlap(right, left, inside)
        system = system + torch.eye(C * r, dtype=S.dtype, device=S.device)
        erased = torch.linalg.solve_triangular(
            system, erased, upper=True, left=False, unitriangular=True
        )
        S_end = S_end - erased @ _columns(right_end).mT
    return S_end + V @ _columns(write_end).mT


def _columns(x: Tensor) -> Tensor:
    """(batch, C, d, r) -> (batch, d, C r), columns ordered by step."""
    return x.permute(0, 2, 1, 3).reshape(x.shape[0], x.shape[2], -1)


def _overlap(x: Tensor, left: Tensor, inside: Tensor | None) -> Tensor:
    """x_i^T G(i -> t-1) P_t for i < t, zero otherwise: (batch, C x, C r)."""
    batch, C, d, n = x.shape
    r = left.shape[3]
    if inside is not None and inside.ndim == 4:
        blocks = torch.einsum("bidn,bitd,btdr->bintr", x, inside, left)
    else:
        blocks = (_columns(x).mT @ _columns(left)).reshape(batch, C, n, C, r)
        if inside is not None:
            blocks = blocks * inside[:, :, None, :, None]
    strict = torch.ones(C, C, dtype=torch.bool, device=x.device).triu(1)[:, None, :, None]
    return torch.where(strict, blocks, 0.0).reshape(batch, C * n, C * r)
