r"""One write by A = a I + c u u^T and b u, averaged over u: the maps on which the law engine acts.

E A (X I + Y w w^T) A^T stays in the span of I and w w^T, and the trace and the traceless part of a
memory's second moment never mix.
"""

from typing import Any

import numpy as np
import sympy
from sympy import Matrix, eye

from proofs_check.claim import Claim, plus, replaced, require_zero, times
from proofs_check.directions import matrix_mean, mean, u
from proofs_check.foundations.quadratic import direction
from proofs_check.foundations.sphere import UNIFORM
from proofs_check.notation import Expr, d, generic, r

a, b, c, X, Y = sympy.symbols("a b c X Y", real=True)
STEP = UNIFORM + " One write $S \\to S(aI + cuu^T) + v(bu)^T$, a key of radius $r$."


def maps(catalogue: Any, across: Expr, excess: Expr, write: Expr) -> Any:
    """What ships for one write with these blocks across, excess along and write, at radius r."""

    def nodes(matrix: Expr) -> Any:
        return np.array([matrix.tolist()], dtype=object)

    step = catalogue.part("isotropic.RadialStep")(
        nodes(across), nodes(across + excess), nodes(write)[..., 0]
    )
    return catalogue.part("isotropic.StepMaps").of(step, np.array([r]), d, lambda x: x[0])


def _scalar_maps(catalogue: Any) -> Any:
    return maps(catalogue, *(Matrix([[x]]) for x in (a, c, b)))


def corner(a: Expr, c: Expr, X: Expr, Y: Expr) -> tuple[Expr, Expr]:
    """Blocks of E A (X I + Y w w^T) A^T along w = e_1 and across it, for any blocks a, c, X, Y."""
    aXa, aXc, cXc = a * X * a.T, a * X * c.T + c * X * a.T, c * X * c.T

    def plain(i: int) -> Expr:  # A X A^T at (i, i), where |u| = 1
        return aXa + (aXc + cXc) * u[i] ** 2

    along, across = a + c * u[0] ** 2, c * u[0] * u[1]
    first, second = plain(0) + along * Y * along.T, plain(1) + across * Y * across.T
    mixed = (aXc + cXc) * u[0] * u[1] + along * Y * across.T
    require_zero(matrix_mean(mixed, d), "no entry between w and its complement")
    return matrix_mean(first, d), matrix_mean(second, d)


def fresh() -> Expr:
    """Rows: X, Y after a write; the power it leaves in a read-out; W's own map and source."""
    blocks = [Matrix([[x]]) for x in (a, c, X, Y)]
    first, second = (block[0] for block in corner(*blocks))
    left = mean(b**2 * (X + Y * u[0] ** 2), d)  # E (b u . q)^2 with E q q^T = X I + Y w w^T
    grown = mean(X * (a**2 + (2 * a * c + c**2) * u[0] ** 2), d)
    added = mean(b**2 * u[0] ** 2, d)
    kept = mean(a + c * u[0] ** 2, d)
    return Matrix([second, first - second, left, grown, added, kept])


def _fresh_ships(catalogue: Any) -> Expr:
    found, z = _scalar_maps(catalogue), Matrix([X, Y])
    rows = Matrix(found.query) * z
    return Matrix(
        [
            *rows,
            (Matrix([list(found.fresh)]) * z)[0],
            found.power[0, 0] * X,
            found.source[0],
            found.mean[0, 0],
        ]
    )


FRESH = Claim(
    id="foundations/isotropy/fresh-write",
    statement="The engine's maps of a fresh write: query, power left and added, mean; any d.",
    derive=fresh,
    ships=_fresh_ships,
    twins=(
        replaced("d off by one", {d: d + 1}),
        replaced("a and c exchanged", {a: c, c: a}),
        replaced("no spread", {Y: 0}),
        times("wrong sign", -1),
    ),
    symbols=(a, b, c, X, Y),
    assumptions=STEP,
    steps=r"Entries of $A(XI + Yww^T)A$ along and across $w$ are polynomials in $u_1, u_2$; "
    "average them with Beta integrals; the mixed entry vanishes.",
)


