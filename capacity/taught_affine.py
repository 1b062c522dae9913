r"""The exact law of affine rules under a linear teacher, on isotropic keys, from the coefficients.

With A = a I + c u u^T and the write b u of a key k = r u (matrices over the blocks of the state,
see :mod:`capacity.isotropic`), values v = r W u + eps, and the block matrices

    M_i = E tr(W^T S_i)/d,   P_ij = E tr(S_i^T S_j)/d,   W the teacher of the coming token,

one write and one move of the teacher give, with c-terms averaged over u,

    M' = theta (M (a + c/d) + rho^2 E[r b]/d),
    P' = [white part of the law without teacher] + (K M + its transpose) + source,

K M the overlap of what was removed with the teacher. A stored pair is followed forwards: given its
key, E[W^T S_i] and E[S_i^T S_j] stay in the span of I and w w^T. Status: exact for any number of
items, d and age. Teachers that switch restart M at each switch.
"""

from functools import cached_property
from typing import NamedTuple

import numpy as np

from capacity.affine import AffineRule
from capacity.isotropic import EXACT, kron
from capacity.keys import Keys
from capacity.radial import Array, Cycle, RadialStep, radial_cycle
from capacity.recall import Recall
from capacity.taught import FutureError, TaughtLaw
from capacity.values import Values


class TaughtMaps(NamedTuple):
    """What one write does. B blocks; pairs of blocks are flattened, entry (j, l) at j B + l."""

    mean: Array  # (B, B): E A, row block before, column block after
    write: Array  # (B,): E r b
    carry: Array  # (2 B^2, 2 B^2): fresh write on (x, y) of E S^T S = x I + y w w^T
    cross: Array  # (2 B^2, 2 B): what (xi, eta) of E W^T S = xi I + eta w w^T adds to (x, y)
    source: Array  # (B^2,): what the written value itself adds to x
    # the stored write, its moments weighted by r^2 for the read-out to come
    across: Array  # (B^2, B^2): x from P
    along: Array  # (B^2, B^2): x + y from P
    along_cross: Array  # (B^2, B): x + y from M
    along_source: Array  # (B^2,)
    teach_across: Array  # (B, B): xi from M
    teach_along: Array  # (B, B): xi + eta from M
    teach_source: Array  # (B,): E r^3 b


def taught_maps(step: RadialStep, cycle: Cycle, d: int, signal: float) -> TaughtMaps:
    """Average one step over the radius and the direction of its key."""
    r = cycle.nodes[:, None, None]
    # transposed: rows are blocks after the write
    a, along = step.across.transpose(0, 2, 1), step.along.transpose(0, 2, 1)
    c, b, mean = along - a, step.write[:, :, None], cycle.mean
    spread = d * (d + 2)

    def both(first: Array, weight: Array) -> Array:
        """(j, l) <- i of first[j, i] b[l], made symmetric in (j, l)."""
        one, other = kron(first, b), kron(b, first)
        return mean(weight * (one + other))

    aa, cc, ac = kron(a, a), kron(c, c), kron(a, c) + kron(c, a)
    plain, bb = mean(aa + (ac + cc) / d), kron(b, b)
    carry = np.block([[plain, mean(cc) / spread], [0 * plain, mean(aa + ac / d + 2 * cc / spread)]])
    by_a, by_c = both(a, r), both(c, r)
    same = by_a / d + 2 * by_c / spread
    cross = np.block([[same + d * by_c / spread, by_c / spread], [0 * same, same]])
    loud = signal * r**2 + (1 - signal)  # E|v|^2 given the radius
    return TaughtMaps(
        mean=mean(step.across) + mean(step.along - step.across) / d,
        write=mean(cycle.nodes[:, None] * step.write),
        carry=carry,
        cross=cross,
        source=mean(loud * bb)[:, 0] / d,
        across=mean(r**2 * aa),
        along=mean(r**2 * kron(along, along)),
        along_cross=both(along, r**3),
        along_source=mean(r**2 * loud * bb)[:, 0],
        teach_across=mean(r**2 * step.across),
        teach_along=mean(r**2 * step.along),
        teach_source=mean(cycle.nodes[:, None] ** 3 * step.write),
    )


