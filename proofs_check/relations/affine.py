"""Relations between rules of one block: one rule at an edge of its parameters is another.

Each is derived from the printed update of the simpler rule and compared with what ships for the
richer one: its declared coefficients, its reference step, its closed form or the law engine. Only
proofs may speak of two rules.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sympy import Integer, Matrix, expand

from proofs_check import affine
from proofs_check.claim import Claim, Twin, plus, replaced, times
from proofs_check.lemmas import ENSEMBLES, SPHERE, Ensemble
from proofs_check.notation import SHAPES, Expr, age, before, column, d, state
from proofs_check.pairs import columns, stored, symbols
from proofs_check.rules import decay, delta, gated_delta, hebbian
from proofs_check.rules.decay import gamma
from proofs_check.rules.gated_delta import alpha, beta
from proofs_check.rules.longhorn import penalty
from proofs_check.standard import ONE_ITEM, SCALES, WRITES, Theorem, recall_assumptions

ONE = Integer(1)
LOADS = (1, 2, 4)  # items at which the engine is compared, at every age
KEYS, VALUES, QUERY = columns("k", 2, 2), columns("v", 2, 2), columns("q", 2, 1)


@dataclass(frozen=True)
class Edge:
    """A simpler rule's theorem and the values at which a richer rule is that rule.

    where: those values in words; becomes: values of the simpler rule's own parameters; engine:
    whether the richer rule's law comes from the engine, not from a closed form; unit: whether
    the two agree on keys of norm 1 alone; theme: the file that claims it.
    """

    simple: Theorem
    rich: str
    values: Mapping[str, Expr]
    where: str
    parameters: tuple[Expr, ...]
    label: str = ""
    becomes: Mapping[Expr, Expr] = field(default_factory=dict)
    engine: bool = False
    unit: bool = False
    theme: str = "affine"

    @property
    def halved(self) -> tuple[Twin, ...]:
        """Each parameter at half its value."""
        return tuple(replaced(f"{x} halved", {x: x / 2}) for x in self.parameters)

    @property
    def id(self) -> str:
        """The beginning of its claims' ids."""
        return f"relations/{self.theme}/{self.rich}-to-{self.simple.rule}{self.label}"

    def claims(self) -> tuple[Claim, ...]:
        """Update, reference step, and the law on each ensemble."""
        laws = [same_law(self, keys) for keys in ((SPHERE,) if self.unit else ENSEMBLES)]
        return (same_update(self), same_reads(self), *laws)


def _keys(size: int, *, unit: bool) -> Expr:
    """A generic key; of norm 1 by stereographic projection if asked."""
    if not unit:
        return column("k", size)
    flat = column("k", size)[: size - 1]
    square = sum(x**2 for x in flat)
    return Matrix([*(2 * x / (1 + square) for x in flat), (1 - square) / (1 + square)])


def same_update(edge: Edge) -> Claim:
    """Term by term, the richer update at this edge is the simpler one."""

    def entries(update: Any) -> Expr:
        after = [update(state(m, n), _keys(n, unit=edge.unit), column("v", m)) for m, n in SHAPES]
        return Matrix([entry for matrix in after for entry in matrix])

    k0, k1 = column("k", 2)
    return Claim(
        id=f"{edge.id}/update",
        statement=f"{edge.rich} at {edge.where} writes as {edge.simple.rule}.",
        derive=lambda: entries(edge.simple.update).subs(edge.becomes),
        ships=lambda catalogue: entries(
            lambda S, k, v: catalogue(edge.rich).update(S, k, v, **edge.values)
        ),
        twins=(*SCALES, plus("a constant too many", k0 - k1), *edge.halved),
        rules=(edge.simple.rule, edge.rich),
        parameters=edge.parameters,
        assumptions=WRITES + (" Keys of norm 1." if edge.unit else ""),
        steps="Insert the edge into the declared coefficients; compare with the simpler rule's "
        "printed update, entry by entry.",
    )


def same_reads(edge: Edge) -> Claim:
    """The same of the reference step: write, then read at any query."""
    keys = Matrix.hstack(*(_keys(2, unit=True).subs(column("k", 2)[0], x) for x in KEYS[0, :]))
    keys = keys if edge.unit else KEYS
    return Claim(
        id=f"{edge.id}/reads",
        statement=f"The reference step of {edge.rich} at {edge.where} reads as {edge.simple.rule}.",
        derive=lambda: (stored(edge.simple.update, keys, VALUES) * QUERY).subs(edge.becomes),
        ships=lambda catalogue: catalogue(edge.rich).reads(keys, VALUES, QUERY, **edge.values),
        twins=(*SCALES, plus("a constant too many", QUERY[0]), *edge.halved),
        rules=(edge.simple.rule, edge.rich),
        parameters=edge.parameters,
        symbols=symbols(KEYS, VALUES, QUERY),
        assumptions="Two pairs and a query, all generic, into an empty memory."
        + (" Keys of norm 1." if edge.unit else ""),
        steps="Run the reference step of the richer rule on symbols; write both pairs by the "
        "simpler rule's printed update; read both at the query.",
    )


