r"""Gated linear attention, Yang et al. 2024, section 4.1.

$S_t = \mathrm{diag}(\alpha_t) S_{t-1} + k_t^\top v_t$, here transposed. With equal gates it is a
decay; with a gate per channel the entries of E S^T S and of the query go channel by channel, and
the stored key mixes them through E k_c^2 k_c'^2. Gates per channel are proved in the plane, one of
them free and one a number: sums of different ratios do not meet, and channels are alike.
"""

from typing import Any

import numpy as np
from sympy import Integer, Matrix, Rational, diag

from proofs_check.claim import Claim, Twin, plus, replaced, times
from proofs_check.lemmas import (
    ENSEMBLES,
    SPHERE,
    Ensemble,
    first_order,
    sphere_moment,
    u1,
    u2,
)
from proofs_check.notation import Expr, age, before, d, parameter
from proofs_check.standard import ONE_AGE, ONE_ITEM, SCALES, Theorem, recall_assumptions
from proofs_check.streams import averaged

alpha = parameter("alpha")
GATES = ((alpha, Rational(1, 2)), (Rational(1, 3), alpha), (alpha, Integer(1)))
PLANE = 2


def printed(S: Expr, k: Expr, v: Expr) -> Expr:
    """Section 4.1 at equal gates, with S of shape (d_v, d_k)."""
    return alpha * S + v * k.T


THEOREM = Theorem(
    "gla",
    printed,
    parameters=(alpha,),
    signal=lambda keys: alpha**age,
    contracts=lambda keys: 1 - alpha**2,
    edges=((alpha, 0), (alpha, 1)),
)


def _law(keys: Ensemble, gates: tuple[Expr, ...]) -> Expr:
    """Signal and power of S <- S diag(gates) + v k^T, in as many dimensions as gates.

    W = E S^T S is diagonal before the stored write; that write adds k k^T; each later one scales
    W_cc' by a gate for each index and adds 1/d to the diagonal. The query is read with k again.
    """
    n = len(gates)
    second, fourth = keys.radial(2), keys.radial(4)
    signal, power = Integer(0), Integer(0)
    for c, a in enumerate(gates):
        signal += second * _entry(n, c) * a**age
        older = first_order(
            ratio=a**2, source=second * _entry(n, c), start=Integer(0), count=before
        )
        later = first_order(ratio=a**2, source=second * _entry(n, c), start=a**2 * older, count=age)
        power += second * _entry(n, c) * later
        for e, b in enumerate(gates):
            power += fourth * _entry(n, c, e) * a**age * b**age
    return Matrix([[signal, power]]).subs(d, n)


def _entry(n: int, *channels: int) -> Expr:
    """E prod u_c^2 over the listed channels of a unit vector in R^n."""
    exponents = [2 * channels.count(c) for c in set(channels)]
    return sphere_moment(*exponents).subs(d, n)


def _shipped(catalogue: Any, keys: Ensemble, gates: tuple[Expr, ...]) -> Expr:
    array = np.array(gates, dtype=object)
    return Matrix([catalogue("gla").closed_form(keys, alpha=array)]).subs(d, len(gates))


def channels(keys: Ensemble, gates: tuple[Expr, ...]) -> Claim:
    """The declared closed form with one gate per channel."""
    named = ", ".join(map(str, gates))
    return Claim(
        id=f"gla/channels/{keys.name}/{named.replace(', ', '-').replace('/', 'over')}",
        statement=f"Signal and power at every age and number of items, gates ({named}), "
        f"{keys.name} keys in the plane.",
        derive=lambda: _law(keys, gates),
        ships=lambda catalogue: _shipped(catalogue, keys, gates),
        twins=(
            *SCALES,
            ONE_AGE,
            ONE_ITEM,
            plus("one fresh pair too many", Rational(1, PLANE)),
            times("factor 102/100", Rational(102, 100)),
            replaced("alpha halved", {alpha: alpha / 2}),
        ),
        rules=("gla",),
        parameters=(alpha,),
        assumptions=recall_assumptions(keys) + " $d = 2$; one gate is free, one a number.",
        steps=r"$E S^\top S$ is diagonal before the stored write, which adds $k k^\top$; each "
        "later write scales every entry by its two gates and adds $1/d$ to the diagonal. Solve the "
        "recursion of each entry and average with the fourth moments of the stored key.",
    )


ROWS = ((alpha, Rational(1, 2)), (Rational(1, 4), alpha))  # in turn; floats hold the numbers
ITEMS = 3
TURNS = (
    *SCALES,
    replaced("alpha halved", {alpha: alpha / 2}),
    plus("wrong by a thousandth", Rational(1, 1000)),
    Twin("ages reversed", lambda x: Matrix(x[::-1, :])),
)


