r"""MesaNet, Eqs 17 and 18 of McDermott, Heath, Parhi 2026, for any symmetric $\Lambda$.

Eq 18, $\theta^1 (\theta^2 + \Lambda)^{-1}$, minimises half of
$\sum \beta \gamma^{age} |\theta k - v|^2 + \mathrm{Tr}(\theta \Lambda \theta^\top)$.
Eq 17 prints it without $\beta$, $\gamma$ and the 1/2 of the squares, hence with $\Lambda/2$ in the
minimiser, and with $\mathrm{Tr}(\theta \Lambda \theta)$, which needs $d_k = d_v$ and is bounded
below by nothing.
"""

from typing import Any

from sympy import Integer, Matrix, Rational, Symbol, eye, symbols

from proofs_check.calculus import gradient, root, unknown
from proofs_check.claim import Claim, Twin, instead, replaced, stated, times
from proofs_check.notation import Expr, column, generic, parameter, state
from proofs_check.paper.losses import delta
from proofs_check.rules.mesa import printed, shipped_moments

gamma, beta, lam = (parameter(name) for name in ("gamma", "beta", "lam"))
KEYS, VALUES = generic("K", 2, 2), generic("V", 2, 2)  # columns, oldest first
QUERY = column("q", 2)
ELL = symbols("Lambda_00 Lambda_01 Lambda_11", real=True)
LAMBDA = Matrix([[ELL[0], ELL[1]], [ELL[1], ELL[2]]])
ONE, HALF = Integer(1), Rational(1, 2)
turn = Symbol("s", real=True)
PAIRS = "Two generic pairs in the plane"


def minimiser(weights: tuple[Expr, Expr], ridge: Expr) -> Expr:
    """Where the weighted squares + ridge * Tr(theta Lambda theta^T) are stationary, row by row."""
    theta = unknown(2, 2)

    def loss(S: Expr) -> Expr:
        squares = [w * delta(S, KEYS[:, i], VALUES[:, i]) for i, w in enumerate(weights)]
        return sum(squares) + ridge * (S * LAMBDA * S.T).trace()

    slope = gradient(loss, theta)
    return Matrix.vstack(*(root(slope[i, :], theta[i, :]) for i in range(2)))


def solution(A: Expr, B: Expr, ridge: Expr) -> Expr:
    """A (B + ridge)^(-1), the inverse by cofactors."""
    inner = B + ridge
    return A * inner.adjugate() / inner.det()


def _shipped(catalogue: Any) -> Expr:
    pairs = [KEYS[:, i] for i in range(2)], [VALUES[:, i] for i in range(2)]
    A, B = shipped_moments(catalogue, *pairs)
    return solution(A, B, LAMBDA)


FIRST_ORDER = Claim(
    id="paper/mesa/first-order",
    statement="Eq 18 minimises the halved loss with weights beta gamma^age, any symmetric Lambda.",
    derive=lambda: minimiser((beta * gamma / 2, beta / 2), HALF),
    ships=_shipped,
    twins=(
        replaced("as printed (Eq 17): Lambda/2", {x: x / 2 for x in ELL}),
        replaced("as printed (Eq 17): no gamma", {gamma: ONE}),
        replaced("as printed (Eq 17): no beta", {beta: ONE}),
        replaced("diagonal of Lambda alone", {ELL[1]: Integer(0)}),
    ),
    rules=("mesa",),
    parameters=(gamma, beta),
    symbols=(*KEYS, *VALUES, *ELL),
    assumptions=PAIRS + r"; $\Lambda$ symmetric, $\theta^2 + \Lambda$ regular.",
    steps=r"Solve the vanishing gradient of $\frac12 \sum \beta \gamma^{age} |\theta k - v|^2 + "
    r"\frac12 \mathrm{Tr}(\theta \Lambda \theta^T)$ row by row; the moments are those that ship.",
)


def _unweighted(ridge: Expr) -> Expr:
    return solution(VALUES * KEYS.T, KEYS * KEYS.T, ridge)


def _exchanged(rows: Expr) -> Expr:
    return Matrix.vstack(rows[2:, :], rows[:2, :])


