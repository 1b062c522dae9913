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
from proofs_check.functions import ExactNumpy
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

CHUNKS = 3
alpha, s0, a = (Symbol(x, positive=True) for x in ("alpha", "s_0", "a"))
size = Symbol("d", positive=True)
LOAD = Rational(3, 4)


def _decayed() -> list[Expr]:
    """alpha^(2 B) of the chunks, newest first: each later write decays what is there once."""
    power, found = Integer(1), []
    for _ in range(CHUNKS):
        found.append(power)
        power *= alpha**2
    return found


def _polar_chunks() -> Expr:
    """Own keys keep their length under U, others the share min(1, y) of theirs."""
    powers = _decayed()
    rows = [[s0 * alpha**B, p + LOAD * (sum(powers) - p)] for B, p in enumerate(powers)]
    return sympy.Matrix(rows)


def _plain_chunks() -> Expr:
    """A pair reads itself, b - 1 = y d - 1 others of its chunk, and y d of each other chunk."""
    powers, b = _decayed(), LOAD * size
    rows = [
        [alpha**B, p * (1 + (b - 1) / size) + b / size * (sum(powers) - p)]
        for B, p in enumerate(powers)
    ]
    return sympy.Matrix(rows)


def _shipped_chunks(catalogue: Any, name: str, *more: Expr) -> Expr:
    swaps = {"own_signal": lambda load: s0}
    with catalogue.swapped("polar_law", np=ExactNumpy(), **swaps) as module:
        found = getattr(module, name)(LOAD, alpha, CHUNKS, *more)
    return catalogue.rational(sympy.Matrix([[*map(sympy.powdenest, x)] for x in _rows(found)]))


def _rows(found: Any) -> list[tuple[Expr, Expr]]:
    return list(zip(found.signal, found.power, strict=True))


STREAM_TWINS = (
    *SLIPS,
    replaced("decay squared", {alpha: alpha**2}),
    times("sign", Integer(-1)),
)

POLAR_STREAM = Claim(
    id="asymptotics/polar/stream",
    statement="Signal and power by age of three orthogonalised chunks of 3 d/4 pairs, own signal "
    "s_0.",
    derive=_polar_chunks,
    ships=lambda catalogue: _shipped_chunks(catalogue, "polar_stream"),
    twins=STREAM_TWINS,
    symbols=(alpha, s0),
    assumptions="Memory decays by alpha a chunk; U is an isometry on the span of its own keys, of "
    "dimension b < d, and uniform: a fresh unit key keeps the share b/d.",
    steps=r"Values of other chunks are independent of what is read: their powers add, "
    r"$\alpha^{2B}$ each.",
)

PLAIN_STREAM = Claim(
    id="asymptotics/polar/plain-stream",
    statement="The same of chunks that are written as they are, every d.",
    derive=_plain_chunks,
    ships=lambda catalogue: _shipped_chunks(catalogue, "plain_stream", size),
    twins=(*STREAM_TWINS, replaced("d off by one", {size: size + 1})),
    symbols=(alpha, size),
    assumptions="Memory decays by alpha a chunk; keys uniform on the sphere.",
    steps=r"$E (k^\top k')^2 = 1/d$ for each other pair, times $\alpha^{2B}$ of its chunk.",
)


def _shipped_crossing(catalogue: Any) -> Expr:
    """The equation that is solved for the crossover, at a load y >= 1 with own signal s_0."""
    swaps = {"own_signal": lambda load: s0, "brentq": lambda f, low, high: f(y)}
    with catalogue.swapped("polar_law", **swaps) as module:
        return module.crossover()


CROSSOVER = Claim(
    id="asymptotics/polar/crossover",
    statement="Both writes of one chunk of b >= d pairs are recalled alike where s_0^2 (1 + y) = "
    "1, as d grows.",
    derive=lambda: (s0**2 / 1 - 1 / (1 + y)) * (1 + y),
    ships=_shipped_crossing,
    twins=(
        *SLIPS,
        replaced("load halved", {y: y / 2}),
        replaced("own signal halved", {s0: s0 / 2}),
    ),
    symbols=(y, s0),
    assumptions=LEMMA + "One chunk: powers are 1 and 1 + y.",
    steps=r"Squared cosines $s^2/p$ are $s_0^2$ and $1/(1 + y)$; multiply their difference by "
    r"$1 + y$.",
    kind=Kind.LEMMA,
)


def _exponents() -> Expr:
    """x of i = d^x where the score of item i, a power of d, meets that of the noise."""
    x = Symbol("x")
    plain = sympy.solve(-a * x - (-1), x)  # i^-a against noise 1/d
    polar = sympy.solve(-a * x + a - Rational(-1, 2), x)  # lifted by d^a, against 1/sqrt d
    return sympy.Matrix([*plain, *polar])


EXPONENTS = Claim(
    id="asymptotics/polar/exponents",
    statement="From these orders of score and noise: d^(1/a) items of frequencies i^(-a) are "
    "recalled by a plain write, d^(1 + 1/(2a)) by an orthogonalised one.",
    derive=_exponents,
    ships=lambda catalogue: sympy.Matrix(
        [catalogue.part(f"polar_law.{x}_exponent")(a) for x in ("plain", "polar")]
    ),
    twins=(*SLIPS, replaced("frequencies squared", {a: 2 * a}), times("sign", Integer(-1))),
    symbols=(a,),
    assumptions="Conjectured orders of magnitude, without logarithms: score $i^{-a}$ against noise "
    "$1/d$; lifted by $d^a$ against noise $1/\\sqrt d$.",
    steps=r"Solve $-ax = -1$ and $-ax + a = -1/2$.",
    kind=Kind.LEMMA,
)

CLAIMS = (FEW, MANY, LIMIT, POLAR_STREAM, PLAIN_STREAM, CROSSOVER, EXPONENTS)
