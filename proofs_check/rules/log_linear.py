r"""Log-linear attention, Guo et al. 2025: Fenwick buckets.

At time t (counted from 0) with 2^m the largest power of two that divides t, levels 0 .. m merge
into level m + 1 and the new pair becomes level 0. A pair on level l is read with gain gate^l.
Each level is a Hebbian state: the pair itself contributes G r^2 v, another one G_i (k_i . k) v_i,

    s = G E r^2,   p = G^2 E r^4 + sum over the others of G_i^2 E (k_i . k)^2.

Buckets are followed by the recurrence on sets of pairs, for each load below.
"""

from typing import Any

import sympy
from sympy import Matrix, Rational

from proofs_check.claim import Claim, Twin, plus, replaced, times
from proofs_check.lemmas import ENSEMBLES, SPHERE, Ensemble, u1
from proofs_check.notation import Expr, d, parameter, r
from proofs_check.standard import recall_assumptions

gate = parameter("gate")
LOADS = (1, 2, 3, 4, 7, 8, 9, 12)


def levels(items: int) -> list[int]:
    """Level of each pair by age, from the recurrence."""
    held: dict[int, list[int]] = {}
    for t in range(items):
        if t:
            m = (t & -t).bit_length() - 1
            held[m + 1] = [i for level in range(m + 1) for i in held.pop(level, [])]
        held[0] = [t]
    of = {i: level for level, bucket in held.items() for i in bucket}
    return [of[i] for i in reversed(range(items))]


def _moments(keys: Ensemble, gains: list[Expr], mine: int) -> tuple[Expr, Expr]:
    """Signal and power of pair ``mine`` read with these gains."""
    overlap, own = keys.mean(r**2 * u1**2), keys.radial(4)  # E r'^2 = 1
    others = sum((g**2 for i, g in enumerate(gains) if i != mine), sympy.Integer(0))
    return gains[mine], gains[mine] ** 2 * own + others * overlap


def _by_level(keys: Ensemble) -> Expr:
    rows = []
    for items in LOADS:
        gains = [gate**level for level in levels(items)]
        rows += [_moments(keys, gains, age) for age in range(items)]
    return Matrix(rows)


def _by_oracle(keys: Ensemble) -> Expr:
    rows = []
    for items in LOADS:
        found = levels(items)
        for age in range(items):
            gains = [sympy.Integer(level == found[age]) for level in found]
            rows.append(_moments(keys, gains, age))
    return Matrix(rows)


def _shipped(keys: Ensemble, name: str) -> Any:
    def ships(catalogue: Any) -> Expr:
        rule = catalogue("log_linear").rule.symbolic(gate=gate)
        rows = []
        for items in LOADS:
            gain, others = getattr(rule, name)(items)
            signal, power, _ = rule.closed_form(gain, others, keys.radial(4), 1 / d)
            rows += [list(map(sympy.sympify, row)) for row in zip(signal, power, strict=True)]
        return Matrix(rows)

    return ships


def _next_age(shipped: Expr) -> Expr:
    """Every pair takes the recall of the one written just before."""
    return Matrix.vstack(shipped[1:, :], shipped[:1, :])


TWINS = (
    replaced("d off by one", {d: d + 1}),
    times("factor 2", 2),
    plus("wrong by a thousandth", Rational(1, 1000)),
    Twin("ages off by one", _next_age),
)


def by_level(keys: Ensemble) -> Claim:
    """Recall at every age of several loads."""
    return Claim(
        id=f"log_linear/levels/{keys.name}",
        statement=f"Signal and power by age with gates gate^level, {keys.name} keys.",
        derive=lambda: _by_level(keys),
        ships=_shipped(keys, "gains"),
        twins=(*TWINS, replaced("gate squared", {gate: gate**2})),
        rules=("log_linear",),
        parameters=(gate,),
        assumptions=recall_assumptions(keys),
        steps="Follow the buckets by their recurrence on sets of pairs. A pair read with gain $G$ "
        "among others of gains $G_i$ has $s = G$ and "
        r"$p = G^2 E r^4 + \sum_i G_i^2 E (k_i \cdot k)^2$.",
    )


ORACLE = Claim(
    id="log_linear/oracle",
    statement="Its own level alone open: MSE = (n - 1)/d in a bucket of n pairs, sphere keys.",
    derive=lambda: _by_oracle(SPHERE),
    ships=_shipped(SPHERE, "oracle_gains"),
    twins=TWINS,
    rules=("log_linear",),
    parameters=(gate,),
    assumptions=recall_assumptions(SPHERE) + " Each query opens the level of its own pair alone.",
    steps="Follow the buckets by their recurrence; gains are 1 on the pair's own level and 0 on "
    "all others, so $s = 1$ and $p - 1$ is the number of other pairs of the bucket over $d$.",
)

CLAIMS = (*map(by_level, ENSEMBLES), ORACLE)
