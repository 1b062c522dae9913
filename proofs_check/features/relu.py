r"""ReLU features (T2R, Kasai et al. 2021, without its weights): relu(sqrt(d) k), scaled.

Over N(0, 1) the features have E f = g, E f^2 = 1/2, E f^4 = 3/2, g = 1/sqrt(2 pi). Different
entries of a Gaussian key are independent, so with n = d/2 the mean of |f|^2,

    E kappa(k, k)^2 = [3/2 + (d - 1)/4] d/n^2,    E kappa(k, k')^2 = [1/4 + (d - 1) g^4] d/n^2.

f is homogeneous: on the sphere the same moments are divided by E r^2, E r^4 and (E r^2)^2 of
Gaussian keys. As d grows the effective dimension tends to (E f^2/(E f)^2)^2 = pi^2.
"""

from typing import Any

import sympy
from sympy import Integer, Matrix, Rational

from proofs_check.claim import Claim, plus, replaced, times
from proofs_check.kernels import SCALES, keys_assumption, moments_claim
from proofs_check.lemmas import GAUSSIAN, SPHERE, Ensemble
from proofs_check.notation import Expr, d
from proofs_check.one_sided import half_moment, rational, root

a, b, c = sympy.symbols("a b c", positive=True)
HALF = Rational(1, 2)


def printed(x: Expr) -> Expr:
    """relu, of a number of known sign."""
    return x if x.is_positive else Integer(0)


ACTION = Claim(
    id="features/relu/action",
    statement="phi(a, -b, c) and the scalar function on either side of zero, d = 3.",
    derive=lambda: Matrix(
        [sympy.sqrt(3) * printed(x) / sympy.sqrt(3 * HALF) for x in (a, -b, c)]
        + [printed(x) for x in (a, -a)]
    ),
    ships=lambda catalogue: Matrix(
        [*catalogue.feature_map("relu").features(Matrix([a, -b, c]))]
        + [catalogue.feature_map("relu").function(x) for x in (a, -a)]
    ),
    twins=(
        *SCALES,
        plus("not cut at zero", b),
        replaced("entries swapped", {a: c, c: a}),
    ),
    rules=("relu",),
    symbols=(a, b, c),
    assumptions="Keys with entries of either sign.",
    steps=r"$\sqrt d\,k$, cut at zero, over $\sqrt{d/2}$.",
)

MEAN_SQUARE = Claim(
    id="features/relu/mean-square",
    statement="E f(z)^2 = 1/2 for z ~ N(0, 1).",
    derive=lambda: half_moment(2),
    ships=lambda catalogue: catalogue.feature_map("relu").mean_square(),
    twins=(*SCALES, plus("off by a thousandth", Rational(1, 1000))),
    rules=("relu",),
    assumptions=r"$z \sim N(0, 1)$.",
    steps=r"$\int_0^\infty z^2 e^{-z^2/2}\,dz/\sqrt{2\pi} = 1/2$.",
)


def _gaussian() -> Expr:
    """The square of a sum over entries: d equal pairs and d (d - 1) unequal, independent ones."""
    first, second, fourth = (half_moment(n) for n in (1, 2, 4))
    size = d * second
    own = d * (fourth + (d - 1) * second**2)
    other = d * (second**2 + (d - 1) * first**4)
    return rational(Matrix([d * second / size, own / size**2, other / size**2]))


def _sphere() -> Expr:
    """kappa is homogeneous of degree one in each key, and radii are independent of directions."""
    fourth = GAUSSIAN.radial(4)
    own, own_square, other = _gaussian()
    return Matrix([own, own_square / fourth, other])


def of_keys(keys: Ensemble) -> Claim:
    """The three moments."""
    on_sphere = r" The map is homogeneous: divide $E\kappa^2(k,k)$ by $E r^4$ of Gaussian keys."
    return moments_claim(
        "relu",
        keys,
        derive=_sphere if keys is SPHERE else _gaussian,
        ships=lambda catalogue: rational(catalogue.feature_map("relu").entry_moments(keys)),
        twins=(replaced("mean of an entry halved", {root: root / 2}),),
        symbols=(root,),
        steps=r"Entries of Gaussian keys are independent with $E f = g = 1/\sqrt{2\pi}$, $E f^2 = "
        r"1/2$, $E f^4 = 3/2$; expand the squares into $d$ equal and $d(d-1)$ unequal pairs."
        + (on_sphere if keys is SPHERE else ""),
    )


def _effective(catalogue: Any) -> Expr:
    phi = catalogue.feature_map("relu")
    return rational(phi.effective_dimension(phi.entry_moments(GAUSSIAN)))


EFFECTIVE = Claim(
    id="features/relu/effective-dimension",
    statement="m^2/(f^4 + (m^2 - f^4)/d), m = 1/2, f^2 = 1/(2 pi), Gaussian keys; pi^2 as d grows.",
    derive=lambda: Matrix([HALF**2 / (root**4 + (HALF**2 - root**4) / d), HALF**2 / root**4]),
    ships=lambda catalogue: Matrix(
        [_effective(catalogue), sympy.limit(_effective(catalogue), d, sympy.oo)]
    ),
    twins=(
        *SCALES,
        replaced("d off by one", {d: d + 1}),
        replaced("mean of an entry halved", {root: root / 2}),
        times("as many as features", d),
    ),
    rules=("relu",),
    symbols=(root,),
    assumptions=keys_assumption(GAUSSIAN),
    steps=r"$d_\mathrm{eff} = (E\kappa(k,k))^2/E\kappa(k,k')^2$; its limit is $\mu_2^2/\mu_1^4 = "
    r"\pi^2$ with $\mu_1^2 = g^2 = 1/(2\pi)$.",
)

CLAIMS = (ACTION, MEAN_SQUARE, of_keys(SPHERE), of_keys(GAUSSIAN), EFFECTIVE)
