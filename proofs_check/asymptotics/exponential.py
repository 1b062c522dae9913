r"""Gated Mesa: exponentially weighted ridge regression (recursive least squares with forgetting).

Weights gamma^a put the same equation into $m = \sum_i \sigma_i/(\lambda + \sigma_i A)$, $A = \sum_a
\gamma^a/(1 + \gamma^a m)$; an unseen key reads the power phi/(1 - phi), a stored one $f v +
(1 - f) o$. As d grows with $\gamma = e^{-\delta/d}$, age x d, no ridge and endlessly many pairs,
sums over ages are integrals and

$$\mathrm{MSE}(x) = \frac{\delta}{(1 - e^{-\delta}) [1 + (e^\delta - 1) e^{-\delta x}]^2},$$

a Fermi function of the age. Status of the law: asymptotic in d.
"""

from typing import Any

from sympy import Integer, Matrix, Symbol, exp, integrate, log

from proofs_check import asymptotic_laws, equivalent
from proofs_check.asymptotic_laws import ShippedRidge
from proofs_check.asymptotics.ridge import SIGMA, m
from proofs_check.claim import Claim, Kind, Twin, plus, replaced, require_zero, times
from proofs_check.limits import taylor
from proofs_check.notation import Expr
from proofs_check.rules.mesa import gamma, lam
from proofs_check.standard import SCALES

delta, E, X, rate = (Symbol(x, positive=True) for x in ("delta", "E", "X", "rate"))
L = Symbol("L", positive=True)  # log(1 + m)
y = Symbol("y", positive=True)
ITEMS = 3
WEIGHTS = tuple(gamma**age for age in range(ITEMS))
SWAPPED = replaced("variances swapped", {SIGMA[0]: 2 * SIGMA[1], SIGMA[1]: SIGMA[0]})


def sums_by_age(ratio: Expr, count: int, log_m: Expr) -> tuple[Expr, Expr]:
    """Sums of f and f^2 over the ages below count, f = gamma^a m/(1 + gamma^a m)."""
    f = [ratio**age * exp(log_m) / (1 + ratio**age * exp(log_m)) for age in range(count)]
    return sum(f), sum(x**2 for x in f)


EQUATION = Claim(
    id="asymptotics/exponential/equation",
    statement="With weights gamma^a the shipped root solves m = sum sigma_i/(lam + sigma_i A), "
    "A = sum gamma^a/(1 + gamma^a m), three pairs.",
    derive=lambda: 1 - equivalent.overlap(lam, SIGMA, equivalent.pull(m, WEIGHTS)) / m,
    ships=lambda catalogue: ShippedRidge(catalogue, m, sums_by_age).gap(lam, gamma, SIGMA, ITEMS),
    twins=(
        *SCALES,
        SWAPPED,
        replaced("no decay", {gamma: 1}),
        replaced("ridge doubled", {lam: 2 * lam}),
    ),
    rules=("mesa",),
    parameters=(lam, gamma),
    symbols=(m, *SIGMA),
    assumptions=equivalent.LEMMA,
    steps=r"The equation of the deterministic equivalent with $D_a = \gamma^a$, divided by $m$: "
    r"$A m = \sum_a f_a$.",
    kind=Kind.LEMMA,
)


SECOND = (
    r"$E|o|^2 = \sum_i D_i^2 k_i^\top R \Sigma R k_i = \sum_i (D_i/(1 + D_i m))^2 V$ at an unseen "
    r"key, and $V = \mathrm{tr}\, \Sigma R \Sigma R$ is minus the derivative of $m$ when the ridge "
    r"is $r + z \Sigma$: differentiate the equation implicitly."
)
UNSEEN = Claim(
    id="asymptotics/exponential/unseen",
    statement="An unseen key reads the power phi/(1 - phi): two pairs, two variances, in units of "
    "the ridge and of one variance.",
    derive=lambda: equivalent.unseen(m, Integer(1), (SIGMA[0], Integer(1)), WEIGHTS[:2]),
    ships=lambda catalogue: ShippedRidge(catalogue, m, sums_by_age).unseen(
        Integer(1), gamma, (SIGMA[0], Integer(1)), 2
    ),
    twins=(
        *SCALES,
        replaced("no decay", {gamma: 1}),
        replaced("a variance doubled", {SIGMA[0]: 2 * SIGMA[0]}),
        Twin("phi for phi/(1 - phi)", lambda x: x / (1 + x)),
    ),
    rules=("mesa",),
    parameters=(gamma,),
    symbols=(m, SIGMA[0]),
    assumptions=equivalent.LEMMA + " Values independent of keys and of each other.",
    steps=SECOND,
    kind=Kind.LEMMA,
)


def _recall() -> Expr:
    """Rows (f, f^2 + (1 - f)^2 P), P the power at an unseen key."""
    power = equivalent.unseen(m, lam, SIGMA[:1], WEIGHTS)
    shares = [D * m / (1 + D * m) for D in WEIGHTS]
    return Matrix([[f, f**2 + (1 - f) ** 2 * power] for f in shares])


RECALL = Claim(
    id="asymptotics/exponential/recall",
    statement="Stored keys read s = f_a, p = f_a^2 + (1 - f_a)^2 P, P the power at an unseen key: "
    "three pairs, equal variances.",
    derive=_recall,
    ships=lambda catalogue: ShippedRidge(catalogue, m, sums_by_age).recall(
        lam, gamma, SIGMA[:1], ITEMS, ITEMS
    ),
    twins=(
        *SCALES,
        replaced("no decay", {gamma: 1}),
        replaced("the variance doubled", {SIGMA[0]: 2 * SIGMA[0]}),
        Twin("ages reversed", lambda x: Matrix(x[::-1, :])),
        plus("wrong by a thousandth", Integer(1) / 1000),
    ),
    rules=("mesa",),
    parameters=(lam, gamma),
    symbols=(m, SIGMA[0]),
    assumptions=equivalent.LEMMA + " Values independent of keys and of each other.",
    steps=r"By leaving one out $o_j = f_j v_j + (1 - f_j) o_{-j}$, exactly. " + SECOND,
    kind=Kind.LEMMA,
)


