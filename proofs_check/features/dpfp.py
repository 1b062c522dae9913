r"""DPFP features, Schlag, Irie, Schmidhuber 2021, Eq 37: $r = \mathrm{relu}([k, -k])$.

phi_(ij) = r_i r_(i+j), j = 1 .. nu, indices modulo 2 d, over the root of E |phi|^2. Inside an
orthant r is k or 0, entry by entry, and phi a monomial; moments are averaged orthant by orthant
over the sizes of Gaussian entries. phi has degree two, so on the sphere the three moments are those
of Gaussian keys over E r^4, E r^8 and (E r^4)^2.
"""

from itertools import product
from typing import Any

import sympy
from sympy import Integer, Matrix, Poly, Rational

from proofs_check.claim import Claim, Twin, plus, replaced, times
from proofs_check.lemmas import ENSEMBLES, GAUSSIAN, SPHERE, Ensemble
from proofs_check.notation import Expr, d
from proofs_check.one_sided import half_moment, rational, root

SIZES = ((2, 1), (2, 3), (3, 2), (4, 1))  # (d, nu)
sizes = sympy.symbols("a_:8", positive=True)  # |k_i|


def printed(key: list[Expr], nu: int) -> list[Expr]:
    """Eq 37, before the division, for entries of known sign."""
    r = [x if x.is_positive else Integer(0) for x in (*key, *(-x for x in key))]
    return [r[i] * r[(i + j) % len(r)] for j in range(1, nu + 1) for i in range(len(r))]


def _orthants(n: int) -> list[list[Expr]]:
    return [[s * a for s, a in zip(signs, sizes)] for signs in product((1, -1), repeat=n)]


def _mean(expression: Expr, n: int) -> Expr:
    """Over the sizes of entries N(0, 1/n), given their signs."""
    total = Integer(0)
    for powers, c in Poly(expression, *sizes[:n]).terms():
        scale = Integer(n) ** Rational(-sum(powers), 2)
        total += c * scale * sympy.prod([2 * half_moment(p) for p in powers])
    return total


def _average(of: list[Expr], n: int) -> Expr:
    """Over all orthants."""
    return sum((_mean(x, n) for x in of), Integer(0)) / Integer(2) ** n


def _size(n: int, nu: int) -> Expr:
    """E |phi|^2."""
    return _average([sum(x**2 for x in printed(key, nu)) for key in _orthants(n)], n)


def _gaussian(n: int, nu: int) -> Expr:
    found = [printed(key, nu) for key in _orthants(n)]
    squares = [sum(x**2 for x in features) for features in found]
    count, size = len(found[0]), _size(n, nu)
    crossed = [
        _average([features[i] * features[j] for features in found], n)
        for i in range(count)
        for j in range(count)
    ]
    own, own_square = _average(squares, n), _average([x**2 for x in squares], n)
    other = sum(x**2 for x in crossed)
    return rational(Matrix([own / size, own_square / size**2, other / size**2]))


def _derived(keys: Ensemble) -> Expr:
    rows = []
    for n, nu in SIZES:
        own, own_square, other = _gaussian(n, nu)
        if keys is SPHERE:
            fourth, eighth = (GAUSSIAN.radial(p).subs(d, n) for p in (4, 8))
            own, own_square, other = own / fourth, own_square / eighth, other / fourth**2
        rows.append(Matrix([[own, own_square, other]]))
    return Matrix.vstack(*rows)


def _shipped(catalogue: Any, keys: Ensemble) -> Expr:
    phi = catalogue.feature_map("dpfp")
    found = [phi.counted_moments(keys, Integer(n), nu=nu) for n, nu in SIZES]
    return rational(Matrix.hstack(*found).T)


def _next(shipped: Expr) -> Expr:
    return Matrix.vstack(shipped[1:, :], shipped[:1, :])


def of_keys(keys: Ensemble) -> Claim:
    """The three moments at several sizes."""
    norm = {"sphere": "uniform on the unit sphere", "gaussian": "$N(0, I/d)$"}[keys.name]
    return Claim(
        id=f"features/dpfp/moments/{keys.name}",
        statement="Mean of |phi|^2, of its square and of (phi.phi')^2 at (d, nu) = (2,1), (2,3), "
        f"(3,2), (4,1), {keys.name} keys.",
        derive=lambda: _derived(keys),
        ships=lambda catalogue: _shipped(catalogue, keys),
        twins=(
            times("wrong sign", -1),
            times("factor 2", 2),
            replaced("mean of an entry halved", {root: root / 2}),
            plus("off by a thousandth", Rational(1, 1000)),
            Twin("sizes shifted", _next),
        ),
        rules=("dpfp",),
        symbols=(root,),
        assumptions=f"Keys independent, {norm}; $g = 1/\\sqrt{{2\\pi}}$.",
        steps=r"In each of the $2^d$ orthants features are monomials in sizes of entries, whose "
        r"moments are $(n-1)!!$ for even and $2g\,(n-1)!!$ for odd $n$; average over orthants, and "
        r"$E(\phi^T\phi')^2 = \sum_{ij} (E\phi_i\phi_j)^2$.",
    )


def _actions() -> list[tuple[list[Expr], int]]:
    """Keys in all orthants of the plane, and one key in eight dimensions with every sign."""
    mixed = [(-1) ** (i // 2) * a for i, a in enumerate(sizes)]
    return [*((key, nu) for nu in (1, 2) for key in _orthants(2)), (mixed, 4)]


ACTION = Claim(
    id="features/dpfp/action",
    statement="phi_(ij) = r_i r_(i+j) over the root of its mean square, d = 2 and 8.",
    derive=lambda: Matrix(
        [
            x / sympy.sqrt(_declared_size(len(key), nu))
            for key, nu in _actions()
            for x in printed(key, nu)
        ]
    ),
    ships=lambda catalogue: Matrix.vstack(
        *(catalogue.feature_map("dpfp").features(Matrix(key), nu=nu) for key, nu in _actions())
    ),
    twins=(
        times("wrong sign", -1),
        times("factor 2", 2),
        replaced("entries swapped", {sizes[0]: sizes[1], sizes[1]: sizes[0]}),
        Twin("indices off by one", _next),
    ),
    rules=("dpfp",),
    symbols=sizes,
    assumptions="Keys with entries of either sign.",
    steps="Restate the features inside each orthant; divide by the root of their mean square.",
)


def _declared_size(n: int, nu: int) -> Expr:
    """E |phi|^2: each product of two entries that can both be positive has E r_i^2 r_j^2."""
    pairs = [(i, (i + j) % (2 * n)) for j in range(1, nu + 1) for i in range(2 * n)]
    return sum((half_moment(2) ** 2 / Integer(n) ** 2 for i, j in pairs if (i - j) % n), Integer(0))


CLAIMS = (ACTION, *map(of_keys, ENSEMBLES))
