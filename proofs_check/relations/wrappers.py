r"""Wrappers at their simplest: which change nothing, and a normaliser with a single pair.

One head, the identity as a feature map and a filter of one tap 1 leave every read-out as it is.
A normalised memory of one pair reads $v\, c/(c + \varepsilon)$, c = k.q: its value at every query
with c > 0, as eps -> 0; of several Hebbian pairs, the average weighed by k.q.
"""

from typing import Any

from sympy import Integer, Matrix, Symbol

from proofs_check.claim import Claim, plus, replaced
from proofs_check.limits import limit_at_zero
from proofs_check.notation import Expr
from proofs_check.pairs import columns, stored, symbols
from proofs_check.rules import delta
from proofs_check.rules.delta import beta
from proofs_check.standard import SCALES

KEYS = columns("k", 2, 2, positive=True)  # no key is zero
VALUES, QUERY = columns("v", 2, 2), columns("q", 2, 1, positive=True)
GENERIC = symbols(KEYS, VALUES, QUERY)
eps = Symbol("eps", positive=True)


def unchanged(wrapper: str, **values: Any) -> Claim:
    """The delta rule inside a wrapper that does nothing."""
    named = ", ".join(f"{x} = {value}" for x, value in values.items())

    def ships(catalogue: Any) -> Expr:
        inner = catalogue("delta").of(beta=beta)
        return catalogue.wrapper(wrapper, inner, **values).reads(KEYS, VALUES, QUERY)

    return Claim(
        id=f"relations/wrappers/{wrapper}",
        statement=f"{wrapper} at {named} changes nothing: around delta it reads as delta.",
        derive=lambda: stored(delta.printed, KEYS, VALUES) * QUERY,
        ships=ships,
        twins=(
            *SCALES,
            replaced("beta halved", {beta: beta / 2}),
            plus("a constant too many", QUERY[0]),
            replaced("key entries swapped", {KEYS[0]: KEYS[2], KEYS[2]: KEYS[0]}),
        ),
        rules=("delta",),
        parameters=(beta,),
        symbols=GENERIC,
        assumptions="Two pairs and a query of positive entries, so that no norm vanishes; an empty "
        "memory.",
        steps="Run the wrapper's reference step, with the rule's inside, on symbols; write the "
        "pairs by the delta rule's printed update.",
    )


def _averages() -> Expr:
    """Of one pair and of two, weighed by k.q, over the weights' sum and eps."""
    found = []
    for count in (1, 2):
        weights = [(KEYS.col(j).T * QUERY)[0] for j in range(count)]
        total = sum((w * VALUES.col(j) for j, w in enumerate(weights)), Matrix([0, 0]))
        found.append(total / (sum(weights) + eps))
    return Matrix.hstack(*found)


def _normalised(catalogue: Any) -> Expr:
    """Read-outs after one pair and after two."""
    shipped = catalogue.wrapper("normalised", catalogue("hebbian").of(), eps=eps)
    return Matrix.hstack(
        *(shipped.reads(KEYS[:, :count], VALUES[:, :count], QUERY) for count in (1, 2))
    )


NORMALISED = Claim(
    id="relations/wrappers/normalised/read",
    statement="normalised hebbian reads the values' average weighed by k.q, over its weights' sum "
    "plus eps; of one pair, v c/(c + eps).",
    derive=_averages,
    ships=_normalised,
    twins=(
        *SCALES,
        replaced("eps doubled", {eps: 2 * eps}),
        plus("a constant too many", Integer(1)),
        replaced("values swapped", {VALUES[0]: VALUES[1], VALUES[1]: VALUES[0]}),
    ),
    rules=("hebbian",),
    symbols=(eps, *GENERIC),
    assumptions="One pair and two pairs, and a query, of positive entries: the divisor cannot "
    "vanish.",
    steps="Run the wrapper's reference step, with the rule's inside, on symbols; compare with the "
    "weighted average written out.",
)

ONE_ITEM_READ = Claim(
    id="relations/wrappers/normalised/one-item",
    statement="normalised hebbian with one item reads its value at every query, as eps -> 0.",
    derive=lambda: VALUES.col(0),
    ships=lambda catalogue: limit_at_zero(_normalised(catalogue).col(0), eps),
    twins=(
        *SCALES,
        plus("a constant too many", Integer(1)),
        replaced("values swapped", {VALUES[0]: VALUES[2]}),
    ),
    rules=("hebbian",),
    symbols=GENERIC,
    assumptions=r"One pair and a query with $k^\top q > 0$.",
    steps=r"$v\, c/(c + \varepsilon)$ is a rational function of $\varepsilon$, regular at 0.",
)

CLAIMS = (
    unchanged("heads", heads=1),
    unchanged("features", feature_map="identity"),
    unchanged("short_convolution", taps=1.0),
    NORMALISED,
    ONE_ITEM_READ,
)
