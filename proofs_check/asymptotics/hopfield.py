r"""Attractors of the Hopfield network: what follows from the replica-symmetric equations.

The equations are cited, not derived (Amit, Gutfreund, Sompolinsky 1985; Nadal, Toulouse,
Changeux, Dehaene 1986 for strengths that fade; replica symmetry is not proved): with
y = L m/sqrt(2 R), C = sqrt(2/(pi R)) e^(-y^2), m = erf(y) and R = sum_i L_i^2/(1 - C L_i)^2 per
unit. Below, erf(y), e^(-y^2) and sqrt(pi) are symbols. Status of both laws: asymptotic in d.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from sympy import Integer, Matrix, Symbol, exp, integrate, log, pi, solve, sqrt

from proofs_check.claim import Claim, Kind, plus, replaced, require_zero, times
from proofs_check.notation import Expr
from proofs_check.standard import SCALES

y, m, G, P = (Symbol(x, positive=True) for x in ("y", "m", "G", "P"))  # erf y, e^-y^2, sqrt pi
strength, share, R, L, u = (Symbol(x, positive=True) for x in ("strength", "share", "R", "L", "u"))
LOG = Symbol("LOG", real=True)  # log(1 - share)
CITED = (
    "Cited lemma: the replica-symmetric mean-field equations at zero temperature (Amit, "
    "Gutfreund, Sompolinsky 1985), in the limit of many units."
)


def in_symbols(expression: Expr) -> Expr:
    """e^(-y^2) and sqrt(pi) as symbols."""
    return expression.subs(exp(-(y**2)), G).subs({sqrt(pi): P, pi: P**2})


def _root_of_load() -> Expr:
    """2 alpha for equal strengths, from R = alpha/(1 - C)^2."""
    noise = m**2 / (2 * y**2)  # y = m/sqrt(2 R)
    susceptibility = sqrt(2) / (P * sqrt(noise)) * G
    return 2 * noise * (1 - susceptibility) ** 2


def _load(catalogue: Any) -> Expr:
    with catalogue.swapped("attractor", erf=lambda z: m) as module:
        return 2 * in_symbols(module._load(y))


LOAD = Claim(
    id="asymptotics/hopfield/load",
    statement="Equal strengths: sqrt(2 alpha) = erf(y)/y - 2 e^(-y^2)/sqrt(pi), squared.",
    derive=_root_of_load,
    ships=_load,
    twins=(
        *SCALES,
        replaced("y doubled", {y: 2 * y}),
        replaced("susceptibility negated", {G: -G}),
        plus("wrong by a thousandth", Integer(1) / 1000),
    ),
    rules=("hopfield",),
    symbols=(y, m, G, P),
    assumptions=CITED,
    steps=r"$R = m^2/(2 y^2)$, $C = \frac{2 y}{\sqrt\pi m} e^{-y^2}$; insert both into $\alpha = R "
    r"(1 - C)^2$.",
    kind=Kind.LEMMA,
)


def _noise() -> Expr:
    """C^2 R at c = C eps, integrated over strengths L = eps e^(-eps^2 u/2) with z = 1 - C L."""
    z, fades = Symbol("z", positive=True), strength * exp(-(strength**2) * u / 2)
    require_zero(fades.diff(u) + strength**2 / 2 * fades, "du = -2 dL/(eps^2 L)")
    # R = (2/eps^2) int L/(1 - C L)^2 dL over 0..eps, and C^2 L dL = -(1 - z) dz
    whole = integrate(1 / z**2 - 1 / z, (z, 1 - share, 1))
    return (2 / strength**2 * whole).subs(log(1 - share), LOG)


def _palimpsest() -> Expr:
    """Twice what c solves times eps^2/2, and the strength needed at y."""
    equation = strength**2 / 2 * (_noise() - 2 * G**2 / P**2)  # C^2 R = 2 e^(-2 y^2)/pi
    root = sqrt(2) / P * G * strength / share  # sqrt R = sqrt(2/pi) e^(-y^2)/C
    return Matrix([equation, y * sqrt(2) * root / m])  # L = y sqrt(2 R)/m


def _least(catalogue: Any) -> Expr:
    """What the shipped search sets to zero, and what it minimises."""
    residual = []

    def root(equation: Callable[[Expr], Expr], *_: Any, **__: Any) -> Expr:
        residual.append(equation(share))
        return share

    def least(needed: Callable[[Expr], Expr], **_: Any) -> SimpleNamespace:
        return SimpleNamespace(fun=needed(y), x=y)

    swaps = {"erf": lambda z: m, "brentq": root, "minimize_scalar": least}
    with catalogue.swapped("attractor", **swaps) as module:
        needed, _ = module._least_strength(strength)
    found = Matrix([residual[0].subs(log(1 - share), LOG), needed])
    return found.applyfunc(in_symbols)


PALIMPSEST = Claim(
    id="asymptotics/hopfield/palimpsest",
    statement="Strengths eps e^(-eps^2 u/2): ln(1 - c) + c/(1 - c) = eps^2 e^(-2 y^2)/pi, and a "
    "pattern needs L = 2 y eps e^(-y^2)/(sqrt(pi) c erf(y)).",
    derive=_palimpsest,
    ships=_least,
    twins=(
        *SCALES,
        replaced("strength doubled", {strength: 2 * strength}),
        replaced("y doubled", {y: 2 * y}),
        plus("wrong by a thousandth", Integer(1) / 1000),
    ),
    rules=("hopfield",),
    symbols=(y, m, G, P, strength, share, LOG),
    assumptions=CITED + " Strengths fade with the age u per unit; c = C eps is `share`, LOG its "
    "ln(1 - c).",
    steps=r"$R = \int_0^\infty L^2/(1 - C L)^2 du = \frac{2}{\epsilon^2} \int_0^\epsilon L/(1 - C "
    r"L)^2 dL$ in closed form; $C^2 R = 2 e^{-2 y^2}/\pi$ gives the equation and $L = y \sqrt{2 "
    r"R}/m$ the strength.",
    kind=Kind.LEMMA,
)

LEAST = (Integer(1), Integer(3) / 2)  # strengths, of patterns written at twice as much


def _ages() -> Expr:
    """The age at which eps e^(-eps^2 u/2) has fallen to half of eps."""
    found = [solve(2 * x * exp(-((2 * x) ** 2) * u / 2) - x, u)[0] for x in LEAST]
    return Matrix(found).applyfunc(lambda x: x.expand(force=True)).subs(log(2), LOG)


def _shipped_age(catalogue: Any, least: Expr) -> Expr:
    swaps = {"_least_strength": lambda strength: (least, y), "erf": lambda z: m}
    with catalogue.swapped("attractor", **swaps) as module:
        return module.palimpsest_age(2 * least).load.subs(log(2), LOG)


AGE = Claim(
    id="asymptotics/hopfield/age",
    statement="The oldest pattern recalled has the age (2/eps^2) ln(eps/L) per unit, L the least "
    "strength: eps = 2 L.",
    derive=_ages,
    ships=lambda catalogue: Matrix([_shipped_age(catalogue, x) for x in LEAST]),
    twins=(
        *SCALES,
        times("factor 4", 4),
        plus("wrong by a thousandth", Integer(1) / 1000),
    ),
    rules=("hopfield",),
    symbols=(LOG,),
    assumptions=CITED + " Strengths $\\epsilon e^{-\\epsilon^2 u/2}$; LOG is ln 2.",
    steps="Solve for the age at which the strength has fallen to the least one.",
    kind=Kind.LEMMA,
)

CLAIMS = (LOAD, PALIMPSEST, AGE)
