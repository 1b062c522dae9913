"""The claims that every affine rule with an isotropic closed form makes, from its printed update.

update: the declared coefficients are the printed update; signal, power: the declared closed form at
every age, number of items and d; edges: the same at each closed edge of the parameters; engine: the
law engine fed with the declared coefficients; lifelong: the limit of ever more items.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import sympy
from sympy import Integer, Matrix, Rational

from proofs_check import affine
from proofs_check.affine import Update
from proofs_check.claim import Claim, ProofError, Twin, plus, replaced, require_zero, times
from proofs_check.lemmas import ENSEMBLES, Ensemble, not_one
from proofs_check.notation import SHAPES, Expr, age, before, column, d, state

LOADS = (1, 2, 4)  # items at which the engine is compared, at every age
WRITES = "Any state, any keys and values; nothing is random."
BY_ISOTROPY = (
    r"By isotropy $E[S^T v|k] = q w$ and $E[S^T S|k] = x I + y w w^T$ "
    "along the stored key $k = r w$; "
)


def recall_assumptions(keys: Ensemble) -> str:
    """What every law of recall on isotropic keys assumes, in words."""
    norm = {"sphere": "uniform on the unit sphere", "gaussian": "$N(0, I/d)$"}[keys.name]
    return (
        f"Keys independent, {norm}; values independent of keys and of each other, of mean zero, "
        "$E|v|^2 = 1$; an empty memory at the start."
    )


@dataclass(frozen=True)
class Theorem:
    """A rule's printed update and what is said of it.

    rule: its id; parameters: its symbols; signal(keys): s at every age; contracts(keys): 1 - rho,
    positive where the memory is stable, None where nothing is ever forgotten; edges: the closed
    edges of the parameters' domains; ensembles: the keys it speaks of.
    """

    rule: str
    update: Update
    signal: Callable[[Ensemble], Expr]
    parameters: tuple[Expr, ...] = ()
    contracts: Callable[[Ensemble], Expr] | None = None
    edges: tuple[tuple[Expr, int], ...] = ()
    ensembles: tuple[Ensemble, ...] = ENSEMBLES

    @property
    def symbols(self) -> dict[str, Expr]:
        """Parameter symbols by name, as the rule is constructed."""
        return {str(x): x for x in self.parameters}

    def claims(self) -> tuple[Claim, ...]:
        """All standard claims of this rule."""
        found = [_update(self)]
        for keys in self.ensembles:
            found += [_signal(self, keys), _power(self, keys), _engine(self, keys)]
            if self.edges:
                found.append(_edges(self, keys))
            if self.contracts is not None:
                found.append(_lifelong(self, keys))
        return tuple(
            replace(claim, rules=(self.rule,), parameters=self.parameters) for claim in found
        )


def _parameter_twins(theorem: Theorem) -> tuple[Twin, ...]:
    """Each parameter halved; the first two swapped."""
    names = theorem.parameters
    twins = [replaced(f"{x} halved", {x: x / 2}) for x in names]
    if len(names) > 1:
        one, two = names[:2]
        twins.append(replaced(f"{one} and {two} swapped", {one: two, two: one}))
    return tuple(twins)


SCALES = (times("wrong sign", -1), times("factor 2", 2))
ONE_AGE = replaced("age off by one, same items", {age: age + 1, before: before - 1})
ONE_ITEM = replaced("items off by one", {before: before + 1})


def _update(theorem: Theorem) -> Claim:
    def entries(update: Callable[[Expr, Expr, Expr], Expr]) -> Expr:
        after = [update(state(m, n), column("k", n), column("v", m)) for m, n in SHAPES]
        return Matrix([entry for matrix in after for entry in matrix])

    k0, k1 = column("k", 2)
    return Claim(
        id=f"{theorem.rule}/update",
        statement="The declared coefficients are the update as printed in the source.",
        derive=lambda: entries(theorem.update),
        ships=lambda catalogue: entries(partial(catalogue(theorem.rule).update, **theorem.symbols)),
        twins=(
            *SCALES,
            replaced("key entries swapped", {k0: k1, k1: k0}),
            replaced("key negated in one entry", {k0: -k0}),
            *_parameter_twins(theorem),
        ),
        assumptions=WRITES,
        steps="Write the printed update on generic matrices of three shapes; compare each entry.",
    )


def _signal(theorem: Theorem, keys: Ensemble) -> Claim:
    def derive() -> Expr:
        found = affine.signal(theorem.update, keys)
        require_zero(found - theorem.signal(keys), "the signal is as stated")
        return found

    fades = theorem.signal(keys).has(age)
    return Claim(
        id=f"{theorem.rule}/signal/{keys.name}",
        statement=f"Signal at every age and d, {keys.name} keys.",
        derive=derive,
        ships=lambda catalogue: _closed(catalogue, theorem, keys)[0],
        twins=(
            *SCALES,
            ONE_AGE if fades else times("fades by 1/d", (1 - 1 / d) ** (age + 1)),
            *_parameter_twins(theorem),
        ),
        assumptions=recall_assumptions(keys),
        steps=BY_ISOTROPY + "each later write multiplies q by one factor; induct on the age.",
    )


def _power(theorem: Theorem, keys: Ensemble) -> Claim:
    return Claim(
        id=f"{theorem.rule}/power/{keys.name}",
        statement=f"Power at every age, number of items and d, {keys.name} keys.",
        derive=lambda: affine.power(theorem.update, keys),
        ships=lambda catalogue: _closed(catalogue, theorem, keys)[1],
        twins=(
            *SCALES,
            ONE_ITEM,
            replaced("one pair more after it", {age: age + 1}),
            plus("one fresh pair too many", 1 / d),
            replaced("d off by one", {d: d + 1}),
            *_parameter_twins(theorem),
        ),
        assumptions=recall_assumptions(keys),
        steps=BY_ISOTROPY + "the trace $dx + y$ and $y$ obey recursions of first order of their "
        "own, with moments of one key up to order six; sum them.",
    )


def _closed(catalogue: Any, theorem: Theorem, keys: Ensemble) -> tuple[Expr, Expr]:
    found: tuple[Expr, Expr] = catalogue(theorem.rule).closed_form(keys, **theorem.symbols)
    return found


def _edges(theorem: Theorem, keys: Ensemble) -> Claim:
    def derive() -> Expr:
        law = affine.signal(theorem.update, keys), affine.power(theorem.update, keys)
        return Matrix([[_at(x, edge) for x in law] for edge in theorem.edges])

    def ships(catalogue: Any) -> Expr:
        shipping = catalogue(theorem.rule)
        stated = {(str(x), float(value)) for x, value in theorem.edges}
        if stated != shipping.closed_edges():
            raise ProofError(f"states edges {stated}, declared are {shipping.closed_edges()}.")
        at_edges = [{**theorem.symbols, str(x): Integer(value)} for x, value in theorem.edges]
        return Matrix([shipping.closed_form(keys, **values) for values in at_edges])

    listed = ", ".join(f"{x} = {value}" for x, value in theorem.edges)
    return Claim(
        id=f"{theorem.rule}/edges/{keys.name}",
        statement=f"Signal and power at the closed edges {listed}, {keys.name} keys.",
        derive=derive,
        ships=ships,
        twins=(*SCALES, ONE_ITEM, ONE_AGE, plus("one fresh pair too many", 1 / d)),
        assumptions=recall_assumptions(keys),
        steps="Insert the edge into the derived law, with $0^0 = 1$ and the degenerate geometric "
        "ratio as a case of its own; the edges are those that the rule declares.",
    )


def _at(expression: Expr, edge: tuple[Expr, int]) -> Expr:
    """A law at a parameter's edge; 0^0 = 1 and the degenerate geometric ratio included."""
    symbol, value = edge
    return expression.subs(symbol, value)


