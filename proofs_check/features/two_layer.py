r"""Keys of a random two-layer network, phi(k) = sqrt(2/(D H)) W2 relu(W1 k), of given weights.

With M_ab = E relu(a.k) relu(b.k) over rows a, b of W1 and c = 2/(D H), kappa(k, k') is c x^T G x'
for hidden units x, x' and G = W2^T W2, so that over independent keys

    E kappa(k, k) = c tr G M,    E kappa(k, k')^2 = c^2 tr G M G M,

and M is the arc-cosine kernel of order one. E kappa(k, k)^2 >= (E kappa(k, k))^2 for directions of
keys, which is what ships; radii multiply it by E|k|^4.
"""

from typing import Any

import numpy as np
import sympy
from sympy import Integer, Matrix, Rational, pi, sqrt

from proofs_check.claim import Claim, plus, replaced, times
from proofs_check.functions import ExactNumpy
from proofs_check.half_planes import COSINE, SINE, both_positive, by_tangent, of_cosine, psi, t
from proofs_check.kernels import SCALES, keys_assumption
from proofs_check.lemmas import GAUSSIAN, SPHERE, Ensemble, sphere_moment
from proofs_check.notation import Expr, d

a, b = sympy.symbols("a b", positive=True)
x, y = sympy.symbols("x y", positive=True)  # entries of a key
p, q, u, v = sympy.symbols("p q u v", real=True)
m, n, o = sympy.symbols("m n o", positive=True)  # means of products of two hidden units
SECOND = Matrix([[p, q], [u, v]])
MEANS = Matrix([[m, n], [n, o]])
THOUSANDTH = plus("off by a thousandth", Rational(1, 1000))
NO_WEIGHTS = "Any weights of two layers of two units."
TALL = SECOND.col_join(SECOND[:, ::-1])  # D = 4 and H = 2, so that the scale is 1/2


def _shipped_action(catalogue: Any) -> Expr:
    phi = catalogue.feature_map("two_layer")
    first = Matrix([[a, b], [-a, -b]])
    sizes = {"features": Integer(4), "hidden": Integer(2), "seed": Integer(0)}
    return phi.features(Matrix([x, y]), phi.network(first, TALL), **sizes)


ACTION = Claim(
    id="features/two_layer/action",
    statement="phi(x, y) of two units, one above zero and one below, d = H = 2, D = 4.",
    derive=lambda: TALL * Matrix([a * x + b * y, 0]) / 2,
    ships=_shipped_action,
    twins=(
        *SCALES,
        replaced("layers swapped", {u: q, q: u}),
        plus("not cut at zero", q),
        replaced("entries swapped", {x: y, y: x}),
    ),
    rules=("two_layer",),
    symbols=(a, b, x, y, p, q, u, v),
    assumptions=NO_WEIGHTS,
    steps=r"$W^1 k = (z, -z)$ with $z > 0$; relu leaves $(z, 0)$; times $W^2$ and $\sqrt{2/(DH)}$.",
)


def _arc_cosine() -> Expr:
    """2 pi M of two rows: in their plane the key is rho (cos phi, sin phi), E rho^2 = 2/d."""
    return by_tangent(a * b * 2 * sphere_moment(2) * both_positive())


def _shipped_means(catalogue: Any) -> Expr:
    rows = np.array([[a, 0], [b * COSINE, b * SINE]], dtype=object)
    with catalogue.swapped("features.two_layer", np=RootedNumpy()) as module:
        found = module.rectified_means(rows, d)[0, 1]
    return of_cosine(2 * pi * found)


class RootedNumpy(ExactNumpy):
    """Roots of perfect squares and quotients are recognised in factored form."""

    sqrt = staticmethod(np.vectorize(lambda x: sqrt(sympy.factor(x)), otypes=[object]))
    clip = staticmethod(lambda x, low, high: np.vectorize(sympy.cancel, otypes=[object])(x))


