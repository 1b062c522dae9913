r"""Lazy (tangent-kernel) recall of a two-layer ReLU memory trained online, on unit-norm keys.

For f = (A relu(B k) - A0 relu(B0 k)) / sqrt(H), both layers trained from N(0, 1), the kernel
of gradients of a wide net is that of a fixed feature map phi on the sphere,

    kappa(x) = [sqrt(1 - x^2) + 2 x (pi - arccos x)] / (2 pi),    kappa(1) = |phi|^2 = 1,

and gradient steps on |f(k) - v|^2 / 2 are the delta rule in that feature space. kappa is diagonal
in spherical harmonics: degree l has N_l of them, total weight c_l (sum_l c_l = 1), eigenvalue
sigma_l = c_l / N_l. For iid keys on the sphere the mean product of the later steps is
(I - beta Sigma)^a, so

    s(a) = beta sum_l c_l (1 - beta sigma_l)^a.

The power W of the memory stays rotation invariant, one number w_l a degree, with

    w_l <- (1 - 2 beta sigma_l) w_l + beta^2 sigma_l (1 + sum_j c_j w_j),

and so do the traces D_l of the query's second moment Q, D_l <- (1 - 2 beta sigma_l) D_l +
beta^2 c_l sum_j sigma_j D_j from D_l = c_l. With x = phi^T Q phi and u_l = phi^T Q P_l phi,

    p(a) = beta^2 x + beta^2 sum over later writes of sum_l sigma_l D_l
           + sum_l w_l (D_l - 2 beta u_l + beta^2 c_l x).

x and u are taken from the mean query, x = (s/beta)^2, u_l = (s/beta) c_l (1 - beta sigma_l)^a.
That is exact at a = 0 and as N grows without bound, where p = beta/(2 - beta) at every age.

Status: asymptotic. s is the kernel rule's for any N and d; the kernel rule is the net's as its
width H grows. The gap is not derived; measured, it falls at least as fast as 1/sqrt(H). p further
neglects the spread of x, which matters while N is not large against d^2: measured below 1 % of
the mean power at d >= 8, beta <= 1.5.
"""

from functools import cache, lru_cache

import numpy as np

from capacity.keys import Array, Empirical, Keys, Orthonormal, Sphere
from capacity.law import Law
from capacity.recall import Recall, Status

_ASYMPTOTIC = {"signal": Status.ASYMPTOTIC, "power": Status.ASYMPTOTIC}
_LARGEST = 1e13  # multiplicity beyond which rounding drowns a degree
_FELT = 1e-11  # an eigenvalue below it moves no stream of up to 1e8 pairs by more than 0.1 %


def tangent_kernel(cosine: Array) -> Array:
    """kappa of unit keys at this cosine; keys of other norms multiply it by both norms."""
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    kappa: Array = (np.sin(angle) + 2 * np.cos(angle) * (np.pi - angle)) / (2 * np.pi)
    return kappa


@cache
def harmonics(d: int) -> tuple[Array, Array]:
    """Weights c_l and eigenvalues sigma_l of kappa on the unit sphere of R^d, d >= 2.

    Degrees without weight are left out. The last entry is what remains of the total weight 1:
    degrees so rich that the keys of no stream share a mode, eigenvalue 0.
    """
    nodes, weights = np.polynomial.legendre.leggauss(400)
    angle = (nodes + 1) * np.pi / 2
    x, kappa = np.cos(angle), tangent_kernel(np.cos(angle))
    mass = weights * np.exp((d - 2) * np.log(np.sin(angle)))
    mass /= mass.sum()
    shares, counts = [], []
    before, now = np.zeros_like(x), np.ones_like(x)  # orthonormal Gegenbauer polynomials
    edge_before, edge, coupling = 0.0, 1.0, 0.0  # their values at 1: edge^2 = multiplicity
    for degree in range(1, 200):
        shares.append(float(mass @ (kappa * now)) * edge)
        counts.append(edge**2)
        following = _coupling(degree, d)
        before, now = now, (x * now - coupling * before) / following
        edge_before, edge = edge, (edge - coupling * edge_before) / following
        coupling = following
        if edge**2 > _LARGEST:
            break
    c, n = np.array(shares), np.array(counts)
    felt = (c > 1e-14) & (c / n > _FELT)
    return np.append(c[felt], 1 - c[felt].sum()), np.append((c / n)[felt], 0.0)


def _coupling(n: int, d: int) -> float:
    """Recurrence coefficient between degrees n - 1 and n of one coordinate of the sphere."""
    if d == 2:
        return 0.5**0.5 if n == 1 else 0.5
    return float(np.sqrt(n * (n + d - 3) / ((2 * n + d - 2) * (2 * n + d - 4))))


