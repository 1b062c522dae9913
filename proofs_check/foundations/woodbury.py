r"""Updates of higher rank (Woodbury 1950) and the two forms of a ridge read-out.

(I + X Y)^{-1} = I - X (I + Y X)^{-1} Y, and X (Y X + l I)^{-1} = (X Y + l I)^{-1} X.
"""

from typing import Any

import sympy
from sympy import Integer, eye, zeros

from proofs_check.claim import Claim, plus, replaced, require_zero, stated, times
from proofs_check.notation import Expr, generic, state

K = generic("K", 2, 2)  # Y X of an update of rank two, in any dimension
X, Y = generic("X", 3, 2), generic("Y", 2, 3)
ridge = sympy.Symbol("lam", real=True)


def middle() -> Expr:
    """The W with (I + X Y)(I - X W Y) = I: the words X .. Y give I = (I + K) W."""
    W = generic("W", 2, 2)
    words = (eye(2) - W - K * W).expand()  # what stands between X and Y in the product
    whole = (eye(3) + X * Y) * (eye(3) - X * W * Y) - eye(3)
    require_zero(
        whole - X * words.subs(dict(zip(K, Y * X, strict=True)), simultaneous=True) * Y,
        "what stands between X and Y",
    )
    found = sympy.solve(list(words), list(W), dict=True)[0]
    return W.subs(found)


WOODBURY = Claim(
    id="foundations/woodbury/rank-two",
    statement="Woodbury: (I + X Y)^{-1} = I - X (I + Y X)^{-1} Y for X, Y of rank two, any d.",
    derive=middle,
    ships=stated((eye(2) + K).adjugate() / (eye(2) + K).det()),
    twins=(
        replaced("K transposed", {K[0, 1]: K[1, 0], K[1, 0]: K[0, 1]}),
        replaced("I - Y X", dict(zip(K, -K, strict=True))),
        times("wrong sign", -1),
    ),
    symbols=tuple(K),
    assumptions=r"$X$ of shape $(d, 2)$, $Y$ of $(2, d)$; $K = YX$ without eigenvalue $-1$.",
    steps="$(I + XY)(I - XWY) = I + X(I - W - KW)Y$, checked at $d = 3$; solve the bracket for "
    "$W$.",
)


def by_items(keys: Expr) -> Expr:
    """G (G + lam I)^{-1}, G the Gram matrix of three keys in the plane."""
    gram = keys * keys.T
    system = gram + ridge * eye(3)
    return (gram * system.adjugate()) / system.det()


def _by_features(catalogue: Any) -> Expr:
    """What a stored key reads in the memory that ships, values being unit vectors."""
    keys, A, B = state(3, 2), zeros(3, 2), zeros(2, 2)
    values = {"gamma": Integer(1), "beta": Integer(1), "lam": ridge}
    for i in range(3):
        A, B = catalogue("mesa").write({"A": A, "B": B}, keys.row(i).T, eye(3).col(i), **values)
    system = B + ridge * eye(2)
    return A * system.adjugate() * keys.T / system.det()


PUSH = Claim(
    id="foundations/woodbury/two-forms",
    statement="Ridge regression by features, from the moments that ship, reads as by items.",
    derive=lambda: by_items(state(3, 2)),
    ships=_by_features,
    twins=(
        replaced("ridge halved", {ridge: ridge / 2}),
        replaced("a key's entry doubled", {state(3, 2)[0, 0]: 2 * state(3, 2)[0, 0]}),
        plus("one more in every entry", 1),
        times("factor 2", 2),
    ),
    rules=("mesa",),
    parameters=(ridge,),
    assumptions="Three generic keys in the plane, the rows of $S$; the ridge $lam$; unit weights.",
    steps="Invert the $3 \\times 3$ Gram matrix and the $2 \\times 2$ moment by cofactors.",
)

CLAIMS = (WOODBURY, PUSH)
