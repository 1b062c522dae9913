r"""Mesa between gated linear attention and the pseudo-inverse: its read-out at the ends of lam.

With $A = \sum \gamma^a \beta v k^\top$ and $B = \sum \gamma^a \beta k k^\top$,

$$\lambda A (B + \lambda)^{-1} q = A q - A B q/\lambda + A B^2 q/\lambda^2 - \dots$$

A is beta times the decayed Hebbian memory. As lam -> 0 at gamma = 1, independent keys are
interpolated by the map of least norm.
"""

from typing import Any

from sympy import Integer, Matrix, Symbol, eye, zeros

from proofs_check.claim import Claim, plus, replaced, require_zero
from proofs_check.limits import limit_at_zero, taylor
from proofs_check.notation import Expr
from proofs_check.pairs import columns, stored, symbols
from proofs_check.rules import decay, mesa
from proofs_check.rules.mesa import beta, gamma, lam
from proofs_check.standard import SCALES

KEYS, VALUES, QUERY = columns("k", 2, 2), columns("v", 1, 2), columns("q", 2, 1)
ORDERS = 3  # of 1/lam
small = Symbol("small", positive=True)  # 1/lam


def _second_moment(keys: Expr, values: Expr) -> Expr:
    """B after these pairs, as Eq 18 runs it."""
    B = zeros(keys.rows, keys.rows)
    for j in range(keys.cols):
        _, B = mesa.printed(zeros(1, keys.rows), B, keys.col(j), values.col(j))
    return B


def _series() -> Expr:
    """A q, -A B q, A B^2 q, from the geometric series of (1 + B/lam)^-1."""
    A, B = beta * stored(decay.printed, KEYS, VALUES), _second_moment(KEYS, VALUES)
    series = sum(((-small * B) ** n for n in range(1, ORDERS)), eye(2))
    remainder = (eye(2) + small * B) * series - eye(2) + (-small * B) ** ORDERS
    require_zero(remainder, "what is left of the series is of order 1/lam^3")
    return Matrix([(A * (-B) ** n * QUERY)[0] for n in range(ORDERS)])


def _expanded(catalogue: Any) -> Expr:
    """Coefficients in 1/lam of lam times the read-out."""
    values = {"gamma": gamma, "beta": beta, "lam": lam}
    (read,) = catalogue("mesa").reads(KEYS, VALUES, QUERY, **values)
    return Matrix(taylor(read.subs(lam, 1 / small) / small, small, ORDERS))


LARGE = Claim(
    id="relations/moments/mesa-large-lam",
    statement="mesa as lam -> infinity, times lam, is beta times the decayed Hebbian memory (gated "
    "linear attention); the next orders are -A B q/lam, A B^2 q/lam^2.",
    derive=_series,
    ships=_expanded,
    twins=(
        *SCALES,
        replaced("no decay", {gamma: 1}),
        replaced("beta squared", {beta: beta**2}),
        replaced("pairs swapped", dict(zip([*KEYS], [*KEYS.col(1), *KEYS.col(0)], strict=False))),
        plus("a constant too many", QUERY[0]),
    ),
    rules=("mesa", "decay"),
    parameters=(gamma, beta),
    symbols=symbols(KEYS, VALUES, QUERY),
    assumptions="Two generic pairs in the plane and a generic query, any gamma and beta.",
    steps=r"$(1 + B/\lambda) \sum_{n<3} (-B/\lambda)^n = 1 + O(\lambda^{-3})$ exactly; run the "
    r"reference step on symbols, its solve by cofactors, and expand in $1/\lambda$ by long "
    "division. The same argument holds in every dimension.",
)


def interpolant(keys: Expr, values: Expr) -> Expr:
    """The map of least norm with S k_j = v_j: V (K^T K)^{-1} K^T, its rows in the span of keys."""
    gram = keys.T * keys
    S = values * gram.adjugate() * keys.T / gram.det()
    require_zero(S * keys - values, "every value is read at its key")
    return S


def small_lam(size: int, items: int) -> Claim:
    """As lam -> 0 with fewer keys than dimensions, or as many."""
    keys, values = columns("k", size, items), columns("v", 1, items)
    query = columns("q", size, 1)

    def ships(catalogue: Any) -> Expr:
        (read,) = catalogue("mesa").reads(keys, values, query, gamma=1, beta=beta, lam=lam)
        return Matrix([limit_at_zero(read, lam)])

    return Claim(
        id=f"relations/moments/mesa-small-lam/d{size}/items{items}",
        statement="mesa as lam -> 0 at gamma = 1 is the interpolant of least norm, whatever beta: "
        f"{items} keys in {size} dimensions.",
        derive=lambda: interpolant(keys, values) * query,
        ships=ships,
        twins=(
            *SCALES,
            plus("a constant too many", Integer(1)),
            replaced("a key doubled in one entry", {keys[0]: 2 * keys[0]}),
        ),
        rules=("mesa",),
        parameters=(beta,),
        symbols=symbols(keys, values, query),
        assumptions="Generic keys, hence linearly independent; a generic query.",
        steps=r"Run the reference step on symbols at $\lambda > 0$; its read-out is a rational "
        r"function of $\lambda$ whose powers of $\lambda$ cancel at $0$; compare with "
        r"$V (K^\top K)^{-1} K^\top q$, which reads every value at its key and is 0 across the "
        "span of the keys.",
    )


CLAIMS = (LARGE, small_lam(2, 1), small_lam(2, 2), small_lam(3, 2))
