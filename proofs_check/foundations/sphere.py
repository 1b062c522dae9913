r"""Moments of a direction u uniform on the unit sphere of R^d, three ways.

By the slices of the sphere (Beta integrals), by rotation invariance alone, and over angles.
"""

import sympy
from sympy import Integer, Matrix, Rational
from sympy.utilities.iterables import partitions

from proofs_check.claim import Claim, Twin, plus, replaced, stated, times
from proofs_check.directions import angle_moment, direction_moment
from proofs_check.lemmas import sphere_moment
from proofs_check.notation import Expr, d

UNIFORM = "A direction $u$ uniform on the unit sphere of $R^d$."
ONE: tuple[tuple[int, ...], ...] = ((2,), (4,), (6,))
SEVERAL: tuple[tuple[int, ...], ...] = ((2, 2), (4, 2), (2, 2, 2))
LOW = tuple((i, j) for i in range(7) for j in range(7 - i))  # exponents of two coordinates
UP = replaced("d off by one", {d: d + 1})


def _lemma(exponents: tuple[tuple[int, ...], ...]) -> Expr:
    return Matrix([sphere_moment(*n) for n in exponents])


def shifted(shipped: Expr) -> Expr:
    """Entries moved on by one place: the next order, or the next case."""
    return Matrix([*shipped[1:], shipped[0]]).reshape(*shipped.shape)


NEXT = Twin("orders moved by one", shifted)

ONE_COORDINATE = Claim(
    id="foundations/sphere/one-coordinate",
    statement="Second, fourth and sixth moment of one coordinate of a direction, any d.",
    derive=lambda: Matrix([direction_moment(d, *n) for n in ONE]),
    ships=stated(_lemma(ONE)),
    twins=(UP, NEXT, times("odd factor left out", Rational(1, 3))),
    assumptions=UNIFORM,
    steps=r"The slice at height $u_1$ is a sphere of radius $\sqrt{1-u_1^2}$ in $d-1$ dimensions, "
    r"so $x = u_1^2$ has density proportional to $x^{-1/2}(1-x)^{(d-3)/2}$; "
    r"$\int d[x^p(1-x)^q] = 0$ raises the power one by one.",
)

COORDINATES = Claim(
    id="foundations/sphere/several-coordinates",
    statement="Mixed moments of two and three coordinates of a direction up to order 6, any d.",
    derive=lambda: Matrix([direction_moment(d, *n) for n in SEVERAL]),
    ships=stated(_lemma(SEVERAL)),
    twins=(UP, NEXT, times("coordinates independent", (d + 2) / d)),
    assumptions=UNIFORM,
    steps=r"Given $u_1$, the others are $\sqrt{1-u_1^2}$ times a direction in $d-1$ dimensions: "
    "a product of Beta integrals, coordinate after coordinate.",
)


def power_sum(n: int, moment: dict[tuple[int, ...], Expr]) -> Expr:
    """E (sum_i x_i)^n over d exchangeable x from E x_1^a x_2^b ..., a >= b >= ..."""
    total = Integer(0)
    for parts in partitions(n):
        sizes = tuple(sorted((k for k, m in parts.items() for _ in range(m)), reverse=True))
        words = sympy.factorial(n) / sympy.prod([sympy.factorial(k) for k in sizes])
        alike = sympy.prod([sympy.factorial(m) for m in parts.values()])
        total += words * sympy.ff(d, len(sizes)) / alike * moment[sizes]
    return sympy.expand_func(total)


def by_symmetry() -> Expr:
    """All moments from invariance under a turn of the first two coordinates and |u| = 1."""
    c, s = sympy.symbols("c s", real=True)
    m = {n: sympy.Symbol("m" + "".join(map(str, n))) for n in (*ONE, *SEVERAL)}
    m |= {(0,): Integer(1)}

    def mixed(*exponents: int) -> Expr:
        return m[tuple(sorted((n for n in exponents if n), reverse=True)) or (0,)]

    equations = []
    for n, other in ((4, 0), (6, 0), (4, 2)):  # E (c u_1 + s u_2)^n u_3^other
        turned = sum(
            sympy.binomial(n, j) * c ** (n - j) * s**j * mixed(n - j, j, other)
            for j in range(0, n + 1, 2)
        )
        still = (c**2 + s**2) ** (n // 2) * mixed(n, other)
        equations += sympy.Poly(turned - still, c, s).coeffs()
    for n in (1, 2, 3):
        squares = {tuple(k // 2 for k in key): value for key, value in m.items()}
        equations.append(power_sum(n, squares) - 1)
    found = sympy.solve(equations, [m[n] for n in (*ONE, *SEVERAL)], dict=True)[0]
    return Matrix([found[m[n]] for n in (*ONE, *SEVERAL)])


SYMMETRY = Claim(
    id="foundations/sphere/symmetry",
    statement="All moments of a direction up to order 6, any d, from rotation invariance alone.",
    derive=by_symmetry,
    ships=stated(_lemma((*ONE, *SEVERAL))),
    twins=(UP, NEXT, times("odd factor left out", Rational(1, 3))),
    assumptions="Any unit vector whose law no rotation changes, with moments of order 6.",
    steps=r"$E(cu_1+su_2)^n u_3^m = (c^2+s^2)^{n/2} E u_1^n u_3^m$ at every $c, s$, and "
    r"$E(\sum_i u_i^2)^n = 1$: a linear system with one solution.",
)


def _over_angles(size: int) -> Claim:
    exponents = [(*n, *(0,) * (size - 2)) for n in LOW] + ([(2, 2, 2), (4, 2, 2)][: 2 * (size - 2)])
    return Claim(
        id=f"foundations/sphere/angles/d{size}",
        statement=f"Every moment up to order 6 of a direction in {size} dimensions, odd ones too.",
        derive=lambda: Matrix([angle_moment(*n) for n in exponents]),
        ships=stated(Matrix([sphere_moment(*n).subs(d, size) for n in exponents])),
        twins=(NEXT, times("factor 2", 2), plus("not centred", 1)),
        assumptions=UNIFORM.replace("R^d", f"R^{size}"),
        steps="Integrate the product of powers over the angles"
        + (", the height uniform on $[-1, 1]$ (Archimedes)." if size == 3 else "."),
    )


CLAIMS = (ONE_COORDINATE, COORDINATES, SYMMETRY, *map(_over_angles, (2, 3)))
