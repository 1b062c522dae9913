r"""Stability edges: where one period of writes no longer shrinks the power of a memory.

With W = E S^T S isotropic the growth is that of its trace. Delta rules: rho = a^2 - 2 a p/d +
p^2 m4/d for S <- S (a I - p k k^T), m4 = E|k|^4; delta itself ends at beta = 2/m4. Titans with a
linear memory couples the traces of S^T S, S^T M and M^T M; without decay it ends at

    beta = 2 d (1 - mu^2)/[d (1 + mu) - 2 mu]    (sphere).

Chunks of b: E G = (b/d) I and E G^2 = (b/d)(m4 + (b - 1)/d) I for G = sum k k^T, so with
c = m4 + (b - 1)/d the edge is the larger root of c beta^2 - 2 beta = (d/b)(1/alpha^2 - 1). Windows
of two pairs: the trace and the power along the newest key.
"""

from typing import Any

import sympy
from sympy import Integer, Matrix, Rational, Symbol, eye, solve

from proofs_check import affine
from proofs_check.claim import Claim, Twin, plus, replaced, stated, times
from proofs_check.kernels import SCALES, keys_assumption
from proofs_check.lemmas import ENSEMBLES, SPHERE, Ensemble
from proofs_check.notation import Expr, d, parameter
from proofs_check.rules import delta, gated_delta, rwkv7

beta, alpha, mu = parameter("beta"), parameter("alpha"), parameter("mu")
b = sympy.Symbol("chunk", integer=True, positive=True)
R = sympy.Symbol("R", positive=True)  # the root of the discriminant
b0, b1 = sympy.symbols("b0 b1", positive=True)  # rates of a window
ONE_D = replaced("d off by one", {d: d + 1})
HALVED = replaced("beta halved", {beta: beta / 2})
THEOREMS = {"delta": delta.THEOREM, "gated_delta": gated_delta.THEOREM, "rwkv7": rwkv7.THEOREM}


def growth(rule: str, keys: Ensemble) -> Claim:
    """The growth per write of a rule with one block."""
    theorem = THEOREMS[rule]
    first = theorem.parameters[-1]
    return Claim(
        id=f"answers/edges/{rule}/{keys.name}",
        statement=f"Factor by which one write of {rule} multiplies the power of a memory, "
        f"{keys.name} keys: bisected for the edge.",
        derive=lambda: affine.spectrum(theorem.update, keys)[0],
        ships=lambda catalogue: catalogue(rule).engine_of(keys, **theorem.symbols).carry()[0],
        twins=(*SCALES, ONE_D, replaced(f"{first} halved", {first: first / 2})),
        rules=(rule,),
        parameters=theorem.parameters,
        assumptions=keys_assumption(keys) + " A memory of any power, alike in all directions.",
        steps=r"$\rho = E\,\mathrm{tr}(A^2)/d$ for the printed update $S \leftarrow SA + \ldots$",
    )


def delta_edge(keys: Ensemble) -> Claim:
    """rho = 1 at beta = 2/m4 and, in between, below."""
    return Claim(
        id=f"answers/edges/delta/{keys.name}/end",
        statement=f"The delta rule's growth is 1 - beta (2 - beta m4)/d: 1 at 0 and at beta = "
        f"2/m4, {keys.name} keys.",
        derive=lambda: Matrix([1 - beta * (2 - beta * keys.radial(4)) / d, 1, 1]),
        ships=lambda catalogue: _delta_growth(catalogue, keys),
        twins=(*SCALES, ONE_D, HALVED),
        rules=("delta",),
        parameters=(beta,),
        assumptions=keys_assumption(keys),
        steps=r"$E (I - \beta kk^T)^2 = I - (2\beta - \beta^2 E|k|^4)\,I/d$.",
    )


def _delta_growth(catalogue: Any, keys: Ensemble) -> Expr:
    found = catalogue("delta").engine_of(keys, beta=beta).carry()[0]
    return Matrix([found, found.subs(beta, 0), found.subs(beta, 2 / keys.radial(4))])


def _titans() -> Expr:
    """Traces (W, C, P) of S^T S, S^T M, M^T M after one write; values and older power left out.

    M' = mu M - beta S k k^T, S' = alpha S + M', and E kk^T = I/d, E (kk^T)^2 = I m4/d, m4 = 1.
    """
    W, C, P = sympy.symbols("W C P")
    P1 = mu**2 * P - 2 * mu * beta * C / d + beta**2 * W / d
    SM1 = mu * C - beta * W / d  # S^T M'
    W1, C1 = alpha**2 * W + 2 * alpha * SM1 + P1, alpha * SM1 + P1
    return Matrix([W1, C1, P1]).jacobian([W, C, P])


