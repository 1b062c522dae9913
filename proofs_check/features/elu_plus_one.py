r"""ELU + 1 features, Katharopoulos et al. 2020, Eq 7: $\phi(x) = \mathrm{elu}(x) + 1$.

Entries are x = s sqrt(d) k.

f(z) is 1 + s z above zero and e^(s z) below. Its moments over N(0, 1) are

    E f   = 1/2 + s g + t_1,                        g = 1/sqrt(2 pi),
    E f^2 = 1/2 + 2 s g + s^2/2 + t_2,              t_m = e^(m^2 s^2/2) erfc(m s/sqrt 2)/2,
    E f^4 = 1/2 + 4 s g + 3 s^2 + 8 s^3 g + 3 s^4/2 + t_4.

The numbers t_m and g are free symbols in the comparison. On the sphere no closed form is known.
"""

from typing import Any

import sympy
from sympy import Integer, Matrix, Rational, erfc, exp, sqrt

from proofs_check.claim import Claim, plus, replaced, stated, times
from proofs_check.kernels import SCALES, keys_assumption, moments_claim
from proofs_check.lemmas import GAUSSIAN
from proofs_check.notation import Expr, d
from proofs_check.one_sided import above, rational, root, z

scale = sympy.Symbol("scale", positive=True)
a = sympy.Symbol("a", positive=True)
TAILS = {m: sympy.Symbol(f"t_{m}", positive=True) for m in (1, 2, 4)}
HALF = Rational(1, 2)
ENTRIES = "Entries $x = s z$ with $z$ of either sign."


def printed(x: Expr) -> Expr:
    """elu(x) + 1, elu(x) = x above zero and e^x - 1 below."""
    return (x if x.is_positive else exp(x) - 1) + 1


def named(expression: Expr) -> Expr:
    """With the tails and 1/sqrt(2 pi) as symbols."""
    found = sympy.sympify(expression)
    for m, tail in TAILS.items():
        weight = exp((m * scale) ** 2 / 2)
        found = found.subs(erfc(m * scale / sqrt(2)), 2 * tail / weight)
    return rational(found)


def moment(n: int) -> Expr:
    """E f^n over N(0, 1)."""
    return above(printed(scale * z) ** n) + above(printed(-scale * z) ** n)


def _listed() -> Expr:
    """The moments as listed above, checked against the integrals."""
    s, g = scale, root
    return Matrix(
        [
            HALF + s * g + TAILS[1],
            HALF + 2 * s * g + s**2 / 2 + TAILS[2],
            HALF + 4 * s * g + 3 * s**2 + 8 * s**3 * g + 3 * s**4 / 2 + TAILS[4],
        ]
    )


ACTION = Claim(
    id="features/elu_plus_one/action",
    statement="The scalar function on either side of zero: 1 + s a at a, e^(-s a) at -a.",
    derive=lambda: Matrix([printed(scale * a), printed(-scale * a)]),
    ships=lambda catalogue: Matrix(
        [catalogue.feature_map("elu_plus_one").function(x, scale=scale) for x in (a, -a)]
    ),
    twins=(
        *SCALES,
        plus("one more", Integer(1)),
        replaced("scale halved", {scale: scale / 2}),
    ),
    rules=("elu_plus_one",),
    parameters=(scale,),
    symbols=(a,),
    assumptions=ENTRIES,
    steps=r"$\mathrm{elu}(x) = x$ above zero and $e^x - 1$ below.",
)

