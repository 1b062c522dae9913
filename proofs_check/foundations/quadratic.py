r"""Quadratic forms of a random direction: averages of u^T A u and u u^T A u u^T, and of degree six.

These are what one write of a delta-type rule does to the memory's second moment on average.
"""

from typing import Any

import numpy as np
import sympy
from sympy import Integer, Matrix, Rational, diag, eye, zeros

from proofs_check.claim import Claim, plus, replaced, stated, times
from proofs_check.directions import matrix_mean, mean, u
from proofs_check.foundations.sphere import UNIFORM
from proofs_check.lemmas import SPHERE
from proofs_check.notation import Expr, d, generic

SIZES = (2, 3)
OVER_ANGLES = "Integrate the polynomial in the coordinates over angles, for a generic matrix."


def direction(size: int) -> Expr:
    """u as a column."""
    return Matrix(u[:size])


A3, B3, C3 = (generic(name, 3, 3) for name in "ABC")
T = sympy.Symbol("T", real=True)  # the trace of a matrix in any dimension


def _cut(matrix: Expr, size: int) -> Expr:
    return matrix[:size, :size]


def _symmetric(matrix: Expr) -> Expr:
    return Matrix(*matrix.shape, lambda i, j: matrix[min(i, j), max(i, j)])


def _form(A: Expr) -> Expr:
    u_ = direction(A.rows)
    return (u_.T * A * u_)[0]


TRACE = Claim(
    id="foundations/quadratic/trace",
    statement="E u^T A u = tr A / d, for generic A in two and three dimensions.",
    derive=lambda: Matrix([mean(sympy.expand(_form(_cut(A3, n))), n) for n in SIZES]),
    ships=stated(Matrix([_cut(A3, n).trace() / n for n in SIZES])),
    twins=(
        times("trace not divided by d", 2),
        times("wrong sign", -1),
        replaced("an entry off the diagonal for one on it", {A3[0, 0]: A3[0, 1]}),
    ),
    symbols=tuple(A3),
    assumptions=UNIFORM,
    steps=OVER_ANGLES,
)


def _sandwich(A: Expr) -> Expr:
    u_ = direction(A.rows)
    return matrix_mean(u_ * u_.T * A * u_ * u_.T, A.rows)


def _pairings(A: Expr, size: int) -> Expr:
    return (A.trace() * eye(size) + A + A.T) / (size * (size + 2))


def sandwich(size: int) -> Claim:
    """E u u^T A u u^T by angles."""
    A = _cut(A3, size)
    return Claim(
        id=f"foundations/quadratic/sandwich/d{size}",
        statement=f"E u u^T A u u^T = (tr A I + A + A^T)/(d(d + 2)), generic A, d = {size}.",
        derive=lambda: _sandwich(A),
        ships=stated(_pairings(A, size)),
        twins=(
            times("d(d + 1) for d(d + 2)", Rational(size + 2, size + 1)),
            plus("trace on every entry", A.trace()),
            replaced("A for its transpose", {A[0, 1]: A[1, 0]}),
            times("wrong sign", -1),
        ),
        symbols=tuple(A),
        assumptions=UNIFORM,
        steps=OVER_ANGLES,
    )


def _sandwich_entries() -> Expr:
    """Entries (1,1) and (1,2) of E u u^T A u u^T: only even powers of each coordinate survive."""
    pairs = mean(u[0] ** 2 * u[1] ** 2, d)
    others = T - A3[0, 0]  # the trace over the other coordinates, all alike
    first = A3[0, 0] * mean(u[0] ** 4, d) + others * pairs
    return Matrix([first, (A3[0, 1] + A3[1, 0]) * pairs])


ANY_DIMENSION = Claim(
    id="foundations/quadratic/sandwich/any",
    statement="E u u^T A u u^T = (tr A I + A + A^T)/(d(d + 2)), any d, on and off the diagonal.",
    derive=_sandwich_entries,
    ships=stated(Matrix([T + 2 * A3[0, 0], A3[0, 1] + A3[1, 0]]) / (d * (d + 2))),
    twins=(
        times("d(d + 1) for d(d + 2)", (d + 2) / (d + 1)),
        replaced("A counted once", {A3[0, 0]: A3[0, 0] / 2}),
        replaced("A for its transpose", {A3[0, 1]: A3[1, 0]}),
        replaced("no trace", {T: 0}),
    ),
    symbols=(T, *A3[:2, :2]),
    assumptions=UNIFORM,
    steps=r"$(uu^T A uu^T)_{ij} = \sum_{kl} A_{kl} u_i u_j u_k u_l$; by reflections only pairs of "
    "equal indices survive; their moments are Beta integrals.",
)


