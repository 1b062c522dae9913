r"""Kernel ridge regression on the cache: $y = V (K + \lambda I)^{-1} \kappa_h(K, q)$."""

from dataclasses import dataclass

import torch
from torch import Tensor

from capacity.cache import CacheRule, CacheState
from capacity.kernel_spectrum import equal_overlaps, kernel_ridge_law
from capacity.keys import Keys
from capacity.law import Law
from capacity.parameters import param
from capacity.rule import Cost, Dims, Source

_PIVOT = 1e-4  # below it the Gram matrix is singular to about half the digits of float64


@dataclass(frozen=True)
class KernelRidge(CacheRule):
    """The minimiser of sum_i |m(k_i) - v_i|^2/2 + lam |m|^2/2 over the kernel's space.

    kappa_h(k, q) = e^{-|k - q|^2 / (2 h^2)}, on unit keys the kernel of softmax attention up to a
    factor. lam 0 takes the pseudo-inverse: the interpolant of least norm.
    """

    family = "nonparametric"
    title = "Kernel ridge regression"
    update = r"y = V (K + \lambda I)^{-1} \kappa_h(K, q)"
    source = Source("McDermott, Heath, Parhi 2026", "arXiv:2606.25342", "Eq 6")

    bandwidth: float = param(
        0.5, symbol="h", domain=(0.0, float("inf")), open_at=(0.0,), typical=(0.25, 0.5, 1.0)
    )
    lam: float = param(0.1, symbol=r"\lambda", domain=(0.0, float("inf")), typical=(0.0, 0.1, 1.0))

    closed_form = staticmethod(equal_overlaps)  # orthonormal keys

    def kernel(self, keys: Tensor, queries: Tensor) -> Tensor:
        """kappa of (..., N, d) and (..., M, d): (..., N, M)."""
        squares = keys.square().sum(-1)[..., :, None] + queries.square().sum(-1)[..., None, :]
        distance = (squares - 2 * keys @ queries.mT).clamp(min=0)
        return torch.exp(-distance / (2 * self.bandwidth**2))

    def weigh(self, keys: Tensor, query: Tensor, filled: Tensor) -> Tensor:
        pairs = filled[:, None] & filled
        system = torch.where(pairs, self.kernel(keys, keys), 0.0)
        system = system + self.lam * torch.diag(filled.to(keys.dtype))
        right = torch.where(filled[:, None], self.kernel(keys, query[None]), 0.0)
        weights: Tensor = (torch.linalg.pinv(system, hermitian=True) @ right)[:, 0]
        return weights

    def read_stream(self, states: CacheState, queries: Tensor) -> Tensor:
        """One factorisation a stream for all its queries."""
        held = int(states.written[0])
        keys, values = states.keys[:, :held], states.values[:, :held]
        if held == 0:
            return queries.new_zeros(*queries.shape[:2], values.shape[2])
        system = self.kernel(keys, keys)
        system = system + self.lam * torch.eye(held, dtype=keys.dtype, device=keys.device)
        factor, failed = torch.linalg.cholesky_ex(system)
        regular = (failed == 0) & (factor.diagonal(dim1=1, dim2=2).amin(dim=1) > _PIVOT)
        fitted = torch.cholesky_solve(values, factor)
        if not regular.all():
            inverse = torch.linalg.pinv(system[~regular], hermitian=True)
            fitted[~regular] = inverse @ values[~regular]
        return self.kernel(queries, keys) @ fitted

    def cost(self, dims: Dims, t: int) -> Cost:
        """A read is a kernel row and V alpha; a write is a whole fit, t^3/3 + t^2 (d_k + d_v)."""
        return Cost(write=t**3 // 3 + t**2 * (dims.d_k + dims.d_v), read=t * (dims.d_k + dims.d_v))

    def law(self, keys: Keys, dims: Dims) -> Law | None:
        """Exact at lam 0 on keys without duplicates (s = p = 1), on orthonormal and given keys.

        Asymptotic on the sphere at lam > 0 (:mod:`capacity.kernel_spectrum`). None at lam > 0 on
        Gaussian keys, on which the kernel is not a function of k.q alone, and on sign keys, whose
        covariance gives the kernel no known spectrum.
        """
        found = kernel_ridge_law(self.bandwidth, self.lam, keys, dims.d_k)
        return found or super().law(keys, dims)
