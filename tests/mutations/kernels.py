"""Identities of kernel laws: quadratures, and few pairs that can be integrated outright."""

from functools import cache, partial

import numpy as np
from scipy.special import gammaln, hyp0f1, roots_gegenbauer

from capacity import kernel_law, kernel_taught, sign_law
from capacity.features import two_layer
from capacity.keys import Gaussian
from capacity.values import Values
from tests.mutations.identity import Identity
from tests.mutations.measured import Array, Numbers

D, B = 4, 1.5625  # dimension and inverse squared bandwidth


def _coordinate(d: int, b: float) -> Numbers:
    """E u^2, E u^4 and E e^(b u) of one coordinate of a unit vector."""
    bessel = hyp0f1(d / 2, b**2 / 4)
    return {"second": 1 / d, "fourth": 3 / (d * (d + 2)), "exponential": bessel}


def _by_nodes(d: int, b: float) -> Numbers:
    x, mass = kernel_law.coordinate_nodes(d, b)
    return {"second": mass @ x**2, "fourth": mass @ x**4, "exponential": mass @ np.exp(b * x)}


def _squared_norm() -> Numbers:
    """|k|^2 d is chi-square of d degrees."""
    return {"mean": 1.0, "square": 1 + 2 / D, "laplace": (1 + 2 * B / D) ** (-D / 2)}


def _squared_norm_by_nodes() -> Numbers:
    r2, mass = kernel_law._squared_radii(D, B)
    return {"mean": mass @ r2, "square": mass @ r2**2, "laplace": mass @ np.exp(-B * r2)}


def _pair_weight() -> Numbers:
    """E e^l, l = b (k.q - own |q|^2) for Gaussian keys: first over k, then over |q|^2."""
    at = [1 + own * 2 * B / D - (B / D) ** 2 for own in (0, 1)]
    return {name: x ** (-D / 2) for name, x in zip(("fresh", "own"), at, strict=True)}


def _pair_weight_by_nodes() -> Numbers:
    found = {}
    for name, own in (("fresh", False), ("own", True)):
        kinds = kernel_law._gaussian(D, B, own)
        found[name] = sum(x.chance * (x.mass @ np.exp(x.log_weight)) for x in kinds)
    return found


@cache
def _cube(n: int) -> tuple[list[Array], Array]:
    """Nodes of n independent coordinates of unit vectors, by another rule, and their chances."""
    x, mass = roots_gegenbauer(48, (D - 2) / 2)
    mesh = np.meshgrid(*[x] * n, indexing="ij")
    chances = [np.ravel(part) for part in np.meshgrid(*[mass / mass.sum()] * n, indexing="ij")]
    return [np.ravel(part) for part in mesh], np.prod(chances, axis=0)


def _three_fresh() -> Numbers:
    """What a fresh key reads of three pairs: E x w/Y, E x w/Y^2 and E x w x' w'/Y^2."""
    x, chance = _cube(3)
    w = [np.exp(B * u) for u in x]
    Y = sum(w)
    each = {"m": x[0] * w[0] / Y, "z": x[0] * w[0] / Y**2, "g": x[0] * w[0] * x[1] * w[1] / Y**2}
    return {name: chance @ y for name, y in each.items()}


def _three_fresh_by_law() -> Numbers:
    return dict(zip("mzg", kernel_taught.Overlaps(D, B, own=False).of(3), strict=True))


LESSON = Values(0.7)  # of a fixed teacher


def _stored_of_three() -> Numbers:
    """Softmax at a stored key among two others, whose values share the teacher."""
    (x, y), chance = _cube(2)
    w, u = np.exp(B * (x - 1)), np.exp(B * (y - 1))
    Y, rho2 = 1 + w + u, LESSON.signal
    signal = (1 + rho2 * (x * w + y * u)) / Y
    teacher = 2 * (x * w + y * u) + 2 * x * y * w * u
    power = (1 + w**2 + u**2 + rho2 * teacher) / Y**2
    return {"signal": np.full(3, chance @ signal), "power": np.full(3, chance @ power)}


def _stored_of_three_by_law() -> Numbers:
    found = kernel_taught.TaughtKernelLaw(D, B, LESSON).stored(3)
    return {"signal": found.signal, "power": found.power}


def _endless_softmax() -> Numbers:
    """o = m W q with m = E u e^(b u)/E e^(b u), a ratio of Bessel functions."""
    m = B / D * hyp0f1(D / 2 + 1, B**2 / 4) / hyp0f1(D / 2, B**2 / 4)
    return {"alignment": LESSON.signal * m, "power": LESSON.signal * m**2, "weight": m}


def _endless_softmax_by_law() -> Numbers:
    found = kernel_taught.TaughtKernelLaw(D, B, LESSON).steady()
    assert found is not None
    return {name: getattr(found, name) for name in ("alignment", "power", "weight")}


def _sign_signal() -> Numbers:
    """Of six Gaussian keys, as Gamma functions."""
    N = 6
    logs = gammaln(D / 2) + gammaln((D + N) / 2 - 1) - gammaln((D - 1) / 2)
    return {"signal": np.sqrt(2 / np.pi) * np.exp([logs - gammaln((D + N - 1) / 2)])}


def _sign_signal_by_law() -> Numbers:
    law = sign_law.sign_law(Gaussian(), D)
    assert law is not None
    return {"signal": law.recall(6).signal[:1]}


def _rows() -> Array:
    return np.cos(np.arange(64.0 * D)).reshape(64, D)


def _alone() -> Numbers:
    """E relu(a.k)^2 is half of E (a.k)^2 and E relu(a.k) relu(-a.k) is 0, also where rounding takes
    a cosine beyond 1.
    """
    return {"squares": (_rows() ** 2).sum(1) / (2 * D), "opposite": np.zeros(64)}


def _alone_by_law() -> Numbers:
    means = two_layer.rectified_means(np.concatenate([_rows(), -_rows()]), D)
    return {"squares": np.diag(means)[:64], "opposite": np.diag(means, 64)}


KERNELS = (
    *(
        Identity(f"coordinate {d} at {b}", partial(_coordinate, d, b), partial(_by_nodes, d, b))
        for d, b in ((2, 0.1), (2, B), (D, B))
    ),
    Identity("squared norm", _squared_norm, _squared_norm_by_nodes),
    Identity("weight of a pair", _pair_weight, _pair_weight_by_nodes),
    Identity("three pairs at a fresh key", _three_fresh, _three_fresh_by_law),
    Identity("one of three pairs", _stored_of_three, _stored_of_three_by_law),
    Identity("endless softmax", _endless_softmax, _endless_softmax_by_law),
    Identity("signs of six", _sign_signal, _sign_signal_by_law),
    Identity("a rectified unit with itself", _alone, _alone_by_law),
)
