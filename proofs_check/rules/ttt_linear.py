r"""TTT-Linear, Sun et al. 2024: mini-batch gradient descent on $\lvert S k - v\rvert^2/2$.

All gradients of a chunk are taken at the (decayed) memory that began it, and summed; a chunk that
is not yet full is read as far as it goes. The proof keeps that memory and the sum apart.
"""

from functools import partial

from sympy import Integer, Matrix, zeros

from proofs_check.claim import Claim, replaced, times
from proofs_check.lemmas import GAUSSIAN, SPHERE
from proofs_check.notation import Expr, column, d, parameter, state
from proofs_check.short import Stream
from proofs_check.standard import WRITES

alpha, beta = parameter("alpha"), parameter("beta")


def printed(
    parts: tuple[Expr, Expr], k: Expr, v: Expr, index: int, chunk: int
) -> tuple[Expr, Expr]:
    """(memory that began the chunk, minus the sum of its gradients so far)."""
    anchor, total = parts
    if index % chunk == 0:
        anchor, total = alpha * (anchor + total), 0 * total
    return anchor, total - beta * (anchor * k - v) * k.T


def _token(index: int) -> Expr:
    """The declared blocks, current memory and anchor, after a token of chunk = 3."""
    S, k, v = state(2, 4), column("k", 2), column("v", 2)
    current, anchor = S[:, :2], S[:, 2:]
    if index == 0:  # a new chunk: the anchor is the current memory already
        current = anchor
    anchor, total = printed((anchor, current - anchor), k, v, index, 3)
    current = anchor + total
    return Matrix([[current, current if index == 2 else anchor]])


def _shipped(catalogue: object, index: int) -> Expr:
    S = state(2, 4)
    if index == 0:
        S = Matrix([[S[:, 2:], S[:, 2:]]])
    shipping = catalogue("ttt_linear")  # type: ignore[operator]
    return shipping.token(S, column("k", 2), column("v", 2), index, alpha=alpha, beta=beta, chunk=3)


def _update(index: int) -> Claim:
    place = ("first", "middle", "last")[index]
    return Claim(
        id=f"ttt_linear/update/{place}",
        statement=f"The declared coefficients of the {place} token of a chunk are those printed.",
        derive=lambda: _token(index),
        ships=lambda catalogue: _shipped(catalogue, index),
        twins=(
            times("wrong sign", -1),
            times("factor 2", 2),
            replaced("beta halved", {beta: beta / 2}),
            replaced("key entries swapped", dict(zip(column("k", 2), column("k", 2)[::-1]))),
        ),
        rules=("ttt_linear",),
        parameters=(alpha, beta),
        assumptions=WRITES + " Chunks of three pairs.",
        steps="Write the printed update on a generic memory and anchor: all gradients of a chunk "
        "are taken at the decayed memory that began it. Compare each entry of both blocks.",
    )


def _stream(chunk: int) -> Stream:
    return Stream(
        "ttt_linear",
        f"chunks of {chunk}",
        start=lambda size: (zeros(1, size), zeros(1, size)),
        write=partial(printed, chunk=chunk),
        read=lambda parts: parts[0] + parts[1],
        parameters=(alpha, beta),
        ships=lambda catalogue, keys, size, items: (
            catalogue("ttt_linear")
            .engine(keys, (items,), alpha=alpha, beta=beta, chunk=chunk)
            .subs(d, Integer(size))
        ),
    )


CLAIMS = (
    *(_update(index) for index in range(3)),
    _stream(2).claim(SPHERE, 2, 3),
    _stream(2).claim(SPHERE, 2, 4),
    _stream(2).claim(GAUSSIAN, 3, 3),
    _stream(3).claim(SPHERE, 3, 4),
)
