r"""Fano's bound: who names one of V values with error e holds log2 V - h2(e) - e log2(V - 1) bits.

Cited: Fano 1961; Cover, Thomas 2006, Section 2.10. It follows from Gibbs' inequality: the code
for the posterior "1 - e for the guess, e/(V - 1) for each other" costs the same for every memory of
that error, and no code costs less than the memory's own. Logarithms are compared as products.
"""

from collections.abc import Mapping
from typing import Any

import sympy
from sympy import Integer, Matrix, Rational, log

from proofs_check.claim import Claim, Kind, plus, replaced, times
from proofs_check.logarithms import bits_as_product, product
from proofs_check.notation import Expr

right, wrong, others = sympy.symbols("c w m", integer=True, positive=True)
total = right + wrong
CITED = (
    "Values equally likely among $V$. Cited: no memory of that error holds fewer bits (Fano 1961; "
    "Cover, Thomas 2006, Section 2.10)"
)


def information(joint: Mapping[Expr, Expr], own: Expr, guess: Expr) -> Expr:
    """sum p log(p/(p_x p_y)) in nats over kinds of cells: probability -> how many there are."""
    return sympy.Add(*(n * p * log(p / (own * guess)) for p, n in joint.items()))


def symmetric() -> Expr:
    """e^(n I) of the channel whose errors are all alike, c right and w wrong of n."""
    V = others + 1
    hit, miss = right / (total * V), wrong / (total * V * others)
    joint = {hit: V, miss: V * others}
    return product(sympy.expand(total * information(joint, 1 / V, 1 / V)))


ATTAINED = Claim(
    id="bounds/fano/symmetric",
    statement="A guess whose errors are all alike holds Fano's bits exactly; any V, any error.",
    derive=symmetric,
    ships=lambda catalogue: bits_as_product(
        catalogue.part("information.symmetric_bits")(wrong / total, others + 1), total
    ),
    twins=(
        replaced("V off by one", {others: others + 1}),
        replaced("right and wrong exchanged", {right: wrong, wrong: right}),
        replaced("one wrong value alone", {others: 1}),
        times("a bit too many", 2),
    ),
    symbols=(right, wrong, others),
    kind=Kind.LEMMA,
    assumptions=CITED + "; $V = m + 1$ and error $w/(c + w)$; compared: $2^{(c+w) I}$.",
    steps=r"Sum $p\log(p/(p_xp_y))$ over the $V$ cells that are right and the $Vm$ that are wrong.",
)

POINTS = (  # accuracy, candidates
    (Integer(1), 8),
    (Rational(1, 8), 8),
    (Rational(1, 9), 8),
    (Rational(1, 2), 2),
    (Rational(3, 4), 2),
    (Rational(2, 3), 3),
    (Rational(1, 2), 4),
    (Rational(9, 10), 10),
)


def _joint(accuracy: Expr, V: int) -> Matrix:
    """Value against guess; below chance a blind guess, which no memory at all can make."""
    accuracy = max(accuracy, Rational(1, V))
    other = (1 - accuracy) / (V - 1)
    return Matrix(V, V, lambda i, j: (accuracy if i == j else other) / V)


def by_tables() -> Expr:
    """2^(q I) of each table, q the denominator of its error: a rational number."""
    rows = []
    for accuracy, V in POINTS:
        table = _joint(accuracy, V)
        cells = [table[i, j] for i in range(V) for j in range(V)]
        own = sum(table.row(0), Integer(0))
        nats = sympy.Add(*(p * log(p / own**2) for p in cells if p))
        rows.append(product(accuracy.q * nats))
    return Matrix(rows)


def _at_points(catalogue: Any) -> Expr:
    bits = catalogue.part("information.fano_bits")
    return Matrix([bits_as_product(bits(a, Integer(V)), Integer(a.q)) for a, V in POINTS])


EDGES = Claim(
    id="bounds/fano/edges",
    statement="Fano's bits as they ship, from log2 V at accuracy 1 to 0 at and below chance.",
    derive=by_tables,
    ships=_at_points,
    twins=(
        times("a bit too many", 2),
        plus("a trace of knowledge below chance", Rational(1, 1000)),
        times("wrong sign", -1),
    ),
    kind=Kind.LEMMA,
    assumptions=CITED + "; below chance the blind guess, which holds nothing, is the least.",
    steps="Write the whole table of value against guess and sum over its cells; compare $2^{qI}$, "
    "$q$ the error's denominator, a rational number.",
)

counts = Matrix(3, 3, lambda i, j: sympy.Symbol(f"n_{i}{j}", integer=True, positive=True))


def code_length() -> Expr:
    """e^(-length) of the symmetric code for every cell of any table of counts, guess by guess."""
    hits = counts.trace()
    whole = sum(counts, Integer(0))
    misses = sympy.expand(whole - hits)
    code = Matrix(3, 3, lambda i, j: (hits if i == j else misses / 2) / whole)
    return sympy.Mul(*(q**n for q, n in zip(code, counts, strict=True)))


def _rest(catalogue: Any) -> Expr:
    """2^(-(log2 V - Fano's bits)) to the number of counts: what is left to say of the value."""
    whole = sum(counts, Integer(0))
    misses = sympy.expand(whole - counts.trace())
    bits = catalogue.part("information.symmetric_bits")(misses / whole, Integer(3))
    return bits_as_product(bits, whole) / 3**whole


GIBBS = Claim(
    id="bounds/fano/gibbs",
    statement="The symmetric code costs log2 V less Fano's bits in every table of the same error.",
    derive=code_length,
    ships=_rest,
    twins=(
        replaced("a hit counted as a miss", {counts[0, 0]: counts[0, 1] + 1}),
        times("a bit too many", 2),
        times("V off by one", Rational(3, 4)),
    ),
    symbols=tuple(counts),
    kind=Kind.LEMMA,
    assumptions="Any table of counts of value against guess, three values. Cited: no code is "
    "shorter on average than the entropy (Gibbs), so $H(X|Y) \\le \\log_2 V - $ Fano's bits.",
    steps=r"Multiply $q(x|y)^{n_{xy}}$ over all cells with $q$ the posterior of error $e$ alone.",
)


def divergence() -> Expr:
    """2^(4 D) of a coin told with probability 1/2 and guessed otherwise, against the code."""
    # told (1/2): posterior 1, the code says 3/4; guessed (1/2): posterior 1/2 each, code 3/4, 1/4
    told = Rational(1, 2) * log(1 / Rational(3, 4))
    blind = Rational(1, 4) * (log(Rational(2, 3)) + log(Integer(2)))
    return product(4 * (told + blind))


def _beyond(catalogue: Any) -> Expr:
    """2^(4 (1/2 - Fano's bits at accuracy 3/4)): the coin's own information is half a bit."""
    bits = catalogue.part("information.fano_bits")(Rational(3, 4), Integer(2))
    return bits_as_product(Rational(1, 2) - bits, Integer(4))


ERASED = Claim(
    id="bounds/fano/erasure",
    statement="A coin told half of the time holds half a bit, beyond Fano's by a divergence.",
    derive=divergence,
    ships=_beyond,
    twins=(
        times("a bit too many", 2),
        times("wrong sign", -1),
        plus("equality", Rational(1, 100)),
    ),
    kind=Kind.LEMMA,
    assumptions=CITED + r"; $V = 2$, erasure with probability 1/2, so accuracy 3/4.",
    steps=r"What it holds beyond the bound is $\sum p\log(p/q) \ge 0$ against the symmetric code; "
    "here $2^{4D} = 64/27 > 1$.",
)

CLAIMS = (ATTAINED, EDGES, GIBBS, ERASED)
