r"""Softmax attention and kernel ridge regression at the two ends of the bandwidth h.

Softmax, with $t = e^{-1/h^2}$ and scores $c, c - g_2, c - g_3$ (gaps positive): exactly

$$o - v_1 = \frac{\sum_i t^{g_i} (v_i - v_1)}{1 + \sum_i t^{g_i}},$$

so o -> v_1, the value of the largest score, as h -> 0; on unit keys that is the nearest key. As
h -> infinity o is the mean of the values, and to the next order that plus a centred Hebbian
read-out over h^2. Kernel ridge regression shrinks what it reads by 1 + lam and is no average: at
a stored key it reads v/(1 + lam), elsewhere 0, but in proportion to the nearest key's weight the
nearest key's value; as h -> infinity it reads the sum of the values over N + lam.
"""

from typing import Any

from sympy import (
    Integer,
    Matrix,
    Symbol,
    log,
    sqrt,
    zeros,
)

from proofs_check.claim import Claim, Twin, plus, replaced
from proofs_check.limits import in_powers, leading
from proofs_check.notation import Expr, parameter
from proofs_check.pairs import columns, symbols
from proofs_check.standard import SCALES

lam = parameter("lam")
h = Symbol("h", positive=True)
t = Symbol("t", positive=True)  # e^(-1/h^2) for softmax, e^(-1/(2 h^2)) for the other kernel
c, a = (Symbol(x, integer=True, positive=True) for x in ("c", "a"))
GAPS = tuple(Symbol(f"g{i}", integer=True, positive=True) for i in (2, 3))
VALUES, QUERY = columns("v", 1, 3), columns("q", 2, 1)
AXIS = Matrix([1, 0])
ACROSS = [Symbol(f"x{i}", real=True) for i in range(3)]  # of the keys, which the query misses


def _softmax(catalogue: Any, keys: Expr, query: Expr) -> Expr:
    """The reference step's read-out at bandwidth h."""
    return catalogue("softmax").reads(keys, VALUES, query, bandwidth=h)[0]


def _narrow(scores: tuple[Expr, ...], catalogue: Any) -> Expr:
    """The same of keys with these first coordinates, at the query e_1, in t = e^(-1/h^2)."""
    keys = Matrix([list(scores), ACROSS])
    return in_powers(_softmax(catalogue, keys, AXIS).subs(h, sqrt(-1 / log(t))))


def _gap_formula() -> Expr:
    """o - v_1 from weights relative to the largest one."""
    v1, *others = VALUES
    weights = [t**g for g in GAPS]
    return sum(w * (v - v1) for w, v in zip(weights, others, strict=True)) / (1 + sum(weights))


SOFTMAX_ERROR = Claim(
    id="relations/bandwidth/softmax-narrow/error",
    statement="softmax: o - v_1 = sum t^g (v_i - v_1)/(1 + sum t^g), t = e^(-1/h^2), g the gaps "
    "to the largest score; it vanishes as h -> 0, so the nearest key is read.",
    derive=_gap_formula,
    ships=lambda catalogue: _narrow((c, c - GAPS[0], c - GAPS[1]), catalogue) - VALUES[0],
    twins=(
        *SCALES,
        replaced("gaps swapped", {GAPS[0]: GAPS[1], GAPS[1]: GAPS[0]}),
        replaced("gap off by one", {GAPS[0]: GAPS[0] + 1}),
        replaced("bandwidth doubled", {t: t**2}),
    ),
    rules=("softmax",),
    symbols=(t, c, *GAPS, *VALUES),
    assumptions="Three pairs; one key has the largest score, the others lie by any gaps below it. "
    "On unit keys |k - q|^2 = 1 + |q|^2 - 2 k.q, so that key is the nearest.",
    steps="Divide numerator and denominator by the largest weight; every other term carries a "
    r"factor $t^g$ with $g > 0$, and $t \to 0$ as $h \to 0$.",
)

SOFTMAX_TIE = Claim(
    id="relations/bandwidth/softmax-narrow/limit",
    statement="softmax as h -> 0 reads the nearest key's value, and the mean of several if tied.",
    derive=lambda: Matrix([VALUES[0], (VALUES[0] + VALUES[1]) / 2]),
    ships=lambda catalogue: Matrix(
        [
            _narrow((0, -GAPS[0], -GAPS[1]), catalogue).subs(t, 0),
            _narrow((0, 0, -GAPS[1]), catalogue).subs(t, 0),
        ]
    ),
    twins=(
        *SCALES,
        replaced("the second key's value", {VALUES[0]: VALUES[1]}),
        plus("the far one too", VALUES[2]),
    ),
    rules=("softmax",),
    symbols=tuple(VALUES),
    assumptions="Three pairs with one or two largest scores, taken as 0: a common shift of the "
    "scores changes no weight.",
    steps="Insert $t = 0$ into the shipped read-out as a function of $t = e^{-1/h^2}$.",
)


def _wide_series() -> Expr:
    """The mean of the values, and sum_i v_i s_i/N less the product of both means."""
    keys = columns("k", 2, 3)
    scores = [(keys.col(j).T * QUERY)[0] for j in range(3)]
    mean, middle = sum(VALUES) / 3, sum(scores) / 3
    hebbian = sum(v * s for v, s in zip(VALUES, scores, strict=True)) / 3
    return Matrix([mean, hebbian - mean * middle])