def _integrals() -> tuple[Expr, Expr]:
    """Of f and f^2 over x from 0 to infinity, f = m e^-x/(1 + m e^-x): y = m e^-x."""
    whole = integrate(1 / (1 + y), (y, 0, m))
    squares = integrate(y / (1 + y) ** 2, (y, 0, m))
    return whole.subs(log(1 + m), L), squares.subs(log(1 + m), L)


def _sums() -> Expr:
    """Rows of coefficients of rate^-1, rate^0 and rate^1: the integral, F(0)/2 and -F'(0)/12."""
    rows = []
    f = m * y / (1 + m * y)  # y = e^-x, so dF/dx = -y dF/dy
    for integral, F in zip(_integrals(), (f, f**2), strict=True):
        slope = (-y * F.diff(y)).subs(y, 1)
        rows.append([integral, F.subs(y, 1) / 2, -slope / 12])
    return Matrix(rows)


def endless_sums(catalogue: Any) -> Expr:
    """The shipped sums over endlessly many ages, in the same orders."""
    found = asymptotic_laws.endless_sums(catalogue, rate, m)
    return Matrix([taylor((x * rate).subs(log(1 + m), L), rate, 3) for x in found])


SUMS = Claim(
    id="asymptotics/exponential/sums",
    statement="Sums over endlessly many ages at a slow decay: integral, half the first term, and "
    "the first Euler-Maclaurin correction.",
    derive=_sums,
    ships=endless_sums,
    twins=(
        *SCALES,
        replaced("m doubled", {m: 2 * m}),
        Twin("corrections swapped", lambda x: x[:, [0, 2, 1]]),
        Twin("a first term too many", lambda x: x + Matrix([[0, x[0, 1], 0], [0, 0, 0]])),
    ),
    rules=("mesa",),
    symbols=(m, L),
    assumptions=r"Ages 0, 1, 2, ... at $\gamma = e^{-\mathrm{rate}}$; cited lemma: the formula "
    "of Euler and Maclaurin, whose next term is of order rate^3. L stands for log(1 + m).",
    steps=r"$\sum_a F(a\,\mathrm{rate}) = \frac{1}{\mathrm{rate}} \int F + \frac{F(0)}{2} - "
    r"\frac{\mathrm{rate}}{12} F'(0)$ for $F = f$ and $f^2$, $f = m e^{-x}/(1 + m e^{-x})$; "
    "integrate and differentiate.",
    kind=Kind.LEMMA,
)


def _fermi() -> Expr:
    """The MSE at e^(-delta x) = X and e^delta = E, from the integral equation int f = 1."""
    whole, squares = (x / delta for x in _integrals())
    root = E - 1  # log(1 + m) = delta
    require_zero((whole - 1).subs(L, delta), "the share of all ages is 1 at m = e^delta - 1")
    phi = squares.subs({L: delta, m: root})
    found = 1 / ((1 + root * X) ** 2 * (1 - phi))
    closed = delta / ((1 - 1 / E) * (1 + (E - 1) * X) ** 2)
    require_zero(found - closed, "the MSE is the Fermi function")
    return closed


def _endless_law(catalogue: Any) -> Expr:
    """The shipped law's MSE on its own sums' first order, a = x d: gamma stands for gamma^a."""
    first = endless_sums(catalogue)[:, 0] / delta  # per dimension: rate d = delta
    law = ShippedRidge(catalogue, m, lambda *_: (first[0], first[1]))
    require_zero(
        law.gap(Integer(0), X, (Integer(1),), ITEMS).subs(L, delta), "m = e^delta - 1 is the root"
    )
    s, p = law.recall(Integer(0), X, (Integer(1),), ITEMS, 2)[1, :]
    return (1 - 2 * s + p).subs({L: delta, m: E - 1})


FERMI = Claim(
    id="asymptotics/exponential/fermi",
    statement="As d grows at gamma = e^(-delta/d), lam = 0, endlessly many pairs: MSE at age x d "
    "is delta/{(1 - e^-delta) [1 + (e^delta - 1) e^(-delta x)]^2}.",
    derive=_fermi,
    ships=_endless_law,
    twins=(
        *SCALES,
        replaced("age negated", {X: 1 / X}),
        replaced("delta halved", {delta: delta / 2}),
        times("e^-delta for e^delta", 1 / E),
        plus("wrong by a thousandth", Integer(1) / 1000),
    ),
    rules=("mesa",),
    symbols=(delta, E, X),
    assumptions=equivalent.LEMMA + r" Isotropic keys; $E = e^\delta$ and $X = e^{-\delta x}$.",
    steps=r"Sums over ages become $\frac{1}{\delta} \int_0^m$ in $y = m e^{-\delta x}$: "
    r"$\log(1 + m) = \delta$ solves the equation, and $\phi = 1 - (1 - e^{-\delta})/\delta$; "
    r"insert both into $\mathrm{MSE} = (1 - f)^2/(1 - \phi)$.",
    kind=Kind.LEMMA,
)

CLAIMS = (EQUATION, UNSEEN, RECALL, SUMS, FERMI)