MEAN_SQUARE = Claim(
    id="features/elu_plus_one/mean-square",
    statement="E f(z)^2 for z ~ N(0, 1), by which features are scaled.",
    derive=lambda: named(moment(2)),
    ships=lambda catalogue: named(catalogue.feature_map("elu_plus_one").mean_square(scale=scale)),
    twins=(
        *SCALES,
        replaced("scale halved", {scale: scale / 2}),
        replaced("tail halved", {TAILS[2]: TAILS[2] / 2}),
        plus("off by a thousandth", Rational(1, 1000)),
    ),
    rules=("elu_plus_one",),
    parameters=(scale,),
    symbols=(root, TAILS[2]),
    assumptions=r"$z \sim N(0, 1)$.",
    steps=r"$\int_0^\infty (1 + sz)^2 \varphi\,dz + \int_0^\infty e^{-2sz} \varphi\,dz$; the last "
    r"is $t_2 = e^{2s^2}\,\mathrm{erfc}(\sqrt2 s)/2$.",
)

LISTED = Claim(
    id="features/elu_plus_one/means",
    statement="E f, E f^2 and E f^4 over N(0, 1) in closed form.",
    derive=lambda: named(Matrix([moment(n) for n in (1, 2, 4)])),
    ships=stated(_listed()),
    twins=(
        *SCALES,
        replaced("scale halved", {scale: scale / 2}),
        replaced("tails swapped", {TAILS[1]: TAILS[2], TAILS[2]: TAILS[1]}),
    ),
    rules=("elu_plus_one",),
    parameters=(scale,),
    symbols=(root, *TAILS.values()),
    assumptions=r"$z \sim N(0, 1)$.",
    steps=r"Integrate powers of $1 + sz$ above zero and of $e^{sz}$ below; "
    r"$t_m = e^{m^2s^2/2}\,\mathrm{erfc}(ms/\sqrt2)/2$, $g = 1/\sqrt{2\pi}$.",
)


def _moments() -> Expr:
    """The square of a sum over entries: d equal pairs and d (d - 1) unequal, independent ones."""
    first, second, fourth = _listed()
    own = d * (fourth + (d - 1) * second**2)
    other = d * (second**2 + (d - 1) * first**4)
    return Matrix([Integer(1), own / (d * second) ** 2, other / (d * second) ** 2])


def _shipped(catalogue: Any) -> Expr:
    return catalogue.feature_map("elu_plus_one").entry_moments(GAUSSIAN, scale=scale)


MOMENTS = moments_claim(
    "elu_plus_one",
    GAUSSIAN,
    derive=_moments,
    ships=lambda catalogue: named(_shipped(catalogue)),
    twins=(replaced("scale halved", {scale: scale / 2}),),
    parameters=(scale,),
    symbols=(root, *TAILS.values()),
    steps=r"Entries are independent; expand the squares into $d$ equal and $d(d-1)$ unequal pairs "
    r"of $E f$, $E f^2$ and $E f^4$ over $N(0, 1)$.",
)


def _effective(catalogue: Any) -> Expr:
    found = catalogue.feature_map("elu_plus_one").effective_dimension(_shipped(catalogue))
    return Matrix([named(found), named(sympy.limit(found, d, sympy.oo))])


def _stated() -> Expr:
    first, second, _ = _listed()
    return Matrix([second**2 / (first**4 + (second**2 - first**4) / d), second**2 / first**4])


EFFECTIVE = Claim(
    id="features/elu_plus_one/effective-dimension",
    statement="m^2/(f^4 + (m^2 - f^4)/d) with m = E f^2, f = E f, Gaussian keys; (m/f^2)^2 as d "
    "grows.",
    derive=_stated,
    ships=_effective,
    twins=(
        *SCALES,
        replaced("d off by one", {d: d + 1}),
        replaced("scale halved", {scale: scale / 2}),
        times("as many as features", d),
    ),
    rules=("elu_plus_one",),
    parameters=(scale,),
    symbols=(root, *TAILS.values()),
    assumptions=keys_assumption(GAUSSIAN),
    steps=r"$d_\mathrm{eff} = (E\kappa(k,k))^2/E\kappa(k,k')^2$, and its limit.",
)

CLAIMS = (ACTION, MEAN_SQUARE, LISTED, MOMENTS, EFFECTIVE)
