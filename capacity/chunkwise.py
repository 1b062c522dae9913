r"""Chunkwise-parallel and in-place kernels of the affine update, batched over streams.

    S_t = S_{t-1} (a_t - P_t Q_t^T) + V_t B_t^T

Within a chunk, u_t = S_{t-1} P_t (what the update erases) solves one unit triangular system, and
the gates a_t enter as products over intervals (:mod:`capacity.gates`). Shapes: S (batch, d_v, D);
P, Q (batch, T, D, r); B (batch, T, D, w); V (batch, T, w, d_v).
"""

from typing import NamedTuple

import torch
from torch import Tensor

from capacity.gates import Gates, columns


class Coefficients(NamedTuple):
    """Coefficients of T consecutive steps of a batch of streams."""

    gates: Gates
    left: Tensor
    right: Tensor
    write: Tensor

    def span(self, start: int, stop: int) -> "Coefficients":
        """Steps start .. stop - 1."""
        tensors = (x[:, start:stop] for x in self[1:])
        return Coefficients(self.gates.span(start, stop), *tensors)


def choose_chunk(d: int) -> int:
    """Chunk length for the faster kernel (1 would be the in-place loop).

    Measured in benchmarks/kernels.py: a triangular solve per chunk beats the loop at every batch
    and dimension tried; wider states amortise longer chunks.
    """
    return 32 if d <= 128 else 64


def write_loop(S: Tensor, steps: Coefficients, values: Tensor) -> Tensor:
    """The same update step by step, in place on a copy of S."""
    S = S.clone()
    for t in range(values.shape[1]):
        erased = S @ steps.left[:, t]
        S = steps.gates.apply(S, t)
        added = torch.cat([values[:, t].mT, -erased], dim=2)
        S.baddbmm_(added, torch.cat([steps.write[:, t], steps.right[:, t]], dim=2).mT)
    return S


def write_chunks(S: Tensor, steps: Coefficients, values: Tensor, chunk: int) -> Tensor:
    """The update in chunks of ``chunk`` steps; the last chunk may be shorter."""
    for start in range(0, values.shape[1], chunk):
        stop = min(start + chunk, values.shape[1])
        S = _one_chunk(S, steps.span(start, stop), values[:, start:stop])
    return S


def _one_chunk(S: Tensor, steps: Coefficients, values: Tensor) -> Tensor:
    gates, left, right, write = steps
    batch, C, _, r = left.shape
    V = values.reshape(batch, C * write.shape[3], -1).mT
    S_end = gates.through(S)
    if r:
        erased = S @ columns(gates.carried(left)) + V @ gates.overlap(write, left)
        system = gates.overlap(right, left)
        system = system + torch.eye(C * r, dtype=S.dtype, device=S.device)
        erased = torch.linalg.solve_triangular(
            system, erased, upper=True, left=False, unitriangular=True
        )
        S_end = S_end - erased @ columns(gates.delivered(right)).mT
    return S_end + V @ columns(gates.delivered(write)).mT
