r"""The rate-distortion bound: a state of B bits holds N values of R^m with error 2^(-2B/(N m)).

Cited: Shannon 1959; Cover, Thomas 2006, Section 10.3 (one Gaussian, and several: reverse water-
filling). Checked: the rate of the channel that attains it, its inverse, and that bits are
best spread evenly.
"""

from typing import Any

import sympy
from sympy import Integer, Matrix, Rational, exp, log, oo, pi, sqrt

from proofs_check.claim import Claim, Kind, plus, replaced, require_zero, stated, times
from proofs_check.logarithms import bits_as_product, product
from proofs_check.notation import Expr, d

t = sympy.Symbol("t", positive=True)  # 1/D = 1 + t
m, B, N = sympy.symbols("m B N", integer=True, positive=True)
CITED = (
    "Values $N(0, I/m)$, independent of keys and of each other. Cited: the rate of a Gaussian at "
    "error $D$ is the least information of any channel (Shannon 1959; Cover, Thomas 2006, "
    "Section 10.3)"
)


def entropy(variance: Expr) -> Expr:
    """-int f log f of N(0, variance) in nats, integrated."""
    x = sympy.Symbol("x", real=True)
    density = exp(-(x**2) / (2 * variance)) / sqrt(2 * pi * variance)
    surprise = x**2 / (2 * variance) + log(2 * pi) / 2 + log(variance) / 2  # -log of the density
    return sympy.expand(sympy.integrate(sympy.expand(density * surprise), (x, -oo, oo)))


def forward_channel() -> Expr:
    """2^(2 R) of v = o + w, w ~ N(0, D) independent of o ~ N(0, 1 - D), in each of m entries."""
    D = sympy.Symbol("D", positive=True)
    information = entropy(Integer(1)) - entropy(D)  # h(v) - h(v | o)
    return product(2 * m * information).subs(D, 1 / (1 + t))


RATE = Claim(
    id="bounds/rate_distortion/rate",
    statement="Bits per value at mean squared error D: (m/2) log2(1/D), by the channel that "
    "attains it.",
    derive=forward_channel,
    ships=lambda catalogue: bits_as_product(
        catalogue.part("information.gaussian_bits")(1 / (1 + t), m), Integer(2)
    ),
    twins=(
        replaced("no half", {m: 2 * m}),
        replaced("error halved", {t: 2 * t + 1}),
        times("a bit too many", 4),
        replaced("one entry fewer", {m: m - 1}),
    ),
    symbols=(t, m),
    kind=Kind.LEMMA,
    assumptions=CITED + "; $D = 1/(1+t)$ in units of the value's power.",
    steps=r"Integrate $-\int f\log f$ for $v \sim N(0,1)$ and for $v - o \sim N(0,D)$; $m$ equal "
    "entries; compare $2^{2R}$.",
)


def solved() -> Expr:
    """D at which N values of m entries take B bits."""
    error = sympy.Symbol("D", positive=True)
    rate = sympy.expand(N * m * (entropy(Integer(1)) - entropy(error)))  # nats
    (found,) = sympy.solve(rate - B * log(2), error)
    return found


LEAST = Claim(
    id="bounds/rate_distortion/least-error",
    statement="A state of B bits leaves N values of R^m with an error of 2^(-2B/(N m)) or more.",
    derive=lambda: Matrix([solved(), solved().subs(B, B * d * m)]),
    ships=lambda catalogue: Matrix(
        [_bound(catalogue, B, N, m), _bound(catalogue, B * d * m, N, m)]
    ),
    twins=(
        replaced("one item more", {N: N + 1}),
        replaced("bits doubled", {B: 2 * B}),
        replaced("bits halved", {B: B / 2}),
        times("factor 2", 2),
    ),
    symbols=(B, N, m),
    kind=Kind.LEMMA,
    assumptions=CITED + "; second row: a matrix of $d \\times m$ scalars of $B$ bits each.",
    steps=r"Integrate the entropies, solve $Nm\frac{1}{2}\log_2(1/D) = B$ for $D$; with $Bdm$ "
    r"bits, $2^{-2Bd/N}$.",
)


def _bound(catalogue: Any, bits: Expr, items: Expr, entries: Expr) -> Expr:
    return catalogue.part("bounds.bits_bound")(bits, items, entries)


c = sympy.symbols("c_0:4", integer=True, positive=True)
x = [2 ** (-each) for each in c]


def excess() -> Expr:
    """Arithmetic less geometric mean of two, three and four errors, as sums of squares."""
    two = (x[0] - x[1]) ** 2 / 2
    three = sum(x[:3], Integer(0)) * sum(
        ((x[i] - x[j]) ** 2 for i, j in ((0, 1), (1, 2), (2, 0))), Integer(0)
    )
    four = (x[0] ** 2 - x[1] ** 2) ** 2 + (x[2] ** 2 - x[3] ** 2) ** 2
    return Matrix([two, three / 6, (four + 2 * (x[0] * x[1] - x[2] * x[3]) ** 2) / 4])


def _uneven(catalogue: Any) -> Expr:
    """Mean error when item i gets n c_i/2 bits, less the bound at their sum, n = 2, 3, 4."""
    rows = []
    for n in (2, 3, 4):
        bits = [Rational(n, 2) * each for each in c[:n]]
        each = [_bound(catalogue, b, Integer(1), Integer(1)) for b in bits]
        whole = _bound(catalogue, sum(bits, Integer(0)), Integer(n), Integer(1))
        rows.append(sum(each, Integer(0)) / n - whole)
    return Matrix(rows)


EVEN = Claim(
    id="bounds/rate_distortion/even-split",
    statement="Bits spread unevenly over items cost a sum of squares; 2, 3 and 4 items.",
    derive=excess,
    ships=_uneven,
    twins=(
        times("wrong sign", -1),
        replaced("two items exchanged for one", {c[0]: c[1]}),
        replaced("half the bits of one item", {c[1]: 2 * c[1]}),
        plus("the bound is not met", 1),
    ),
    symbols=c,
    kind=Kind.LEMMA,
    assumptions="Items of one entry with $nc_i/2$ bits each. Cited for more items: the arithmetic "
    "mean is at least the geometric one; errors below the variance (Cover, Thomas 2006, "
    "Section 10.3).",
    steps=r"With $x_i = 2^{-c_i}$ the errors are $x_i^n$, the bound their geometric mean; the "
    "difference is a sum of squares, zero where all $c_i$ are equal.",
)

low = sympy.Symbol("b_0", real=True)


def stationary() -> Expr:
    """The split of 2 B bits over two items at which the mean error has slope zero."""
    share = sympy.Symbol("share", real=True)
    mean = (exp(-2 * share) + exp(-2 * (2 * low - share))) / 2
    (found,) = sympy.solve(sympy.diff(mean, share), share)
    curved = sympy.diff(mean, share, 2) - 4 * mean
    require_zero(sympy.expand(curved), "convex: the second derivative is four times the mean")
    return found


EQUAL = Claim(
    id="bounds/rate_distortion/stationary",
    statement="Of all splits over two items the even one alone is stationary, and it is a minimum.",
    derive=stationary,
    ships=stated(low),
    twins=(
        times("all to one item", 2),
        times("wrong sign", -1),
        plus("an eighth of a bit off", Rational(1, 8)),
    ),
    symbols=(low,),
    kind=Kind.LEMMA,
    assumptions="Two Gaussian items, $2b_0$ nats to share between them, errors $e^{-2b}$.",
    steps="Set the slope of the mean error to zero; its second derivative is four times itself.",
)

CLAIMS = (RATE, LEAST, EVEN, EQUAL)
