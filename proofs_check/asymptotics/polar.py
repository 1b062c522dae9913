r"""Orthogonalised chunks: the mean singular value behind the signal of a polar write.

The gradient $G = \sum v k^\top$ of b = y d pairs has, over b/d and as d grows, squared singular
values with the S-transform $1/(1 + y z)^2$ (product of two Gaussian matrices, cited). Its law in
$t = \sin^2 \varphi$ gives the own signal as an integral; with many pairs G is itself Gaussian, and
its singular values follow the quarter circle (cited). Status: asymptotic in d at fixed y.
"""

from typing import Any

import sympy
from sympy import Integer, Rational, Symbol, cos, expand_trig, integrate, sin

from proofs_check.claim import Claim, Kind, ProofError, plus, replaced, times
from proofs_check.notation import Expr

u, G, PI = (Symbol(x, positive=True) for x in ("u", "G", "PI"))
y, phi = Symbol("y", positive=True), Symbol("phi", real=True)
COS, SIN = (1 - u**2) / (1 + u**2), 2 * u / (1 + u**2)  # of the angle G
LEMMA = (
    r"$d$ without end at fixed $y = b/d$; cited lemma: the S-transform of the squared singular "
    "values. "
)
SLIPS = (times("a factor 2", Integer(2)), plus("a constant too many", Rational(1, 7)))


def _signal(load: Expr, end: Expr) -> Expr:
    """(2/pi) int sqrt((1 - t)/t) (1 - y t) dt from 0, with t = sin^2: a polynomial in sin, cos."""
    return integrate(sympy.expand(2 * cos(phi) ** 2 * (1 - load * sin(phi) ** 2)), (phi, 0, end))


def _few() -> Expr:
    return 2 / sympy.pi * _signal(y, sympy.pi / 2)


def _many() -> Expr:
    """Up to the angle G whose squared sine is 1/y."""
    found = expand_trig(_signal(1 / SIN**2, G))
    return 2 / PI * found.subs({sin(G): SIN, cos(G): COS})


class _AtAngle:
    """numpy's functions at y = 1/sin^2 G, whose roots are rational in half an angle's tangent."""

    pi = PI

    @staticmethod
    def sqrt(square: Expr) -> Expr:
        for root in (COS, SIN * COS):
            if sympy.cancel(square - root**2) == 0:
                return root
        raise ProofError(f"{square} is no square of cos G or sin G cos G.")

    @staticmethod
    def arccos(cosine: Expr) -> Expr:
        if sympy.cancel(cosine - COS) != 0:
            raise ProofError(f"{cosine} is not cos G.")
        return G


def _shipped_many(catalogue: Any) -> Expr:
    with catalogue.swapped("polar_law", np=_AtAngle()) as module:
        return module.signal_of_many(1 / SIN**2)


def _quarter_circle() -> Expr:
    """Mean of the density sqrt(4 - x^2)/pi on [0, 2], with x = 2 sin."""
    mean = integrate(sympy.expand(8 * sin(phi) * cos(phi) ** 2), (phi, 0, sympy.pi / 2))
    return mean / PI


def _shipped_limit(catalogue: Any) -> Expr:
    with catalogue.swapped("polar_law", np=_AtAngle()) as module:
        return module.amplitude_limit()


FEW = Claim(
    id="asymptotics/polar/few",
    statement="Own signal of an orthogonalised chunk of b <= d pairs: 1 - b/(4 d).",
    derive=_few,
    ships=lambda catalogue: catalogue.part("polar_law.signal_of_few")(y),
    twins=(*SLIPS, replaced("load halved", {y: y / 2}), replaced("sign of y", {y: -y})),
    symbols=(y,),
    assumptions=LEMMA,
    steps=r"$s_0 = |G|_*/b = (2/\pi)\int_0^1 \sqrt{(1-t)/t}\,(1 - yt)\,dt$; with "
    r"$t = \sin^2\varphi$ a polynomial in sine and cosine.",
    kind=Kind.LEMMA,
)

MANY = Claim(
    id="asymptotics/polar/many",
    statement="The same for b >= d pairs, where the integral ends at t = d/b.",
    derive=_many,
    ships=_shipped_many,
    twins=(*SLIPS, replaced("angle doubled", {G: 2 * G}), times("sign", Integer(-1))),
    symbols=(u, G, PI),
    assumptions=LEMMA + r"$y = 1/\sin^2 G$, $u = \tan(G/2)$; PI is $\pi$.",
    steps=r"As before, up to $\varphi = G$ with $\sin^2 G = 1/y$; roots are sines and cosines.",
    kind=Kind.LEMMA,
)

LIMIT = Claim(
    id="asymptotics/polar/limit",
    statement="At high load a polar write keeps 8/(3 pi) of signal over noise.",
    derive=_quarter_circle,
    ships=_shipped_limit,
    twins=(*SLIPS, replaced("pi halved", {PI: PI / 2}), times("a factor 4/3", Rational(4, 3))),
    symbols=(PI,),
    assumptions=r"$b \gg d$: $G/\sqrt{b/d}$ is Gaussian with singular values of the quarter circle "
    r"on $[0, 2]$ (cited lemma); a plain write has signal over noise $\sqrt{d/b}$. PI is $\pi$.",
    steps=r"$s_0 = |G|_*/b = \sqrt{d/b}\, E x$, and noise tends to 1; "
    r"$E x = \int_0^2 x \sqrt{4 - x^2}\,dx/\pi$.",
    kind=Kind.LEMMA,
)

CLAIMS = (FEW, MANY, LIMIT)
