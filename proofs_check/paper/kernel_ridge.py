r"""Kernel ridge, Eq 6 of McDermott, Heath, Parhi 2026: $y = V (K + \lambda I)^{-1} \kappa$.

It minimises $\frac12 \sum_i |m(k_i) - v_i|^2 + \frac\lambda2 |m|^2$ over the kernel's space. In a
space of three features $m(k) = w^\top \varphi(k)$ this is solved for w itself, without supposing
that w lies in the span of the stored features; the ridge without the 1/2 of the squares is
$\lambda/2$ in Eq 6.
"""

from sympy import Matrix, Rational, Symbol, expand, eye, symbols

from proofs_check.calculus import stationary
from proofs_check.claim import Claim, Twin, plus, replaced, require_zero, stated, times
from proofs_check.notation import Expr, column, e, generic, parameter

h = Symbol("h", positive=True)
lam = parameter("lam")
PHI = generic("f", 2, 3)  # features of two stored keys, in rows
QUERY = column("q", 3)  # features of the query
v = column("v", 2)
a, b, x = symbols("a b x", integer=True)  # two keys and a query on a line
component = Symbol("t", real=True)


def _squares(w: Expr) -> Expr:
    """Half the squared error of the two pairs, w a row."""
    errors = PHI * w.T - v
    return errors.dot(errors) / 2


def _loss(w: Expr) -> Expr:
    return _squares(w) + lam * w.dot(w) / 2


def _printed(gram: Expr, overlap: Expr) -> Expr:
    """Eq 6 for two pairs, the inverse by cofactors."""
    system = gram + lam * eye(2)
    return (v.T * system.adjugate() * overlap)[0] / system.det()


EQUATION = Claim(
    id="paper/kernel_ridge/minimiser",
    statement="Eq 6 reads the minimiser of the 1/2-weighted ridge loss over the kernel's space.",
    derive=lambda: (stationary(_loss, 1, 3) * QUERY)[0],
    ships=stated(_printed(PHI * PHI.T, PHI * QUERY)),
    twins=(
        replaced("squares without their 1/2", {lam: lam / 2}),
        replaced("ridge taken away", {lam: -lam}),
        replaced("values exchanged", {v[0]: v[1], v[1]: v[0]}),
        times("factor 2", 2),
    ),
    symbols=(lam, *PHI, *QUERY),
    assumptions=r"Two pairs, three generic features, $K = \Phi \Phi^T$, "
    r"$\kappa = \Phi \varphi(q)$; $\lambda > 0$ so that the minimiser is unique.",
    steps="Solve the three linear equations of the vanishing gradient for $w$; compare "
    r"$w^T \varphi(q)$ with Eq 6.",
)


def _outside_the_span() -> Expr:
    """What a part of w that no stored feature sees adds to the loss."""
    inside = generic("s", 1, 2) * PHI
    outside = component * PHI.row(0).cross(PHI.row(1))
    require_zero(_squares(inside + outside) - _squares(inside), "no stored pair sees it")
    return expand(_loss(inside + outside) - _loss(inside))  # free of what lies inside


def _added_norm() -> Expr:
    """lam t^2 |f_0 x f_1|^2 / 2, by the Gram determinant."""
    return lam * component**2 * (PHI * PHI.T).det() / 2


REPRESENTER = Claim(
    id="paper/kernel_ridge/representer",
    statement="Eq 6: a part outside the span of the stored keys only adds lam/2 of its square.",
    derive=_outside_the_span,
    ships=stated(_added_norm()),
    twins=(
        times("norm without its 1/2", 2),
        times("wrong sign", -1),
        replaced("its norm for the square", {component**2: component}),
        plus("a cross term", component),
    ),
    symbols=(lam, component, *PHI),
    assumptions=r"$w = \Phi^T s + t\, \varphi_0 \times \varphi_1$: any vector of three features.",
    steps="The part is orthogonal to the stored features, so errors do not change and norms add "
    "by Pythagoras: for positive ridge the minimiser has none of it.",
)


def _rbf(one: Expr, other: Expr) -> Expr:
    return e ** (-((one - other) ** 2) / (2 * h**2))


def _dual() -> Expr:
    """The read-out of m = sum_i s_i kappa(k_i, .), s from the vanishing gradient; generic K."""
    free = generic("K", 2, 2)
    gram = Matrix([[1, free[0, 1]], [free[0, 1], 1]])

    def loss(s: Expr) -> Expr:
        errors = gram * s.T - v
        return errors.dot(errors) / 2 + lam * (s * gram * s.T)[0] / 2

    read = (stationary(loss, 1, 2) * Matrix([free[0, 0], free[1, 1]]))[0]
    return read.subs({free[0, 1]: _rbf(a, b), free[0, 0]: _rbf(a, x), free[1, 1]: _rbf(b, x)})


SHIPS = Claim(
    id="paper/kernel_ridge/attention",
    statement="Eq 6: what ships for two keys is the first-order condition with the RBF kernel.",
    derive=_dual,
    ships=lambda catalogue: catalogue("kernel_ridge").stream(
        Matrix([[a, b]]), v.T, Matrix([x]), bandwidth=h, lam=lam
    )[0],
    twins=(
        replaced("squares without their 1/2", {lam: lam / 2}),
        replaced("bandwidth doubled", {h: 2 * h}),
        replaced("values exchanged", {v[0]: v[1], v[1]: v[0]}),
        Twin("query and first key exchanged", lambda y: y.subs({a: x, x: a}, simultaneous=True)),
    ),
    rules=("kernel_ridge",),
    parameters=(lam,),
    symbols=(a, b, x, h),
    assumptions="Two keys and a query on a line, any values.",
    steps=r"$K (K s - v + \lambda s) = 0$ is solved for a generic Gram matrix; then its entries "
    r"are $e^{-(k - k')^2/2h^2}$. What ships is its whole step and read-out, run on symbols.",
)

ONE_ITEM = Claim(
    id="paper/kernel_ridge/one-item",
    statement="Eq 6 with one pair reads kappa/(1 + lam) of its value: it has no normaliser.",
    derive=lambda: (
        stationary(lambda s: ((s[0] - v[0]) ** 2 + lam * s[0] ** 2) / 2, 1, 1)[0] * _rbf(a, x)
    ),
    ships=lambda catalogue: catalogue("kernel_ridge").stream(
        Matrix([[a]]), v[:1, :], Matrix([x]), bandwidth=h, lam=lam
    )[0],
    twins=(
        replaced("squares without their 1/2", {lam: lam / 2}),
        times("normalised as softmax is", (1 + lam) * e ** ((a - x) ** 2 / (2 * h**2))),
        replaced("no ridge", {lam: 0}),
        times("half", Rational(1, 2)),
    ),
    rules=("kernel_ridge",),
    parameters=(lam,),
    symbols=(a, x, h),
    assumptions="One pair; a query at any distance.",
    steps=r"$K = 1$: the coefficient solves $s - v + \lambda s = 0$.",
)

CLAIMS = (EQUATION, REPRESENTER, SHIPS, ONE_ITEM)