def _engine(theorem: Theorem, keys: Ensemble) -> Claim:
    def derive() -> Expr:
        law = affine.signal(theorem.update, keys), affine.power(theorem.update, keys)
        ages = [{age: a, before: n - 1 - a} for n in LOADS for a in range(n)]
        return Matrix([[x.subs(where) for x in law] for where in ages])

    def reverse_ages(shipped: Expr) -> Expr:
        return shipped[::-1, :]

    return Claim(
        id=f"{theorem.rule}/engine/{keys.name}",
        statement=f"The law engine at {', '.join(map(str, LOADS))} items, all ages, "
        f"{keys.name} keys, from the declared coefficients.",
        derive=derive,
        ships=lambda catalogue: catalogue(theorem.rule).engine(keys, LOADS, **theorem.symbols),
        twins=(
            *SCALES,
            Twin("rows reversed", reverse_ages),
            replaced("d off by one", {d: d + 1}),
            *_parameter_twins(theorem),
        ),
        assumptions=recall_assumptions(keys),
        steps="Run the engine on symbols, its radial mean replaced by exact moments; compare with "
        "the derived law at each age and load.",
    )


def _lifelong(theorem: Theorem, keys: Ensemble) -> Claim:
    contracts = theorem.contracts
    assert contracts is not None

    def derive() -> Expr:
        rho, _, _ = affine.spectrum(theorem.update, keys)
        require_zero(1 - rho - contracts(keys), "1 - rho is as stated")
        return affine.lifelong_power(theorem.update, keys)

    return Claim(
        id=f"{theorem.rule}/lifelong/{keys.name}",
        statement=f"Power as items grow without bound, {keys.name} keys, where "
        f"1 - rho = {contracts(keys)} > 0.",
        derive=derive,
        ships=lambda catalogue: forgotten(_closed(catalogue, theorem, keys)[1]),
        twins=(
            *SCALES,
            plus("one fresh pair too many", 1 / d),
            times("factor 1/2", Rational(1, 2)),
            *_parameter_twins(theorem),
        ),
        assumptions=recall_assumptions(keys) + r" $0 \le \rho < 1$.",
        steps="Start the stored write from the fixed point of the power over the pairs before.",
    )


def forgotten(expression: Expr) -> Expr:
    """The limit of many pairs before: ratio^before -> 0 for 0 <= ratio < 1."""
    return not_one(expression).replace(
        lambda x: isinstance(x, sympy.Pow) and x.exp.has(before), lambda x: Integer(0)
    )
