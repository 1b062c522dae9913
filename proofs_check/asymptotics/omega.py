r"""Omega with windows of c pairs as d grows: a delta rule with beta_eff = 1 - prod (1 - b_j).

Keys of a window overlap by O(1/sqrt d), so to leading order each is corrected c times while no
other resembles it: inside the window a pair of age a is read by $1 - \prod_{j \le a} (1 - b_j)$,
and the c steps together are one delta step of that total. At c = 2 the exact law tells how far
that is right. Status of the law: asymptotic in d at fixed c, error O(c/d).
"""

from typing import Any

import numpy as np
from sympy import Integer, Matrix, Rational, Symbol, eye, prod, together, zeros

from proofs_check import affine, asymptotic_laws
from proofs_check.claim import Claim, Kind, Twin, plus, replaced
from proofs_check.lemmas import SPHERE, first_order, not_one
from proofs_check.limits import limit_at_zero
from proofs_check.notation import Expr, age, before, d
from proofs_check.rules import delta, omega
from proofs_check.rules.delta import beta
from proofs_check.standard import SCALES

RATES = tuple(Symbol(f"b{j}", positive=True) for j in range(3))
NUMBERS = (Rational(1, 3), Rational(1, 2), Rational(1, 5))
MIXED = (RATES[0], *NUMBERS[1:])
ITEMS = 5
small = Symbol("small", positive=True)  # 1/d
LEMMA = (
    r"Keys uniform on the unit sphere; cited lemma: two of them have $E (k^\top k')^2 = 1/d$, so "
    "those of a window are orthonormal to leading order. "
)


def seen(rates: tuple[Expr, ...], a: int) -> Expr:
    """How far the window has moved a pair of this age."""
    return 1 - prod(1 - b for b in rates[: a + 1])


def _orthonormal_stream() -> Expr:
    """What each of five orthonormal keys reads of its value, newest first, by printed steps."""
    axes = [eye(ITEMS).col(t) for t in range(ITEMS)]
    values = [eye(ITEMS).col(t) for t in range(ITEMS)]
    S = zeros(ITEMS, ITEMS)
    for t in range(ITEMS):
        held = [(axes[i], values[i]) for i in range(t, max(t - len(RATES), -1), -1)]
        S = omega.step(S, tuple(held), RATES).subs(omega.beta, 1)
    return Matrix([(S * axes[t])[t] for t in reversed(range(ITEMS))])


SEEN = Claim(
    id="asymptotics/omega/seen",
    statement="On orthonormal keys a pair of age a is read by 1 - prod over j <= a of (1 - b_j): "
    "windows of three, exact.",
    derive=_orthonormal_stream,
    ships=lambda catalogue: Matrix([*catalogue.part("omega_law._seen")(RATES, np.arange(ITEMS))]),
    twins=(
        *SCALES,
        replaced("rates swapped", {RATES[0]: RATES[1], RATES[1]: RATES[0]}),
        Twin("ages off by one", lambda x: Matrix([*x[1:], x[0]])),
    ),
    rules=("omega",),
    symbols=RATES,
    assumptions="Five orthonormal keys, windows of three pairs of any rates $b_j$.",
    steps="Write the stream by the printed gradient steps; read each key.",
)


def _law() -> Expr:
    """Rows (signal, power): a partial step while in the window, then the delta rule."""
    last, total = len(MIXED) - 1, seen(MIXED, len(MIXED) - 1)
    signal, power = affine.signal(delta.printed, SPHERE), affine.power(delta.printed, SPHERE)
    rho, _, source = affine.spectrum(delta.printed, SPHERE)
    fresh = first_order(ratio=rho, source=source, start=Integer(0), count=before)
    rows = []
    for a in range(ITEMS):
        if a < last:
            inside, where = seen(MIXED, a), {before: ITEMS - 1 - a}
            rows.append([inside, inside**2 + (1 - inside) ** 2 * fresh.subs(where)])
        else:
            where = {age: a - last, before: ITEMS - 1 - a}
            rows.append([signal.subs(where), power.subs(where)])
    return not_one(Matrix(rows)).subs(beta, total)


