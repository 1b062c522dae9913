r"""Kernel attention under a linear teacher, on sphere keys: what it learns of the map, exactly.

Given a query q, a pair has weight w = e^(b x), x = k.q, b = 1/h^2, and k_i . k_j averages to
x_i x_j. With Y the sum of the weights of n pairs, chi(t) = E x w e^(-tw), and phi and psi as in
:mod:`capacity.kernel_law`,

    m = E x_i w_i/Y = int phi^(n-1) chi dt,    g = E x_i x_j w_i w_j/Y^2 = int t phi^(n-2) chi^2 dt,

values v_i = W_i k_i + eps_i with E W_i^T W_j = rho^2 c_ij I answer an unseen key, teacher W, with

    A = rho^2 m sum_i c_i,    P = E sum w^2/Y^2 + rho^2 g sum_(i != j) c_ij,
    Q = rho^2 m^2 sum_(i, j) c_ij,    mu = n m.

A stored key has weight 1 itself and the n others w = e^(b (x - 1)); m, g and E x w/Y^2 =: z are
then those with Y = 1 + sum w, integrals with a factor e^(-t). Its signal and power gain

    rho^2 m sum_i c_i,    rho^2 (2 z sum_i c_i + g sum_(i != j) c_ij).

Status: exact for any number of items and d (quadrature as in the law without a teacher).
"""

from functools import cached_property
from typing import Any

import numpy as np

from capacity.kernel_law import EXACT, Queries, affordable, averages, coordinate_nodes
from capacity.keys import Keys, Sphere
from capacity.recall import Array, Recall
from capacity.taught import FutureError, TaughtLaw
from capacity.values import Values

_BLOCK = 2**18  # exponentials held at once


class Overlaps:
    """m, z and g of n pairs, read by unseen keys or (own) beside a stored key's weight of 1."""

    def __init__(self, d: int, b: float, *, own: bool) -> None:
        x, mass = coordinate_nodes(d, b)
        kind = Queries(1.0, b * (x - own), mass)
        self.at = averages([kind], own=own)
        self.damped = np.exp(-self.at.t) if own else np.ones_like(self.at.t)
        log_t = np.log(self.at.t)
        blocks = np.array_split(log_t, max(1, len(log_t) * len(x) // _BLOCK))
        self.chi = np.concatenate([_chi(part, kind.log_weight, mass * x) for part in blocks])

    def of(self, n: int) -> tuple[float, float, float]:
        """m, z and g; 0 where there are too few pairs."""
        if n == 0:
            return 0.0, 0.0, 0.0
        rest, fewer = self.at.rest(n - 1), self.at.rest(max(n - 2, 0))
        densities = TaughtKernelLaw.densities(self.at.t, self.damped, self.chi, rest, fewer)
        m, z, g = (self.at.integral(x) for x in densities)
        return m, z, g if n > 1 else 0.0

    def spread(self, n: int) -> float:
        """E sum w^2/Y^2."""
        return self.at.integral(self.damped * self.at.others(n)) if n else 0.0


def _chi(log_t: Array, log_weight: Array, lean: Array) -> Array:
    """t chi(t) = E x tw e^(-tw), ``lean`` being x with its probabilities."""
    tw = np.exp(np.minimum(log_t[:, None] + log_weight, 300.0))  # e^-tw is 0 long before
    found: Array = (tw * np.exp(-tw)) @ lean
    return found


class TaughtKernelLaw(TaughtLaw):
    """A cache that holds every pair."""

    statuses = EXACT

    def __init__(self, d: int, b: float, values: Values) -> None:
        self.d, self.b, self.values = d, b, values

    @staticmethod
    def densities(t: Any, damped: Any, chi: Any, rest: Any, fewer: Any) -> tuple[Any, Any, Any]:
        """Integrands over dt/t of m, z and g.

        From t, e^-t (unseen keys: 1), t chi, phi^(n-1) and phi^(n-2); arrays or symbols.
        """
        return damped * chi * rest, damped * t * chi * rest, damped * chi**2 * fewer

    @staticmethod
    def unseen(
        m: Any, g: Any, spread: Any, *, n: int, signal: Any, coming: Any, among: Any
    ) -> tuple[Any, Any, Any, Any]:
        """A, P, Q and mu; coming and among: sum_i c_i and sum_(i != j) c_ij."""
        return (
            signal * m * coming,
            spread + signal * g * among,
            signal * m**2 * (among + n),
            n * m,
        )

    @staticmethod
    def gained(m: Any, z: Any, g: Any, *, signal: Any, kin: Any, among: Any) -> tuple[Any, Any]:
        """What the teacher adds to signal and power of a stored key; kin: sum_i c_i."""
        return signal * m * kin, signal * (2 * z * kin + g * among)

    @cached_property
    def _fresh(self) -> Overlaps:
        return Overlaps(self.d, self.b, own=False)

    @cached_property
    def _stored(self) -> Overlaps:
        return Overlaps(self.d, self.b, own=True)

    def _correlations(self, tokens: int) -> Array:
        """c_ij of the teachers of the first ``tokens`` tokens."""
        found = np.eye(tokens)
        for i in range(tokens):
            for j in range(i):
                found[i, j] = found[j, i] = self.values.correlation(i - j, j)
        return found

    def future(self, items: int) -> FutureError:
        c, rows = self._correlations(items + 1), []
        for n in range(1, items + 1):
            m, _, g = self._fresh.of(n)
            sums = {"coming": c[n, :n].sum(), "among": c[:n, :n].sum() - n}
            rows.append(
                self.unseen(m, g, self._fresh.spread(n), n=n, signal=self.values.signal, **sums)
            )
        A, P, Q, mu = np.array(rows).T
        return FutureError(A, P, Q, mu, self.values.signal)

    def steady(self) -> FutureError | None:
        """All weights become small: o = (E x w/E w) W q of a fixed teacher.

        Teachers that drift average out over an endless cache; None for those that switch.
        """
        if self.values.switch:
            return None
        x, mass = coordinate_nodes(self.d, self.b)
        weight = mass * np.exp(self.b * (x - x.max()))
        m, signal = np.array(weight @ x / weight.sum()), self.values.signal
        kept = m if self.values.drift == 0 else 0 * m
        return FutureError(signal * kept, signal * kept**2, signal * kept**2, m, signal)

    def stored(self, items: int) -> Recall:
        n, at, damped = items - 1, self._stored.at, self._stored.damped
        own = at.integral(damped * at.t * at.rest(n))
        alone = at.integral(damped * at.t**2 * at.rest(n)) + self._stored.spread(n)
        c = self._correlations(items)
        kin = c.sum(axis=1) - 1
        sums = {"kin": kin, "among": c.sum() - n - 1 - 2 * kin}
        signal, power = self.gained(*self._stored.of(n), signal=self.values.signal, **sums)
        return Recall((own + signal)[::-1].copy(), (alone + power)[::-1].copy(), self.statuses)


def kernel_taught(bandwidth: float, keys: Keys, d: int, values: Values) -> TaughtKernelLaw | None:
    """The law on sphere keys; None elsewhere and at bandwidths too narrow to integrate."""
    if not isinstance(keys, Sphere) or not affordable(bandwidth, keys, d):
        return None
    return TaughtKernelLaw(d, bandwidth**-2, values)
