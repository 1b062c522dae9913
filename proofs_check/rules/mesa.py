r"""MesaNet, McDermott, Heath, Parhi 2026, Eq 18: $y = \theta^1 (\theta^2 + \Lambda)^{-1} q$.

Eq 17 prints the loss with whole squares and half of tr S Lambda S: its minimiser has Lambda/2 for
Lambda and no gamma, beta. Eq 18 minimises, with D = beta gamma^age,

    L(S) = sum D |S k - v|^2 / 2 + lam tr(S S^T) / 2.

For two pairs this is proved by solving dL/dS = 0. With m = k^T (B + lam)^{-1} k over the other
pairs, a stored pair reads f v + (1 - f) o, f = beta m / (1 + beta m), o what is read without it;
orthonormal keys read D/(D + lam); and where B is regular, lam = 0 reads a projection, so over all
stored pairs sum s = sum p = d.
"""

import sympy
from sympy import Matrix, Rational, eye, zeros

from proofs_check.claim import Claim, plus, replaced, require_zero, times
from proofs_check.notation import Expr, column, parameter, state

gamma, beta, lam = (parameter(name) for name in ("gamma", "beta", "lam"))
PARAMETERS = (gamma, beta, lam)
EVERY = {"gamma": gamma, "beta": beta, "lam": lam}

# Generic pairs in the plane, oldest first: keys are the rows of one generic matrix.
ROWS = state(3, 2)
K = [ROWS.row(i).T for i in range(3)]
V = [column("k", 2), column("v", 2)]
k, v, q = column("k", 2), column("v", 2), column("v", 2)


def printed(A: Expr, B: Expr, key: Expr, value: Expr) -> tuple[Expr, Expr]:
    """Eq 18's two running sums."""
    return gamma * A + beta * value * key.T, gamma * B + beta * key * key.T


def shipped_moments(catalogue: Expr, keys: list[Expr], values: list[Expr], **fixed: Expr) -> Expr:
    """A and B after the shipped step wrote these pairs into an empty memory."""
    A, B = zeros(values[0].rows, 2), zeros(2, 2)
    for key, value in zip(keys, values, strict=True):
        A, B = catalogue("mesa").write({"A": A, "B": B}, key, value, **(EVERY | fixed))
    return A, B


def read(A: Expr, B: Expr, query: Expr, ridge: Expr = lam) -> Expr:
    """Eq 18's read-out, the inverse by cofactors."""
    inner = B + ridge * eye(2)
    return A * inner.adjugate() * query / inner.det()


def _map(A: Expr, B: Expr) -> Expr:
    """The S whose S q is Eq 18's read-out."""
    return read(A, B, eye(2))


def minimiser() -> Expr:
    """The S with dL/dS = 0, by solving the four linear equations of two generic pairs."""
    S = Matrix(2, 2, sympy.symbols("a b c e", real=True))
    loss = lam * (S * S.T).trace() / 2
    for age, (key, value) in enumerate(zip(K[1::-1], V[::-1], strict=True)):
        error = S * key - value
        loss += beta * gamma**age * (error.T * error)[0] / 2
    found = sympy.solve([loss.diff(x) for x in S], list(S), dict=True)[0]
    return S.subs(found)


def moments_of_one_write() -> Expr:
    """Eq 18's A over its B after one pair, from generic ones."""
    A, B = printed(state(2, 2), _symmetric(), k, v)
    return A.col_join(B)


def _symmetric() -> Expr:
    S = state(3, 2)
    return Matrix([[S[1, 0], S[1, 1]], [S[1, 1], S[2, 0]]])


GENERIC = "Generic pairs in the plane, any values; nothing is random."

UPDATE = Claim(
    id="mesa/update",
    statement="The step is Eq 18's: A <- gamma A + beta v k^T, B <- gamma B + beta k k^T.",
    derive=moments_of_one_write,
    ships=lambda catalogue: Matrix.vstack(
        *catalogue("mesa").write({"A": state(2, 2), "B": _symmetric()}, k, v, **EVERY)
    ),
    twins=(
        replaced("no decay", {gamma: 1}),
        replaced("no step size", {beta: 1}),
        replaced("key and value exchanged", dict(zip([*k, *v], [*v, *k], strict=True))),
    ),
    rules=("mesa",),
    parameters=(gamma, beta),
    assumptions="Any $A$, any symmetric $B$, any pair; nothing is random.",
    steps="Write one generic pair into generic sums as printed; compare each entry of both.",
)

FIRST_ORDER = Claim(
    id="mesa/first-order",
    statement="Eq 18 minimises the 1/2-weighted loss with weights beta gamma^age; Eq 17 does not.",
    derive=minimiser,
    ships=lambda catalogue: _map(*shipped_moments(catalogue, K[:2], V)),
    twins=(
        replaced("Eq 17: Lambda/2 for Lambda", {lam: lam / 2}),
        replaced("Eq 17: no gamma", {gamma: 1}),
        replaced("Eq 17: no beta", {beta: 1}),
        times("half", Rational(1, 2)),
    ),
    rules=("mesa",),
    parameters=PARAMETERS,
    assumptions=GENERIC + r" The loss is $\sum_i \beta \gamma^{a_i} |S k_i - v_i|^2/2 + "
    r"\lambda\, \mathrm{tr}(S S^\top)/2$, $a_i$ the age of pair $i$; two pairs.",
    steps="Differentiate the loss by each entry of $S$ and solve the four linear equations; "
    "compare with the read-out of the shipped sums, as a matrix on queries.",
)


