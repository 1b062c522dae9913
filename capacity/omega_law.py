r"""Laws of one gradient step a token on a sliding window of c pairs, rates b_0 (newest) .. b_(c-1).

Window 2, sphere, exact (for any two rates). Condition on the newest key k:

    E S^T S = A1 - b0 (k k^T A2 + A2 k k^T) + (k^T A3 k + c0) k k^T,

A_i in the span of I and w w^T (w the stored key), two numbers each. With Theta(A) = E k k^T A k k^T
= (tr A I + 2 A)/(d(d+2)), the mean N over k, J = E (S^T S k k^T), L = E k k^T S^T S k k^T:

    N = A1 - (2 b0/d) A2 + Theta(A3) + c0 I/d,   J = (A1 - b0 A2)/d + Theta(A3 - b0 A2) + c0 I/d,
    L = Theta(A1 - 2 b0 A2 + A3) + c0 I/d,
    A1' = N - 2 b1 J + b1^2 L + b1 (b1 + 2 b0 (1 - b1)) I/d,
    A2' = N - b1 J,   A3' = b0^2 N,   c0' = b0^2 (1 - 2 b1/d),

and p = w^T N w. Wider windows, d without end, c fixed: each pair is corrected c times while no
other key resembles it, so the memory is a delta rule with beta_eff = 1 - prod (1 - b_j) (error
O(c/d); no law beyond c = d/4). Orthonormal keys: nothing interferes,
s = 1 - prod_(j <= age) (1 - b_j) and p = s^2.
"""

from functools import partial

import numpy as np

from capacity.closed import geometric, rank_one_recall
from capacity.formula_law import Ages, FormulaLaw, Moments
from capacity.isotropic import IsotropicLaw, StepMaps
from capacity.keys import Array, Keys, Orthonormal, Sphere
from capacity.law import Law
from capacity.radial import RadialStep
from capacity.recall import Recall, Status
from capacity.stability import STABLE, largest_stable

Rates = tuple[float, ...]
WIDEST = 0.25  # widest window, as a share of d, whose error of order c/d is still small
X1, Y1, X2, Y2, X3, Y3, C0, ONE = range(8)  # A_i = X_i I + Y_i w w^T


def omega_law(rates: Rates, keys: Keys, d: int) -> Law | None:
    """The strongest law there is; None where theory has none."""
    if len(rates) == 1:
        single = _single(rates[0], keys, d)
        if single is not None:
            return single
    if isinstance(keys, Orthonormal):
        return FormulaLaw(keys, d, partial(_orthonormal, rates), None, alike=False)
    if not isinstance(keys, Sphere):
        return None
    if len(rates) == 2:
        return WindowTwoLaw(*rates, d)
    return _wide(rates, keys, d) if len(rates) <= WIDEST * d else None


def omega_edge(weights: Rates, keys: Keys, d: int) -> float | None:
    """The largest beta with a finite lifelong power, for windows of 1 or 2; else None."""

    def growth(beta: float) -> float:
        law = omega_law(tuple(beta * weight for weight in weights), keys, d)
        return law.growth() if isinstance(law, IsotropicLaw | WindowTwoLaw) else np.inf

    return largest_stable(lambda beta: growth(beta) <= STABLE)


def _single(rate: float, keys: Keys, d: int) -> IsotropicLaw | None:
    """Window 1: the delta rule."""
    radii = keys.radii(d)
    if radii is None:
        return None
    r, weights = radii[0][:, None, None], radii[1]
    step = RadialStep(np.ones_like(r), 1 - rate * r**2, rate * r[:, :, 0])
    return IsotropicLaw([StepMaps.of(step, radii[0], d, partial(_mean, weights))])


def _mean(weights: Array, x: Array) -> Array:
    found: Array = np.tensordot(weights, x, (0, 0))
    return found


def _seen(rates: Rates, ages: Ages) -> Array:
    """1 - prod_(j <= age) (1 - b_j): how far the window has moved a pair of that age."""
    left = np.cumprod(1 - np.array(rates))
    return 1 - left[np.minimum(ages, len(rates) - 1)]


def _orthonormal(rates: Rates, ages: Ages, items: int) -> Moments:
    signal = _seen(rates, ages)
    return signal, signal**2, signal**2


def _wide(rates: Rates, keys: Keys, d: int) -> Law:
    """d to infinity at fixed window: a partial step inside the window, then the delta rule."""
    last = len(rates) - 1
    beta = float(_seen(rates, np.array([last]))[0])
    rho = 1 - beta * (2 - beta) / d

    def at(ages: Ages, items: int) -> Moments:
        inside, since, before = _seen(rates, ages), np.maximum(ages - last, 0), items - 1 - ages
        decided = inside**2 + (1 - inside) ** 2 * beta**2 / d * geometric(rho, before)
        signal, power = rank_one_recall(
            decay=1.0,
            removal=beta,
            write=beta,
            d=d,
            age=since,
            items=before + since + 1,
            m4=1,
            m6=1,
        )
        signal = np.where(ages < last, inside, signal)
        return signal, np.where(ages < last, decided, power), signal**2

    def endless(ages: Ages) -> Moments:
        inside, since = _seen(rates, ages), np.maximum(ages - last, 0)
        fresh = beta / (2 - beta) if abs(1 - beta) < 1 else np.inf
        signal = inside * (1 - beta / d) ** since
        power = np.where(ages < last, inside**2 + (1 - inside) ** 2 * fresh, fresh)
        return signal, power, signal**2

    return FormulaLaw(keys, d, at, endless, alike=False, status=Status.ASYMPTOTIC)


