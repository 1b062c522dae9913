r"""FAVOR+ features, Choromanski et al. 2021, Lemma 1: $e^{\omega^\top x - |x|^2/2}$.

For omega ~ N(0, I) the mean of phi(x)^T phi(y) is e^(x.y); the directions of a map are drawn once,
so its moments are those of the draw. With |x|^2 = b on the sphere, features over e^(b/2) sqrt(D),

    kappa(k, k')  = (1/D) sum_a e^(w_a.(x + x') - 2 b),
    E kappa(k, k')^2 = (1/D^2) sum_(a c) (E e^((w_a + w_c).x - 2 b))^2, and so on.

What ships takes these means as those of e^(t u), u one coordinate and t = |w_a + w_c| sqrt(b).
Here both are compared as power series in the directions, to fourth order.
"""

from math import factorial
from typing import Any

import sympy
from sympy import Integer, Matrix, Rational, exp, oo, pi, sqrt

from proofs_check.claim import Claim, plus, replaced, stated, times
from proofs_check.kernels import keys_assumption
from proofs_check.lemmas import SPHERE, sphere_moment
from proofs_check.notation import Expr, column, d

SIZE = 4  # dimensions, of root 2, so that b = 2 s^2
ORDER = 4
sigma = sympy.Symbol("sigma", positive=True)  # s = sqrt(2) sigma, so b = 4 sigma^2
q = sympy.Symbol("q", positive=True)  # e^(-b)
w = sympy.symbols("w_:4", real=True)
DIRECTIONS = Matrix([[w[0], w[1], 0, 0], [w[2], w[3], 0, 0]])  # any two lie in a plane
scale = sqrt(2) * sigma
b = 4 * sigma**2
TWINS = (
    times("wrong sign", -1),
    times("factor 2", 2),
    plus("off by a thousandth", Rational(1, 1000)),
    replaced("scale halved", {sigma: sigma / 2}),
)


def exponent(direction: Expr, x: Expr) -> Expr:
    """Of one feature: Lemma 1, and the division by e^(b/2)."""
    return ((direction * x)[0] - (x.T * x)[0] / 2) - b / 2


def _action() -> Expr:
    k = column("k", SIZE)
    return Matrix([exponent(DIRECTIONS[0, :], 2 * sigma * k)])


def _shipped_action(catalogue: Any) -> Expr:
    phi = catalogue.feature_map("favor")
    swaps = phi.drawn(DIRECTIONS[:1, :])
    (feature,) = phi.features(column("k", SIZE), swaps, features=1, scale=scale, seed=0)
    return Matrix([feature.args[0]])


ACTION = Claim(
    id="features/favor/action",
    statement="The exponent of a feature, w.x - |x|^2/2 - b/2, x = sqrt(b) k, b = 2 s^2, d = 4.",
    derive=_action,
    ships=_shipped_action,
    twins=TWINS,
    rules=("favor",),
    symbols=(sigma, *w),
    assumptions=r"Any key and direction; $s = \sqrt2\,\sigma$, so $b = 4\sigma^2$.",
    steps="Restate Lemma 1 and the division by $e^{b/2}$; compare exponents.",
)


def _exponential(direction: Expr) -> Expr:
    """E e^(direction . x), |x|^2 = b, to fourth order: powers of entries, averaged one by one."""
    u = sympy.symbols("u_:4", real=True)
    total = Integer(0)
    for n in range(ORDER + 1):
        power = sympy.Poly((2 * sigma * direction.dot(Matrix(u))) ** n, *u)
        for powers, c in power.terms():
            total += c * sphere_moment(*sorted(powers)) / factorial(n)
    return sympy.sympify(total).subs(d, SIZE)


def _moments() -> Expr:
    rows = [DIRECTIONS[i, :] for i in range(2)]
    own = sum(_exponential(2 * x) for x in rows) / 2
    doubled = sum(_exponential(2 * (x + y)) for x in rows for y in rows) / 4
    other = sum(_exponential(x + y) ** 2 for x in rows for y in rows) / 4
    return Matrix([own * q**2, doubled * q**4, other * q**4])


def _series(square: Expr, offset: Expr) -> Expr:
    """E e^(t u - offset), t^2 = square, to fourth order."""
    terms = (
        square ** (n // 2) * sphere_moment(n).subs(d, SIZE) / factorial(n)
        for n in range(0, ORDER + 1, 2)
    )
    return sympy.Add(*terms) * q ** sympy.cancel(offset / b)


MOMENTS = Claim(
    id="features/favor/moments",
    statement="The three moments of two given directions, sphere keys of d = 4, to fourth order in "
    "the directions; the quadrature of what ships is replaced by its series.",
    derive=_moments,
    ships=lambda catalogue: catalogue.feature_map("favor").drawn_moments(
        Integer(SIZE), DIRECTIONS, _series, features=2, scale=scale, seed=0
    ),
    twins=(*TWINS, replaced("e^-b halved", {q: q / 2}), replaced("w turned", {w[0]: -w[0]})),
    rules=("favor",),
    symbols=(sigma, q, *w),
    assumptions=keys_assumption(SPHERE) + r" $q = e^{-b}$, $b = 4\sigma^2$.",
    steps=r"$\kappa(k,k')$ is a mean of exponentials of $(\omega_a + \omega_c)^T x$; expand them, "
    "average products of entries, and compare with the series of one coordinate.",
)


def _gaussian_exponent(t: Expr) -> Expr:
    """log E e^(t g) for g ~ N(0, 1), by integration."""
    g, a = sympy.Symbol("g", real=True), sympy.Symbol("a", real=True)
    found = sympy.integrate(exp(a * g - g**2 / 2) / sqrt(2 * pi), (g, -oo, oo))
    return sympy.expand(sympy.log(sympy.simplify(found)), force=True).subs(a, t)


def _unbiased() -> Expr:
    """Exponents of E phi(x)^T phi(y) and of the mean square of one of its terms."""
    x, y = column("k", 2), column("v", 2)
    norms = ((x.T * x)[0] + (y.T * y)[0]) / 2
    one, two = (sum(_gaussian_exponent(m * s) for s in x + y) for m in (1, 2))
    return Matrix([one - norms, two - 2 * norms])


def _stated() -> Expr:
    x, y = column("k", 2), column("v", 2)
    overlap, total = (x.T * y)[0], ((x + y).T * (x + y))[0]
    return Matrix([overlap, 2 * overlap + total])


UNBIASED = Claim(
    id="features/favor/unbiased",
    statement="Over directions phi(x).phi(y) has mean e^(x.y), its square e^(2 x.y + |x+y|^2) for "
    "D = 1: exponents (Lemmas 1 and 2).",
    derive=_unbiased,
    ships=stated(_stated()),
    twins=(
        times("wrong sign", -1),
        times("factor 2", 2),
        plus("off by a thousandth", Rational(1, 1000)),
    ),
    rules=("favor",),
    assumptions=r"$\omega \sim N(0, I)$, any $x$ and $y$.",
    steps=r"$E e^{\omega^T z} = e^{|z|^2/2}$ entry by entry with $z = x + y$, with $2z$ for the "
    r"square; hence the variance $e^{2x^Ty}(e^{|x+y|^2} - 1)/D$ of $D$ directions.",
)

CLAIMS = (ACTION, MOMENTS, UNBIASED)