def _titans_edge() -> Expr:
    found = sympy.factor((eye(3) - _titans()).det())
    (edge,) = [x for x in sympy.solve(found.subs(alpha, 1), beta) if x != 0]
    # the antisymmetric part of E S^T M is multiplied by alpha mu
    return Matrix([(1 - alpha * mu) * found, edge])


def _shipped_titans(catalogue: Any) -> Expr:
    carry = catalogue("momentum").engine_of(SPHERE, alpha=alpha, mu=mu, beta=beta).carry()
    found = (eye(4) - carry).det(method="berkowitz")
    (edge,) = [x for x in sympy.solve(sympy.factor(found.subs(alpha, 1)), beta) if x.has(d)]
    return Matrix([found, edge])


TITANS = Claim(
    id="answers/edges/momentum",
    statement="det(1 - growth) of both blocks, any alpha, mu and beta; its zero at alpha = 1 is "
    "beta = 2 d (1 - mu^2)/(d (1 + mu) - 2 mu), sphere.",
    derive=_titans_edge,
    ships=_shipped_titans,
    twins=(
        *SCALES,
        ONE_D,
        replaced("mu halved", {mu: mu / 2}),
        replaced("beta halved", {beta: beta / 2}),
    ),
    rules=("momentum",),
    parameters=(alpha, mu, beta),
    assumptions=keys_assumption(SPHERE),
    steps=r"The traces of $E S^TS$, $E S^TM$, $E M^TM$ obey a linear recursion; growth passes 1 "
    "where one less its matrix is singular.",
)

STATED = Claim(
    id="answers/edges/momentum/end",
    statement="The edge without decay in closed form; beta = 2 without momentum.",
    derive=lambda: Matrix([_titans_edge()[1], _titans_edge()[1].subs(mu, 0)]),
    ships=stated(Matrix([2 * d * (1 - mu**2) / (d * (1 + mu) - 2 * mu), Integer(2)])),
    twins=(*SCALES, ONE_D, replaced("mu halved", {mu: mu / 2})),
    rules=("momentum",),
    parameters=(mu,),
    assumptions=keys_assumption(SPHERE) + r" $\alpha = 1$.",
    steps=r"Solve $\det = 0$ for $\beta \neq 0$.",
)


def _chunk_growth(keys: Ensemble, decay: Expr) -> Expr:
    """E tr [alpha (I - beta G)]^2/d for the sum G of b outer products."""
    first, second = b, b * keys.radial(4) + b * (b - 1) / d  # E tr G and E tr G^2
    return decay**2 * (1 - 2 * beta * first / d + beta**2 * second / d)


def _larger_root(keys: Ensemble) -> Expr:
    """Of growth = 1, at the decay for which the discriminant is a square R^2."""
    c = keys.radial(4) + (b - 1) / d
    decay = 1 / sympy.sqrt(1 + b * (R**2 - 1) / (c * d))
    excess = sympy.numer(sympy.together(_chunk_growth(keys, decay) - 1))
    roots = sympy.solve(sympy.expand(excess), beta)
    return max(roots, key=lambda x: x.subs({R: 3, b: 2, d: 5}))


def _shipped_root(catalogue: Any, keys: Ensemble) -> Expr:
    c = keys.radial(4) + (b - 1) / d
    decay = 1 / sympy.sqrt(1 + b * (R**2 - 1) / (c * d))
    return catalogue("ttt_linear").declared_edge(keys, alpha=decay, chunk=b)


def chunks(keys: Ensemble) -> Claim:
    """The declared edge of mini-batch steps."""
    end = {"sphere": "2d/(d + b - 1)", "gaussian": "2d/(d + b + 1)"}[keys.name]
    return Claim(
        id=f"answers/edges/ttt_linear/{keys.name}",
        statement=f"The declared edge of chunks of b with decay, {keys.name} keys: (1 + R)/c; "
        f"{end} without decay (R = 1).",
        derive=lambda: Matrix([_larger_root(keys), _larger_root(keys).subs(R, 1)]),
        ships=lambda catalogue: Matrix(
            [_shipped_root(catalogue, keys), _shipped_root(catalogue, keys).subs(R, 1)]
        ),
        twins=(
            *SCALES,
            replaced("chunk off by one", {b: b + 1}),
            replaced("root off by one", {R: R + 1}),
            replaced("the smaller root", {R: -R}),
        ),
        rules=("ttt_linear",),
        parameters=(b,),
        symbols=(R,),
        assumptions=keys_assumption(keys)
        + r" $1/\alpha^2 = 1 + b(R^2-1)/(cd)$, $c = E|k|^4 + (b-1)/d$.",
        steps=r"$E\,\mathrm{tr}\,G = b$, $E\,\mathrm{tr}\,G^2 = b E|k|^4 + b(b-1)/d$; growth is "
        r"$\alpha^2(1 - 2\beta b/d + \beta^2 bc/d) = 1$ at the larger root $(1 + R)/c$.",
    )


