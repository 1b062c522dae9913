r"""Capacities: the largest N whose recall meets a criterion, from laws that are solved for N.

Where |phi| is constant and weights are equal, p/s^2 - 1 = (N - 1)/D with the effective dimension D
(d for keys, d/h with heads, d (d + 2)/3 for products of entries), so

    MSE <= t:     N* = 1 + floor(t D),             best-gain MSE <= t: 1 + floor(t D/(1 - t)),
    SNR >= t:     N* = 1 + floor(D/t),             cos^2 >= t:         1 + floor((1 - t) D/t).

On Gaussian keys norms vary: MSE = (N + 1)/d. A window of w pairs holds exactly w.
"""

from collections.abc import Callable
from typing import Any

from sympy import Integer, Matrix, Rational, floor

from proofs_check.claim import Claim, Twin, plus, times
from proofs_check.notation import Expr

TWINS = (
    plus("off by one", 1),
    plus("one too few", -1),
    times("factor 2", 2),
    Twin("rows shifted", lambda x: Matrix.vstack(x[1:, :], x[:1, :])),
)

LARGEST: dict[str, Callable[[Expr, Expr], Expr]] = {  # N - 1 at most, of threshold and D
    "mse": lambda t, D: t * D,
    "best_gain_mse": lambda t, D: t * D / (1 - t),
    "snr": lambda t, D: D / t,
    "cos2": lambda t, D: (1 - t) * D / t,
}
THRESHOLDS = {"mse": "0.1 0.125 0.7", "best_gain_mse": "0.1 0.5", "snr": "4 0.3", "cos2": "0.5 0.9"}
ASKED = [(metric, text) for metric, listed in THRESHOLDS.items() for text in listed.split()]


def _largest(D: Expr) -> list[Expr]:
    return [1 + floor(LARGEST[metric](Rational(text), D)) for metric, text in ASKED]


def capacities(
    label: str, rules: tuple[str, ...], D: dict[int, Expr], rule: str, what: str, **asked: Any
) -> Claim:
    """N* for every criterion at each d, with effective dimension D[d]."""
    return Claim(
        id=f"answers/inversions/{label}",
        statement=f"N* for nine criteria at d = {', '.join(map(str, D))}: {what}.",
        derive=lambda: Matrix([x for each in D.values() for x in _largest(each)]),
        ships=lambda catalogue: Matrix(
            [
                catalogue.capacity(rule, f"{metric}={text}", d_k=d, **asked)
                for d in D
                for metric, text in ASKED
            ]
        ),
        twins=TWINS,
        rules=rules,
        assumptions="Keys independent, uniform on the unit sphere; values as ever; the criterion "
        "is met at the threshold itself.",
        steps=r"$s = 1$ and $p = 1 + (N-1)/D$ for the effective dimension $D$; solve each "
        "criterion for $N$ and round down.",
    )


def _gaussian() -> Expr:
    """(N - 1)/d for the others and E (r^2 - 1)^2 = 2/d."""
    return Matrix([floor(Rational(text) * 64 + 1 - 2) for text in THRESHOLDS["mse"].split()])


GAUSSIAN = Claim(
    id="answers/inversions/gaussian",
    statement="N* of Hebbian writes on Gaussian keys of d = 64 from MSE = (N + 1)/d.",
    derive=_gaussian,
    ships=lambda catalogue: Matrix(
        [
            catalogue.capacity("hebbian", f"mse={text}", d_k=64, keys="gaussian")
            for text in THRESHOLDS["mse"].split()
        ]
    ),
    twins=TWINS,
    rules=("hebbian",),
    assumptions="Keys $N(0, I/d)$; values as ever.",
    steps=r"$(N-1)/d + E(r^2 - 1)^2 = (N+1)/d$.",
)

WINDOWS = (1, 5, 16)

WINDOW = Claim(
    id="answers/inversions/window",
    statement="The worst of N pairs is recalled up to N = w, the mean error is t up to "
    "N = floor(w/(1 - t)): windows of 1, 5 and 16.",
    derive=lambda: Matrix(
        [x for w in WINDOWS for x in (Integer(w), floor(w / (1 - Rational(1, 4))))]
    ),
    ships=lambda catalogue: Matrix(
        [
            catalogue.capacity("sliding_window", f"mse={t}", d_k=8, over=over, parameters=asked)
            for asked in ({"window": w} for w in WINDOWS)
            for t, over in (("0.5", "worst"), ("0.25", "mean"))
        ]
    ),
    twins=TWINS,
    rules=("sliding_window",),
    assumptions="Keys without duplicates, read by exact match.",
    steps="Errors are 0 in the window and 1 beyond, so the mean is $(N - w)/N$.",
)

CLAIMS = (
    capacities(
        "hebbian", ("hebbian",), {16: Integer(16), 64: Integer(64)}, "hebbian", "Hebbian writes"
    ),
    capacities(
        "heads",
        ("heads", "hebbian"),
        {16: Integer(8), 64: Integer(32)},
        "hebbian",
        "Hebbian writes in two heads",
        wrappers={"heads": "2"},
    ),
    capacities(
        "quadratic",
        ("features", "quadratic", "hebbian"),
        {5: Rational(5 * 7, 3), 8: Rational(8 * 10, 3)},
        "hebbian",
        "Hebbian writes of quadratic features",
        wrappers={"features": "quadratic"},
    ),
    capacities(
        "dense_am",
        ("dense_am",),
        {5: Rational(5 * 7 * 9, 15), 8: Rational(8 * 10 * 12, 15)},
        "dense_am",
        "weights (k.q)^3",
        parameters={"degree": 3},
    ),
    GAUSSIAN,
    WINDOW,
)
