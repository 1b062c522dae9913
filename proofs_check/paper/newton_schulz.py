r"""Newton-Schulz, NS in Eq 19 of McDermott, Heath, Parhi 2026 (LaCT, Atlas; Muon).

$X \leftarrow a X + b X X^\top X + c X X^\top X X^\top X$ from $X = M/|M|_F$: it keeps singular
vectors and sends each singular value through $p(x) = a x + b x^3 + c x^5$. Every real 2 x 2 matrix
is a rotation, a diagonal matrix and a rotation; rotations are rational in half an angle's tangent.
"""

from typing import Any

import sympy
from sympy import Integer, Matrix, Rational, Symbol, cancel, solve, symbols

from proofs_check.claim import Claim, Twin, instead, plus, replaced, times
from proofs_check.exact_tensors import ExactTorch, exact
from proofs_check.notation import Expr, r

a, b, c = COEFFICIENTS = symbols("a b c", real=True)
s, t, u = symbols("s t u", real=True)  # tangents of half angles
x = Symbol("x", real=True)
# Printed by Jordan et al. 2024 (Muon): steep at zero.
MUON = tuple(Rational(text) for text in ("3.4445", "-4.7750", "2.0315"))


def rotation(tangent: Expr) -> Expr:
    """A rotation of the plane."""
    cosine, sine = circle(tangent)
    return Matrix([[cosine, -sine], [sine, cosine]])


def circle(tangent: Expr) -> tuple[Expr, Expr]:
    """Cosine and sine: two singular values of Frobenius norm 1."""
    return (1 - tangent**2) / (1 + tangent**2), 2 * tangent / (1 + tangent**2)


def quintic(value: Expr, coefficients: tuple[Expr, ...] = COEFFICIENTS) -> Expr:
    """p at one singular value."""
    return sum(k * value ** (2 * i + 1) for i, k in enumerate(coefficients))


def diagonal(values: tuple[Expr, ...], rows: int = 2, columns: int = 2) -> Expr:
    """Singular values on the diagonal of a matrix that need not be square."""
    return Matrix(rows, columns, lambda i, j: values[i] if i == j else 0)


def shipped_quintic(catalogue: Any, name: str) -> tuple[Expr, ...]:
    """Coefficients that ship, as the decimals they are written as."""
    return tuple(exact(list(catalogue.part(f"newton_schulz.{name}"))))


def orthogonalised(
    catalogue: Any, M: Expr, coefficients: tuple[Expr, ...], iterations: int = 1
) -> Expr:
    """Newton-Schulz as it ships, of a matrix whose Frobenius norm is rational in its symbols."""
    iterate = catalogue.part("newton_schulz.newton_schulz")
    with ExactTorch():
        return Matrix(iterate(exact(M), iterations, coefficients).tolist())


def _squares_swapped(shipped: Expr) -> Expr:
    return shipped.subs({b: c, c: b}, simultaneous=True)


SINGULAR_VALUES = Claim(
    id="paper/newton_schulz/singular-values",
    statement="Eq 19: one iteration sends each singular value x of M/|M| to a x + b x^3 + c x^5.",
    derive=lambda: diagonal(tuple(map(quintic, circle(t)))),
    ships=lambda catalogue: orthogonalised(catalogue, r * diagonal(circle(t)), COEFFICIENTS),
    twins=(
        instead("M not divided by its norm", lambda: diagonal(_unnormalised())),
        Twin("b and c exchanged", _squares_swapped),
        replaced("cubic: c forgotten", {c: Integer(0)}),
        replaced("sign of b", {b: -b}),
    ),
    symbols=(*COEFFICIENTS, t),
    assumptions=r"$M = r\, \mathrm{diag}(\cos, \sin)$, any $r > 0$ and angle; any coefficients.",
    steps="Diagonal matrices multiply entry by entry; the entries have squares that sum to $r^2$.",
)


def _unnormalised() -> tuple[Expr, ...]:
    return tuple(quintic(r * value) for value in circle(t))


def _turned(values: tuple[Expr, ...]) -> Expr:
    return rotation(s) * diagonal(values) * rotation(u).T


