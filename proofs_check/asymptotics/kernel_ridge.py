r"""Kernel ridge regression on the sphere: ridge regression in the harmonics of the kernel.

The feature map of a rotation-invariant kernel has the eigenvalues eta_l as variances, n_l times
each, so the equation is that of :mod:`proofs_check.equivalent`. In terms of the effective ridge
$x = \lambda (1 + m)/N$ it is $\lambda = x (N - D_1)$, $D_j = \sum_l n_l [\eta_l/(\eta_l + x)]^j$,
and $s = D_1/N$, $\mathrm{MSE} = (\lambda/x)^2/(N (N - D_2))$. Status of the law: asymptotic in d.
"""

from typing import Any

import numpy as np
import sympy
from sympy import Integer, Matrix, Symbol, binomial, exp, expand_func, gamma, gammasimp, integrate

from proofs_check import asymptotic_laws, equivalent
from proofs_check.asymptotics.ridge import N, m
from proofs_check.claim import Claim, Kind, Twin, plus, replaced, stated
from proofs_check.functions import entrywise
from proofs_check.notation import Expr, d
from proofs_check.rules.kernel_ridge import lam
from proofs_check.standard import SCALES

x, b, E = (Symbol(name, positive=True) for name in ("x", "b", "E"))
ETA = tuple(Symbol(f"eta{i}", positive=True) for i in range(2))
WEIGHT = tuple(Symbol(f"w{i}", positive=True) for i in range(2))  # n_l eta_l
EFFECTIVE = N * x / lam - 1  # m at the effective ridge x
FREE = (x, N, *ETA, *WEIGHT)


def equation() -> Expr:
    """m less tr Sigma (A Sigma + lam)^{-1}, A = N/(1 + m)."""
    A = N * equivalent.pull(m, (Integer(1),))
    return m - equivalent.weighed_overlap(lam, ETA, WEIGHT, A)


EQUATION = Claim(
    id="asymptotics/kernel_ridge/equation",
    statement="The shipped equation lam = x (N - D_1) is that of ridge regression with the "
    "kernel's eigenvalues as variances, at x = lam (1 + m)/N.",
    derive=lambda: lam * equation().subs(m, EFFECTIVE),
    ships=lambda catalogue: asymptotic_laws.kernel_ridge(catalogue, x, ETA, WEIGHT, lam, N)[0],
    twins=(
        *SCALES,
        replaced("a pair too many", {N: N + 1}),
        replaced("an eigenvalue doubled", {ETA[0]: 2 * ETA[0]}),
        replaced("ridge doubled", {lam: 2 * lam}),
    ),
    rules=("kernel_ridge",),
    parameters=(lam,),
    symbols=FREE,
    assumptions=equivalent.LEMMA + " Features of the kernel in the place of keys.",
    steps=r"$A = N/(1 + m) = \lambda/x$, so $m = \sum_l n_l \eta_l/(\lambda + \eta_l A)$ times "
    r"$\lambda$ becomes $N x - \lambda = x D_1$; two eigenvalues stand for all.",
    kind=Kind.LEMMA,
)


def _solved() -> Expr:
    """lam on the solutions, x (N - D_1), from the derived equation."""
    (found,) = sympy.solve(sympy.numer(sympy.together(equation().subs(m, EFFECTIVE))), lam)
    return found


def _moments() -> Expr:
    """s = f, p = MSE - 1 + 2 s with MSE = -lam^2 g'(lam), g = 1/(lam (1 + m))."""
    left = equation()
    slope = -left.diff(lam) / left.diff(m)
    g = 1 / (lam * (1 + m))
    error = -(lam**2) * (g.diff(lam) + g.diff(m) * slope)
    f = m / (1 + m)
    found = Matrix([[f, error - 1 + 2 * f]]).subs(m, EFFECTIVE)
    return found.subs(lam, _solved())


MOMENTS = Claim(
    id="asymptotics/kernel_ridge/moments",
    statement="s = D_1/N and MSE = (lam/x)^2/(N (N - D_2)) are f and -lam^2 g'(lam) of that ridge "
    "regression.",
    derive=_moments,
    ships=lambda catalogue: asymptotic_laws.kernel_ridge(catalogue, x, ETA, WEIGHT, lam, N)[1].subs(
        lam, _solved()
    ),
    twins=(
        *SCALES,
        replaced("a pair too many", {N: N + 1}),
        replaced("a weight doubled", {WEIGHT[0]: 2 * WEIGHT[0]}),
        plus("wrong by a thousandth", Integer(1) / 1000),
    ),
    rules=("kernel_ridge",),
    symbols=FREE,
    assumptions=equivalent.LEMMA + " Features of the kernel in the place of keys.",
    steps=r"Differentiate the equation implicitly in $\lambda$; insert $m = N x/\lambda - 1$ and "
    r"$\lambda = x (N - D_1)$: $d\lambda/dx = N - D_2$.",
    kind=Kind.LEMMA,
)