def period(chunk: int) -> Claim:
    """The engine's growth over a chunk has the derived one among its eigenvalues."""
    return Claim(
        id=f"answers/edges/ttt_linear/engine/{chunk}",
        statement=f"Over a chunk of {chunk} the engine's growth has eigenvalue alpha^2 (1 - 2 beta "
        "b/d + beta^2 b c/d) and three zeros, sphere.",
        derive=lambda: _characteristic(_chunk_growth(SPHERE, alpha).subs(b, chunk)),
        ships=lambda catalogue: _shipped_characteristic(catalogue, chunk),
        twins=(*SCALES, ONE_D, HALVED, replaced("alpha halved", {alpha: alpha / 2})),
        rules=("ttt_linear",),
        parameters=(alpha, beta),
        symbols=(R,),
        assumptions=keys_assumption(SPHERE),
        steps="After a whole chunk both blocks hold the same memory, so only its own power lives.",
    )


def _characteristic(rho: Expr) -> Expr:
    return R**3 * (R - rho)


def _shipped_characteristic(catalogue: Any, chunk: int) -> Expr:
    carry = catalogue("ttt_linear").engine_of(SPHERE, alpha=alpha, beta=beta, chunk=chunk).carry()
    return (R * eye(4) - carry).det(method="berkowitz")


def _window() -> Expr:
    """(tr E S^T S, E|S k|^2), k the newest key, after one write; values left out.

    S' = S (I - b0 k'k'^T - b1 k k^T), averaged over the fresh k'.
    """
    X, f = sympy.symbols("X f")
    trace = (1 - 2 * b0 / d + b0**2 / d) * X + (b1**2 - 2 * b1 + 2 * b0 * b1 / d) * f
    along = (1 - b0) ** 2 * X / d + (b1**2 - 2 * (1 - b0) * b1) * f / d
    return Matrix([trace, along]).jacobian([X, f])


WINDOW = Claim(
    id="answers/edges/omega",
    statement="det(1 - growth) of a window of two pairs, any two rates, sphere: bisected for the "
    "edge.",
    derive=lambda: (eye(2) - _window()).det(),
    ships=lambda catalogue: catalogue.window_growth(b0, b1),
    twins=(
        *SCALES,
        ONE_D,
        replaced("a rate halved", {b1: b1 / 2}),
        times("one eigenvalue more", 1 - b0),
    ),
    rules=("omega",),
    symbols=(b0, b1),
    assumptions=keys_assumption(SPHERE),
    steps="The trace and the power along the newest key close under one write; growth passes 1 "
    "where one less their matrix is singular.",
)

WEIGHTS = (Rational(1, 2), Rational(2), Rational(3))


def _weighted() -> Expr:
    """The beta at which one write of the step beta w leaves the power as it is, unit keys."""
    beta, w = Symbol("beta", positive=True), Symbol("w", positive=True)
    (edge,) = solve(beta * w * (2 - beta * w), beta)
    return Matrix([edge.subs(w, weight) for weight in WEIGHTS])


def _bisected(catalogue: Any) -> Expr:
    """The edge as it ships, bisected to 1e-12, at the nearest fraction of small numbers."""
    edge, keys = catalogue.part("omega_law.omega_edge"), catalogue.part("keys.Sphere")()
    found = (edge((float(w),), keys, 3) for w in WEIGHTS)
    return Matrix([Rational(round(x, 9)).limit_denominator(100) for x in found])


ONE_PAIR = Claim(
    id="answers/edges/omega/one-pair",
    statement="The edge of windows of one pair of weight w is beta = 2/w: w = 1/2, 2, 3, sphere "
    "keys of d = 3.",
    derive=_weighted,
    ships=_bisected,
    twins=(
        *SCALES,
        plus("off by a thousandth", Rational(1, 1000)),
        Twin("weights upside down", lambda x: x.applyfunc(lambda y: 4 / y)),
    ),
    rules=("omega",),
    assumptions=keys_assumption(SPHERE),
    steps=r"One write of the step $b = \beta w$ takes $b (2 - b)/d$ off the power: nothing at "
    "$b = 2$. What ships is bisected, and read to nine digits.",
)

CLAIMS = (
    *(growth(rule, keys) for rule in THEOREMS for keys in ENSEMBLES),
    *map(delta_edge, ENSEMBLES),
    TITANS,
    STATED,
    *map(chunks, ENSEMBLES),
    *map(period, (2, 3)),
    WINDOW,
    ONE_PAIR,
)