def same_law(edge: Edge, keys: Ensemble) -> Claim:
    """Signal and power at every age and number of items, or of the engine's loads."""
    found = "the law engine" if edge.engine else "the closed form"

    def ships(catalogue: Any) -> Expr:
        if edge.engine:
            return catalogue(edge.rich).engine(keys, LOADS, **edge.values)
        return Matrix([catalogue(edge.rich).closed_form(keys, **edge.values)])

    return Claim(
        id=f"{edge.id}/{keys.name}",
        statement=f"{edge.rich} at {edge.where} recalls as {edge.simple.rule}, {keys.name} keys.",
        derive=lambda: (by_load if edge.engine else law)(edge.simple, keys).subs(edge.becomes),
        ships=ships,
        twins=(
            *SCALES,
            ONE_ITEM if not edge.engine else times("fades by 1/d", 1 - 1 / d),
            plus("one fresh pair too many", 1 / d),
            *edge.halved,
        ),
        rules=(edge.simple.rule, edge.rich),
        parameters=edge.parameters,
        assumptions=recall_assumptions(keys),
        steps="Derive the law of the simpler rule from its printed update; insert the edge into "
        f"{found} that ships for the richer one.",
    )


def law(theorem: Theorem, keys: Ensemble) -> Expr:
    """A rule's (signal, power) at every age, from its printed update."""
    return Matrix([[affine.signal(theorem.update, keys), affine.power(theorem.update, keys)]])


def by_load(theorem: Theorem, keys: Ensemble) -> Expr:
    """The same in rows, newest first, for each load of the engine."""
    ages = [{age: a, before: n - 1 - a} for n in LOADS for a in range(n)]
    return Matrix.vstack(*(law(theorem, keys).subs(where) for where in ages))


def small_step(keys: Ensemble) -> Claim:
    """s/beta and p/beta^2 are polynomials in beta; at beta = 0 no write removes anything."""

    def ships(catalogue: Any) -> Expr:
        s, p = catalogue("gated_delta").closed_form(keys, alpha=alpha, beta=beta)
        return Matrix([[expand(s / beta).subs(beta, 0), expand(p / beta**2).subs(beta, 0)]])

    return Claim(
        id=f"relations/affine/gated_delta-small-step/{keys.name}",
        statement="As beta -> 0, gated_delta per unit step recalls as decay with gamma = alpha, "
        f"{keys.name} keys.",
        derive=lambda: law(decay.THEOREM, keys).subs(gamma, alpha),
        ships=ships,
        twins=(*SCALES, ONE_ITEM, times("one decay more", alpha)),
        rules=("gated_delta", "decay"),
        parameters=(alpha, beta),
        assumptions=recall_assumptions(keys),
        steps=r"$s/\beta$ and $p/\beta^2$ are polynomials in $\beta$; take their constant terms.",
    )


def at_pair_age() -> Claim:
    """Without decay, a token of two pairs is two tokens of one."""

    def ships(catalogue: Any) -> Expr:
        values = {"alpha": ONE, "beta": beta, "n_h": 2}
        return catalogue("delta_product").engine(SPHERE, LOADS[1:], **values)

    return Claim(
        id="relations/affine/delta_product-to-delta/sphere",
        statement="delta_product at alpha = 1, n_h = 2 recalls as delta at the age in pairs.",
        derive=lambda: by_load(delta.THEOREM, SPHERE)[LOADS[0] :, :],
        ships=ships,
        twins=(*SCALES, times("fades by 1/d", 1 - 1 / d), replaced("d off by one", {d: d + 1})),
        rules=("delta", "delta_product"),
        parameters=(beta,),
        assumptions=recall_assumptions(SPHERE),
        steps="Derive the law of the delta rule from its printed update, at each age of streams of "
        "2 and 4 pairs; run the engine on tokens of two pairs.",
    )


EDGES = (
    Edge(hebbian.THEOREM, "decay", {"gamma": ONE}, "gamma = 1", ()),
    Edge(delta.THEOREM, "gated_delta", {"alpha": ONE, "beta": beta}, "alpha = 1", (beta,)),
    Edge(
        gated_delta.THEOREM, "kda", {"alpha": alpha, "beta": beta}, "equal channels", (alpha, beta)
    ),
    Edge(decay.THEOREM, "gla", {"alpha": gamma}, "equal channels alpha = gamma", (gamma,)),
    Edge(
        gated_delta.THEOREM,
        "delta_product",
        {"alpha": alpha, "beta": beta, "n_h": 1},
        "n_h = 1",
        (alpha, beta),
        engine=True,
    ),
    Edge(
        delta.THEOREM,
        "longhorn",
        {"penalty": penalty},
        "norm 1 with beta = penalty/(1 + penalty)",
        (penalty,),
        becomes={beta: penalty / (1 + penalty)},
        unit=True,
    ),
    *(
        Edge(
            gated_delta.THEOREM,
            "rwkv7",
            {"w": alpha, "a": alpha * beta, "eta": beta, "xi": xi},
            f"w = alpha, a = alpha beta, eta = beta, xi = {xi}",
            (alpha, beta),
            label=f"/xi{xi}",
        )
        for xi in (ONE, -ONE)
    ),
    Edge(
        decay.THEOREM,
        "rwkv7",
        {"w": gamma, "a": Integer(0), "eta": ONE, "xi": ONE},
        "w = gamma, a = 0, eta = 1",
        (gamma,),
    ),
)

CLAIMS = (
    *(claim for edge in EDGES for claim in edge.claims()),
    *map(small_step, ENSEMBLES),
    at_pair_age(),
)
