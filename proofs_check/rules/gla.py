r"""Gated linear attention, Yang et al. 2024, section 4.1.

$S_t = \mathrm{diag}(\alpha_t) S_{t-1} + k_t^\top v_t$, here transposed. With equal gates it is a
decay; with a gate per channel the entries of E S^T S and of the query go channel by channel, and
the stored key mixes them through E k_c^2 k_c'^2. Gates per channel are proved in the plane, one of
them free and one a number: sums of different ratios do not meet, and channels are alike.
"""

from typing import Any

import numpy as np
from sympy import Integer, Matrix, Rational

from proofs_check.claim import Claim, plus, replaced, times
from proofs_check.lemmas import ENSEMBLES, Ensemble, first_order, sphere_moment
from proofs_check.notation import Expr, age, before, d, parameter
from proofs_check.standard import ONE_AGE, ONE_ITEM, SCALES, Theorem, recall_assumptions

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


CLAIMS = (*THEOREM.claims(), *(channels(keys, gates) for keys in ENSEMBLES for gates in GATES))