AS_PRINTED = Claim(
    id="paper/mesa/as-printed",
    statement="Eq 17, squares not halved: Lambda/2 if the trace is, Lambda if not; no gamma, beta.",
    derive=lambda: Matrix.vstack(*(minimiser((ONE, ONE), ridge) for ridge in (HALF, ONE))),
    ships=stated(Matrix.vstack(*(_unweighted(LAMBDA * ridge) for ridge in (HALF, ONE)))),
    twins=(
        instead("Eq 18's Lambda in both", lambda: Matrix.vstack(*[_unweighted(LAMBDA)] * 2)),
        Twin("the two exchanged", _exchanged),
        replaced("Lambda doubled, as of halved squares", {x: 2 * x for x in ELL}),
        times("half", HALF),
    ),
    symbols=(*KEYS, *VALUES, *ELL),
    assumptions=PAIRS + r"; $\Lambda$ symmetric; the trace put right, $\mathrm{Tr}(\theta \Lambda "
    r"\theta^T)$.",
    steps=r"Solve the vanishing gradient of $\sum |\theta k - v|^2 + \frac12 \mathrm{Tr}$ and of "
    r"$\sum |\theta k - v|^2 + \mathrm{Tr}$: only the ratio of the two terms counts.",
)

TRACE = Claim(
    id="paper/mesa/trace",
    statement="Eq 17: half of Tr(theta Lambda theta^T) has the gradient theta Lambda.",
    derive=lambda: gradient(lambda S: (S * LAMBDA * S.T).trace() / 2, state(2, 2)),
    ships=stated(state(2, 2) * LAMBDA),
    twins=(
        instead(
            "as printed (Eq 17): Tr(theta Lambda theta)",
            lambda: gradient(lambda S: (S * LAMBDA * S).trace() / 2, state(2, 2)),
        ),
        Twin("Lambda on the left", lambda _: LAMBDA * state(2, 2)),
        times("without the half", 2),
    ),
    symbols=ELL,
    assumptions=r"Any $\theta$ of $2 \times 2$, $\Lambda$ symmetric.",
    steps="Differentiate by every entry.",
)

UNBOUNDED = Claim(
    id="paper/mesa/unbounded",
    statement="Eq 17 as printed falls without bound: Tr(theta Lambda theta) = -s^2 Tr(Lambda).",
    derive=lambda: (_quarter_turn() * LAMBDA * _quarter_turn()).trace(),
    ships=stated(-(turn**2) * LAMBDA.trace()),
    twins=(
        times("as corrected: Tr(theta Lambda theta^T)", -1),
        replaced("bounded", {turn: ONE}),
        replaced("trace for its off-diagonal", {ELL[0]: ELL[1]}),
    ),
    symbols=(turn, *ELL),
    assumptions=r"$\theta$ = $s$ times a quarter turn; $\mathrm{Tr}\, \Lambda > 0$.",
    steps="Multiply out; let $s$ grow.",
)


def _quarter_turn() -> Expr:
    return turn * Matrix([[0, 1], [-1, 0]])


def _eq_18() -> Expr:
    A = B = 0 * KEYS
    for i in range(2):
        A, B = printed(A, B, KEYS[:, i], VALUES[:, i])
    solved = unknown(2, 1)
    return A * root((B + lam * eye(2)) * solved - QUERY, solved)


READ_OUT = Claim(
    id="paper/mesa/read-out",
    statement="Eq 18: two pairs written and a query read as it ships, Lambda = lam I.",
    derive=_eq_18,
    ships=lambda catalogue: catalogue("mesa").stream(
        KEYS, VALUES, QUERY, gamma=gamma, beta=beta, lam=lam
    ),
    twins=(
        replaced("as printed (Eq 17): Lambda/2", {lam: lam / 2}),
        replaced("as printed (Eq 17): no gamma", {gamma: ONE}),
        replaced("as printed (Eq 17): no beta", {beta: ONE}),
        times("factor 2", 2),
    ),
    rules=("mesa",),
    parameters=(gamma, beta, lam),
    symbols=(*KEYS, *VALUES, *QUERY),
    assumptions=PAIRS + "; an empty memory at the start.",
    steps=r"Solve $(\theta^2 + \lambda I) x = q$; $y = \theta^1 x$. What ships is its whole step "
    "and read-out, run on symbols.",
)

CLAIMS = (FIRST_ORDER, AS_PRINTED, TRACE, UNBOUNDED, READ_OUT)