def _in_turn(keys: Ensemble) -> Expr:
    """Rows (signal, power, own power) by brute force, gates by token."""

    def outs(pairs: list[Expr], values: list[Expr]) -> list[Expr]:
        S = Matrix([[0] * PLANE])
        for t, (k, v) in enumerate(zip(pairs, values, strict=True)):
            S = S * diag(*ROWS[t % len(ROWS)]) + v * k.T
        return [(S * k)[0] for k in pairs]

    return averaged(outs, keys, PLANE, ITEMS, own=True)


def in_turn(keys: Ensemble) -> Claim:
    """The law of gates that vary in time and by channel."""
    return Claim(
        id=f"gla/in-turn/{keys.name}",
        statement=f"Signal, power and own power of three pairs, gates per channel that vary in "
        f"time with period 2, {keys.name} keys in the plane.",
        derive=lambda: _in_turn(keys),
        ships=lambda catalogue: catalogue.gated(np.array(ROWS, dtype=object), keys.name, ITEMS),
        twins=TURNS,
        rules=("gla",),
        parameters=(alpha,),
        assumptions=recall_assumptions(keys),
        steps="Write every pair as printed, each with its gates; the read-out is a polynomial in "
        "the entries of the keys; average it term by term with exact moments.",
    )


def _endless_turns() -> Expr:
    """Rows after an endless past of whole periods, sphere: of others, sums of g^2 over writes."""
    passed = [(Integer(1), Integer(1)), ROWS[1]]
    whole = [a * b for a, b in zip(*ROWS)]
    total = sum(
        sum(g[c] ** 2 for g in passed) / (1 - whole[c] ** 2) / PLANE**2 for c in range(PLANE)
    )
    fourth = sphere_moment(4).subs(d, PLANE), sphere_moment(2, 2).subs(d, PLANE)
    rows = []
    for g in passed:
        own = fourth[0] * (g[0] ** 2 + g[1] ** 2) + 2 * fourth[1] * g[0] * g[1]
        others = total - (g[0] ** 2 + g[1] ** 2) / PLANE**2
        rows.append([(g[0] + g[1]) / PLANE, own + others, own])
    return Matrix(rows)


ENDLESS = Claim(
    id="gla/in-turn/endless",
    statement="Signal, power and own power of the two newest pairs after an endless past of gates "
    "per channel that vary in time with period 2, sphere keys in the plane.",
    derive=_endless_turns,
    ships=lambda catalogue: catalogue.gated(np.array(ROWS, dtype=object), SPHERE.name, 0, PLANE),
    twins=TURNS,
    rules=("gla",),
    parameters=(alpha,),
    assumptions=recall_assumptions(SPHERE) + " A whole number of periods, without end.",
    steps="The others of a pair add $g_c^2/d^2$ a channel, $g$ the product of the gates after "
    "their write; over whole periods that is a geometric series in each channel.",
)


def _framed() -> Expr:
    """Rows of two orthonormal keys of the plane, the newer one turned by a right angle."""
    key, other = (u1, u2), (-u2, u1)
    rows = []
    for gates, older in (((1, 1), ROWS[1]), (ROWS[1], (1, 1))):  # own gates, those of the other
        mine = [gates[c] * key[c] ** 2 for c in range(PLANE)]
        theirs = [older[c] * key[c] * other[c] for c in range(PLANE)]
        signal, own = sum(mine), sum(mine) ** 2
        means = (signal, own + sum(theirs) ** 2, own)
        rows.append([SPHERE.mean(x).subs(d, PLANE) for x in means])
    return Matrix(rows)


FRAME = Claim(
    id="gla/in-turn/orthonormal",
    statement="Signal, power and own power of two orthonormal keys of the plane, one gate per "
    "channel after the first write.",
    derive=_framed,
    ships=lambda catalogue: catalogue.gated(np.array(ROWS, dtype=object), "orthonormal", PLANE),
    twins=TURNS,
    rules=("gla",),
    parameters=(alpha,),
    assumptions="Two keys, the rows of a uniform rotation of the plane; values independent of "
    "keys and of each other, of mean zero, $E|v|^2 = 1$.",
    steps=r"Of two keys $(u_1, u_2)$ and $(-u_2, u_1)$ gates $g$ leave the overlap $\sum_c g_c k_c "
    "k'_c$; average its square with the fourth moments of a direction.",
)

CLAIMS = (
    *THEOREM.claims(),
    *(channels(keys, gates) for keys in ENSEMBLES for gates in GATES),
    *map(in_turn, ENSEMBLES),
    ENDLESS,
    FRAME,
)
