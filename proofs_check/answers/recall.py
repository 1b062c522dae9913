r"""Every metric from signal s = E<v, o> and power p = E|o|^2, for values with E|v|^2 = 1.

    MSE = E|o - v|^2,  best gain: min over g of E|g o - v|^2,  interference E|o - s v|^2,
    SNR = s^2/interference,  cos^2 = s^2/p.

The interference is written n > 0, so p = s^2 + n.
"""

from collections.abc import Callable
from typing import Any

import sympy
from sympy import Integer, Rational

from proofs_check.claim import Claim, Twin, plus, replaced, times
from proofs_check.kernels import SCALES
from proofs_check.notation import Expr

s, n = sympy.symbols("s n", positive=True)
POWER = s**2 + n
ONE = Integer(1)
ASSUMED = "Values with $E|v|^2 = 1$; $s = E v^To$, $p = E|o|^2$, $n = p - s^2 > 0$."


def squared_error(gain: Expr, target: Expr = ONE) -> Expr:
    """E|gain o - target v|^2, by expanding the square."""
    o2, ov, v2 = sympy.symbols("o2 ov v2")
    terms = gain**2 * o2 - 2 * gain * target * ov + target**2 * v2
    return terms.subs({o2: POWER, ov: s, v2: 1})


def best_gain() -> Expr:
    """The error at the gain at which its derivative vanishes."""
    g = sympy.Symbol("g", real=True)
    error = squared_error(g)
    (best,) = sympy.solve(sympy.diff(error, g), g)
    return error.subs(g, best)


METRICS: dict[str, tuple[str, str, Callable[[], Expr], tuple[Twin, ...]]] = {
    "mse": (
        "Mean squared error 1 - 2s + p.",
        r"$E|o - v|^2 = E|o|^2 - 2E v^To + E|v|^2$.",
        lambda: squared_error(ONE),
        (plus("one signal too many", s),),
    ),
    "best_gain_mse": (
        "Error after the best scalar gain, 1 - s^2/p.",
        r"$E|go - v|^2 = g^2 p - 2gs + 1$ is least at $g = s/p$.",
        best_gain,
        (replaced("interference doubled", {n: 2 * n}),),
    ),
    "interference": (
        "What does not follow the value: p - s^2.",
        r"$E|o - sv|^2 = p - 2s^2 + s^2$.",
        lambda: squared_error(ONE, s),
        (plus("one signal too many", s),),
    ),
    "cos2": (
        "Squared cosine s^2/p: one less the error after the best gain.",
        "Subtract from 1.",
        lambda: 1 - best_gain(),
        (replaced("interference doubled", {n: 2 * n}),),
    ),
    "snr": (
        "Signal over interference, cos^2/(1 - cos^2).",
        r"$s^2/E|o - sv|^2$.",
        lambda: s**2 / squared_error(ONE, s),
        (replaced("interference doubled", {n: 2 * n}),),
    ),
}


def metric(name: str) -> Claim:
    """One metric."""
    statement, steps, derive, twins = METRICS[name]
    return Claim(
        id=f"answers/recall/{name.replace('_', '-')}",
        statement=statement,
        derive=derive,
        ships=lambda catalogue: catalogue.metric(name, s, POWER),
        twins=(*SCALES, plus("off by a thousandth", Rational(1, 1000)), *twins),
        symbols=(s, n),
        assumptions=ASSUMED,
        steps=steps,
    )


def _by_hand(catalogue: Any) -> Expr:
    """SNR from cos^2 as thresholds are translated."""
    cos2 = catalogue.metric("cos2", s, POWER)
    return cos2 / (1 - cos2)


TRANSLATED = Claim(
    id="answers/recall/translated",
    statement="SNR = cos^2/(1 - cos^2), so a threshold t on SNR is t/(1 + t) on cos^2.",
    derive=lambda: s**2 / n,
    ships=_by_hand,
    twins=(
        *SCALES,
        replaced("signal halved", {s: s / 2}),
        times("cos^2 for 1 - cos^2", n / (s**2 + n)),
    ),
    symbols=(s, n),
    assumptions=ASSUMED,
    steps=r"$\frac{s^2/p}{1 - s^2/p} = \frac{s^2}{p - s^2}$.",
)

CLAIMS = (*map(metric, METRICS), TRANSLATED)