class LazyLaw(Law):
    """The kernel delta rule of step beta on iid keys of the unit sphere (see the module)."""

    statuses = _ASYMPTOTIC

    def __init__(self, beta: float, d: int) -> None:
        self.beta = beta
        self.c, self.sigma = harmonics(d)
        self._overlap, self._w, self._D = (np.empty((0, len(self.c))) for _ in range(3))

    def _follow(self, items: int) -> None:
        """Mean overlaps c (1 - beta sigma)^a, memory powers w and traces D of ``items`` steps."""
        if len(self._w) >= items:
            return
        beta, c, sigma = self.beta, self.c, self.sigma
        count = max(items, 64, 2 * len(self._w))
        self._overlap = c * (1 - beta * sigma) ** np.arange(count)[:, None]
        w, D = np.zeros((count, len(c))), np.zeros((count, len(c)))
        D[0], kept = c, 1 - 2 * beta * sigma
        for t in range(count - 1):
            w[t + 1] = kept * w[t] + beta**2 * sigma * (1 + c @ w[t])
            D[t + 1] = kept * D[t] + beta**2 * c * (sigma @ D[t])
        self._w, self._D = w, D

    def recall(self, items: int) -> Recall:
        self._follow(items)
        beta = self.beta
        overlap, w, D = (table[:items] for table in (self._overlap, self._w, self._D))
        mean = overlap.sum(axis=1)
        x, u = mean**2, mean[:, None] * overlap
        later = beta**2 * np.concatenate([[0.0], np.cumsum(D @ self.sigma)[:-1]])
        weight = D - 2 * beta * u + beta**2 * self.c * x[:, None]
        power = beta**2 * x + later + (w[::-1] * weight).sum(axis=1)
        signal = beta * mean
        return Recall(signal, power, self.statuses, own_power=signal**2)

    def lifelong(self, ages: int) -> Recall:
        """Power beta/(2 - beta) at every age; infinite beyond the edge beta = 2."""
        beta = self.beta
        signal = beta * (self.c * (1 - beta * self.sigma) ** np.arange(ages)[:, None]).sum(axis=1)
        stable = 0 <= beta < 2
        power = np.full(ages, beta / (2 - beta) if stable else np.inf)
        return Recall(signal, power, self.statuses, own_power=signal**2)


class GivenLazyLaw(Law):
    """The same for given keys, chunks and several steps a chunk: kernel regression by descent.

    o_j = sum_i G_ji alpha_i with the Gram matrix G; a chunk adds alpha = beta sum_n (I - beta
    G_cc)^n e, e its errors before the chunk. Status: asymptotic in the width alone.
    """

    statuses = _ASYMPTOTIC

    def __init__(self, beta: float, chunk: int, steps: int, keys: Keys, d: int) -> None:
        self.beta, self.chunk, self.steps = beta, chunk, steps
        self.keys, self.d = keys, d
        self._at = lru_cache(maxsize=64)(self._compute)

    def _rows(self, items: int) -> Array:
        """The keys; orthonormal ones are the standard basis, since the net knows no directions."""
        self.keys.check(self.d, items)
        return (
            self.keys.rows[:items] if isinstance(self.keys, Empirical) else np.eye(self.d)[:items]
        )

    def _compute(self, items: int) -> Recall:
        rows = self._rows(items)
        norms = np.linalg.norm(rows, axis=1)
        both = np.outer(norms, norms)
        gram = both * tangent_kernel(np.divide(rows @ rows.T, both, where=both > 0, out=both * 0))
        np.fill_diagonal(gram, norms**2)  # exactly, where the rounding of a cosine would not
        alpha = np.zeros((items, items))
        for first in range(0, items, self.chunk):
            at = slice(first, min(first + self.chunk, items))
            error = np.eye(items)[at] - gram[at] @ alpha
            for _ in range(self.steps):
                alpha[at] += self.beta * error
                error = error - self.beta * gram[at, at] @ error
        R = gram @ alpha
        signal, power = np.diag(R)[::-1].copy(), (R**2).sum(axis=1)[::-1]
        return Recall(signal, power, self.statuses, own_power=signal**2)

    def recall(self, items: int) -> Recall:
        return self._at(items)

    def lifelong(self, ages: int) -> None:
        return None


def lazy_law(beta: float, chunk: int, steps: int, keys: Keys, d: int) -> Law | None:
    """The lazy law of chunked online descent on these keys; None where none is known.

    On the sphere several steps at one key are one step of size 1 - (1 - beta)^steps. Chunks of
    several random keys are missing: the average of products of their Gram matrices.
    """
    if isinstance(keys, Empirical | Orthonormal):
        return GivenLazyLaw(beta, chunk, steps, keys, d)
    if isinstance(keys, Sphere) and chunk == 1 and d > 1:
        return LazyLaw(1 - (1 - beta) ** steps, d)
    return None