def _any_matrix() -> Expr:
    """A generic M in whole powers of the tangents: times r and the denominators, now its norm."""
    denominators = r * (1 + s**2) * (1 + t**2) * (1 + u**2)
    return (denominators * _turned(circle(t))).applyfunc(cancel)


def _turned_back(catalogue: Any) -> Expr:
    """U^T NS(M) V as it ships."""
    found = orthogonalised(catalogue, _any_matrix(), COEFFICIENTS).applyfunc(cancel)
    return (rotation(s).T * found * rotation(u)).applyfunc(cancel)


SINGULAR_VECTORS = Claim(
    id="paper/newton_schulz/singular-vectors",
    statement="Eq 19: NS keeps both sets of singular vectors: U^T NS(U x V^T) V = p(x), diagonal.",
    derive=lambda: diagonal(tuple(map(quintic, circle(t)))),
    ships=_turned_back,
    twins=(
        Twin("left vectors turned back", lambda y: rotation(s).T ** 2 * y),
        Twin("right vectors forgotten", lambda y: y * rotation(u)),
        replaced("sign of b", {b: -b}),
    ),
    symbols=(*COEFFICIENTS, s, t, u),
    assumptions=r"Any real $M$ of $2 \times 2$: $M = r\, U \mathrm{diag}(\cos, \sin) V^T$, $U$ and "
    "$V$ rotations.",
    steps="$X X^T X$ has the same outer factors and cubes inside; so has the fifth power.",
)


def _tall(values: tuple[Expr, ...]) -> Expr:
    """Both shapes that are not square, one flattened after the other."""
    shapes = ((3, 2), (2, 3))
    return Matrix([entry for shape in shapes for entry in diagonal(values, *shape)])


def _shipped_tall(catalogue: Any) -> Expr:
    shapes = ((3, 2), (2, 3))
    found = [
        orthogonalised(catalogue, r * diagonal(circle(t), *shape), COEFFICIENTS) for shape in shapes
    ]
    return Matrix([entry for each in found for entry in each])


TALL = Claim(
    id="paper/newton_schulz/not-square",
    statement="Eq 19: the same for matrices that are not square; zero singular values stay zero.",
    derive=lambda: _tall(tuple(map(quintic, circle(t)))),
    ships=_shipped_tall,
    twins=(
        times("wrong sign", -1),
        Twin("wide and tall exchanged", lambda y: Matrix([*y[6:], *y[:6]])),
        plus("zeros raised", 1),
        replaced("cubic: c forgotten", {c: Integer(0)}),
    ),
    symbols=(*COEFFICIENTS, t),
    assumptions=r"Diagonal matrices of $3 \times 2$ and $2 \times 3$.",
    steps="As for square ones; tall ones are transposed, and back.",
)

TWICE = Claim(
    id="paper/newton_schulz/two-iterations",
    statement="Eq 19: two iterations send each singular value to p(p(x)); the norm is taken once.",
    derive=lambda: diagonal(tuple(quintic(quintic(y)) for y in circle(t))),
    ships=lambda catalogue: orthogonalised(
        catalogue, r * diagonal(circle(t)), COEFFICIENTS, iterations=2
    ),
    twins=(
        instead("one iteration", lambda: diagonal(tuple(map(quintic, circle(t))))),
        instead("p twice its value", lambda: 2 * diagonal(tuple(map(quintic, circle(t))))),
        replaced("sign of b", {b: -b}),
    ),
    symbols=(*COEFFICIENTS, t),
    assumptions="As for one iteration.",
    steps="Insert $p$ into $p$.",
)


def _third_order() -> Expr:
    """p(1) = 1 with two vanishing derivatives there."""
    p = quintic(x)
    conditions = [p - 1, p.diff(x), p.diff(x, 2)]
    found = solve([each.subs(x, 1) for each in conditions], COEFFICIENTS, dict=True)[0]
    return Matrix([found[k] for k in COEFFICIENTS])


