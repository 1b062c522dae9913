r"""Eq 10 of McDermott, Heath, Parhi 2026: $\theta_t = \theta_{t-1} + v_t k_t^\top$.

Linear attention is Eq 8 with the Hebbian loss of Eq 9 and step 1. It reads
$\sum_i v_i (k_i^\top q)$: attention without its exponential and without its normaliser.
"""

from sympy import Integer, Rational

from proofs_check.claim import Claim, Twin, plus, replaced, times
from proofs_check.notation import Expr, column, generic, state
from proofs_check.paper.losses import MATRICES, entries, hebbian, online

KEYS, VALUES = generic("K", 2, 3), generic("V", 2, 3)  # columns, oldest first
QUERY = column("q", 2)
k0, k1 = column("k", 2)

GRADIENT_STEP = Claim(
    id="paper/linear_attention/gradient-step",
    statement="Eq 10 is Eq 8 with the Hebbian loss and step 1, as it ships.",
    derive=lambda: entries(lambda S, k, v: online(lambda X: hebbian(X, k, v), S, Integer(1))),
    ships=lambda catalogue: entries(catalogue("hebbian").update),
    twins=(
        times("wrong sign", -1),
        replaced("key entries exchanged", {k0: k1, k1: k0}),
        replaced("ascent for descent", {k0: -k0, k1: -k1}),
        replaced("step 2, as if halved", {k0: 2 * k0, k1: 2 * k1}),
    ),
    rules=("hebbian",),
    assumptions=MATRICES,
    steps=r"$-\langle \theta k, v \rangle$ has the gradient $-v k^T$.",
)


def parallel(keys: Expr, values: Expr) -> Expr:
    """sum_i v_i (k_i . q), no memory in between."""
    reads = [values[:, i] * keys[:, i].dot(QUERY) for i in range(keys.cols)]
    return sum(reads, 0 * values[:, 0])


PARALLEL = Claim(
    id="paper/linear_attention/parallel-form",
    statement="Eq 10 from an empty memory reads sum_i v_i (k_i . q), the parallel form.",
    derive=lambda: parallel(KEYS, VALUES),
    ships=lambda catalogue: catalogue("hebbian").stream(KEYS, VALUES, QUERY),
    twins=(
        Twin("mask off by one", lambda x: x - parallel(KEYS[:, 2:], VALUES[:, 2:])),
        Twin("newest pair twice", lambda x: x + parallel(KEYS[:, 2:], VALUES[:, 2:])),
        replaced("keys and values exchanged", dict(zip((*KEYS, *VALUES), (*VALUES, *KEYS)))),
        times("mean for sum", Rational(1, 3)),
    ),
    rules=("hebbian",),
    symbols=(*KEYS, *VALUES, *QUERY),
    assumptions="Three pairs in the plane, any query; an empty memory at the start.",
    steps="Write the three pairs and read, as it ships; expand.",
)

ONE_MORE = Claim(
    id="paper/linear_attention/induction",
    statement="Eq 10: one more pair adds v (k . q) to every read: the parallel form for all t.",
    derive=lambda: (
        state(2, 2) * QUERY + column("v", 2) * sum(x * y for x, y in zip(column("k", 2), QUERY))
    ),
    ships=lambda catalogue: (
        catalogue("hebbian").update(state(2, 2), column("k", 2), column("v", 2)) * QUERY
    ),
    twins=(
        replaced("the pair before forgotten", dict.fromkeys(state(2, 2), Integer(0))),
        replaced("key entries exchanged", {k0: k1, k1: k0}),
        plus("a constant", 1),
    ),
    rules=("hebbian",),
    symbols=tuple(QUERY),
    assumptions="Any memory, pair and query.",
    steps="The step of an induction on $t$; its base is the empty memory, which reads 0.",
)


CLAIMS = (GRADIENT_STEP, PARALLEL, ONE_MORE)