def leave_one_out() -> Expr:
    """f v + (1 - f) o from the rank-one update of an inverse, for any earlier A and B."""
    A, B = state(3, 2).row(0), _symmetric()
    R = (B + lam * eye(2)).adjugate() / (B + lam * eye(2)).det()
    m = (k.T * R * k)[0]
    f = beta * m / (1 + beta * m)
    return f * v[0] + (1 - f) * (A * R * k)[0]


def _read_after_write(catalogue: Expr) -> Expr:
    before = {"A": state(3, 2).row(0), "B": _symmetric()}
    A, B = catalogue("mesa").write(before, k, v[:1, :], **(EVERY | {"gamma": sympy.Integer(1)}))
    return read(A, B, k)[0]


LEAVE_ONE_OUT = Claim(
    id="mesa/leave-one-out",
    statement="A stored key reads f v + (1 - f) o, f = beta m/(1 + beta m), o read without it.",
    derive=leave_one_out,
    ships=_read_after_write,
    twins=(
        replaced("ridge doubled", {lam: 2 * lam}),
        replaced("step forgotten", {beta: 1}),
        plus("the pair read twice", v[0]),
    ),
    rules=("mesa",),
    parameters=(beta, lam),
    assumptions=r"Any earlier $A$ and symmetric $B$ in the plane, $B + \lambda I$ regular; "
    r"$\gamma = 1$.",
    steps=r"With $m = k^\top (B + \lambda I)^{-1} k$ of the other pairs, the rank-one update of "
    "the inverse gives $f$; compare with the shipped sums after the write, read at $k$.",
)


def orthonormal() -> Expr:
    """Rows: what the older and the newer of two orthonormal keys read, s(1) v_1 and s(0) v_0."""
    weights = (beta * gamma, beta)
    return Matrix.hstack(*(D / (D + lam) * x for D, x in zip(weights, V, strict=True)))


def _orthonormal_reads(catalogue: Expr) -> Expr:
    axes = [eye(2).col(0), eye(2).col(1)]
    A, B = shipped_moments(catalogue, axes, V)
    return Matrix.hstack(*(read(A, B, axis) for axis in axes))


ORTHONORMAL = Claim(
    id="mesa/orthonormal",
    statement="Orthonormal keys read D/(D + lam) times their value, D = beta gamma^age.",
    derive=orthonormal,
    ships=_orthonormal_reads,
    twins=(
        replaced("ridge halved", {lam: lam / 2}),
        replaced("decay squared", {gamma: gamma**2}),
        times("half", Rational(1, 2)),
    ),
    rules=("mesa",),
    parameters=PARAMETERS,
    assumptions="Two orthonormal keys in the plane, any values.",
    steps=r"Each key sees only its own weight $D = \beta \gamma^{a}$ in both sums, and its "
    r"scalar problem $(D + \lambda)\, y = D\, v$ is solved by hand.",
)


def _recall_matrix(catalogue: Expr) -> Expr:
    """R of three generic pairs in the plane at lam = 0, gamma = 1: values are unit vectors."""
    one = {"gamma": sympy.Integer(1)}
    units = [eye(3).col(i) for i in range(3)]
    A, B = shipped_moments(catalogue, K, units, **one)
    return Matrix.hstack(*(read(A, B, key, sympy.Integer(0)) for key in K)).T


def projection() -> Expr:
    """X (X^T X)^{-1} X^T of the keys in rows: idempotent, symmetric, of trace d."""
    gram = ROWS.T * ROWS
    P = ROWS * gram.adjugate() * ROWS.T / gram.det()
    require_zero(P * P - P, "a second projection changes nothing")
    require_zero(P - P.T, "the projection is orthogonal, so its squares sum to its trace")
    require_zero(Matrix([P.trace() - 2]), "its trace is the dimension")
    return P


PSEUDO_INVERSE = Claim(
    id="mesa/pseudo-inverse",
    statement="At lam = 0, gamma = 1, N > d keys in general position: R projects, of trace d.",
    derive=projection,
    ships=_recall_matrix,
    twins=(
        plus("one more in every entry", 1),
        times("half", Rational(1, 2)),
        replaced("a key doubled in one entry", {ROWS[0, 0]: 2 * ROWS[0, 0]}),
    ),
    rules=("mesa",),
    parameters=(beta,),
    assumptions=r"Three generic keys in the plane, any two of them independent; $\gamma = 1$, "
    r"$\lambda = 0$.",
    steps=r"$P = X (X^\top X)^{-1} X^\top$ of the keys in rows is idempotent, symmetric and of "
    "trace $d$, each checked; it is compared with what unit values read at the stored keys.",
)

CLAIMS = (UPDATE, FIRST_ORDER, LEAVE_ONE_OUT, ORTHONORMAL, PSEUDO_INVERSE)