def _wide(catalogue: Any) -> Expr:
    """Value and slope at 1/h^2 = 0."""
    small = Symbol("small", positive=True)
    read = _softmax(catalogue, columns("k", 2, 3), QUERY).subs(h, 1 / sqrt(small))
    return Matrix([read.subs(small, 0), read.diff(small).subs(small, 0)])


SOFTMAX_WIDE = Claim(
    id="relations/bandwidth/softmax-wide",
    statement="softmax as h -> infinity reads the mean of the values; to first order in 1/h^2 it "
    "adds the centred Hebbian read-out over N.",
    derive=_wide_series,
    ships=_wide,
    twins=(
        *SCALES,
        plus("a constant too many", Integer(1)),
        replaced("query halved", dict(zip(QUERY, QUERY / 2, strict=True))),
        Twin("not centred", lambda x: x + Matrix([0, x[0] * QUERY[0]])),
    ),
    rules=("softmax",),
    symbols=symbols(columns("k", 2, 3), VALUES, QUERY),
    assumptions="Three generic pairs and a generic query.",
    steps=r"Weights $e^{s_i/h^2} = 1 + s_i/h^2 + O(h^{-4})$; expand the quotient, once by hand and "
    "once by differentiating the shipped read-out.",
)


def _kernel_ridge(catalogue: Any, keys: Expr) -> Expr:
    """The reference step's read-out at 0; the kernel is t^(squared distance)."""
    read = catalogue("kernel_ridge").reads(
        keys, VALUES[:, : keys.cols], zeros(1, 1), bandwidth=h, lam=lam
    )
    return in_powers(read[0].subs(h, 1 / sqrt(-2 * log(t))))


NEAR, FAR = a, a + GAPS[0]  # distances of two keys from the query, on either side of it


def _stored(catalogue: Any) -> Expr:
    """Coefficient and exponent of t as t -> 0; the query is the first of two, then three keys."""
    two, three = Matrix([[0, FAR]]), Matrix([[0, FAR, -NEAR]])
    return Matrix([leading(_kernel_ridge(catalogue, keys), t) for keys in (two, three)])


RIDGE_STORED = Claim(
    id="relations/bandwidth/kernel_ridge-narrow/stored",
    statement="kernel_ridge as h -> 0 reads v/(1 + lam) at a stored key: at lam = 0 the nearest "
    "neighbour, else a shrunken one.",
    derive=lambda: Matrix([[VALUES[0] / (1 + lam), 0]] * 2),
    ships=_stored,
    twins=(
        *SCALES,
        replaced("no ridge", {lam: 0}),
        plus("the other value too", VALUES[1]),
    ),
    rules=("kernel_ridge",),
    parameters=(lam,),
    symbols=tuple(VALUES),
    assumptions="Two or three different keys on a line, one of them the query; lam > 0.",
    steps=r"With $t = e^{-1/(2 h^2)} \to 0$ the kernel $t^{|k - k'|^2}$ becomes the identity on "
    "different keys; take the lowest power of $t$ in the shipped read-out and its coefficient.",
)


RIDGE_UNSEEN = Claim(
    id="relations/bandwidth/kernel_ridge-narrow/unseen",
    statement="kernel_ridge as h -> 0 reads 0 where no key is; over the nearest key's weight that "
    "is the nearest key's value over 1 + lam.",
    derive=lambda: Matrix([[VALUES[0] / (1 + lam), NEAR**2]]),
    ships=lambda catalogue: Matrix([leading(_kernel_ridge(catalogue, Matrix([[NEAR, -FAR]])), t)]),
    twins=(
        *SCALES,
        replaced("no ridge", {lam: 0}),
        Twin("the nearest value, as softmax reads", lambda x: Matrix([[VALUES[0], 0]])),
        replaced("the other key's distance", {a: FAR}),
    ),
    rules=("kernel_ridge",),
    parameters=(lam,),
    symbols=(a, *GAPS, *VALUES),
    assumptions="Two keys on a line on either side of the query, one nearer than the other by any "
    "gap; lam > 0.",
    steps=r"The lowest power of $t$ in the shipped read-out is $t^{|k_1 - q|^2}$, the nearest "
    "key's weight; its coefficient is compared.",
)

RIDGE_WIDE = Claim(
    id="relations/bandwidth/kernel_ridge-wide",
    statement="kernel_ridge as h -> infinity reads the sum of the values over N + lam.",
    derive=lambda: Matrix([sum(VALUES[:n]) / (n + lam) for n in (1, 2, 3)]),
    ships=lambda catalogue: Matrix(
        [
            _kernel_ridge(catalogue, Matrix([[NEAR, -FAR, 2 * FAR][:n]])).subs(t, 1)
            for n in (1, 2, 3)
        ]
    ),
    twins=(
        *SCALES,
        replaced("no ridge: the mean", {lam: 0}),
        plus("a value too many", VALUES[0]),
    ),
    rules=("kernel_ridge",),
    parameters=(lam,),
    symbols=tuple(VALUES),
    assumptions="One to three keys on a line; lam > 0.",
    steps=r"At $t = e^{-1/(2 h^2)} = 1$ the Gram matrix is $1 1^\top$, and "
    r"$(1 1^\top + \lambda)^{-1} 1 = 1/(N + \lambda)$.",
)

CLAIMS = (SOFTMAX_ERROR, SOFTMAX_TIE, SOFTMAX_WIDE, RIDGE_STORED, RIDGE_UNSEEN, RIDGE_WIDE)