def stored() -> Expr:
    """The write of the stored key itself, u = w: own power and the weight of older power."""
    k = r * Matrix([1, 0, 0])
    Q = X * eye(3) + Y * Matrix([1, 0, 0]) * Matrix([[1, 0, 0]])  # two axes across stand for d - 1
    own = b**2 * (k.T * Q * k)[0]  # the write b w meets the query r w
    A = a * eye(3) + c * k * k.T / r**2
    carried = A * Q * A.T * r**2
    older = carried[0, 0] + (d - 1) * carried[1, 1]
    require_zero(carried - Matrix.diag(*carried.diagonal()), "nothing between the axes")
    return Matrix([own, older, b * r])


def _stored_ships(catalogue: Any) -> Expr:
    found, z = _scalar_maps(catalogue), Matrix([X, Y])
    own, older = (Matrix(x).reshape(1, 2) * z for x in (list(found.own), found.older.tolist()))
    return Matrix([own[0], older[0], found.write[0]])


STORED = Claim(
    id="foundations/isotropy/stored-write",
    statement="The engine's maps of the stored write: own power, weight of older power; any d.",
    derive=stored,
    ships=_stored_ships,
    twins=(
        replaced("d off by one", {d: d + 1}),
        replaced("radius forgotten", {r: 1}),
        replaced("across for along", {c: 0}),
        plus("one axis too many", a**2 * X),
    ),
    symbols=(a, b, c, X, Y),
    assumptions=STEP + " The key $k = rw$ that is read later.",
    steps="Take $u = w$ without averaging: one axis along the key, $d - 1$ across it.",
)

BLOCKS = {name: generic(name, 2, 2) for name in ("a", "c", "X", "Y")}


def _blocks() -> Expr:
    first, second = corner(*BLOCKS.values())
    return Matrix([*second, *(first - second)])


def _blocks_ship(catalogue: Any) -> Expr:
    found = maps(catalogue, BLOCKS["a"], BLOCKS["c"], Matrix([b, 0]))
    return Matrix(found.query) * Matrix([*BLOCKS["X"], *BLOCKS["Y"]])


two = BLOCKS["a"], BLOCKS["c"]

WIDE = Claim(
    id="foundations/isotropy/two-blocks",
    statement="The engine's map of a state of two blocks, as momentum has; generic blocks, any d.",
    derive=_blocks,
    ships=_blocks_ship,
    twins=(
        replaced("d off by one", {d: d + 1}),
        replaced("a and c exchanged", dict(zip([*two[0], *two[1]], [*two[1], *two[0]]))),
        replaced("a transposed", {two[0][0, 1]: two[0][1, 0], two[0][1, 0]: two[0][0, 1]}),
        times("wrong sign", -1),
    ),
    symbols=tuple(x for block in BLOCKS.values() for x in block),
    assumptions=UNIFORM + r" $A = a \otimes I + c \otimes uu^T$ with blocks $a$, $c$.",
    steps="The same entries along and across $w$, now matrices over the blocks.",
)

W3 = generic("W", 3, 3)


def _memory(size: int) -> Expr:
    return Matrix(size, size, lambda i, j: W3[min(i, j), max(i, j)])


def _written(size: int) -> Expr:
    u_ = direction(size)
    A = a * eye(size) + c * u_ * u_.T
    return matrix_mean(A * _memory(size) * A, size)


def decoupled(size: int) -> Claim:
    """E A W A of any second moment W: rho on the trace, tau on what is traceless."""
    W = _memory(size)

    def ships(catalogue: Any) -> Expr:
        found = _scalar_maps(catalogue)
        rho, tau = (x.subs(d, size) for x in (found.power[0, 0], found.query[1, 1]))
        middle = W.trace() / size * eye(size)
        return rho * middle + tau * (W - middle)

    return Claim(
        id=f"foundations/isotropy/trace/d{size}",
        statement=f"E A W A = rho tr W/d I + tau (W - tr W/d I) for any W, d = {size}.",
        derive=lambda: _written(size),
        ships=ships,
        twins=(
            plus("one mode leaks into all entries", c**2 * W.trace()),
            replaced("a and c exchanged", {a: c, c: a}),
            replaced("entries exchanged", {W[0, 0]: W[0, 1], W[0, 1]: W[0, 0]}),
            times("wrong sign", -1),
        ),
        symbols=(a, c, *W.free_symbols),
        assumptions=STEP + " Any symmetric $W = E S^T S$.",
        steps=r"Integrate $AWA$ over angles for a generic $W$; $\rho$ and $\tau$ are the engine's. "
        r"In particular $E\,tr(AWA) = \rho\,tr W$ by cyclicity.",
    )


CLAIMS = (FRESH, STORED, WIDE, *map(decoupled, (2, 3)))
