r"""Multi-head linear attention, Eqs 13 and 14 of McDermott, Heath, Parhi 2026.

h heads side by side are one linear map with block-diagonal $\theta$: p = d_k d_v / h parameters
where one head has d_k d_v; with d_k = d_v = d this is d^2/h.
"""

from typing import Any

from sympy import Integer, Matrix, ones

from proofs_check.claim import Claim, Twin, plus, replaced, require_zero, times
from proofs_check.notation import Expr, column, state

K, U, QUERY = (column(name, 4) for name in ("k", "v", "q"))
BLOCKS = state(2, 4)[:, :2], state(2, 4)[:, 2:]  # the memories of two heads
SIZES = ((8, 8, 1), (8, 8, 2), (8, 8, 4), (8, 8, 8), (8, 4, 2), (6, 12, 3))  # d_k, d_v, heads


def mask(d_k: int, d_v: int, heads: int) -> Expr:
    """Ones where block-diagonal theta may be different from zero."""
    return Matrix.diag(*[ones(d_v // heads, d_k // heads)] * heads)


def _one_map() -> Expr:
    """Eq 10 on the whole theta, kept block-diagonal."""
    write = (U * K.T).multiply_elementwise(mask(4, 4, 2))
    return (Matrix.diag(*BLOCKS) + write) * QUERY


def _heads(catalogue: Any) -> Expr:
    """Each head on its own, reads one below the other."""
    halves = (slice(0, 2), slice(2, 4))
    after = [
        catalogue("hebbian").update(S, K[part, :], U[part, :]) * QUERY[part, :]
        for S, part in zip(BLOCKS, halves)
    ]
    return Matrix.vstack(*after)


BLOCK_DIAGONAL = Claim(
    id="paper/heads/block-diagonal",
    statement="Eq 13: two heads of linear attention are one map with block-diagonal theta.",
    derive=_one_map,
    ships=_heads,
    twins=(
        Twin("one head of the whole size", lambda x: x + _cross_terms()),
        replaced("keys of the heads exchanged", dict(zip(K, (*K[2:], *K[:2])))),
        Twin("reads of the heads exchanged", lambda x: Matrix([*x[2:], *x[:2]])),
        times("wrong sign", -1),
    ),
    rules=("hebbian",),
    symbols=tuple(QUERY),
    assumptions="$d = 4$ and two heads; head $i$ has its own part of key, value and query.",
    steps="Write each head and read it; compare with Eq 10 on the whole matrix, entries outside "
    "the blocks struck out.",
)


def _cross_terms() -> Expr:
    return (U * K.T).multiply_elementwise(ones(4, 4) - mask(4, 4, 2)) * QUERY


def _counted() -> Expr:
    counts = []
    for d_k, d_v, heads in SIZES:
        entries = sum(mask(d_k, d_v, heads))
        require_zero(entries - Integer(d_k * d_v) / heads, "p = d_k d_v / h")
        counts.append(entries)
    return Matrix(counts)


def _state(catalogue: Any, d_k: int, d_v: int, heads: int) -> Expr:
    """Scalars that linear attention in so many heads keeps, as it ships."""
    wrapper, sizes = catalogue.part("wrappers.heads.Heads"), catalogue.part("rule.Dims")
    rule = wrapper.around(catalogue("hebbian").rule(), heads=heads)
    return Integer(rule.state_scalars(sizes(d_k, d_v), 0))


def _over_heads(counts: Expr) -> Expr:
    return Matrix([p / size[2] for p, size in zip(counts, SIZES)])


PARAMETERS = Claim(
    id="paper/heads/parameters",
    statement="Eq 14: h heads hold p = d_k d_v/h parameters, d^2/h at d_k = d_v = d.",
    derive=_counted,
    ships=lambda catalogue: Matrix([_state(catalogue, *size) for size in SIZES]),
    twins=(
        Twin("heads as large as the whole", lambda x: _times_heads(x)),
        Twin("divided by h twice", _over_heads),
        plus("one more", 1),
        times("value and key blocks counted twice", 2),
    ),
    rules=("hebbian",),
    assumptions="Sizes $(d_k, d_v, h)$: " + ", ".join(map(str, SIZES)) + ".",
    steps="Count the entries of $h$ blocks of $d_v/h$ rows and $d_k/h$ columns.",
)


def _times_heads(counts: Expr) -> Expr:
    return Matrix([p * size[2] for p, size in zip(counts, SIZES)])


CLAIMS = (BLOCK_DIAGONAL, PARAMETERS)
