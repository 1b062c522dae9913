r"""The exact law of affine rules on unit-norm keys of any covariance, signs in its eigenbasis.

Keys k_i = sqrt(sigma_i) eps_i with independent signs eps (:class:`capacity.keys.Signs`) have
|k| = 1 and E k k^T = diag(sigma). Values are independent of keys. For steps S <- S A + b v k^T,
A = a I + c k k^T, the query q of a stored key k goes backwards through A, and Q = E q q^T, from
k k^T, keeps the form

    Q_ij = k_i k_j L_ij for i != j,    Q_ii = D_i,    L from 1, D from sigma:

    L_ij <- (a^2 + a c (sigma_i + sigma_j) + 2 c^2 sigma_i sigma_j) L_ij,
    D_i  <- (a^2 + 2 a c sigma_i) D_i + c^2 sigma_i sum_l sigma_l D_l.

E S^T S = diag(w) obeys the map of D plus b^2 sigma. Hence, with u_i = sum_{l != i} sigma_l L_il
and x = sum_i sigma_i (D_i + u_i) = k^T Q k,

    s = b sum_i sigma_i prod (a + c sigma_i),
    p = b^2 x + sum over later writes of b^2 sum_i sigma_i D_i
        + sum_i w_i (a^2 D_i + 2 a c sigma_i (D_i + u_i) + c^2 sigma_i x).

Status: exact for this ensemble, any number of items and any age. For other keys it is what their
covariance alone predicts: it takes keys as independent of each other, of fixed norm, and without
the fourth moments that go beyond the covariance. Signs of whole keys do not matter, so a common
mean of the keys is covered: it is one large sigma.
"""

from typing import NamedTuple

import numpy as np

from capacity.affine import AffineRule
from capacity.keys import Array, Signs
from capacity.law import Law
from capacity.radial import RadialStep, is_isotropic, read_steps
from capacity.recall import Recall, Status


class SignStep(NamedTuple):
    """A = across I + change k k^T and the write b k."""

    across: float
    change: float
    write: float

    @classmethod
    def of(cls, step: RadialStep) -> "SignStep":
        """From the declared coefficients at a unit-norm key."""
        across = step.across.item()
        return cls(across, step.along.item() - across, step.write.item())

    def power_map(self, sigma: Array) -> Array:
        """E A diag(w) A = diag(map w), and the same map for D."""
        a, c, _ = self
        plain: Array = np.diag(a**2 + 2 * a * c * sigma) + c**2 * np.outer(sigma, sigma)
        return plain

    def pair_factors(self, sigma: Array) -> Array:
        """Growth of L_ij; the diagonal is not used."""
        a, c, _ = self
        both = np.add.outer(sigma, sigma)
        factors: Array = a**2 + a * c * both + 2 * c**2 * np.outer(sigma, sigma)
        return factors


class Queries(NamedTuple):
    """A query after 0, 1, ... backward steps: mean overlap E k^T q, D and u, (ages, d)."""

    overlap: Array
    diagonal: Array
    pairs: Array


def signs_law(rule: AffineRule, keys: Signs, d: int) -> "SignsLaw | None":
    """The exact law of a rule on sign keys; None where it has several blocks or a fixed basis."""
    keys.check(d, 1)
    if not is_isotropic(rule, d):
        return None
    steps = read_steps(rule, d, 1.0)
    if any(step.write.size > 1 for step in steps):
        return None
    return SignsLaw([SignStep.of(step) for step in steps], keys.variances)


class SignsLaw(Law):
    """Recall on sign keys from the steps of one period."""

    def __init__(self, cycle: list[SignStep], variances: Array) -> None:
        self.cycle = cycle
        self.sigma = variances[variances > 0]  # nothing is ever written or read elsewhere
        self.statuses = {"signal": Status.EXACT, "power": Status.EXACT}
        self._queries: dict[int, Queries] = {}
        self._powers = np.zeros((1, len(self.sigma)))

    def recall(self, items: int) -> Recall:
        before = self._powers_before(items)[items - 1 - np.arange(items)]
        return self._at(items % len(self.cycle), before)

    def lifelong(self, ages: int) -> Recall:
        steady = self._steady_powers()
        return self._at(0, steady[(-1 - np.arange(ages)) % len(self.cycle)])

    def _at(self, residue: int, powers: Array) -> Recall:
        """Recall with ``powers[age]`` the w before the write of the pair of that age."""
        ages, sigma = len(powers), self.sigma
        overlap, D, u = (table[:ages] for table in self._queries_from(residue, ages))
        writers = (residue - 1 - np.arange(ages)) % len(self.cycle)
        a, c, b = np.array(self.cycle)[writers].T
        x = (D + u) @ sigma
        own, fresh = b**2 * x, b**2 * (D @ sigma)
        later = np.concatenate([[0.0], np.cumsum(fresh)[:-1]])
        a, c, x = a[:, None], c[:, None], x[:, None]
        weight = a**2 * D + 2 * a * c * sigma * (D + u) + c**2 * sigma * x
        with np.errstate(invalid="ignore"):
            older = np.where(weight == 0, 0.0, weight * powers).sum(axis=1)
        return Recall(b * overlap, later + own + older, self.statuses, own_power=own)

    def _queries_from(self, residue: int, ages: int) -> Queries:
        """Queries read after a stream whose length has this residue, newest write first."""
        if residue not in self._queries or len(self._queries[residue].overlap) < ages:
            self._queries[residue] = self._follow(residue, max(ages, 64))
        return self._queries[residue]

    def _follow(self, residue: int, ages: int) -> Queries:
        sigma, period = self.sigma, len(self.cycle)
        maps = [step.power_map(sigma) for step in self.cycle]
        factors = [step.pair_factors(sigma) for step in self.cycle]
        growth, D = np.ones(len(sigma)), sigma.copy()
        L = 1.0 - np.eye(len(sigma))
        found = Queries(np.empty(ages), *np.empty((2, ages, len(sigma))))
        for age in range(ages):
            found.overlap[age], found.diagonal[age], found.pairs[age] = sigma @ growth, D, L @ sigma
            phase = (residue - 1 - age) % period
            step = self.cycle[phase]
            growth = growth * (step.across + step.change * sigma)
            D, L = maps[phase] @ D, factors[phase] * L
        return found

    def _powers_before(self, items: int) -> Array:
        """The power w before each of the first ``items`` writes, (items, d)."""
        if len(self._powers) < items:
            rows = [self._powers[0]]
            maps = [step.power_map(self.sigma) for step in self.cycle]
            for t in range(max(items, 64)):
                phase = t % len(self.cycle)
                rows.append(maps[phase] @ rows[-1] + self.cycle[phase].write ** 2 * self.sigma)
            self._powers = np.stack(rows)
        return self._powers[:items]

    def _steady_powers(self) -> Array:
        """The periodic power w before each phase; infinite where it has no finite limit."""
        size = len(self.sigma)
        maps = [step.power_map(self.sigma) for step in self.cycle]
        sources = [step.write**2 * self.sigma for step in self.cycle]
        carry, source = np.eye(size), np.zeros(size)
        for matrix, added in zip(maps, sources, strict=True):
            carry, source = matrix @ carry, matrix @ source + added
        if np.abs(np.linalg.eigvals(carry)).max() >= 1 - 1e-14:
            return np.full((len(maps), size), np.inf)
        steady = [np.linalg.solve(np.eye(size) - carry, source)]
        for matrix, added in zip(maps[:-1], sources[:-1], strict=True):
            steady.append(matrix @ steady[-1] + added)
        return np.stack(steady)
