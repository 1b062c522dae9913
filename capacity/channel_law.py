r"""The exact law of rank-one affine rules with gates per channel, on isotropic iid keys.

    S <- S (diag(a) - diag(e) k k^T diag(r)) + v (g o k)^T,   a, e, r, g in R^d.

KDA is e = beta a, r = 1; RWKV-7 is e = 1, r its removal rate per channel. Keys are k = |k| u, u
uniform on the sphere; E k_i^2 = m2, E k_i^2 k_j^2 = m4 (1 + 2 [i = j]), and for six factors m6
times the number of pairings (1, 3, 15). A stored key k is followed backwards, q <- A q, with
Q = E[q q^T | k]; by the signs' symmetry its off-diagonal keeps the form T^age o k k^T, its
diagonal that of M^age (k o k):

    T_ij = a_i a_j - m2 (a_i r_j l_j + a_j r_i l_i) + 2 m4 l_i r_i l_j r_j,
    M = diag(T) + m4 e^2 (r^2)^T,     W = E S^T S = diag(w),   w <- M^T w + m2 g^2.

Hence s = m2 sum_i g_i (a_i - m2 l_i r_i)^age, and p is the sum of

    later writes   m2 g^2 . M^b (m2 1) over b < age,
    the own write  E (g o k)^T Q (g o k),
    older writes   sum_i w_i E (A Q A^T)_ii; A and Q meet the same k: moments up to order 6.

Status: exact for any number of items, any d and every age.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch

from capacity.affine import AffineRule
from capacity.keys import Array, Keys
from capacity.law import Law
from capacity.recall import Recall, Status
from capacity.rule import Token


class Channels(NamedTuple):
    """a, e, r, g of one step, each (d,)."""

    decay: Array
    left: Array
    right: Array
    write: Array


def channels(rule: AffineRule, d: int) -> Channels | None:
    """The gates that a rule declares; None where its step is not of this form for every key."""
    if rule.pairs > 1 or rule.period > 1 or rule.blocks > 1:
        return None
    generator = torch.Generator().manual_seed(0)
    read = []
    for scale in (1.0, 2.0):
        keys = scale * torch.randn(1, d, generator=generator, dtype=torch.float64)
        steps = rule.steps(Token(keys, None, torch.tensor(0)))
        if len(steps) > 1 or steps[0].write.shape[1] != 1 or steps[0].left.shape[1] > 1:
            return None
        step, k = steps[0], keys.T
        none = torch.zeros(d, dtype=torch.float64)
        left, right = ((x / k)[:, 0] if x.shape[1] else none for x in (step.left, step.right))
        gates = (step.decay.expand(d), left, right, (step.write / k)[:, 0])
        read.append(Channels(*(x.numpy() for x in gates)))
    alike = all(np.allclose(x, y, rtol=1e-12, atol=0) for x, y in zip(*read, strict=True))
    return read[0] if alike else None


def channel_law(rule: AffineRule, keys: Keys, d: int) -> "ChannelLaw | None":
    """The exact law; None where the rule or the keys are not of this form."""
    radii, gates = keys.radii(d), channels(rule, d)
    if radii is None or gates is None:
        return None
    nodes, weights = radii
    return ChannelLaw(gates, *(float(weights @ nodes**n) for n in (2, 4, 6)))


class ChannelLaw(Law):
    """Recall from the gates and the radial moments E|k|^2, E|k|^4, E|k|^6.

    Floats give floats; exact objects (rationals, symbols) give exact recall.
    """

    def __init__(self, gates: Channels, square: float, fourth: float, sixth: float) -> None:
        self.statuses = {"signal": Status.EXACT, "power": Status.EXACT}
        self.gates, d = gates, len(gates.decay)
        self.m2, self.m4 = square / d, fourth / (d * (d + 2))
        self.m6 = sixth / (d * (d + 2) * (d + 4))
        a, e, r, _ = gates
        crossed = np.outer(a, e * r)
        self.T = np.outer(a, a) - self.m2 * (crossed + crossed.T)
        self.T += 2 * self.m4 * np.outer(e * r, e * r)
        self.M = np.diag(np.diag(self.T)) + self.m4 * np.outer(e**2, r**2)
        self._followed = lru_cache(maxsize=4)(self._follow)

    def growth(self) -> float:
        """The largest factor by which one write multiplies the power of a memory."""
        return float(np.abs(np.linalg.eigvals(self.M)).max())

    def recall(self, items: int) -> Recall:
        before = np.zeros((items, len(self.M)), self.M.dtype)
        for t in range(1, items):
            before[t] = self.M.T @ before[t - 1] + self.m2 * self.gates.write**2
        return self._at(before[::-1])

    def lifelong(self, ages: int) -> Recall:
        d = len(self.M)
        steady = np.full(d, np.inf)
        if self.growth() < 1 - 1e-14:
            steady = np.linalg.solve(np.eye(d) - self.M.T, self.m2 * self.gates.write**2)
        return self._at(np.broadcast_to(steady, (ages, d)))

    def _at(self, powers: Array) -> Recall:
        """Recall with ``powers[age]`` the w before the write of the pair of that age."""
        signal, own, fresh, older = (
            x[: len(powers)] for x in self._followed(self._room(len(powers)))
        )
        with np.errstate(invalid="ignore"):
            inherited = np.where(older == 0, 0, older * powers).sum(axis=1)
        later = np.concatenate([[0], np.cumsum(fresh)[:-1]])
        return Recall(signal, later + own + inherited, self.statuses, own_power=own)

    def _follow(self, ages: int) -> tuple[Array, Array, Array, Array]:
        """By age: signal, own power, power of one later write, weight of older power (ages, d)."""
        a, e, r, g = self.gates
        d = len(a)
        signal, own, fresh = np.empty((3, ages), self.M.dtype)
        older = np.empty((ages, d), self.M.dtype)
        fading, T, M = np.ones(d, int), 1 - np.eye(d, dtype=int), np.eye(d, dtype=int)
        for age in range(ages):
            signal[age] = self.m2 * (g @ fading)
            sums, kept = M.sum(axis=1), np.diag(M)
            own[age] = self.m4 * (g @ T @ g + g**2 @ (sums + 2 * kept))
            fresh[age] = self.m2**2 * (g**2 @ sums)
            meets = T @ r
            along = r @ meets + r**2 @ (sums + 2 * kept) + 4 * r * meets
            along += 2 * r**2 * sums + 2 * r**2 @ M + 8 * r**2 * kept
            across = meets + r * (sums + 2 * kept)
            older[age] = a**2 * self.m2 * sums - 2 * a * e * self.m4 * across
            older[age] += e**2 * self.m6 * along
            fading, T, M = fading * (a - self.m2 * e * r), T * self.T, self.M @ M
        return signal, own, fresh, older

    def _room(self, ages: int) -> int:
        """Ages rounded up to a power of two, so that growing questions share their work."""
        return ages if self.M.dtype == object else max(64, 1 << (ages - 1).bit_length())
