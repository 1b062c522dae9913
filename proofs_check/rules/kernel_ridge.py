r"""Kernel ridge regression on orthonormal keys, Eq 6 of McDermott, Heath, Parhi 2026.

All pairs of keys are equally far apart, so the Gram matrix is K = (1 - c) I + c 1 1^T, and stored
keys read V R with R = K (K + lam I)^{-1}: s = R_jj and p = sum_i R_ij^2, for each load below by
inverting the matrix. lam = 0 is R = I, a closed edge of the parameter.
"""

from typing import Any

from sympy import Integer, Matrix, Rational, cancel, eye, ones

from proofs_check.claim import Claim, plus, replaced, times
from proofs_check.notation import Expr, d, parameter

lam = parameter("lam")
overlap = 1 / (d + 1)  # c in (0, 1), free
LOADS = (1, 2, 3)


def _read(items: int, ridge: Expr) -> list[Expr]:
    K = (1 - overlap) * eye(items) + overlap * ones(items, items)
    system = K + ridge * eye(items)
    column = (system.adjugate() * K[:, 0] / system.det()).applyfunc(cancel)  # Cramer
    return [column[0], cancel(sum((x**2 for x in column), Integer(0)))]


def _derived(ridge: Expr) -> Expr:
    return Matrix([_read(items, ridge) for items in LOADS])


def _shipped(catalogue: Any, ridge: Expr) -> Expr:
    form = catalogue("kernel_ridge").rule.closed_form
    return Matrix([form(overlap, ridge, Integer(items)) for items in LOADS])


EQUAL = (
    r"All pairs of keys are equally far apart, so the Gram matrix is $K = (1 - c) I + c 1 1^\top$ "
    r"with $0 < c < 1$; here $c = 1/(d + 1)$, which is free as $d$ is. Values are uncorrelated, of "
    "mean zero, $E|v|^2 = 1$."
)

ORTHONORMAL = Claim(
    id="kernel_ridge/orthonormal",
    statement="Signal and power on orthonormal keys, loads of 1 to 3.",
    derive=lambda: _derived(lam),
    ships=lambda catalogue: _shipped(catalogue, lam),
    twins=(
        replaced("ridge halved", {lam: lam / 2}),
        replaced("overlap of keys off", {d: d + 1}),
        times("factor 2", Integer(2)),
        plus("wrong by a thousandth", Rational(1, 1000)),
    ),
    rules=("kernel_ridge",),
    parameters=(lam,),
    assumptions=EQUAL,
    steps=r"Invert $K + \lambda I$ by Cramer's rule; stored keys read $V R$ with "
    r"$R = K (K + \lambda I)^{-1}$, so $s = R_{jj}$ and $p = \sum_i R_{ij}^2$.",
)

INTERPOLATION = Claim(
    id="kernel_ridge/interpolation",
    statement="Without a ridge every stored value is read exactly: s = p = 1.",
    derive=lambda: ones(len(LOADS), 2),
    ships=lambda catalogue: _shipped(catalogue, Integer(0)),
    twins=(
        times("factor 2", Integer(2)),
        plus("wrong by a thousandth", Rational(1, 1000)),
        plus("one other pair too many", 1 / d),
    ),
    rules=("kernel_ridge",),
    parameters=(lam,),
    assumptions=EQUAL + r" $\lambda = 0$.",
    steps="$K$ is regular for $c < 1$, so $R = K K^{-1} = I$.",
)

CLAIMS = (ORTHONORMAL, INTERPOLATION)
