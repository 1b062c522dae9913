r"""Mesa without decay: ridge regression on iid keys, the law of Marchenko and Pastur 1967.

The equation is that of :mod:`proofs_check.equivalent` with equal weights. With
$g = \frac1N \mathrm{tr}(K^\top K + \lambda)^{-1} = 1/(\lambda (1 + m))$ the mean squared error of
stored pairs, $\frac{\lambda^2}N \mathrm{tr}(K^\top K + \lambda)^{-2}$, is $-\lambda^2 g'(\lambda)$.
On isotropic keys with c = N/d the equation is quadratic in g, and its root is the transform of
Marchenko and Pastur. Status of the law: asymptotic in d.
"""

from collections.abc import Sequence
from typing import Any

import sympy
from sympy import Integer, Matrix, Symbol, eye, together

from proofs_check import equivalent
from proofs_check.asymptotic_laws import ShippedRidge
from proofs_check.claim import Claim, Kind, Twin, plus, replaced, times
from proofs_check.limits import limit_at_zero
from proofs_check.notation import Expr, d, items, r
from proofs_check.pairs import columns, symbols
from proofs_check.rules.mesa import lam
from proofs_check.standard import SCALES

m, g, c, N = (Symbol(x, positive=True) for x in ("m", "g", "c", "N"))
a, T, w = (Symbol(x, positive=True) for x in ("a", "T", "w"))
ONE = Integer(1)


def equal_sums(gamma: Expr, count: Expr, log_m: Expr) -> tuple[Expr, Expr]:
    """Sums of f and f^2 over so many equal pairs, f = m/(1 + m)."""
    f = sympy.exp(log_m) / (1 + sympy.exp(log_m))
    return count * f, count * f**2


def shipped_gap(catalogue: Any, sigma: tuple[Expr, ...]) -> Expr:
    """What the shipped law sets to zero, with N equal pairs."""
    return ShippedRidge(catalogue, m, equal_sums).gap(lam, ONE, sigma, N)


def shipped_mse(catalogue: Any, sigma: tuple[Expr, ...], ridge: Expr = lam) -> Expr:
    """1 - 2 s + p of the shipped law."""
    s, p = ShippedRidge(catalogue, m, equal_sums).recall(ridge, ONE, sigma, N, 1)
    return 1 - 2 * s + p


KEYS = columns("k", 2, 2)
WEIGHTS = tuple(Symbol(f"D{j}", positive=True) for j in range(2))
SIGMA = tuple(Symbol(f"sigma{i}", positive=True) for i in range(2))


def _resolvent(pairs: Sequence[int]) -> Expr:
    """(B + r)^{-1} of some of the two pairs."""
    B = r * eye(2)
    for j in pairs:
        B += WEIGHTS[j] * KEYS.col(j) * KEYS.col(j).T
    return B.adjugate() / B.det()


def _difference() -> Expr:
    """R - Q at A = sum_j c_j."""
    return (_resolvent((0, 1)) - _equivalent()).applyfunc(together)


def _shares() -> list[Expr]:
    """c_j = D_j/(1 + D_j m_j)."""
    found = []
    for j, D in enumerate(WEIGHTS):
        overlap = (KEYS.col(j).T * _resolvent((1 - j,)) * KEYS.col(j))[0]
        found.append(D / (1 + D * overlap))
    return found


def _equivalent() -> Expr:
    """Q = (A Sigma + r)^{-1}."""
    A = sum(_shares())
    return sympy.diag(*(1 / (A * x + r) for x in SIGMA))


def _leave_one_out() -> Expr:
    """sum_j c_j (R Sigma - R_-j k_j k_j^T) Q: terms whose means cancel."""
    total = sympy.zeros(2, 2)
    for j, share in enumerate(_shares()):
        outer = KEYS.col(j) * KEYS.col(j).T
        total += share * (_resolvent((0, 1)) * sympy.diag(*SIGMA) - _resolvent((1 - j,)) * outer)
    return total * _equivalent()


RESOLVENT = Claim(
    id="asymptotics/ridge/resolvent",
    statement="Exactly, R - Q = sum c_j (R Sigma - R_-j k_j k_j^T) Q with Q = (A Sigma + r)^-1, "
    "A = sum c_j, c_j = D_j/(1 + D_j m_j): two generic pairs in the plane.",
    derive=_difference,
    ships=lambda catalogue: _leave_one_out(),
    twins=(
        *SCALES,
        replaced("a weight doubled", {WEIGHTS[0]: 2 * WEIGHTS[0]}),
        replaced("variances swapped", {SIGMA[0]: SIGMA[1], SIGMA[1]: SIGMA[0]}),
    ),
    symbols=(r, *WEIGHTS, *SIGMA, *symbols(KEYS)),
    assumptions="Two generic pairs in the plane, any weights, any diagonal Sigma and r > 0; "
    "nothing is random.",
    steps=r"$R - Q = R(A\Sigma - B)Q$ and, by Sherman and Morrison, $R k_j = R_{-j} k_j/(1 + D_j "
    r"m_j)$. With $E k_j k_j^\top = \Sigma$ and $k_j$ independent of $R_{-j}$ the terms cancel in "
    "the mean up to the cited lemma, which gives the equation of the next claim.",
)


