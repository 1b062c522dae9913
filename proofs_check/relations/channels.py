"""Gates per channel that all agree are one gate: KDA, GLA and RWKV-7 as arrays.

Laws are compared on short streams of few dimensions, where the rules' law for gates per channel is
evaluated on symbols; one gate has a law at every age and d.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sympy import Integer, Matrix

from proofs_check.claim import Claim, Twin, plus, replaced
from proofs_check.lemmas import GAUSSIAN, SPHERE, Ensemble
from proofs_check.notation import SHAPES, Expr, age, before, column, d, parameter, state
from proofs_check.relations.affine import law
from proofs_check.rules import decay, gated_delta
from proofs_check.rules.decay import gamma
from proofs_check.rules.gated_delta import alpha, beta
from proofs_check.standard import SCALES, WRITES, Theorem, recall_assumptions

eta = parameter("eta")


@dataclass(frozen=True)
class Channels:
    """A rule whose ``gates`` hold one number per channel, all equal, and the rule that it then is.

    plain: its other parameters.
    """

    simple: Theorem
    rich: str
    gates: Mapping[str, Expr]
    plain: Mapping[str, Expr]
    parameters: tuple[Expr, ...]

    def values(self, size: int) -> dict[str, Any]:
        """The gates as arrays of this many channels."""
        arrays = {x: np.array([value] * size, dtype=object) for x, value in self.gates.items()}
        return {**arrays, **self.plain}

    @property
    def id(self) -> str:
        """The beginning of its claims' ids."""
        return f"relations/channels/{self.rich}-to-{self.simple.rule}"

    @property
    def twins(self) -> tuple[Twin, ...]:
        """Wrong by a factor or with a parameter halved."""
        return (*SCALES, *(replaced(f"{x} halved", {x: x / 2}) for x in self.parameters))


def update(pair: Channels) -> Claim:
    """Entry by entry on generic matrices."""

    def shipped(catalogue: Any) -> Expr:
        found = []
        for m, n in SHAPES:
            given = state(m, n), column("k", n), column("v", m)
            found += list(catalogue(pair.rich).update(*given, **pair.values(n)))
        return Matrix(found)

    def derived() -> Expr:
        shapes = ((state(m, n), column("k", n), column("v", m)) for m, n in SHAPES)
        return Matrix([x for given in shapes for x in pair.simple.update(*given)])

    return Claim(
        id=f"{pair.id}/update",
        statement=f"{pair.rich} with equal gates in an array writes as {pair.simple.rule}.",
        derive=derived,
        ships=shipped,
        twins=(*pair.twins, plus("a constant too many", state(2, 2)[0])),
        rules=(pair.simple.rule, pair.rich),
        parameters=pair.parameters,
        assumptions=WRITES,
        steps="Insert arrays of equal gates into the declared coefficients; compare with the "
        "simpler rule's printed update on generic matrices of three shapes.",
    )


def recall(pair: Channels, keys: Ensemble, size: int, items: int) -> Claim:
    """The law for gates per channel on a short stream."""

    def derived() -> Expr:
        ages = [{age: a, before: items - 1 - a, d: Integer(size)} for a in range(items)]
        return Matrix.vstack(*(law(pair.simple, keys).subs(where) for where in ages))

    return Claim(
        id=f"{pair.id}/{keys.name}/d{size}",
        statement=f"{pair.rich} with equal gates in an array recalls as {pair.simple.rule}: "
        f"{items} pairs, {keys.name} keys of d = {size}.",
        derive=derived,
        ships=lambda catalogue: catalogue(pair.rich).channels(
            keys, size, items, **pair.values(size)
        ),
        twins=(*pair.twins, Twin("ages reversed", lambda shipped: Matrix(shipped[::-1, :]))),
        rules=(pair.simple.rule, pair.rich),
        parameters=pair.parameters,
        assumptions=recall_assumptions(keys),
        steps="Run the law for gates per channel on arrays of equal symbols; compare with the law "
        "of the simpler rule, derived from its printed update, at this $d$ and each age.",
    )


KDA = Channels(gated_delta.THEOREM, "kda", {"alpha": alpha}, {"beta": beta}, (alpha, beta))
RWKV7 = Channels(
    gated_delta.THEOREM,
    "rwkv7",
    {"w": alpha, "a": alpha * beta, "xi": Integer(1)},
    {"eta": beta},
    (alpha, beta),
)
GLA = Channels(decay.THEOREM, "gla", {"alpha": gamma}, {}, (gamma,))


def closed(keys: Ensemble, size: int) -> Claim:
    """GLA's closed form for gates per channel, at every age and number of items."""

    def ships(catalogue: Any) -> Expr:
        found = catalogue("gla").closed_form(keys, **GLA.values(size))
        return Matrix([found]).subs(d, size)

    return Claim(
        id=f"{GLA.id}/{keys.name}/d{size}",
        statement=f"gla with equal gates in an array recalls as decay, {keys.name} keys of "
        f"d = {size}.",
        derive=lambda: law(decay.THEOREM, keys).subs(d, size),
        ships=ships,
        twins=(*GLA.twins, replaced("items off by one", {before: before + 1})),
        rules=("decay", "gla"),
        parameters=(gamma,),
        assumptions=recall_assumptions(keys),
        steps="Insert an array of equal symbols into the closed form for gates per channel; "
        "compare with the law of the decay, derived from its printed update.",
    )


CLAIMS = (
    *map(update, (KDA, RWKV7, GLA)),
    recall(KDA, SPHERE, 3, 3),
    recall(KDA, GAUSSIAN, 2, 3),
    recall(RWKV7, SPHERE, 2, 3),
    recall(RWKV7, GAUSSIAN, 2, 3),
    closed(SPHERE, 3),
    closed(GAUSSIAN, 2),
)