def _dimensions() -> Expr:
    """Homogeneous polynomials of degree l less those of degree l - 2, which |x|^2 multiplies."""
    full = [binomial(degree + d - 1, degree) for degree in range(5)]
    less = [0, 0, *full[:3]]
    return Matrix([expand_func(a - c) for a, c in zip(full, less, strict=True)])


def _counted(catalogue: Any) -> Expr:
    """The shipped dimensions of degrees 0 to 4."""
    swaps = {"gammaln": entrywise(lambda z: sympy.log(gamma(z)))}
    with catalogue.swapped("kernel_spectrum", **swaps) as module:
        found = module.harmonics(d, np.arange(5))
    return Matrix([gammasimp(Integer(1) if z == 1 else z) for z in found])


DIMENSIONS = Claim(
    id="asymptotics/kernel_ridge/multiplicities",
    statement="The multiplicity of degree l is the number of harmonic polynomials: degrees 0 to 4, "
    "any d > 1.",
    derive=_dimensions,
    ships=_counted,
    twins=(
        *SCALES,
        replaced("d off by one", {d: d + 1}),
        Twin("degrees off by one", lambda found: Matrix([*found[1:], found[0]])),
    ),
    rules=("kernel_ridge",),
    assumptions="Harmonic polynomials of degree l are the homogeneous ones less |x|^2 times those "
    "of degree l - 2.",
    steps=r"$\binom{l + d - 1}{l} - \binom{l + d - 3}{l - 2}$, expanded as polynomials of $d$; the "
    "shipped product of Gamma functions is reduced to the same.",
)


def _zonal(size: int, degree: int, z: Expr) -> Expr:
    """The zonal harmonic with value 1 at z = 1, by its recurrence."""
    before, now = Integer(0), Integer(1)
    for n in range(degree):
        after = (2 * n + size - 2) * z * now - n * before
        before, now = now, sympy.expand(after / (n + size - 2))
    return now


def _eigenvalue(size: int, degree: int) -> Expr:
    """Funk and Hecke: the mean of e^(b (z - 1)) times the zonal harmonic, E = e^(-2b)."""
    z = Symbol("z", real=True)
    density = sympy.expand((1 - z**2) ** ((size - 3) // 2))  # odd dimensions: a polynomial
    whole = integrate(density, (z, -1, 1))
    product = sympy.expand(density * _zonal(size, degree, z)) * exp(b * (z - 1))
    return sympy.expand(integrate(product, (z, -1, 1)) / whole).subs(exp(-2 * b), E)


def _ratios() -> Expr:
    """(eta_{l-1} - eta_{l+1})/eta_l for l = 1, 2 in three and in five dimensions."""
    found = []
    for size in (3, 5):
        eta = [_eigenvalue(size, degree) for degree in range(4)]
        found += [(eta[n - 1] - eta[n + 1]) / eta[n] for n in (1, 2)]
    return Matrix(found)


RECURRENCE = Claim(
    id="asymptotics/kernel_ridge/eigenvalues",
    statement="Eigenvalues obey eta_(l-1) - eta_(l+1) = (2 l + d - 2) eta_l/b, b = 1/h^2: the "
    "continued fraction of their ratios, in 3 and 5 dimensions.",
    derive=_ratios,
    ships=stated(Matrix([(2 * n + size - 2) / b for size in (3, 5) for n in (1, 2)])),
    twins=(
        *SCALES,
        replaced("bandwidth doubled", {b: b / 4}),
        Twin("degree off by one", lambda found: found + Matrix([2 / b] * 4)),
    ),
    rules=("kernel_ridge",),
    symbols=(b, E),
    assumptions="Cited lemma: the formula of Funk and Hecke for the eigenvalues of kernels that "
    r"are functions of $k^\top q$ (Mueller 1966).",
    steps=r"Integrate $e^{b(z - 1)}$ against the zonal harmonics of degrees 0 to 3 and their "
    r"density $(1 - z^2)^{(d-3)/2}$; the ratio $\eta_l/\eta_{l-1} = 1/((2 l + d - 2)/b + "
    r"\eta_{l+1}/\eta_l)$ follows.",
    kind=Kind.LEMMA,
)

CLAIMS = (EQUATION, MOMENTS, DIMENSIONS, RECURRENCE)