WIDE = Claim(
    id="asymptotics/omega/law",
    statement="The shipped law is the partial step over a fresh key's power inside the window, and "
    "the delta rule of beta_eff after it: windows of three, five pairs.",
    derive=_law,
    ships=lambda catalogue: not_one(asymptotic_laws.wide_windows(catalogue, MIXED, d, ITEMS)),
    twins=(
        *SCALES,
        replaced("d off by one", {d: d + 1}),
        replaced("a rate halved", {RATES[0]: RATES[0] / 2}),
        Twin("ages reversed", lambda x: Matrix(x[::-1, :])),
    ),
    rules=("omega",),
    symbols=RATES[:1],
    assumptions=LEMMA + r"Fixed window, d without end; $0 < \beta_{\mathrm{eff}} < 2$.",
    steps=r"A key that came a writes ago has error $\prod_{j \le a} (1 - b_j) (v - S_0 k)$, $S_0$ "
    r"what was there before it, with $E|S_0 k|^2$ from the delta rule's recursion at $\beta = "
    r"\beta_{\mathrm{eff}}$; once out of the window all its steps are done.",
    kind=Kind.LEMMA,
)


def _endless() -> Expr:
    """The same without end: the power at a fresh key is beta/(2 - beta) at every age."""
    last, total = len(NUMBERS) - 1, seen(NUMBERS, len(NUMBERS) - 1)
    level = affine.lifelong_power(delta.printed, SPHERE).subs({age: 0, beta: total})
    rows = []
    for a in range(ITEMS):
        inside = seen(NUMBERS, min(a, last))
        fades = (1 - total / d) ** max(a - last, 0)
        power = inside**2 + (1 - inside) ** 2 * level if a < last else level
        rows.append([inside * fades, power])
    return Matrix(rows)


ENDLESS = Claim(
    id="asymptotics/omega/endless",
    statement="Endlessly many pairs: the power is beta_eff/(2 - beta_eff) outside the window; "
    f"rates {', '.join(map(str, NUMBERS))}.",
    derive=_endless,
    ships=lambda catalogue: asymptotic_laws.wide_windows(
        catalogue, NUMBERS, d, ITEMS, endless=True
    ),
    twins=(
        *SCALES,
        replaced("d off by one", {d: d + 1}),
        plus("wrong by a thousandth", Rational(1, 1000)),
        Twin("ages reversed", lambda x: Matrix(x[::-1, :])),
    ),
    rules=("omega",),
    assumptions=LEMMA + "Fixed window, d without end, then items without end.",
    steps="The fixed point of the delta rule's power, derived from its printed update, in the "
    "place of the power after so many writes.",
    kind=Kind.LEMMA,
)


def _leading() -> Expr:
    """Limits of (s, p) at ages 0 to 2, of d (s(3) - s(2)), and of the endless fresh power."""
    pair = RATES[:2]
    total = seen(pair, 1)
    rows = [[seen(pair, min(a, 1)), seen(pair, min(a, 1)) ** 2] for a in range(3)]
    fades = affine.signal(delta.printed, SPHERE)
    slope = limit_at_zero(((fades.subs(age, 1) - fades.subs(age, 0)) * d).subs(d, 1 / small), small)
    level = affine.lifelong_power(delta.printed, SPHERE).subs({age: 0})
    return Matrix([*rows, [slope.subs(beta, total), level.subs(beta, total)]])


def _exact_leading(catalogue: Any) -> Expr:
    """The same of the exact law for windows of two."""
    rows, fresh = asymptotic_laws.window_two(catalogue, RATES[:2], d, 4)
    found = [*rows[:3, :], (rows[3, 0] - rows[2, 0]) * d, fresh]
    grown = [together(x.subs(d, 1 / small)) for x in found]
    return Matrix(4, 2, [limit_at_zero(x, small) for x in grown])


EXACT = Claim(
    id="asymptotics/omega/exact-at-two",
    statement="The exact law for windows of two has the same leading order: s, p, the fading "
    "-beta_eff^2/d an age from age 2 on, and the endless power beta_eff/(2 - beta_eff).",
    derive=_leading,
    ships=_exact_leading,
    twins=(
        *SCALES,
        replaced("rates swapped", {RATES[0]: RATES[1] / 2, RATES[1]: RATES[0]}),
        plus("wrong by a thousandth", Rational(1, 1000)),
        Twin("one step alone", lambda x: x.subs(RATES[1], 0)),
    ),
    rules=("omega",),
    symbols=RATES,
    assumptions="Keys uniform on the unit sphere, windows of two of any rates; no lemma.",
    steps="Expand the exact law in 1/d at four pairs, and its endless power from the fixed point "
    "of the shipped recursion; compare with the delta rule of the total step.",
)

CLAIMS = (SEEN, WIDE, ENDLESS, EXACT)
