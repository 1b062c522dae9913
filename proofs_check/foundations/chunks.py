r"""The chunkwise kernel that ships, run on symbols, is S <- S (A_t - P_t Q_t^T) + V_t B_t^T.

A chunk meets what its steps erase, u_t = S_{t-1} P_t, in one unit triangular system (Bischof, Van
Loan 1987: the WY form of a product of rank-one steps) and carries gates over intervals.
"""

from collections.abc import Callable
from typing import Any

from sympy import Matrix, diag, eye, kronecker_product, ones, zeros

from proofs_check.claim import Claim, Twin, plus, replaced, require_zero, stated, times
from proofs_check.notation import Expr, generic, state

LONGEST = 3
GENERIC = "Any state, keys, values and gates; nothing is random."
G = generic("a", LONGEST, 2)
MIX = [generic(f"G{t}", 2, 2) for t in range(LONGEST)]


def columns(t: int, width: int, rank: int) -> tuple[Expr, ...]:
    """P, Q, B and V of step t; as many values as pairs, so that a mix-up of the two shows."""
    P, Q, B = (generic(f"{name}{t}", width, rank) for name in "PQB")
    return P, Q, B, generic(f"V{t}", rank, rank)


def by_steps(S: Expr, gates: list[Expr], steps: list[tuple[Expr, ...]]) -> Expr:
    """One step after another, gates as matrices."""
    for A, (P, Q, B, V) in zip(gates, steps, strict=True):
        S = (S * A - (S * P) * Q.T + V.T * B.T).expand()
    return S


KINDS: dict[str, tuple[int, Callable[[int], Any], Callable[[int], Expr]]] = {
    "open": (2, lambda t: 1, lambda t: eye(2)),
    "decay": (2, lambda t: G[t, 0], lambda t: G[t, 0] * eye(2)),
    "channels": (2, lambda t: list(G[t, :]), lambda t: diag(*G[t, :])),
    "mixings": (4, lambda t: MIX[t], lambda t: kronecker_product(MIX[t], eye(2))),
}
WORDS = {
    "open": "no gates",
    "decay": "a decay a step",
    "channels": "gates per channel",
    "mixings": "two blocks that mix",
}


def kernel(kind: str, length: int, chunk: int, rank: int = 1) -> Claim:
    """The kernel of ``chunk`` steps on ``length`` of them; chunk 0 is the loop."""
    width, declared, matrix = KINDS[kind]
    steps = [columns(t, width, rank) for t in range(length)]
    S = state(rank, width)
    decays, gates = ([make(t) for t in range(length)] for make in (declared, matrix))
    (P0, Q0, _, V0), (_, Q1, _, V1) = steps[:2]
    size = f"chunks-of-{chunk}" if chunk else "a-loop"
    return Claim(
        id=f"foundations/chunks/{kind}/{size}/steps{length}" + (f"/rank{rank}" * (rank > 1)),
        statement=f"{length} steps in {size.replace('-', ' ')} are the steps one by one, "
        f"{WORDS[kind]}" + (f", {rank} pairs a step." if rank > 1 else "."),
        derive=lambda: by_steps(S, gates, steps),
        ships=lambda catalogue: catalogue.kernel(S, decays, steps, chunk),
        twins=(
            times("wrong sign", -1),
            replaced("nothing erased at the first step", {P0[0]: 0}),
            replaced("keys of two steps exchanged", {Q0[0]: Q1[0], Q1[0]: Q0[0]}),
            replaced("values of two steps exchanged", {V0[0]: V1[0], V1[0]: V0[0]}),
            *([_gates_exchanged(decays)] if kind != "open" else []),
        ),
        symbols=_names(S, steps, decays),
        assumptions=GENERIC,
        steps="Multiply the steps out one by one; run the kernel on the same symbols; compare each "
        "entry.",
    )


def _entries(decay: Any) -> list[Expr]:
    return list(decay) if hasattr(decay, "__len__") else [decay]


