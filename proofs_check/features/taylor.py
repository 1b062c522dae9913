r"""Taylor features, Arora et al. 2024 (Based): $\phi(k)^\top\phi(q) \propto 1 + x + x^2/2$.

x = k^T q / sqrt(d) for keys and queries s sqrt(d) k, so x = b k^T q with b = s^2 sqrt(d); unit keys
are given unit features. On the sphere E x^2 = b^2/d and E x^4 = 3 b^4/(d (d + 2)), hence

    d_eff = (1 + b + b^2/2)^2 / (1 + 2 b^2/d + 3 b^4/(4 d (d + 2))).

The root of d is a symbol here, d = n^2.
"""

from typing import Any

import sympy
from sympy import Matrix

from proofs_check.claim import Claim, plus, replaced, times
from proofs_check.kernels import SCALES, keys_assumption, moments
from proofs_check.lemmas import ENSEMBLES, SPHERE, Ensemble, sphere_moment
from proofs_check.notation import Expr, column, d, parameter

scale = parameter("scale")
n = sympy.Symbol("n", integer=True, positive=True)  # sqrt(d)


def printed(x: Expr) -> Expr:
    """The Taylor polynomial of e^x to second order."""
    return 1 + x + x**2 / 2


def kernel(overlap: Expr, root: Expr) -> Expr:
    """Of the overlap k.q, scaled so that kappa(1) = 1; x carries attention's 1/sqrt(d)."""
    slope = (scale * root) ** 2 / root
    return printed(slope * overlap) / printed(slope)


def _action() -> Expr:
    """In one and in four dimensions, whose roots are whole."""
    found = []
    for size, root in ((1, 1), (4, 2)):
        k, q = column("k", size), column("v", size)
        found += [kernel((k.T * q)[0], sympy.Integer(root))] * 2
    return Matrix(found)


def _shipped_action(catalogue: Any) -> Expr:
    phi, found = catalogue.feature_map("taylor"), []
    for size in (1, 4):
        k, q = column("k", size), column("v", size)
        features = [phi.features(x, scale=scale) for x in (k, q)]
        found += [
            sympy.expand((features[0].T * features[1])[0]),
            phi.kernel((k.T * q)[0], sympy.Integer(size), scale=scale),
        ]
    return Matrix(found)


k0, k1 = column("k", 2)

ACTION = Claim(
    id="features/taylor/action",
    statement="Shipped features and declared kernel are 1 + x + x^2/2 over its value at k.q = 1, "
    "d = 1, 4.",
    derive=_action,
    ships=_shipped_action,
    twins=(
        *SCALES,
        plus("a product kept twice", k0),
        replaced("scale halved", {scale: scale / 2}),
    ),
    rules=("taylor",),
    parameters=(scale,),
    assumptions=r"Any keys and queries; $x = s^2 \sqrt d\, k^T q$.",
    steps=r"The constant, the entries of $s d^{1/4} k$ and their products, each kept once, are the "
    r"features of $1 + x + x^2/2$; divide by its value at $k^T q = 1$.",
)


def _shipped(catalogue: Any, keys: Ensemble) -> Expr:
    return catalogue.feature_map("taylor").kernel_moments(keys, scale=scale).subs(d, n**2)


def of_keys(keys: Ensemble) -> Claim:
    """The three moments, d = n^2."""
    return Claim(
        id=f"features/taylor/moments/{keys.name}",
        statement="Mean of kappa(k,k), of its square and of kappa(k,k')^2 at every d = n^2, "
        f"{keys.name} keys; the quadrature of what ships is replaced by exact means.",
        derive=lambda: moments(lambda x: kernel(x, n), keys).subs(d, n**2),
        ships=lambda catalogue: _shipped(catalogue, keys),
        twins=(
            *SCALES,
            plus("1/d too much", 1 / n**2),
            replaced("scale halved", {scale: scale / 2}),
            replaced("root of d off by one", {n: n + 1}),
        ),
        rules=("taylor",),
        parameters=(scale,),
        symbols=(n,),
        assumptions=keys_assumption(keys) + r" $d = n^2$.",
        steps=r"Insert $k^T k = r^2$ and $k^T k' = r s u_1$ in the kernel, expand, average term "
        "by term with moments of radii and of one coordinate.",
    )


def _effective() -> Expr:
    b = scale**2 * n
    even = (
        1 + 2 * b**2 * sphere_moment(2) + b**4 * sphere_moment(4) / 4
    )  # (1 + x + x^2/2)^2 without odd powers
    return (printed(b) ** 2 / even).subs(d, n**2)


def _shipped_effective(catalogue: Any) -> Expr:
    phi = catalogue.feature_map("taylor")
    return phi.effective_dimension(_shipped(catalogue, SPHERE))


EFFECTIVE = Claim(
    id="features/taylor/effective-dimension",
    statement="(1+b+b^2/2)^2 / (1 + 2 b^2/d + 3 b^4/(4 d (d+2))), b = s^2 sqrt(d), on the sphere.",
    derive=_effective,
    ships=_shipped_effective,
    twins=(
        *SCALES,
        replaced("scale halved", {scale: scale / 2}),
        replaced("root of d off by one", {n: n + 1}),
        times("as many as features", (n**2 + 1) / n**2),
    ),
    rules=("taylor",),
    parameters=(scale,),
    symbols=(n,),
    assumptions=keys_assumption(SPHERE) + r" $d = n^2$, $b = s^2 n$.",
    steps=r"$(1 + x + x^2/2)^2 = 1 + 2x + 2x^2 + x^3 + x^4/4$; odd powers average to zero, "
    r"$E x^2 = b^2/d$, $E x^4 = 3b^4/(d(d+2))$.",
)

CLAIMS = (ACTION, *map(of_keys, ENSEMBLES), EFFECTIVE)