def _equation() -> Expr:
    """1 - (1/m) sum_i sigma_i/(r + sigma_i A), A = N/(1 + m)."""
    A = N * equivalent.pull(m, (ONE,))
    return 1 - equivalent.overlap(lam, SIGMA, A) / m


EQUATION = Claim(
    id="asymptotics/ridge/equation",
    statement="The shipped root solves m = sum sigma_i/(lam + sigma_i A), A = N/(1 + m).",
    derive=_equation,
    ships=lambda catalogue: shipped_gap(catalogue, SIGMA),
    twins=(
        *SCALES,
        replaced("a pair too many", {N: N + 1}),
        replaced("ridge doubled", {lam: 2 * lam}),
        replaced("a variance lost", {SIGMA[1]: SIGMA[1] / 2}),
    ),
    rules=("mesa",),
    parameters=(lam,),
    symbols=(m, N, *SIGMA),
    assumptions=equivalent.LEMMA,
    steps="Take the trace of the deterministic equivalent with Sigma, all weights 1, and divide "
    r"by $m$: with $f = m/(1 + m)$, $A m = N f$.",
    kind=Kind.LEMMA,
)


def _minimal_polynomial() -> Expr:
    """Of the root g = [sqrt((1-c+lam)^2 + 4 c lam) - (1-c+lam)]/(2 c lam), over 4 c lam."""
    shift = 1 - c + lam
    radical = (2 * c * lam * g + shift) ** 2  # what the root says of the square root's square
    return sympy.expand((radical - shift**2 - 4 * c * lam) / (4 * c * lam))


def _polynomial(catalogue: Any) -> Expr:
    """The numerator of the shipped gap at m = 1/(lam g) - 1, N = c d equal variances 1/d."""
    gap = shipped_gap(catalogue, (ONE,)).subs(N, c)  # one variance 1 with c pairs: the same sums
    top = sympy.numer(together(gap.subs(m, 1 / (lam * g) - 1)))
    leading = sympy.Poly(top, g).coeff_monomial(g**2)
    return sympy.expand(sympy.cancel(top * c * lam / leading))


MARCHENKO_PASTUR = Claim(
    id="asymptotics/ridge/marchenko-pastur",
    statement="On isotropic keys g = 1/(lam (1 + m)) is the transform of Marchenko and Pastur: "
    "c lam g^2 + (1 - c + lam) g - 1 = 0.",
    derive=_minimal_polynomial,
    ships=_polynomial,
    twins=(
        *SCALES,
        replaced("load off by one", {c: c + 1}),
        replaced("ridge doubled", {lam: 2 * lam}),
        replaced("sign of the root", {g: -g}),
    ),
    rules=("mesa",),
    parameters=(lam,),
    symbols=(c, g),
    assumptions=equivalent.LEMMA + r" $\Sigma = I/d$, $c = N/d$.",
    steps=r"$\lambda (K^\top K + \lambda)^{-1}_{jj} = 1 - f = 1/(1 + m)$ by leaving one out; "
    r"insert $m = 1/(\lambda g) - 1$ into the shipped equation and clear denominators. The closed "
    "form's radical is cleared by squaring: its minimal polynomial is the same. The two roots have "
    "a negative product and $g > 0$.",
    kind=Kind.LEMMA,
)


def _minus_derivative(sigma: Sequence[Expr]) -> Expr:
    """-lam^2 dg/dlam, g = 1/(lam (1 + m)), m(lam) by implicit differentiation."""
    equation = m - equivalent.overlap(lam, sigma, N * equivalent.pull(m, (ONE,)))
    slope = -equation.diff(lam) / equation.diff(m)
    g = 1 / (lam * (1 + m))
    return -(lam**2) * (g.diff(lam) + g.diff(m) * slope)


# All solutions of sigma0/(a + sigma0 T) + sigma1/(a + sigma1 T) = 1, a = lam m and T = N f: with
# the first summand w each is a rational function of a, T and w.
ON_TWO = {
    SIGMA[0]: w * a / (1 - w * T),
    SIGMA[1]: (1 - w) * a / (1 - (1 - w) * T),
    lam: a / m,
    N: T * (1 + m) / m,
}
ON_ONE = {lam: 1 / m - N / (1 + m)}  # sigma = 1: isotropic keys with N for c