class WindowTwoLaw(Law):
    """Window 2 on the sphere by the recursion above, a linear map of (X_i, Y_i, c0, 1)."""

    def __init__(self, b0: float, b1: float, d: int) -> None:
        self.statuses = {"signal": Status.EXACT, "power": Status.EXACT}
        self.b0, self.b1, self.d = b0, b1, d
        self.dtype = np.array([b0, b1]).dtype  # floats, or exact objects in a proof
        self._theta = np.array([[d + 2, 1], [0, 2]]) / (d * (d + 2))  # on (X, Y)
        self.mean = self._mean()
        self.step = self._step()
        self.first = np.zeros(8, self.dtype)  # after the very first write
        self.first[[C0, ONE]] = b0**2, 1

    def _parts(self) -> tuple[Array, Array, Array, Array]:
        """A1, A2, A3 as (2, 8) maps of the state, and c0 I/d."""
        rows = np.eye(8, dtype=int)
        noise = np.zeros((2, 8), self.dtype)
        noise[0, C0] = 1 / self.d
        return rows[[X1, Y1]], rows[[X2, Y2]], rows[[X3, Y3]], noise

    def _mean(self) -> Array:
        A1, A2, A3, noise = self._parts()
        found: Array = A1 - 2 * self.b0 / self.d * A2 + self._theta @ A3 + noise
        return found

    def _step(self) -> Array:
        A1, A2, A3, noise = self._parts()
        b0, b1, d, theta = self.b0, self.b1, self.d, self._theta
        N = self.mean
        J = (A1 - b0 * A2) / d + theta @ (A3 - b0 * A2) + noise
        L = theta @ (A1 - 2 * b0 * A2 + A3) + noise
        written = np.zeros((2, 8), self.dtype)
        written[0, ONE] = b1 * (b1 + 2 * b0 * (1 - b1)) / d
        c0, one = np.zeros((1, 8), self.dtype), np.eye(8, dtype=int)[[ONE]]
        c0[0, ONE] = b0**2 * (1 - 2 * b1 / d)
        return np.vstack([N - 2 * b1 * J + b1**2 * L + written, N - b1 * J, b0**2 * N, c0, one])

    def _own_write(self) -> Array:
        """N at the write of w, from the state (X_i, c0) that takes w as its newest key: (2, 8)."""
        found = np.zeros((2, 8), self.dtype)
        found[0, X1], found[1, [X2, X3, C0]] = 1, (-2 * self.b0, 1, 1)
        return found

    def _next_write(self) -> Array:
        """The state after the write that follows w's own: (8, 8), from the same state."""
        b0, b1 = self.b0, self.b1
        N = self._own_write()
        half, full = (np.array([[1, 0], [x, 1 + x]]) for x in (-b1, b1**2 - 2 * b1))
        written, crossed = np.zeros((2, 2, 8), self.dtype)
        written[1, ONE], crossed[1, ONE] = b1 * (b1 + 2 * b0 * (1 - b1)), b0 * b1
        c0, one = np.zeros((1, 8), self.dtype), np.eye(8, dtype=int)[[ONE]]
        c0[0, ONE] = b0**2
        return np.vstack([full @ N + written, half @ N + crossed, b0**2 * N, c0, one])

    def growth(self) -> float:
        """The largest factor by which one write multiplies the power of a memory."""
        isotropic = np.ix_([X1, X2, X3], [X1, X2, X3])
        return float(np.abs(np.linalg.eigvals(self.step[isotropic])).max())

    def recall(self, items: int) -> Recall:
        fresh = [self.first]
        for _ in range(items - 1):
            after = self.step @ fresh[-1]
            after[[Y1, Y2, Y3]] = 0
            fresh.append(after)
        return self._at(np.stack(fresh[::-1]))

    def lifelong(self, ages: int) -> Recall:
        if self.growth() >= 1 - 1e-14:
            return Recall(self._signals(ages), np.full(ages, np.inf), self.statuses)
        kept, rest = [X1, X2, X3], [C0, ONE]
        steady = np.zeros(8)
        steady[rest] = self.step[C0, ONE], 1.0
        source = self.step[np.ix_(kept, rest)] @ steady[rest]
        steady[kept] = np.linalg.solve(np.eye(3) - self.step[np.ix_(kept, kept)], source)
        return self._at(np.broadcast_to(steady, (ages, 8)))

    def _at(self, written: Array) -> Recall:
        """Recall with ``written[age]`` the state after the write of the pair of that age."""
        ages = len(written)
        power = np.empty(ages, self.dtype)
        power[0] = self._own_write().sum(axis=0) @ written[0]
        read = self.mean.sum(axis=0)  # w^T N w as a functional of the state
        following = self._next_write()
        for age in range(1, ages):
            power[age] = read @ following @ written[age]
            read = read @ self.step
        return Recall(self._signals(ages), power, self.statuses)

    def _signals(self, ages: int) -> Array:
        """x w + y (w . k) k is the mean of S^T v after a key k: s = x + y/d."""
        b0, b1, d = self.b0, self.b1, self.d
        signals = np.empty(ages, self.dtype)
        signals[0] = b0
        x, y = b0 * (1 - b1) + b1, -(b0**2)
        for age in range(1, ages):
            signals[age] = x + y / d
            x, y = x + y / d - b1 * (x + y) / d, -b0 * (x + y / d)
        return signals
