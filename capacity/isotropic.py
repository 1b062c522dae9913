r"""The exact law of affine rules on isotropic iid keys, from the declared coefficients alone.

Values are independent of keys, so a read-out o = S_N k_j has

    s = E B_j^T A_(j+1) ... A_N k_j,      p = sum_i E (B_i^T A_(i+1) ... A_N k_j)^2.

Both follow the query backwards: q_(t-1) = A_t q_t from q_N = k_j. Isotropic keys k = r u keep
E q q^T in the span of I and w w^T (w the direction of the stored key), two numbers per pair of
blocks, on which one write acts as a fixed matrix:

    A = a I + c u u^T:   E A (X I + Y w w^T) A^T
        = [a X a + (c X a + a X c + c X c)/d + c Y c/(d(d+2))] I
        + [a Y a + (c Y a + a Y c)/d + 2 c Y c/(d(d+2))] w w^T.

At the stored token itself the key is not fresh: A acts on w and on its complement separately.
Status: exact for any number of items, any d, every age. A state of several blocks (momentum)
makes a, c, X, Y matrices over the blocks. Gates that repeat with a period, and tokens of several
pairs, are a cycle of such steps.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from capacity.affine import AffineRule
from capacity.keys import Keys
from capacity.law import Law
from capacity.radial import Array, RadialStep, is_isotropic, radial_cycle, read_steps
from capacity.recall import Recall, Status

EXACT = {"signal": Status.EXACT, "power": Status.EXACT}


def kron(x: Array, y: Array) -> Array:
    """Kronecker product of matrices along a leading axis; vec(x M y^T) = kron(x, y) vec M."""
    n, i, j = x.shape
    k, m = y.shape[1:]
    product: Array = (x[:, :, None, :, None] * y[:, None, :, None, :]).reshape(n, i * k, j * m)
    return product


@dataclass(frozen=True)
class StepMaps:
    """What one write does to the moments z = (vec X, vec Y) of a query and to the power W."""

    query: Array  # z before the write (backwards in time) = query @ z after
    fresh: Array  # power that this write leaves in a read-out of an older key: fresh @ z
    own: Array  # power of the stored pair itself: own @ z
    older: Array  # power of older writes at this stored key: W . (older @ z)
    power: Array  # vec W after = power @ vec W before + source
    source: Array
    mean: Array  # E A, (blocks, blocks)
    write: Array  # E r b, (blocks,)

    @classmethod
    def of(
        cls, step: RadialStep, radii: Array, d: Any, mean: Callable[[Array], Array]
    ) -> "StepMaps":
        """Average one step over the radius; ``mean`` reduces the leading axis of an array."""
        a, c = step.across, step.along - step.across
        b = step.write[:, None, :]
        r2 = radii[:, None, None] ** 2
        aa, cc = mean(kron(a, a)), mean(kron(c, c))
        ac = mean(kron(a, c) + kron(c, a))
        bb, own = mean(kron(b, b)), mean(r2 * kron(b, b))
        plain = aa + (ac + cc) / d
        along = mean(r2 * kron(step.along, step.along))
        across = mean(r2 * kron(a, a)) * (d - 1)
        spread = d * (d + 2)
        query = np.block([[plain, cc / spread], [0 * aa, aa + ac / d + 2 * cc / spread]])
        return cls(
            query=query,
            fresh=np.hstack([bb, bb / d])[0],
            own=np.hstack([own, own])[0],
            older=np.hstack([across + along, along]),
            power=plain.T,
            source=bb[0] / d,
            mean=mean(a) + mean(c) / d,
            write=mean(radii[:, None] * step.write),
        )


def isotropic_law(rule: AffineRule, keys: Keys, d: int) -> "IsotropicLaw | None":
    """The exact law of a rule on isotropic iid keys; None where the rule or the keys are not."""
    cycle = radial_cycle(rule, keys, d)
    if cycle is None:
        return None
    return IsotropicLaw([StepMaps.of(step, cycle.nodes, d, cycle.mean) for step in cycle.steps])


class IsotropicLaw(Law):
    """Recall from the maps of one period of steps, newest read-outs followed backwards.

    Maps of floats give floats; maps of exact objects (rationals, symbols) give exact recall.
    """

    statuses = EXACT

    def __init__(self, cycle: list[StepMaps]) -> None:
        self.cycle = cycle
        self.blocks = len(cycle[0].write)
        self._query: dict[int, tuple[Array, Array]] = {}
        self.dtype = cycle[0].query.dtype
        self._power = np.zeros((1, self.blocks**2), self.dtype)

    def recall(self, items: int) -> Recall:
        period = len(self.cycle)
        powers = self._powers(items)[items - 1 - np.arange(items)]
        return self._at(items % period, powers)

    def lifelong(self, ages: int) -> Recall:
        period = len(self.cycle)
        steady = self._steady_powers()
        return self._at(0, steady[(-1 - np.arange(ages)) % period])

    def _at(self, residue: int, powers: Array) -> Recall:
        """Recall with ``powers[a]`` the power W before the write of the pair of age a."""
        ages, period = len(powers), len(self.cycle)
        moments, signals = self._queries(residue, ages)
        writer = (residue - 1 - np.arange(ages)) % period
        signal, own, fresh, older = (np.empty(ages, self.dtype) for _ in range(4))
        for phase, maps in enumerate(self.cycle):
            at = writer == phase
            z = moments[at]
            signal[at] = signals[at] @ maps.write
            own[at], fresh[at] = z @ maps.own, z @ maps.fresh
            weight = z @ maps.older.T
            older[at] = _weighed(weight, powers[at])
        later = np.concatenate([[0], np.cumsum(fresh)[:-1]])
        return Recall(signal, later + own + older, self.statuses, own_power=own)

    def _queries(self, residue: int, ages: int) -> tuple[Array, Array]:
        """Moments z and mean of the query after 0 .. ages - 1 writes, newest write first."""
        if residue not in self._query or len(self._query[residue][0]) < ages:
            count = max(ages, 64, 2 * len(self._query.get(residue, [()])[0]))
            start = np.eye(2 * self.blocks**2, dtype=int)[self.blocks**2]
            first = np.eye(self.blocks, dtype=int)[0]
            period = len(self.cycle)
            order = [self.cycle[(residue - 1 - i) % period] for i in range(period)]
            self._query[residue] = (
                _orbit([maps.query for maps in order], start, count),
                _orbit([maps.mean for maps in order], first, count),
            )
        moments, means = self._query[residue]
        return moments[:ages], means[:ages]

    def _powers(self, items: int) -> Array:
        """Power W before each of the first ``items`` writes."""
        if len(self._power) < items:
            count = max(items, 2 * len(self._power))
            extended = [
                np.block([[m.power, m.source[:, None]], [0 * m.source, 1]]) for m in self.cycle
            ]
            start = np.eye(self.blocks**2 + 1, dtype=int)[-1]
            self._power = _orbit(extended, start, count)[:, :-1]
        return self._power[:items]

    def growth(self) -> float:
        """The largest factor by which one period multiplies the power W of a memory."""
        carry = np.eye(self.blocks**2)
        for maps in self.cycle:
            carry = maps.power @ carry
        return float(np.abs(np.linalg.eigvals(carry)).max())

    def _steady_powers(self) -> Array:
        """The periodic power W before each phase; infinite where it has no finite limit."""
        size = self.blocks**2
        carry, source = np.eye(size), np.zeros(size)
        for maps in self.cycle:
            carry, source = maps.power @ carry, maps.power @ source + maps.source
        if np.abs(np.linalg.eigvals(carry)).max() >= 1 - 1e-14:
            return np.full((len(self.cycle), size), np.inf)
        steady = [np.linalg.solve(np.eye(size) - carry, source)]
        for maps in self.cycle[:-1]:
            steady.append(maps.power @ steady[-1] + maps.source)
        return np.stack(steady)


def _weighed(weight: Array, powers: Array) -> Array:
    """Row sums of weight * powers; infinite where infinite power is read with any weight at all."""
    with np.errstate(invalid="ignore"):
        terms = np.where(weight == 0, 0, weight * powers)
    endless = (abs(powers) == np.inf) & (weight != 0)
    found: Array = np.where(endless, np.inf, terms).sum(axis=1)
    return found


def _orbit(maps: list[Array], start: Array, count: int) -> Array:
    """start, M_0 start, M_1 M_0 start, ... (maps in a cycle), ``count`` rows."""
    rows = [start]
    for matrix in maps[:-1]:
        rows.append(matrix @ rows[-1])
    orbit = np.stack(rows).astype(maps[0].dtype)
    period = len(maps)
    # one period ahead of row i is its own cyclic product; double the rows until there are enough
    cyclic = _cyclic_products(maps)
    while len(orbit) < count:
        ahead = np.empty_like(orbit)
        for i in range(period):
            ahead[i::period] = orbit[i::period] @ cyclic[i].T
        orbit = np.concatenate([orbit, ahead])
        cyclic = [matrix @ matrix for matrix in cyclic]
    return orbit[:count]


def _cyclic_products(maps: list[Array]) -> list[Array]:
    """M_(i-1) ... M_0 M_(period-1) ... M_i for every i: what one period does from phase i on."""
    one: Array = np.eye(len(maps[0]), dtype=int)
    before, after = [one], [one]
    for matrix in maps[:-1]:
        before.append(matrix @ before[-1])
    for matrix in reversed(maps):
        after.append(after[-1] @ matrix)
    return [x @ y for x, y in zip(before, reversed(after[1:]), strict=True)]


class OrthonormalLaw(Law):
    """Orthonormal keys: no write touches another key, so recall is deterministic, p = s^2."""

    statuses = EXACT

    def __init__(self, cycle: list[RadialStep], d: int) -> None:
        self.cycle, self.d = cycle, d

    def recall(self, items: int) -> Recall:
        from capacity.keys import Orthonormal

        Orthonormal().check(self.d, items)
        period, residue = len(self.cycle), items % len(self.cycle)
        order = [self.cycle[(residue - 1 - i) % period] for i in range(period)]
        first = np.eye(len(order[0].write))[0]
        queries = _orbit([step.across for step in order], first, items)
        signal = np.array([order[a % period].write @ q for a, q in enumerate(queries)])
        return Recall(signal, signal**2, self.statuses, own_power=signal**2)

    def lifelong(self, ages: int) -> None:
        return None


def orthonormal_law(rule: AffineRule, d: int) -> OrthonormalLaw | None:
    """The exact law on orthonormal keys; None where the rule is not isotropic."""
    return OrthonormalLaw(read_steps(rule, d, 1.0), d) if is_isotropic(rule, d) else None