def derivative(label: str, sigma: tuple[Expr, ...], solved: dict[Expr, Expr], free: Any) -> Claim:
    """The error as minus the derivative of g, on the solutions of the equation."""
    return Claim(
        id=f"asymptotics/ridge/derivative/{label}",
        statement="The shipped MSE is -lam^2 g'(lam), the mean of lam^2 (K^T K + lam)^-2: "
        f"{label.replace('-', ' ')}.",
        derive=lambda: _minus_derivative(sigma).subs(solved),
        ships=lambda catalogue: shipped_mse(catalogue, sigma).subs(solved),
        twins=(
            *SCALES,
            replaced("m doubled", {m: 2 * m}),
            plus("an error too much", 1 / (1 + m)),
        ),
        rules=("mesa",),
        symbols=free,
        assumptions=equivalent.LEMMA + " The equivalent is analytic in lam > 0, so it may be "
        "differentiated.",
        steps=r"Stored pairs read $V R$ with $1 - R = \lambda (K^\top K + \lambda)^{-1}$, so their "
        r"mean squared error is $\frac{\lambda^2}{N} \mathrm{tr} (K^\top K + \lambda)^{-2} = "
        r"-\lambda^2 g'(\lambda)$; differentiate the equation implicitly and insert its "
        "solutions, which are rational in the symbols that are left.",
        kind=Kind.LEMMA,
    )


def _projected() -> Expr:
    """(s, p, MSE): values pass a projection of rank d < N, and its trace over N is d/N."""
    kept = d / items
    return Matrix([[kept, kept, 1 - kept]])


def _without_ridge(catalogue: Any) -> Expr:
    """The same of the shipped law at lam = 0 and N > d, where its equation gives m = 1/(c - 1)."""
    gap = ShippedRidge(catalogue, m, equal_sums).gap(Integer(0), ONE, (ONE,), N)
    (root,) = sympy.solve(sympy.numer(together(gap)), m)
    s, p = ShippedRidge(catalogue, m, equal_sums).recall(Integer(0), ONE, (ONE,), N, 1)
    return Matrix([[s, p, 1 - 2 * s + p]]).subs(m, root).subs(N, items / d)


OVERLOADED = Claim(
    id="asymptotics/ridge/limits/overloaded",
    statement="At lam = 0 and N > d the law is s = p = d/N, MSE = 1 - d/N: the rank bound.",
    derive=_projected,
    ships=_without_ridge,
    twins=(
        *SCALES,
        replaced("d off by one", {d: d + 1}),
        plus("one pair too many", 1 / d),
    ),
    rules=("mesa",),
    parameters=(lam,),
    assumptions="Keys in general position, N > d, no ridge; exact for every set of keys.",
    steps=r"Then $R = K^\top (K K^\top)^{-1} K$ is a projection of rank $d$, so the means of "
    r"$R_{jj}$ and of $\sum_i R_{ji}^2$ are $d/N$; solve the shipped equation at $\lambda = 0$, "
    r"$m = 1/(c - 1)$, and insert it.",
)


def _small_ridge(catalogue: Any) -> Expr:
    """(s, p, MSE) as lam -> 0 at c < 1, along the solutions, on which m grows without bound."""
    s, p = ShippedRidge(catalogue, m, equal_sums).recall(lam, ONE, (ONE,), N, 1)
    law = Matrix([[s, p, 1 - 2 * s + p]]).subs(ON_ONE)
    return limit_at_zero(law.subs(m, 1 / g).applyfunc(together), g)


UNDERLOADED = Claim(
    id="asymptotics/ridge/limits/underloaded",
    statement="As lam -> 0 at N < d the law is s = p = 1, MSE = 0: every pair is interpolated.",
    derive=lambda: Matrix([[1, 1, 0]]),
    ships=_small_ridge,
    twins=(
        times("wrong sign", -1),
        plus("wrong by a thousandth", Integer(1) / 1000),
        Twin("the overloaded limit", lambda x: Matrix([[N, N, 1 - N]])),
    ),
    rules=("mesa",),
    symbols=(N,),
    parameters=(lam,),
    assumptions="Isotropic keys, c = N/d < 1 (N stands for c).",
    steps=r"On solutions $\lambda = 1/m - c/(1 + m)$, so $\lambda \to 0$ with $c < 1$ means $m \to "
    r"\infty$; insert and let $1/m \to 0$.",
)


CLAIMS = (
    RESOLVENT,
    EQUATION,
    MARCHENKO_PASTUR,
    derivative("isotropic-keys", (ONE,), ON_ONE, (m, N)),
    derivative("two-variances", SIGMA, ON_TWO, (m, a, T, w)),
    OVERLOADED,
    UNDERLOADED,
)
