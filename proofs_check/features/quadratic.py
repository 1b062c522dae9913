r"""Quadratic features, Aksenov et al. 2024 (ReBased), $(q^\top k)^2$ without its affine map.

The source keeps all d^2 products, we keep each once. On the sphere E u_1^4 = 3/(d (d + 2)),
so the effective dimension is d (d + 2)/3 of D = d (d + 1)/2 features.
"""

from typing import Any

from sympy import Matrix

from proofs_check.claim import Claim, plus, replaced, times
from proofs_check.kernels import SCALES, keys_assumption, moments, moments_claim
from proofs_check.lemmas import ENSEMBLES, SPHERE, Ensemble
from proofs_check.notation import Expr, column, d

SIZES = (1, 2, 3)


def printed(k: Expr) -> Expr:
    """All products of two entries, both orders."""
    return Matrix([x * y for x in k for y in k])


def _pairs() -> list[tuple[Expr, Expr]]:
    return [(column("k", n), column("v", n)) for n in SIZES]


def _derived() -> Expr:
    return Matrix([(printed(k).T * printed(q))[0] for k, q in _pairs() for _ in range(2)])


def _shipped(catalogue: Any) -> Expr:
    phi = catalogue.feature_map("quadratic")
    return Matrix(
        [
            x
            for k, q in _pairs()
            for x in ((phi.features(k).T * phi.features(q))[0], phi.kernel((k.T * q)[0]))
        ]
    )


k0, k1 = column("k", 2)

ACTION = Claim(
    id="features/quadratic/action",
    statement="Shipped features and declared kernel overlap as all products of two entries do.",
    derive=_derived,
    ships=_shipped,
    twins=(
        *SCALES,
        plus("a product kept twice", k0 * k1),
        replaced("key entries swapped", {k0: k1, k1: k0}),
    ),
    rules=("quadratic",),
    assumptions="Any keys and queries in one, two and three dimensions.",
    steps=r"$\phi(k)^T\phi(q) = \sum_{ij} k_i k_j q_i q_j$; off-diagonal products kept once weigh "
    r"$\sqrt 2$.",
)


def of_keys(keys: Ensemble) -> Claim:
    """The three moments."""
    return moments_claim(
        "quadratic",
        keys,
        derive=lambda: moments(lambda x: x**2, keys),
        ships=lambda catalogue: catalogue.feature_map("quadratic").kernel_moments(keys),
        steps=r"$E\kappa(k,k) = E r^4$, $E\kappa(k,k)^2 = E r^8$, $E\kappa(k,k')^2 = (E r^4)^2 E "
        r"u_1^4$ with $E u_1^4 = 3/(d(d+2))$.",
    )


EFFECTIVE = Claim(
    id="features/quadratic/effective-dimension",
    statement="On the sphere the effective dimension is d(d+2)/3.",
    derive=lambda: 1 / SPHERE.mean(moments(lambda x: x**2, SPHERE)[2]),
    ships=lambda catalogue: _effective(catalogue),
    twins=(
        *SCALES,
        replaced("d off by two", {d: d + 2}),
        times("all d(d+1)/2 features", 3 * (d + 1) / (2 * (d + 2))),
    ),
    rules=("quadratic",),
    assumptions=keys_assumption(SPHERE),
    steps=r"$d_\mathrm{eff} = 1/E u_1^4$.",
)


def _effective(catalogue: Any) -> Expr:
    phi = catalogue.feature_map("quadratic")
    return phi.effective_dimension(phi.kernel_moments(SPHERE))


CLAIMS = (ACTION, *map(of_keys, ENSEMBLES), EFFECTIVE)
