r"""The decayed Hebbian memory: SNR at an age, its best decay, and the horizon d/(e t).

After an endless past on the sphere, x = gamma^2 and y = x^a (1 - x),

    interference = [1/(1 - x) - x^a]/d,    SNR(a) = d y/(1 - y),

which grows with y, and dy/dx = x^(a-1) (a - (a + 1) x): best is x = a/(a + 1). Then

    SNR(a) = d/[(a + 1)^(a+1)/a^a - 1],    d/SNR(a) = e (a + 1/2) - 1 + O(1/a).

So SNR >= t up to an age d/(e t) + 1/e - 1/2 + O(t/d): a horizon e times shorter than the d/t pairs
that a memory without decay recalls when it is read in time.
"""

from typing import Any

import sympy
from sympy import Matrix, Rational, exp, log, sqrt

from proofs_check.claim import Claim, replaced, times
from proofs_check.kernels import SCALES
from proofs_check.lemmas import SPHERE, u1
from proofs_check.notation import Expr, age, d, items
from proofs_check.standard import forgotten, recall_assumptions

x = sympy.Symbol("x", positive=True)  # gamma^2
u = sympy.Symbol("u", positive=True)  # 1/a, as ages grow
euler = sympy.Symbol("e", positive=True)
ENDLESS = recall_assumptions(SPHERE) + r" $0 < \gamma < 1$, endlessly many pairs; $x = \gamma^2$."
ONE_AGE = replaced("age off by one", {age: age + 1})


def snr(past: Expr, at: Expr) -> Expr:
    """s^2 over the squared weights of all other pairs, each of which overlaps by 1/d."""
    return x**at / ((past - x**at) / d)


def shipped_snr(catalogue: Any) -> Expr:
    """From the closed form of what ships, its past without end."""
    signal, power = catalogue("decay").closed_form(SPHERE, gamma=sqrt(x))
    return signal**2 / (forgotten(power) - signal**2)


SNR = Claim(
    id="answers/horizons/snr",
    statement="SNR(a) = d y/(1 - y), y = gamma^(2a) (1 - gamma^2), at every age, sphere, lifelong.",
    derive=lambda: snr(1 / (1 - x), age),
    ships=shipped_snr,
    twins=(*SCALES, ONE_AGE, replaced("d off by one", {d: d + 1}), replaced("square", {x: x**2})),
    rules=("decay",),
    symbols=(x,),
    assumptions=ENDLESS,
    steps=r"$s = \gamma^a$; all pairs weigh $\sum_b x^b = 1/(1-x)$; divide by what is left without "
    "the own pair.",
)


def _slope() -> Expr:
    """d log SNR/d log x = (x/y) (dy/dx)/(1 - y)."""
    y = x**age * (1 - x)
    return (age - (age + 1) * x) / ((1 - x) * (1 - y))


def _shipped_slope(catalogue: Any) -> Expr:
    found = shipped_snr(catalogue)
    return x * sympy.diff(found, x) / found


STATIONARY = Claim(
    id="answers/horizons/stationary",
    statement="d log SNR/d log x = [a - (a + 1) x]/[(1 - x)(1 - y)]: zero at x = a/(a + 1) alone, "
    "positive before.",
    derive=_slope,
    ships=_shipped_slope,
    twins=(*SCALES, ONE_AGE, replaced("x = a/(a + 2)", {x: x * (age + 2) / (age + 1)})),
    rules=("decay",),
    symbols=(x,),
    assumptions=ENDLESS,
    steps="SNR grows with $y = x^a(1-x) < 1$, and $dy/dx = x^{a-1}(a - (a+1)x)$.",
)


def _best() -> Expr:
    return d / ((age + 1) ** (age + 1) / age**age - 1)


BEST = Claim(
    id="answers/horizons/best",
    statement="At gamma^2 = a/(a + 1) the SNR at age a is d/[(a + 1)^(a+1)/a^a - 1].",
    derive=_best,
    ships=lambda catalogue: shipped_snr(catalogue).subs(x, age / (age + 1)),
    twins=(*SCALES, ONE_AGE, replaced("d off by one", {d: d + 1})),
    rules=("decay",),
    assumptions=ENDLESS,
    steps=r"$y = \frac{a^a}{(a+1)^a} \cdot \frac{1}{a+1}$, and $y/(1-y) = 1/(1/y - 1)$.",
)


def _series() -> Expr:
    """e (a + 1/2) - 1: with u = 1/a, (a + 1) log(1 + u) = (1/u + 1)(u - u^2/2 + ...)."""
    logarithm = u - u**2 / 2 + u**3 / 3
    exponent = sympy.expand((1 / u + 1) * logarithm).coeff(u, 1)  # of 1 + exponent u + ...
    return Matrix([euler, euler * exponent - 1])


def _shipped_series(catalogue: Any) -> Expr:
    """Slope and constant of d/SNR in a, from the logarithm of what ships."""
    best = shipped_snr(catalogue).subs(x, age / (age + 1)).subs(age, 1 / u)
    whole = sympy.powsimp(sympy.simplify(d / best + 1))
    grown = sympy.expand_log(log(sympy.factor(whole)), force=True) + log(u)  # of u (d/SNR + 1)
    terms = sympy.series(sympy.expand(grown.subs(log(1 + 1 / u), log(1 + u) - log(u))), u, 0, 2)
    ratio = sympy.series(exp(terms.removeO() - 1), u, 0, 2).removeO()
    return Matrix([euler * ratio.coeff(u, 0), euler * ratio.coeff(u, 1) - 1])


HORIZON = Claim(
    id="answers/horizons/order",
    statement="At the best decay d/SNR = e (a + 1/2) - 1 + O(1/a): slope and constant; so a "
    "threshold t is met up to d/(e t) + 1/e - 1/2 + O(t/d).",
    derive=_series,
    ships=_shipped_series,
    twins=(
        *SCALES,
        replaced("e off", {euler: euler / 2}),
        times("without the constant 1/2", Rational(1, 3)),
    ),
    rules=("decay",),
    symbols=(euler,),
    assumptions=ENDLESS + r" $\gamma^2 = a/(a+1)$, $a \to \infty$; $e$ is a symbol.",
    steps=r"$(a+1)^{a+1}/a^a = a\,e^{(a+1)\log(1+1/a)}$ and $(a+1)\log(1+1/a) = 1 + 1/(2a) + O("
    r"a^{-2})$; expand what ships likewise.",
)

CAPTURED = Claim(
    id="answers/horizons/without-decay",
    statement="Read in time, a memory without decay meets SNR t up to N - 1 = d/t: e times the "
    "horizon, as t/d -> 0.",
    derive=lambda: 1 / SPHERE.mean(u1**2),
    ships=lambda catalogue: _plain(catalogue),
    twins=(*SCALES, replaced("d off by one", {d: d + 1})),
    rules=("hebbian",),
    assumptions=recall_assumptions(SPHERE),
    steps=r"$\mathrm{SNR} = d/(N-1)$, so $(N-1)\,\mathrm{SNR} = d$.",
)


def _plain(catalogue: Any) -> Expr:
    signal, power = catalogue("hebbian").closed_form(SPHERE)
    return (items - 1) * signal**2 / (power - signal**2)


CLAIMS = (SNR, STATIONARY, BEST, HORIZON, CAPTURED)
