r"""Polar decomposition k = r u: radius and direction of an isotropic key are independent."""

import sympy
from sympy import Integer, Matrix, diag, sqrt

from proofs_check.claim import Claim, replaced, require_zero, stated, times
from proofs_check.directions import HALF, direction_moment, gamma_mean
from proofs_check.foundations.sphere import NEXT, ONE, SEVERAL
from proofs_check.lemmas import gaussian_moment
from proofs_check.notation import Expr, d, r

t = sympy.symbols("t_0:3", real=True)  # stereographic coordinates of the direction
GAUSSIAN_KEYS = "A key $k = ru$ with entries independent $N(0, 1/d)$, so $E|k|^2 = 1$."


def _bulk(size: int) -> Expr:
    return Integer(1) + sum(x**2 for x in t[: size - 1])


def metric(size: int) -> Expr:
    """J^T J of k = r u(t), u = (2 t, 1 - |t|^2)/(1 + |t|^2): all directions but one pole."""
    bulk = _bulk(size)
    direction = Matrix([*(2 * x for x in t[: size - 1]), 2 - bulk]) / bulk
    require_zero((direction.T * direction)[0] - 1, "the direction has unit norm")
    slopes = (r * direction).jacobian([*t[: size - 1], r])
    return slopes.T * slopes


def volume(size: int) -> Claim:
    """The metric is diagonal, so volume is r^(d-1) times a function of the direction."""
    return Claim(
        id=f"foundations/polar/metric/d{size}",
        statement=f"Lengths are r du and dr, at right angles: volume is r^{size - 1} dr du.",
        derive=lambda: metric(size),
        ships=stated(diag(*[(2 * r / _bulk(size)) ** 2] * (size - 1), 1)),
        twins=(
            times("one r too many", r),
            times("half the scale", HALF),
            replaced("a coordinate forgotten", {t[0]: 0}),
        ),
        symbols=t[: size - 1],
        assumptions="Any density that depends on $|k|$ alone; all directions but one pole.",
        steps=r"$k = ru$, $u = (2t, 1-|t|^2)/(1+|t|^2)$; $J^TJ$ is diagonal, so "
        r"$dk = r^{d-1}dr\,(2/(1+|t|^2))^{d-1}dt$ and the density of $(r, t)$ is a product.",
    )


def _radial_by_angular(*exponents: int) -> Expr:
    half = sum(exponents) // 2  # d r^2/2 is Gamma(d/2)
    return gamma_mean(half, d / 2) * (2 / d) ** half * direction_moment(d, *exponents)


MOMENTS = Claim(
    id="foundations/polar/moments",
    statement="E r^n times E of the direction's moment is the Gaussian entries' product, any d.",
    derive=lambda: Matrix([_radial_by_angular(*n) for n in (*ONE, *SEVERAL)]),
    ships=stated(
        Matrix(
            [
                sympy.prod([gaussian_moment(n) / sqrt(d) ** n for n in exponents])
                for exponents in (*ONE, *SEVERAL)
            ]
        )
    ),
    twins=(
        replaced("variance 1/(d + 1)", {d: d + 1}),
        NEXT,
        times("variance 1 for 1/d", d),
    ),
    assumptions=GAUSSIAN_KEYS,
    steps=r"$dr^2/2$ is $Gamma(d/2)$; its moments, by parts, times the direction's Beta integrals; "
    "the entries' own Gaussian integrals must give the same.",
)

CLAIMS = (*map(volume, (2, 3, 4)), MOMENTS)
