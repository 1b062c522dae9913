r"""Recall of additive memories of filtered keys, read by a query filtered as the next key.

Filtered keys and queries are sums of raw ones: k'_i = sum_m B_im k_m and q'_j = sum_m A_jm k_m, so
their overlap is a quadratic form. For independent isotropic keys of E r^2 = m2, E r^4 = m4, and
g_m = A_jm B_im,

    E q'^T k' = m2 sum g,
    E (q'^T k')^2 = m2^2 (sum g)^2 + (m4 - m2^2) sum g^2
                    + (m2^2/d) [|A_j|^2 |B_i|^2 + (sum g)^2 - 2 sum g^2].

Status: exact, any d, any number of items.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from capacity.keys import Array
from capacity.law import Law
from capacity.recall import Recall, Status
from capacity.schedule import Weights

Indices = NDArray[np.intp]


class ConvolutionLaw(Law):
    """Recall from the weights of the writes and the taps of the filter, (c,)."""

    def __init__(self, weights: Weights, taps: Array, radii: tuple[Array, Array], d: int) -> None:
        self.weights, self.taps, self.d = weights, taps, d
        nodes, chances = radii
        self.m2, self.m4 = (float(chances @ nodes**power) for power in (2, 4))
        self.statuses = {"signal": Status.EXACT, "power": Status.EXACT}

    def recall(self, items: int) -> Recall:
        return self._of(items, items, self.weights.by_age(items), first=0, endless=0.0)

    def lifelong(self, ages: int) -> Recall:
        """From whole periods; pairs before those hear the query through |A_j|^2 alone."""
        c, period = len(self.taps), len(self.weights.gain)
        items = period * -(-(ages + 2 * c) // period)
        weights = self.weights.lifelong(items)
        near = (weights[: items - c] ** 2).sum()
        return self._of(items, ages, weights, first=c, endless=self.weights.total_square() - near)

    def _of(self, items: int, ages: int, c: Array, *, first: int, endless: float) -> Recall:
        """Newest ``ages`` of ``items`` pairs; those before ``first`` count as ``endless``."""
        A, B = self._queries(items, ages), self._keys(items)[first:]
        total, squares = A @ B.T, A.power(2) @ B.power(2).T
        by_writing = c[::-1][first:] ** 2
        a2, b2 = (np.asarray(x.power(2).sum(axis=1)) for x in (A, B))
        spread, extra = self.m2**2 / self.d, self.m4 - self.m2**2
        both = self.m2**2 + spread
        power = both * (total.power(2) @ by_writing) + (extra - 2 * spread) * (squares @ by_writing)
        power = power + spread * a2 * (b2 @ by_writing)
        if endless:
            power = power + spread * a2 * endless * float(self.taps @ self.taps)
        stored = items - 1 - np.arange(ages)
        kept = B[stored - first]
        g, g2 = (
            np.asarray((x * y).sum(axis=1)) for x, y in ((A, kept), (A.power(2), kept.power(2)))
        )
        own = both * g**2 + (extra - 2 * spread) * g2 + spread * a2 * b2[stored - first]
        weight = c[:ages]
        return Recall(weight * self.m2 * g, power, self.statuses, own_power=weight**2 * own)

    def _keys(self, items: int) -> csr_array:
        """B, (items, items), in order of writing."""
        rows, lags = np.indices((items, len(self.taps)))
        return self._matrix(rows, rows - lags, self.taps[lags], (items, items))

    def _queries(self, items: int, ages: int) -> csr_array:
        """A, (ages, items), newest stored key first."""
        rows, lags = np.indices((ages, len(self.taps)))
        columns = np.where(lags == 0, items - 1 - rows, items - lags)
        return self._matrix(rows, columns, self.taps[lags], (ages, items))

    @staticmethod
    def _matrix(
        rows: Indices, columns: Indices, entries: Array, shape: tuple[int, int]
    ) -> csr_array:
        known = columns >= 0
        matrix: csr_array = coo_array(
            (entries[known], (rows[known], columns[known])), shape
        ).tocsr()
        return matrix
