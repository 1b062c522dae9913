r"""Memories that only add as Hebbian ones: mLSTM, log-linear, dense and Hopfield memories.

mLSTM's stabiliser cancels, so $e^m C$ is a decayed Hebbian memory of gain i; where its normaliser
never acts, so is what is read. Log-linear attention with equal gates is the Hebbian memory, with
gate 0 its newest pair. A dense memory of degree 1 is Hebbian, one of degree 2 Hebbian in all
products of two entries; a Hopfield step is the sign of the Hebbian read-out without
self-couplings.
"""

from typing import Any

from sympy import Integer, Matrix, Symbol, diag, exp, eye, log, sign, sqrt

from proofs_check.claim import Claim, Twin, plus, replaced, times
from proofs_check.lemmas import ENSEMBLES, SPHERE, Ensemble
from proofs_check.notation import Expr, age, before, column, d, items, state
from proofs_check.pairs import columns, stored, symbols
from proofs_check.relations.affine import law
from proofs_check.rules import decay, hebbian
from proofs_check.rules.decay import gamma
from proofs_check.rules.mlstm import f, i
from proofs_check.standard import ONE_ITEM, SCALES, WRITES, recall_assumptions

m = Symbol("m", real=True)  # the running maximum of the log weights
S, n = state(3, 2)[:2, :], state(3, 2)[2, :]
k, v = column("k", 2), column("v", 2)
KEYS, VALUES, QUERY = columns("k", 2, 5), columns("v", 2, 5), columns("q", 2, 1)
GENERIC = symbols(KEYS, VALUES, QUERY)


def _unscaled(catalogue: Any) -> Expr:
    """e^m C over e^m n after one step from e^-m S and e^-m n."""
    scaled = {"C": exp(-m) * S, "n": (exp(-m) * n).T, "m": Matrix([m])}
    gates = {"input_gate": log(i), "forget_gate": f}
    C, normal, (top,) = catalogue("mlstm").step_of(scaled, k, v, **gates)
    return C.col_join(normal.T).applyfunc(lambda x: (exp(top) * x).expand())


def _decayed() -> Expr:
    return decay.printed(S, k, i * v).col_join(decay.printed(n, k, Matrix([i]))).subs(gamma, f)


STABILISER = Claim(
    id="relations/additive/mlstm-to-decay/update",
    statement="mlstm's stabiliser cancels: e^m C is a decayed Hebbian memory of gamma = f with "
    "values times i, and e^m n the same of values 1.",
    derive=_decayed,
    ships=_unscaled,
    twins=(
        *SCALES,
        replaced("gates swapped", {i: f, f: i}),
        replaced("no decay", {f: 1}),
        plus("a constant too many", k[0]),
    ),
    rules=("mlstm", "decay"),
    parameters=(f,),
    symbols=(i,),
    assumptions=WRITES + r" Gates $f, i > 0$ and any running maximum $m$.",
    steps=r"Run the reference step on symbols; the new maximum enters state and read-out as "
    r"$e^{-m}$ and drops out of $e^m C$ and $e^m n$.",
)


def _gained() -> Expr:
    """The decay's signal times the gain, its power times the gain squared."""
    found = law(decay.THEOREM, SPHERE).subs(gamma, f)
    return Matrix([[i * found[0], i**2 * found[1]]])


def _mlstm_law(catalogue: Any) -> Expr:
    rule = catalogue("mlstm").rule.symbolic(input_gate=log(i), forget_gate=f)
    where = {"d": d, "age": age, "items": items, **SPHERE.moments}
    return Matrix([rule.closed_form(**where)])


MLSTM_LAW = Claim(
    id="relations/additive/mlstm-to-decay/sphere",
    statement="mlstm below its normaliser recalls as decay of gamma = f and gain i, sphere keys.",
    derive=_gained,
    ships=_mlstm_law,
    twins=(*SCALES, ONE_ITEM, replaced("gates swapped", {i: f, f: i})),
    rules=("mlstm", "decay"),
    parameters=(f,),
    symbols=(i,),
    assumptions=recall_assumptions(SPHERE) + r" Gates constant in time, $i \le 1 - f$, so that "
    r"$|n^\top q| \le 1$.",
    steps="Derive the decay's law from its printed update; scale it; compare with the closed form.",
)


def log_linear(gate: int, derived: Expr) -> Claim:
    """Read-outs after five pairs, on levels 0 and 3."""
    what = "as hebbian" if gate else "the newest pair alone"
    return Claim(
        id=f"relations/additive/log_linear/gate-{gate}",
        statement=f"The reference step of log_linear at gate = {gate} reads {what}.",
        derive=lambda: derived * QUERY,
        ships=lambda catalogue: catalogue("log_linear").reads(KEYS, VALUES, QUERY, gate=gate),
        twins=(
            *SCALES,
            replaced("newest pair lost", dict.fromkeys(VALUES.col(4), Integer(0))),
            plus("a constant too many", QUERY[0]),
            replaced("query entries swapped", {QUERY[0]: QUERY[1], QUERY[1]: QUERY[0]}),
        ),
        rules=("log_linear", "hebbian"),
        symbols=GENERIC,
        assumptions="Five pairs and a query, all generic, into an empty memory.",
        steps="Run the reference step on symbols, mergers of levels included; write the pairs by "
        "the Hebbian rule's printed update.",
    )


