r"""The leave-one-out identity of weighted ridge regression, in any dimension.

R = (B + l I)^{-1} of all pairs but one, m = k^T R k, o = A R k what its key reads without it:
written with weight D it reads f v + (1 - f) o, f = D m / (1 + D m).
"""

import sympy
from sympy import Matrix

from proofs_check.claim import Claim, plus, replaced, stated, times
from proofs_check.foundations.woodbury import by_items, ridge
from proofs_check.notation import Expr, state

D, m, o, v = sympy.symbols("D m o v", real=True)
VALUES = sympy.symbols("y_0:3", real=True)


def in_scalars() -> Expr:
    """(A + D v k^T)(R - x R k k^T R) k with A R k = o, k^T R k = m and the x that inverts."""
    x = sympy.Symbol("x")
    # (R^{-1} + D k k^T)(R - x R k k^T R) = 1 + (D - x - D x m) k k^T R
    (found,) = sympy.solve(D - x - D * x * m, x)
    return sympy.factor((o + D * v * m) * (1 - found * m))


f = D * m / (1 + D * m)

ANY = Claim(
    id="foundations/leave_one_out/any-dimension",
    statement="A stored key reads f v + (1 - f) o, f = D m/(1 + D m), in any dimension.",
    derive=in_scalars,
    ships=stated(f * v + (1 - f) * o),
    twins=(
        replaced("weight forgotten", {D: 1}),
        replaced("value and what is read without it exchanged", {v: o, o: v}),
        replaced("overlap halved", {m: m / 2}),
        plus("the pair read twice", v),
    ),
    symbols=(D, m, o, v),
    assumptions="Any earlier moments $A$, $B$; one more pair of weight $D$.",
    steps=r"Sherman-Morrison in words of $R$ and $kk^T$; $ARk = o$ and $k^TRk = m$ are numbers.",
)


def without_one() -> Expr:
    """(1 - h_j)(y_j - o_j) for each of three pairs in the plane: the others' fit, by cofactors."""
    keys, values = state(3, 2), Matrix(VALUES)
    rows = []
    whole = by_items(keys)
    for j in range(3):
        others = [i for i in range(3) if i != j]
        X, Y = keys.extract(others, [0, 1]), values.extract(others, [0])
        system = X.T * X + ridge * sympy.eye(2)
        fit = (keys.row(j) * system.adjugate() * X.T * Y)[0] / system.det()
        rows.append((1 - whole[j, j]) * (values[j] - fit))
    return Matrix(rows)


RESIDUAL = Claim(
    id="foundations/leave_one_out/residual",
    statement="The error at a stored key is (1 - h) times the error of the fit without it.",
    derive=without_one,
    ships=stated(Matrix(VALUES) - by_items(state(3, 2)) * Matrix(VALUES)),
    twins=(
        replaced("ridge halved", {ridge: ridge / 2}),
        replaced("two values exchanged", {VALUES[0]: VALUES[1], VALUES[1]: VALUES[0]}),
        times("factor 2", 2),
        times("wrong sign", -1),
    ),
    symbols=(*VALUES, ridge),
    assumptions="Three generic pairs with keys in the plane, the rows of $S$; $h$ the diagonal of "
    r"$G(G + lam\,I)^{-1}$.",
    steps="Fit with and without each pair, every inverse by cofactors.",
)

CLAIMS = (ANY, RESIDUAL)