POLAR = Claim(
    id="paper/newton_schulz/polar",
    statement="The polar coefficients: the odd quintic with the fixed point 1 of third order.",
    derive=_third_order,
    ships=lambda catalogue: Matrix(shipped_quintic(catalogue, "POLAR")),
    twins=(
        instead("the cubic: second order", lambda: Matrix([Rational(3, 2), -Rational(1, 2), 0])),
        instead("Muon's", lambda: Matrix(MUON)),
        Twin("sign of b", lambda y: Matrix([y[0], -y[1], y[2]])),
        times("sum 2", 2),
    ),
    assumptions="$p$ odd, of degree five.",
    steps="Solve $p(1) = 1$, $p'(1) = p''(1) = 0$: three linear equations.",
)


def slopes(coefficients: tuple[Expr, ...]) -> tuple[Expr, Expr]:
    """Slopes of p at its fixed points x^2 = y other than 0, by the roots of c y^2 + b y + a - 1."""
    a, b, c = coefficients
    root = sympy.sqrt(b**2 - 4 * c * (a - 1))
    squares = [(-b + sign * root) / (2 * c) for sign in (1, -1)]
    return tuple(a + 3 * b * y + 5 * c * y**2 for y in squares)


def _repelled() -> Expr:
    one, other = slopes(MUON)
    products = [sympy.expand((one - edge) * (other - edge)) for edge in (1, -1)]
    return Matrix([sum(MUON), MUON[0], *products])


def _by_resultant(catalogue: Any) -> Expr:
    """The same without roots: the polynomial in m whose zeros are the slopes."""
    y, m = sympy.symbols("y m", real=True)
    a, b, c = shipped_quintic(catalogue, "MUON")
    fixed = sympy.Poly(c * y**2 + b * y + a - 1, y)
    slope = sympy.Poly(m - a - 3 * b * y - 5 * c * y**2, y)
    found = sympy.expand(sympy.resultant(fixed, slope, y) / c**2)
    monic = found / sympy.LC(found, m)
    return Matrix([a + b + c, a, *(monic.subs(m, edge) for edge in (1, -1))])


FIXED_POINTS = Claim(
    id="paper/newton_schulz/muon",
    statement="Muon's coefficients: p(1) = 0.701, and every fixed point of p repels.",
    derive=_repelled,
    ships=_by_resultant,
    twins=(
        instead("settles at 1", lambda: Matrix([1, *_repelled()[1:]])),
        times("signs of the slopes' polynomial", -1),
        plus("one more", 1),
        Twin("slopes exchanged", lambda y: Matrix([y[0], y[1], y[3], y[2]])),
    ),
    assumptions="Coefficients as printed by Jordan et al. 2024. Rows: $p(1)$; the slope at 0; "
    r"$(m_1 - 1)(m_2 - 1)$ and $(m_1 + 1)(m_2 + 1)$, $m_i$ the slopes at the other fixed points.",
    steps="Both products are negative, so one slope exceeds 1 and the other lies below $-1$; the "
    "slope at 0 exceeds 1. What ships is checked by a resultant, without roots.",
)


def _gradient() -> Expr:
    return r * diagonal(circle(t))


ALONG = Claim(
    id="paper/newton_schulz/descent",
    statement="Eq 19: <G, NS(G)> = |G| sum x p(x), so minus NS(G) descends where p > 0.",
    derive=lambda: Matrix([sum(r * y * quintic(y) for y in circle(t))]),
    ships=lambda catalogue: Matrix(
        [(_gradient().T * orthogonalised(catalogue, _gradient(), COEFFICIENTS)).trace()]
    ),
    twins=(
        times("plus for minus in Eq 19", -1),
        replaced("sign of b", {b: -b}),
        times("norm forgotten", 1 / r),
    ),
    symbols=(*COEFFICIENTS, t),
    assumptions="A diagonal gradient, which is any, as singular vectors stay; no momentum.",
    steps=r"$\mathrm{Tr}(G^T \mathrm{NS}(G))$, entry by entry.",
)

CLAIMS = (SINGULAR_VALUES, SINGULAR_VECTORS, TALL, TWICE, POLAR, FIXED_POINTS, ALONG)