LOADS = (1, 2, 4, 7, 8)


def equal_gates(keys: Ensemble) -> Claim:
    """The law at gate 1, at every age of several loads."""

    def ships(catalogue: Any) -> Expr:
        rule, rows = catalogue("log_linear").rule.symbolic(gate=Integer(1)), []
        for count in LOADS:
            found = rule.closed_form(*rule.gains(count), keys.radial(4), 1 / d)
            rows += list(zip(*found[:2], strict=True))
        return Matrix(rows)

    def derive() -> Expr:
        ages = [{age: a, before: count - 1 - a} for count in LOADS for a in range(count)]
        return Matrix.vstack(*(law(hebbian.THEOREM, keys).subs(where) for where in ages))

    return Claim(
        id=f"relations/additive/log_linear/{keys.name}",
        statement=f"log_linear at gate = 1 recalls as hebbian, {keys.name} keys, loads "
        f"{', '.join(map(str, LOADS))}.",
        derive=derive,
        ships=ships,
        twins=(
            *SCALES,
            plus("one fresh pair too many", 1 / d),
            replaced("d off by one", {d: d + 1}),
            times("a gate of 99/100", Integer(99) / 100),
        ),
        rules=("log_linear", "hebbian"),
        assumptions=recall_assumptions(keys),
        steps="Insert gate 1 into the gains by age; compare with the Hebbian law, derived from its "
        "printed update.",
    )


def _products(x: Expr) -> Expr:
    """All products of two entries, as a column."""
    return Matrix([a * b for a in x for b in x])


def dense(degree: int) -> Claim:
    """The dense memory of degree 1 or 2 as a Hebbian one."""

    def derive() -> Expr:
        if degree == 1:
            return stored(hebbian.printed, KEYS, VALUES) * QUERY
        keys = Matrix.hstack(*(_products(KEYS.col(j)) for j in range(KEYS.cols)))
        return stored(hebbian.printed, keys, VALUES) * _products(QUERY)

    where = "of the keys" if degree == 1 else "of all products of two entries of a key"
    return Claim(
        id=f"relations/additive/dense_am/degree-{degree}",
        statement=f"dense_am at degree = {degree} reads as a Hebbian memory {where}.",
        derive=derive,
        ships=lambda catalogue: catalogue("dense_am").reads(KEYS, VALUES, QUERY, degree=degree),
        twins=(
            *SCALES,
            replaced("query halved", dict(zip(QUERY, QUERY / 3, strict=True))),
            plus("a constant too many", QUERY[0]),
            replaced("newest pair lost", dict.fromkeys(VALUES.col(4), Integer(0))),
        ),
        rules=("dense_am", "hebbian"),
        symbols=GENERIC,
        assumptions="Five pairs and a query, all generic.",
        steps="Run the reference step on symbols; write the pairs, or their products, by the "
        "Hebbian rule's printed update.",
    )


# entries of either sign, so that twins can be refused at positive values of the symbols
WIDE_KEYS = diag(1, -1, 1, -1) * columns("k", 4, 2)
WIDE_VALUES, WIDE_QUERY = columns("v", 4, 2) * diag(1, -1), columns("q", 4, 1)


def _field() -> Expr:
    """The Hebbian read-out less each unit's own coupling, in signs of length 1."""
    couplings = stored(hebbian.printed, WIDE_KEYS, WIDE_VALUES)
    own = couplings.multiply_elementwise(eye(4))
    return ((couplings - own) * WIDE_QUERY).applyfunc(lambda x: sign(x.expand()) / sqrt(4))


HOPFIELD = Claim(
    id="relations/additive/hopfield",
    statement="One step of hopfield is the sign of the Hebbian read-out (dense_am of degree 1) "
    "without self-couplings, over sqrt(d).",
    derive=_field,
    ships=lambda catalogue: catalogue("hopfield").reads(
        WIDE_KEYS, WIDE_VALUES, WIDE_QUERY, steps=1
    ),
    twins=(
        *SCALES,
        replaced("query negated", {x: -x for x in WIDE_QUERY}),
        replaced("a value negated", {WIDE_VALUES[0]: -WIDE_VALUES[0]}),
        Twin("self-couplings left", lambda x: _with_own()),
    ),
    rules=("hopfield", "hebbian"),
    symbols=symbols(WIDE_KEYS, WIDE_VALUES, WIDE_QUERY),
    assumptions="Two pairs and a query in four dimensions, all generic.",
    steps="Run the reference step on symbols; compare the arguments of the signs.",
)


def _with_own() -> Expr:
    found = stored(hebbian.printed, WIDE_KEYS, WIDE_VALUES) * WIDE_QUERY
    return found.applyfunc(lambda x: sign(x.expand()) / sqrt(4))


CLAIMS = (
    STABILISER,
    MLSTM_LAW,
    log_linear(1, stored(hebbian.printed, KEYS, VALUES)),
    log_linear(0, stored(hebbian.printed, KEYS[:, 4:], VALUES[:, 4:])),
    *map(equal_gates, ENSEMBLES),
    dense(1),
    dense(2),
    HOPFIELD,
)