def _names(S: Expr, steps: list[tuple[Expr, ...]], decays: list[Any]) -> tuple[Expr, ...]:
    columns = [entry for step in steps for part in step for entry in part]
    gates = [entry for decay in decays for entry in _entries(decay) if entry != 1]
    return (*S, *columns, *gates)


def _gates_exchanged(decays: list[Any]) -> Twin:
    one, two = map(_entries, decays[:2])
    return replaced("gates of two steps exchanged", dict(zip([*one, *two], [*two, *one])))


SPAN = {name: generic(name, 3, 2) for name in "PQ"}
INNER = generic("g", 4, 4)
T, p, q = generic("T", 2, 2), generic("p", 3, 1), generic("q", 3, 1)


def one_more() -> Expr:
    """(I - P T Q^T)(I - p q^T)."""
    P, Q = SPAN.values()
    return ((eye(3) - P * T * Q.T) * (eye(3) - p * q.T)).expand()


def _extended() -> Expr:
    P, Q = SPAN.values()
    longer = (T.row_join(-T * Q.T * p)).col_join(zeros(1, 2).row_join(ones(1, 1)))
    return eye(3) - P.row_join(p) * longer * Q.row_join(q).T


INDUCTION = Claim(
    id="foundations/chunks/wy/step",
    statement="A product of rank-one steps in WY form takes one more step and keeps its form.",
    derive=one_more,
    ships=stated(_extended().expand()),
    twins=(
        times("wrong sign", -1),
        replaced("p and q exchanged", dict(zip([*p, *q], [*q, *p]))),
        replaced("T transposed", {T[0, 1]: T[1, 0], T[1, 0]: T[0, 1]}),
        plus("identity left out", -1),
    ),
    symbols=(*SPAN["P"], *SPAN["Q"], *T, *p, *q),
    assumptions="Any columns $P$, $Q$ of two earlier steps, any $T$; three dimensions.",
    steps=r"$(I - PTQ^T)(I - pq^T) = I - [P\,p]\,T'\,[Q\,q]^T$ with "
    r"$T' = [[T, -TQ^Tp], [0, 1]]$: the step of an induction on the chunk's length.",
)


def triangle(size: int = 4) -> Expr:
    """T of so many steps by the recursion, g_ij = q_i . p_j."""
    found = ones(1, 1)
    for j in range(1, size):
        last = -found * INNER[:j, j]
        found = found.row_join(last).col_join(zeros(1, j).row_join(ones(1, 1)))
    return found


def _solved(size: int = 4) -> Expr:
    system = Matrix(size, size, lambda i, j: INNER[i, j] if j > i else int(i == j))
    inverse = system.adjugate()  # of determinant 1
    require_zero(system * inverse - eye(size), "the inverse of a unit triangle")
    return inverse


TRIANGLE = Claim(
    id="foundations/chunks/wy/triangle",
    statement="T is the inverse of the unit upper triangle of q_i . p_j, chunks of four.",
    derive=triangle,
    ships=stated(_solved()),
    twins=(
        times("wrong sign", -1),
        replaced("an overlap halved", {INNER[0, 1]: INNER[0, 1] / 2}),
        Twin("lower triangle", lambda x: x.T),
    ),
    symbols=tuple(INNER),
    assumptions="Any inner products $g_{ij} = q_i^Tp_j$.",
    steps="Run the recursion of $T'$ from a single step; invert the triangle by cofactors.",
)

CLAIMS = (
    kernel("open", 2, 2),
    kernel("open", 3, 3),
    kernel("open", 3, 2),
    kernel("open", 2, 2, rank=2),
    kernel("decay", 3, 3),
    kernel("decay", 3, 0),
    kernel("channels", 3, 3),
    kernel("channels", 3, 2),
    kernel("mixings", 2, 2),
    kernel("mixings", 2, 0),
    INDUCTION,
    TRIANGLE,
)