def three_forms() -> Expr:
    """E (u^T A u)(u^T B u)(u^T C u) of symmetric matrices, over angles in each dimension."""
    found = []
    for n in SIZES:
        forms = [_form(_symmetric(_cut(X, n))) for X in (A3, B3, C3)]
        found.append(mean(sympy.expand(forms[0] * forms[1] * forms[2]), n))
    return Matrix(found)


def fifteen_pairings() -> Expr:
    """The same by the fifteen ways to pair six indices."""
    found = []
    for n in SIZES:
        A, B, C = (_symmetric(_cut(X, n)) for X in (A3, B3, C3))
        a, b, c = A.trace(), B.trace(), C.trace()
        two = a * (B * C).trace() + b * (A * C).trace() + c * (A * B).trace()
        found.append((a * b * c + 2 * two + 8 * (A * B * C).trace()) / (n * (n + 2) * (n + 4)))
    return Matrix(found)


SIX = Claim(
    id="foundations/quadratic/three-forms",
    statement="E (u^T A u)(u^T B u)(u^T C u) by fifteen pairings over d(d + 2)(d + 4), d = 2, 3.",
    derive=three_forms,
    ships=stated(fifteen_pairings()),
    twins=(
        times("d(d + 2)(d + 3) below", Rational(6, 5)),
        replaced("two matrices exchanged in one entry", {A3[0, 0]: B3[0, 0], B3[0, 0]: A3[0, 0]}),
        plus("a pairing too many", A3[0, 0] * B3[0, 0] * C3[0, 0]),
        times("wrong sign", -1),
    ),
    symbols=(*A3, *B3, *C3),
    assumptions=UNIFORM + " Symmetric $A$, $B$, $C$.",
    steps=OVER_ANGLES,
)

W, R = sympy.symbols("w_0:3", real=True), sympy.symbols("a_0:3", real=True)


def second_of_two() -> Expr:
    """E |S_2 k_2|^2 of S <- S (diag(w) - k (a o k)^T) + v k^T after two pairs, by angles."""
    k = direction(3)
    A = diag(*W) - k * Matrix([a * x for a, x in zip(R, k)]).T
    older = zeros(1, 1) + (A * k).T * (A * k) / 3  # E of the first key's outer product is I/3
    return mean(sympy.expand(older[0] + (k.T * k)[0] ** 2), 3)


CHANNELS = Claim(
    id="foundations/quadratic/channels",
    statement="Six factors of one key in the channel-wise law that ships: power of the newest of "
    "two pairs, generic gates of three channels.",
    derive=second_of_two,
    ships=lambda catalogue: _newest(catalogue),
    twins=(
        replaced("gates of two channels exchanged", {W[0]: W[1], W[1]: W[0]}),
        replaced("rates of two channels exchanged", {R[0]: R[1], R[1]: R[0]}),
        plus("one fresh pair too many", Rational(1, 3)),
        replaced("a rate halved", {R[2]: R[2] / 2}),
    ),
    rules=("rwkv7",),
    symbols=(*W, *R),
    assumptions="Two keys uniform on the unit sphere of $R^3$; values independent of them, of mean "
    "zero, $E|v|^2 = 1$.",
    steps=r"$p = E|v_2|k_2|^2|^2 + E(k_1^T A k_2)^2$, $A = diag(w) - k_2 (a \circ k_2)^T$; the "
    "first key averages to $I/3$; integrate the polynomial of degree six over angles.",
)


def _newest(catalogue: Any) -> Expr:
    gates = {"w": np.array(W, dtype=object), "a": np.array(R, dtype=object)}
    one = {"eta": Integer(1), "xi": np.array([Integer(1)] * 3, dtype=object)}
    return catalogue("rwkv7").channels(SPHERE, 3, 2, **gates, **one)[0, 1]


CLAIMS = (TRACE, *map(sandwich, SIZES), ANY_DIMENSION, SIX, CHANNELS)
