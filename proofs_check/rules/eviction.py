r"""Random eviction from a full cache of c pairs: each new pair takes the slot of a uniform one.

A held pair survives one eviction with chance 1 - 1/c, independently of all others, so after e of
them with (1 - 1/c)^e. A full cache holds c pairs at all times: with N - c evictions so far, the
chances of the N - c pairs that came to a full cache and of the c first ones add up to c.
"""

from typing import Any

import numpy as np
from sympy import Integer, Matrix, Rational

from proofs_check.claim import Claim, Twin, plus, replaced, times
from proofs_check.lemmas import first_order, geometric
from proofs_check.notation import Expr, age, parameter

cache = parameter("cache")


def _survival() -> Expr:
    return first_order(ratio=1 - 1 / cache, source=0, start=1, count=age)


def _shipped(catalogue: Any) -> Expr:
    return catalogue("eviction").rule.symbolic(cache=cache).survival(age)


def _held(catalogue: Any) -> Expr:
    survival = catalogue("eviction").rule.symbolic(cache=cache).survival
    return geometric(survival(1), age) + cache * survival(age)


TWINS = (
    replaced("age off by one", {age: age + 1}),
    replaced("cache off by one", {cache: cache + 1}),
    times("factor 2", 2),
    plus("one pair in c too many", 1 / cache),
)

FULL = (
    "A full cache of $c$ pairs; each new pair takes the slot of one held pair, uniform and "
    "independent of all before."
)

SURVIVAL = Claim(
    id="eviction/survival",
    statement="Chance that a pair survives so many evictions; s = p of an exact-match read.",
    derive=_survival,
    ships=_shipped,
    twins=TWINS,
    rules=("eviction",),
    parameters=(cache,),
    assumptions=FULL,
    steps="One eviction keeps a held pair with chance $1 - 1/c$, whatever happened before; induct "
    "on their number.",
)

HELD = Claim(
    id="eviction/held",
    statement="After any number of evictions the expected number of held pairs is c.",
    derive=lambda: cache,
    ships=_held,
    twins=TWINS[1:],
    rules=("eviction",),
    parameters=(cache,),
    assumptions=FULL,
    steps="Add the chances that ship: those of the pairs that came to a full cache, a geometric "
    "sum over their ages, and those of the $c$ first ones. A full cache stays full: $c$.",
)

CACHES, LOADS = (1, 2, 4), range(1, 8)  # floats hold the chances


def _followed() -> Expr:
    """Chances by age after each load: every pair that meets a full cache evicts one held pair."""
    rows: list[Expr] = []
    for slots in CACHES:
        for items in LOADS:
            held: list[Expr] = []
            for t in range(items):
                held = [x * (1 - Rational(1, slots)) for x in held] if t >= slots else held
                held.append(Integer(1))
            rows += reversed(held)
    return Matrix(rows)


def _kept(catalogue: Any) -> Expr:
    rows: list[Expr] = []
    for slots in CACHES:
        rule = catalogue("eviction").rule.symbolic(cache=Integer(slots))
        for items in LOADS:
            rows += map(catalogue.rational, rule.kept(np.arange(items), items))
    return Matrix(rows)


KEPT = Claim(
    id="eviction/kept",
    statement="Chance by age that a pair is still held, caches of 1, 2 and 4, 1 to 7 pairs.",
    derive=_followed,
    ships=_kept,
    twins=(
        times("factor 2", 2),
        plus("wrong by a thousandth", Rational(1, 1000)),
        Twin("ages off by one", lambda x: Matrix([*x[1:], x[0]])),
        Twin("rows reversed", lambda x: Matrix(x[::-1])),
    ),
    rules=("eviction",),
    assumptions="Each new pair enters; once $c$ pairs are held it first takes the slot of one of "
    "them, uniform and independent of all before.",
    steps="Follow the chances pair by pair: each eviction multiplies those of the held pairs by "
    "$1 - 1/c$, and the new pair is held.",
)

CLAIMS = (SURVIVAL, HELD, KEPT)