MEANS_OF_TWO = Claim(
    id="features/two_layer/arc-cosine",
    statement="E relu(a.k) relu(b.k) = |a||b| [sin t + (pi - t) cos t]/(2 pi d), t the angle of a "
    "and b, every d >= 2: times 2 pi.",
    derive=_arc_cosine,
    ships=_shipped_means,
    twins=(
        *SCALES,
        replaced("d off by one", {d: d + 1}),
        replaced("t for pi - t", {psi: -psi}),
        THOUSANDTH,
    ),
    rules=("two_layer",),
    symbols=(a, b, t, psi),
    assumptions=r"Isotropic keys, E|k|^2 = 1; rows at the angle $\pi - \psi$, $t = \tan$ of "
    "half of it.",
    steps=r"Only the part of $k$ in the plane of $a$ and $b$ enters, of mean square $2/d$ and "
    r"uniform direction: $\frac{1}{2\pi}\int_{t-\pi/2}^{\pi/2}\cos\varphi\cos(\varphi - t)\,"
    r"d\varphi$, over the directions where both are positive.",
)


def _moments(keys: Ensemble) -> Expr:
    """Written out over hidden units: pairs of one key have mean M, those of two keys M each."""
    G, c = SECOND.T * SECOND, Rational(2, 4)
    at = [(i, j) for i in range(2) for j in range(2)]
    own = c * sum(G[i, j] * MEANS[i, j] for i, j in at)
    other = c**2 * sum(
        G[i, j] * G[g, h] * MEANS[i, g] * MEANS[j, h] for i, j in at for g, h in at
    )  # (x_i G_ij x'_j) (x_g G_gh x'_h)
    return Matrix([own, own**2 * keys.radial(4), other])


def of_keys(keys: Ensemble) -> Claim:
    """The moments that ship."""
    turned = replaced("layers swapped", {q: u, u: q})
    return Claim(
        id=f"features/two_layer/moments/{keys.name}",
        statement="E kappa(k,k) = tr C, E kappa(k,k')^2 = tr C^2 with C = E phi phi^T, and the "
        f"bound (tr C)^2 E|k|^4 that stands for E kappa(k,k)^2, {keys.name} keys.",
        derive=lambda: _moments(keys),
        ships=lambda catalogue: catalogue.feature_map("two_layer").network_moments(
            keys.name, d, Matrix([[1, 0], [0, 1]]), SECOND, MEANS
        ),
        twins=(*SCALES, turned, replaced("unlike units alike", {n: m}), THOUSANDTH),
        rules=("two_layer",),
        symbols=(m, n, o, p, q, u, v),
        assumptions=keys_assumption(keys) + " " + NO_WEIGHTS,
        steps=r"$\kappa(k, k') = c\,x^T G x'$; means of $x x^T$ are $M$, keys are independent, "
        r"and $E|k|^4$ comes apart from the direction.",
    )


def _by_both_keys() -> Expr:
    """On the line keys are 1 and -1: units a and -b see one each, kappa is c p^2 a^2 or c q^2 b^2.

    What ships is the mean square less the variance.
    """
    both = [2 * p**2 * a**2 / 2, 2 * q**2 * b**2 / 2]  # c = 2/(D H) = 1
    mean_square = sum(z**2 for z in both) / 2
    return mean_square - ((both[0] - both[1]) / 2) ** 2


JENSEN = Claim(
    id="features/two_layer/bound",
    statement="What stands for E kappa(k,k)^2 is that less the variance of kappa(k,k), hence a "
    "lower bound; written out on the line, where a key is 1 or -1.",
    derive=_by_both_keys,
    ships=lambda catalogue: catalogue.feature_map("two_layer").network_moments(
        "sphere", Integer(1), Matrix([[a], [-b]]), Matrix([[p, q]])
    )[1],
    twins=(
        *SCALES,
        THOUSANDTH,
        replaced("one unit silent", {q: 0}),
        times("the mean square itself", Rational(1, 2)),
    ),
    rules=("two_layer",),
    symbols=(a, b, p, q),
    assumptions=keys_assumption(SPHERE) + " $d = 1$, one feature of two units.",
    steps=r"$E\kappa^2 - (E\kappa)^2 = E(\kappa - E\kappa)^2 \ge 0$.",
)

CLAIMS = (ACTION, MEANS_OF_TWO, of_keys(SPHERE), of_keys(GAUSSIAN), JENSEN)