class TaughtAffineLaw(TaughtLaw):
    """Unseen and stored pairs of an affine rule, its coefficients a cycle over the tokens."""

    statuses = EXACT

    def __init__(self, cycle: Cycle, d: int, values: Values) -> None:
        self.maps = [taught_maps(step, cycle, d, values.signal) for step in cycle.steps]
        self.d, self.values = d, values
        self.blocks = len(self.maps[0].write)
        self.dtype = self.maps[0].write.dtype  # objects when a proof evaluates the law on symbols

    def _one_token(self, maps: TaughtMaps, theta: float) -> Array:
        """The write and the teacher's move on (M, P, Q, mu, 1), as one matrix."""
        B, rho2, d = self.blocks, self.values.signal, self.d
        mean, write = maps.mean.T, maps.write / d

        def zero(shape: tuple[int, int]) -> Array:
            return np.zeros(shape, self.dtype)

        first = np.hstack([theta * mean, zero((B, 2 * B**2 + B)), theta * rho2 * write[:, None]])
        power = np.hstack(
            [
                maps.cross[: B**2, :B],
                maps.carry[: B**2, : B**2],
                zero((B**2, B**2 + B)),
                maps.source[:, None],
            ]
        )
        # the mean of S given the teacher's path: S -> S mean + W write, no chance left
        overlap = np.kron(mean, write[:, None]) + np.kron(write[:, None], mean)
        path = np.hstack(
            [
                overlap,
                zero((B**2, B**2)),
                np.kron(mean, mean),
                zero((B**2, B)),
                rho2 * np.kron(write, write)[:, None],
            ]
        )
        weight = np.hstack([zero((B, B + 2 * B**2)), mean, write[:, None]])
        last = np.eye(2 * B + 2 * B**2 + 1, dtype=int)[-1:]
        return np.vstack([first, power, path, weight, last])

    def _theta(self, token: int) -> float:
        """Correlation of the teacher of a token with that of the next one."""
        return self.values.correlation(1, token)

    def _states(self, items: int) -> Array:
        """(M, P, Q, mu, 1) before each write, and after the last: (items + 1, size)."""
        size = 2 * self.blocks + 2 * self.blocks**2 + 1
        rows = np.zeros((items + 1, size), self.dtype)
        rows[0, -1] = 1
        moves = {
            (phase, theta): self._one_token(maps, theta)
            for phase, maps in enumerate(self.maps)
            for theta in {self._theta(t) for t in range(items)}
        }
        for t in range(items):
            rows[t + 1] = moves[t % len(self.maps), self._theta(t)] @ rows[t]
        return rows

    def _future(self, rows: Array) -> FutureError:
        B = self.blocks
        return FutureError(
            alignment=rows[..., 0],
            power=rows[..., B],
            mean_power=rows[..., B + B**2],
            weight=rows[..., B + 2 * B**2],
            signal=self.values.signal,
        )

    def future(self, items: int) -> FutureError:
        return self._future(self._states(items)[1:])

    def steady(self) -> FutureError | None:
        """The fixed point of one period; None if there is none, or if the teacher switches."""
        if self.values.switch:
            return None
        carry = np.eye(len(self._one_token(self.maps[0], 1.0)))
        for maps in self.maps:
            carry = self._one_token(maps, self.values.theta) @ carry
        linear, source = carry[:-1, :-1], carry[:-1, -1]
        if np.abs(np.linalg.eigvals(linear)).max() >= 1 - 1e-14:
            return None
        fixed = np.linalg.solve(np.eye(len(source)) - linear, source)
        return self._future(np.append(fixed, 1.0))

    @cached_property
    def _stacked(self) -> TaughtMaps:
        """The maps with a leading axis over the phases of the period."""
        return TaughtMaps(*(np.stack(parts) for parts in zip(*self.maps, strict=True)))

    def stored(self, items: int) -> Recall:
        """All stored pairs side by side, each followed from its own write to the last."""
        B, period, values = self.blocks, len(self.maps), self.values
        before, maps = self._states(items)[:-1], self._stacked
        born = np.arange(items)
        at = born % period
        M, P = before[:, :B], before[:, B : B + B**2]

        def by(matrix: Array, vector: Array) -> Array:
            product: Array = np.einsum("nij,nj->ni", matrix, vector)
            return product

        x = by(maps.across[at], P)
        y = by(maps.along[at], P) + by(maps.along_cross[at], M) + maps.along_source[at] - x
        xi = np.einsum("ni,nij->nj", M, maps.teach_across[at])
        taught = np.einsum("ni,nij->nj", M, maps.teach_along[at])
        taught = taught + values.signal * maps.teach_source[at]  # (k^T W^T S k of its own teacher)
        z, X = np.hstack([x, y]), np.hstack([xi, taught - xi])
        own = taught + values.noise * maps.write[at]
        signal, power = np.empty((2, items), self.dtype)
        for age in range(items):
            done = items - 1 - age  # its last write has come: read it
            signal[age] = own[done, 0]
            power[age] = z[done, 0] + z[done, B**2]
            live = slice(0, done)
            now = born[live] + age + 1
            at = now % period
            moved = np.array([values.correlation(1, int(t) - 1) for t in now])[:, None]
            X = X[live] * moved
            z = by(maps.carry[at], z[live]) + by(maps.cross[at], X)
            z[:, : B**2] += maps.source[at]
            mean, write = maps.mean[at], maps.write[at] / self.d
            halves = X.reshape(-1, 2, B)
            X = np.einsum("nhi,nij->nhj", halves, mean).reshape(-1, 2 * B)
            X[:, :B] += values.signal * write
            kin = np.array([values.correlation(age + 1, int(t)) for t in born[live]])[:, None]
            own = np.einsum("ni,nij->nj", own[live], mean) + values.signal * kin * write
        return Recall(signal, power, self.statuses)


def taught_affine(rule: AffineRule, keys: Keys, d: int, values: Values) -> TaughtAffineLaw | None:
    """The law of a rule on isotropic keys; None where the rule or the keys are not isotropic."""
    cycle = radial_cycle(rule, keys, d)
    return None if cycle is None else TaughtAffineLaw(cycle, d, values)
