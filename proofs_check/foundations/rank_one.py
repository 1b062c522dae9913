r"""Rank-one updates of an inverse (Sherman, Morrison 1950) and of a determinant.

(M + u v^T)^{-1} = M^{-1} - M^{-1} u v^T M^{-1} / (1 + v^T M^{-1} u).
"""

import sympy
from sympy import eye

from proofs_check.claim import Claim, plus, replaced, require_zero, stated, times
from proofs_check.notation import Expr, generic

M3, u3, v3 = generic("M", 3, 3), generic("u", 3, 1), generic("v", 3, 1)
N3 = generic("N", 3, 3)
M2, u2, v2 = M3[:2, :2], u3[:2, :], v3[:2, :]
P, x, lam = sympy.symbols("P x lambda", real=True)
REGULAR = "Regular $M$ and $M + uv^T$."
ENTRIES = (*M3, *u3, *v3)
EXCHANGED = replaced("u and v exchanged in one entry", {u3[0]: v3[0], v3[0]: u3[0]})


def _inverse(matrix: Expr) -> Expr:
    return matrix.adjugate() / matrix.det()


def corrected(M: Expr, u: Expr, v: Expr) -> Expr:
    """Sherman and Morrison's formula."""
    inverse = _inverse(M)
    return inverse - inverse * u * v.T * inverse / (1 + (v.T * inverse * u)[0])


PLANE = Claim(
    id="foundations/rank_one/plane",
    statement="Sherman-Morrison for generic 2 x 2 matrices, against the inverse by cofactors.",
    derive=lambda: _inverse(M2 + u2 * v2.T),
    ships=stated(corrected(M2, u2, v2)),
    twins=(
        EXCHANGED,
        times("wrong sign", -1),
        replaced("correction halved", {u3[0]: u3[0] / 2, u3[1]: u3[1] / 2}),
        replaced("M transposed", {M3[0, 1]: M3[1, 0], M3[1, 0]: M3[0, 1]}),
    ),
    symbols=ENTRIES,
    assumptions=REGULAR,
    steps="Invert by cofactors on both sides; compare the rational functions.",
)


def correction() -> Expr:
    """(1 + lam)(N - (N^{-1} + u v^T)^{-1}), the latter as (I + N u v^T)^{-1} N by cofactors."""
    inner, lam = eye(3) + N3 * u3 * v3.T, (v3.T * N3 * u3)[0]
    require_zero(inner.det(method="berkowitz") - 1 - lam, "the determinant is 1 + lam")
    return ((1 + lam) * N3 - inner.adjugate() * N3).expand()


SPACE = Claim(
    id="foundations/rank_one/space",
    statement="Sherman-Morrison for generic 3 x 3 matrices: the correction is N u v^T N.",
    derive=correction,
    ships=stated(N3 * u3 * v3.T * N3),
    twins=(
        EXCHANGED,
        times("wrong sign", -1),
        times("1 - lambda below", 1 - (v3.T * N3 * u3)[0]),
        replaced("N transposed in two entries", {N3[0, 1]: N3[1, 0], N3[1, 0]: N3[0, 1]}),
    ),
    symbols=(*N3, *u3, *v3),
    assumptions=r"The inverse $N = M^{-1}$ has free entries; $\lambda = v^TNu \ne -1$.",
    steps=r"$(M + uv^T)^{-1} = (I + Nuv^T)^{-1}N$ by cofactors, of determinant $1 + \lambda$; "
    r"$(1 + \lambda)$ times its difference to $N$.",
)

DETERMINANT = Claim(
    id="foundations/rank_one/determinant",
    statement="det(M + u v^T) = det M + v^T adj(M) u for generic 3 x 3 matrices.",
    derive=lambda: (M3 + u3 * v3.T).det(method="berkowitz").expand(),
    ships=stated((M3.det() + (v3.T * M3.adjugate() * u3)[0]).expand()),
    twins=(EXCHANGED, times("wrong sign", -1), plus("a term too many", u3[0] * v3[0])),
    symbols=ENTRIES,
    assumptions="Any $M$, $u$, $v$.",
    steps="Expand both determinants.",
)


def in_algebra() -> Expr:
    """The inverse of 1 + P among 1 + x P, where P = M^{-1} u v^T has P^2 = lam P."""
    plane = _inverse(M2) * u2 * v2.T
    square = plane * plane - (v2.T * _inverse(M2) * u2)[0] * plane
    require_zero(square, "P^2 = (v^T M^{-1} u) P")
    whole = sympy.rem(sympy.expand((1 + P) * (1 + x * P)), P**2 - lam * P, P)
    (found,) = sympy.solve(sympy.Poly(whole - 1, P).coeffs(), [x], dict=True)
    return 1 + found[x] * P


ANY = Claim(
    id="foundations/rank_one/any-dimension",
    statement="Sherman-Morrison in any dimension: 1 + P has the inverse 1 - P/(1 + lambda).",
    derive=in_algebra,
    ships=stated(1 - P / (1 + lam)),
    twins=(
        replaced("wrong sign", {P: -P}),
        replaced("denominator 1", {lam: 0}),
        replaced("denominator 1 - lambda", {lam: -lam}),
        plus("a correction too many", P),
    ),
    symbols=(P, lam),
    assumptions=REGULAR + r" $P = M^{-1}uv^T$, $\lambda = v^TM^{-1}u \ne -1$; associativity alone.",
    steps=r"$P^2 = \lambda P$; solve $(1+P)(1+xP) = 1$ modulo $P^2 - \lambda P$ and multiply by "
    "$M^{-1}$.",
)


def downdate() -> Expr:
    """Updating by u v^T and then by -u v^T, each by the formula, gives M^{-1} back."""
    after = corrected(M2, u2, v2)
    back = after + after * u2 * v2.T * after / (1 - (v2.T * after * u2)[0])
    return back * M2


DOWNDATE = Claim(
    id="foundations/rank_one/downdate",
    statement="A pair that is written and taken out again leaves the inverse as it was.",
    derive=downdate,
    ships=stated(eye(2)),
    twins=(
        times("factor 2", 2),
        times("wrong sign", -1),
        plus("one in every entry", 1),
        plus("u v^T left behind", u3[0] * v3[0]),
    ),
    symbols=ENTRIES,
    assumptions=REGULAR,
    steps="Apply the formula with $u$ and with $-u$ in turn to a generic $2 \\times 2$ matrix.",
)

CLAIMS = (PLANE, SPACE, DETERMINANT, ANY, DOWNDATE)
