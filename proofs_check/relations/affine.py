"""Relations between rules: one rule at an edge of its parameters is another.

Each is derived from the printed update of the simpler rule and compared with what ships for the
richer one. Only proofs may speak of two rules.
"""

from collections.abc import Mapping
from typing import Any

from sympy import Integer, Matrix, expand

from proofs_check import affine
from proofs_check.claim import Claim, plus, times
from proofs_check.lemmas import ENSEMBLES, Ensemble
from proofs_check.notation import SHAPES, Expr, column, d, state
from proofs_check.rules import decay, delta, gated_delta, hebbian
from proofs_check.rules.decay import gamma
from proofs_check.rules.gated_delta import alpha, beta
from proofs_check.standard import ONE_ITEM, SCALES, WRITES, Theorem, recall_assumptions

ONE = Integer(1)


def same_update(simple: Theorem, rich: Theorem, at: Mapping[Expr, Expr]) -> Claim:
    """Term by term, the richer update at this edge is the simpler one."""

    def entries(update: Any) -> Expr:
        after = [update(state(m, n), column("k", n), column("v", m)) for m, n in SHAPES]
        return Matrix([entry for matrix in after for entry in matrix])

    values = {**rich.symbols, **{str(x): value for x, value in at.items()}}
    k0, k1 = column("k", 2)
    return Claim(
        id=f"relations/affine/{rich.rule}-to-{simple.rule}/update",
        statement=f"{rich.rule} at {_named(at)} writes as {simple.rule}.",
        derive=lambda: entries(simple.update),
        ships=lambda catalogue: entries(
            lambda S, k, v: catalogue(rich.rule).update(S, k, v, **values)
        ),
        twins=(*SCALES, plus("a constant too many", k0 - k1)),
        rules=(simple.rule, rich.rule),
        parameters=rich.parameters,
        assumptions=WRITES,
        steps="Insert the edge into the declared coefficients; compare with the simpler rule's "
        "printed update, entry by entry.",
    )


def same_law(simple: Theorem, rich: Theorem, at: Mapping[Expr, Expr], keys: Ensemble) -> Claim:
    """Signal and power at every age and number of items."""
    values = {**rich.symbols, **{str(x): value for x, value in at.items()}}
    return Claim(
        id=f"relations/affine/{rich.rule}-to-{simple.rule}/{keys.name}",
        statement=f"{rich.rule} at {_named(at)} recalls as {simple.rule}, {keys.name} keys.",
        derive=lambda: Matrix([_law(simple, keys)]),
        ships=lambda catalogue: Matrix([catalogue(rich.rule).closed_form(keys, **values)]),
        twins=(*SCALES, ONE_ITEM, plus("one fresh pair too many", 1 / d)),
        rules=(simple.rule, rich.rule),
        parameters=rich.parameters,
        assumptions=recall_assumptions(keys),
        steps="Derive the law of the simpler rule from its printed update; insert the edge into "
        "the closed form that ships for the richer one.",
    )


def small_step(keys: Ensemble) -> Claim:
    """s/beta and p/beta^2 are polynomials in beta; at beta = 0 no write removes anything."""

    def ships(catalogue: Any) -> Expr:
        s, p = catalogue("gated_delta").closed_form(keys, alpha=alpha, beta=beta)
        return Matrix([[expand(s / beta).subs(beta, 0), expand(p / beta**2).subs(beta, 0)]])

    return Claim(
        id=f"relations/affine/gated_delta-small-step/{keys.name}",
        statement="As beta -> 0, gated_delta per unit step recalls as decay with gamma = alpha, "
        f"{keys.name} keys.",
        derive=lambda: Matrix([_law(decay.THEOREM, keys)]).subs(gamma, alpha),
        ships=ships,
        twins=(*SCALES, ONE_ITEM, times("one decay more", alpha)),
        rules=("gated_delta", "decay"),
        parameters=(alpha, beta),
        assumptions=recall_assumptions(keys),
        steps=r"$s/\beta$ and $p/\beta^2$ are polynomials in $\beta$; take their constant terms.",
    )


def _law(theorem: Theorem, keys: Ensemble) -> tuple[Expr, Expr]:
    return affine.signal(theorem.update, keys), affine.power(theorem.update, keys)


def _named(at: Mapping[Expr, Expr]) -> str:
    return ", ".join(f"{x} = {value}" for x, value in at.items())


EDGES: tuple[tuple[Theorem, Theorem, Mapping[Expr, Expr]], ...] = (
    (hebbian.THEOREM, decay.THEOREM, {gamma: ONE}),
    (delta.THEOREM, gated_delta.THEOREM, {alpha: ONE}),
)

CLAIMS = (
    *(same_update(*edge) for edge in EDGES),
    *(same_law(*edge, keys) for edge in EDGES for keys in ENSEMBLES),
    *map(small_step, ENSEMBLES),
)
