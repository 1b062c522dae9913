r"""No features, Eq 10 of McDermott, Heath, Parhi 2026: $\phi(k) = k$, the kernel k^T k'.

E |k|^2 = 1 and E (k^T k')^2 = tr (E k k^T)^2, which is 1/d for isotropic keys: its inverse is the
effective dimension. Two keys of one orthonormal frame do not overlap.
"""

from itertools import product
from typing import Any

from sympy import Integer, Matrix, Rational

from proofs_check.claim import Claim, plus, times
from proofs_check.kernels import moments
from proofs_check.lemmas import ENSEMBLES
from proofs_check.notation import Expr, column, d

SIZES = (2, 3, 5)
VARIANCES = (Rational(1, 2), Rational(1, 4), Rational(1, 4))  # of the channels of sign keys


def action() -> Claim:
    """Keys pass unchanged."""
    k, q = column("k", 3), column("v", 3)
    return Claim(
        id="features/identity/action",
        statement="phi(k) = k, and the declared kernel is k.q.",
        derive=lambda: Matrix([*k, (k.T * q)[0]]),
        ships=lambda catalogue: Matrix(
            [
                *catalogue.feature_map("identity").features(k),
                catalogue.feature_map("identity").kernel((k.T * q)[0]),
            ]
        ),
        twins=(
            times("wrong sign", -1),
            times("factor 2", 2),
            plus("a constant too many", k[0]),
        ),
        rules=("identity",),
        assumptions="Any keys and queries.",
        steps="Restate the map.",
    )


def _of_signs() -> Expr:
    """Over all signs of two keys."""
    signs = list(product((-1, 1), repeat=len(VARIANCES)))
    overlaps = [sum(x * a * b for x, a, b in zip(VARIANCES, s, t)) for s in signs for t in signs]
    own = sum(VARIANCES)  # the squares of a key's entries are the variances
    return Matrix([own, own**2, sum(x**2 for x in overlaps) / Integer(len(overlaps))])


def _derived() -> Expr:
    isotropic = [moments(lambda x: x, keys).subs(d, n) for keys in ENSEMBLES for n in SIZES]
    frame = Matrix([Integer(1), Integer(1), Integer(0)])
    return Matrix.vstack(*isotropic, *(frame for _ in SIZES), _of_signs())


def _shipped(catalogue: Any) -> Expr:
    shipped = catalogue.feature_map("identity")
    isotropic = [shipped.at(keys.name, Integer(n)) for keys in ENSEMBLES for n in SIZES]
    frames = [shipped.at("orthonormal", Integer(n)) for n in SIZES]
    signs = shipped.at("signs", Integer(3), variances=VARIANCES)
    return Matrix.vstack(*isotropic, *frames, signs)


MOMENTS = Claim(
    id="features/identity/moments",
    statement="Mean of |k|^2, |k|^4 and (k.k')^2 at d = 2, 3, 5: sphere, Gaussian, orthonormal "
    "frames, and signs of variances 1/2, 1/4, 1/4.",
    derive=_derived,
    ships=_shipped,
    twins=(
        times("wrong sign", -1),
        times("factor 2", 2),
        plus("a thousandth too much", Rational(1, 1000)),
    ),
    rules=("identity",),
    assumptions="Independent keys, uniform on the unit sphere or $N(0, I/d)$; rows of one "
    r"orthonormal frame; or $k_c = \sqrt{\sigma_c}\,\epsilon_c$ with independent signs.",
    steps=r"$k^T k' = r s u_1$ with independent factors and $E u_1^2 = 1/d$; rows of a frame are "
    r"orthogonal; for signs $|k|^2 = \sum_c \sigma_c$, and all sign patterns are averaged.",
)

EFFECTIVE = Claim(
    id="features/identity/effective-dimension",
    statement="The effective dimension of keys themselves is d, at d = 2, 3, 5.",
    derive=lambda: Matrix([_effective(n) for n in SIZES]),
    ships=lambda catalogue: Matrix([_shipped_effective(catalogue, n) for n in SIZES]),
    twins=(
        times("factor 2", 2),
        plus("off by one", 1),
        plus("off by a thousandth", Rational(1, 1000)),
    ),
    rules=("identity",),
    assumptions="Keys uniform on the unit sphere.",
    steps=r"$d_\mathrm{eff} = (E\kappa(k,k))^2/E\kappa(k,k')^2$ with $\kappa = k^T k'$.",
)


def _effective(n: int) -> Expr:
    own, _, other = moments(lambda x: x, ENSEMBLES[0]).subs(d, n)
    return own**2 / other


def _shipped_effective(catalogue: Any, n: int) -> Expr:
    shipped = catalogue.feature_map("identity")
    return shipped.effective_dimension(shipped.at("sphere", Integer(n)))


CLAIMS = (action(), MOMENTS, EFFECTIVE)
