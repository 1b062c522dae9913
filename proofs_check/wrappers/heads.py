r"""Heads, McDermott, Heath, Parhi 2026, Eqs 13-14: $S = \mathrm{diag}(S_1, \dots, S_h)$.

Head i takes slice i of key, query and value; its key is the slice with the norm of the whole key.
Values have E|v_i|^2 = 1/h, so signal and power of the whole read-out are means over the heads, and
the overlap x of the whole is the mean of the overlaps x_i of independent heads:

    E x^2 = s^2 + (1/h^2) sum_i (E x_i^2 - s_i^2).

Slices of a uniform unit vector have independent uniform directions: each head sees unit keys of
dimension d/h, and the inner rule's law holds at d -> d/h. A Gaussian key keeps its own norm.
"""

from typing import Any

import sympy
from sympy import Matrix, Rational, zeros

from proofs_check import affine
from proofs_check.claim import Claim, Twin, plus, replaced
from proofs_check.kernels import SCALES
from proofs_check.lemmas import GAUSSIAN, SPHERE
from proofs_check.notation import Expr, age, before, d, parameter
from proofs_check.rules.delta import printed as delta
from proofs_check.standard import recall_assumptions
from proofs_check.streams import recall

beta = parameter("beta")
h = sympy.Symbol("heads", integer=True, positive=True)
a, b, c, e = sympy.symbols("a b c e", positive=True)
TWINS = (*SCALES, replaced("beta halved", {beta: beta / 2}))


def _direction(x: Expr) -> Expr:
    """A unit vector of the plane with positive rational entries, any direction of a quadrant."""
    return Matrix([1 + 2 * x, 2 * x * (1 + x)]) / (1 + 2 * x + 2 * x**2)


def _key(norm: Expr, split: Expr, one: Expr, other: Expr) -> tuple[Expr, Expr]:
    """A key of this norm whose two slices share it as ``split``; its slices at full norm."""
    share = norm * _direction(split)
    slices = _direction(one), _direction(other)
    whole = Matrix([*(share[0] * slices[0]), *(share[1] * slices[1])])
    return whole, Matrix([*(norm * slices[0]), *(norm * slices[1])])


def _stream() -> tuple[Expr, Expr, Expr, Expr]:
    """Keys as they come, their slices at full norm, values, and the query's number among them."""
    third = Rational(1, 3)
    made = [_key(a, b, c, third), _key(sympy.Integer(1), third, e, b), _key(a, c, third, third)]
    values = Matrix(4, 2, sympy.symbols("v_:8", real=True))
    return Matrix.hstack(*(x for x, _ in made)), Matrix.hstack(*(x for _, x in made)), values, 2


VALUES = tuple(sympy.symbols("v_:8", real=True))


def _block_diagonal() -> Expr:
    """Eqs 13-14: one matrix with the heads' memories on its diagonal."""
    _, keys, values, last = _stream()
    heads = []
    for rows in (slice(0, 2), slice(2, 4)):
        S = zeros(2, 2)
        for t in range(2):
            S = delta(S, keys[rows, t], values[rows, t])
        heads.append(S)
    return sympy.diag(*heads) * keys[:, last]


def _shipped_reads(catalogue: Any) -> Expr:
    keys, _, values, last = _stream()
    inner = catalogue("delta").rule.symbolic(beta=beta)
    return catalogue.wrapper("heads", inner, heads=2).reads(keys[:, :2], values, keys[:, last])


ACTION = Claim(
    id="wrappers/heads/action",
    statement="Two heads around the delta rule, two pairs and a query, d = 4: a block-diagonal "
    "memory of slices at the norm of the whole (Eqs 13-14).",
    derive=_block_diagonal,
    ships=_shipped_reads,
    twins=(
        *TWINS,
        replaced("norms of slices off", {a: a / 2}),
        replaced("values of heads swapped", {VALUES[0]: VALUES[4], VALUES[4]: VALUES[0]}),
    ),
    rules=("heads", "delta"),
    parameters=(beta,),
    symbols=(a, b, c, e, *VALUES),
    assumptions="Any values; keys and queries with positive entries whose slices have norms that "
    "are rational in the symbols: they fill an open set.",
    steps="Scale each slice to the norm of the whole key; write and read each head by the printed "
    "delta rule; put the memories on a diagonal.",
)


def _law() -> Expr:
    """The delta rule at d/h, and the mean over heads."""
    s, p, x2 = (
        law(delta, SPHERE).subs(d, d / h) for law in (affine.signal, affine.power, affine.own_power)
    )
    whole = s**2 + (x2 - s**2) / h
    return Matrix([[s, p, whole]])


def _shipped_law(catalogue: Any) -> Expr:
    s, p = (x.subs(d, d / h) for x in catalogue("delta").closed_form(SPHERE, beta=beta))
    own = affine.own_power(delta, SPHERE).subs(d, d / h)
    return catalogue.mean_over_heads([(s, p, own)], h)


LAW = Claim(
    id="wrappers/heads/law",
    statement="Signal and power of h heads around the delta rule: its law at d/h, at every age, "
    "load and h, sphere; the own power of independent heads.",
    derive=_law,
    ships=_shipped_law,
    twins=(
        *TWINS,
        replaced("d/h taken as d", {h: 1}),
        replaced("items off by one", {before: before + 1}),
        replaced("age off by one", {age: age + 1}),
    ),
    rules=("heads", "delta"),
    parameters=(beta, h),
    assumptions=recall_assumptions(SPHERE) + " Heads of the same size.",
    steps="Each head holds unit keys of dimension $d/h$ and values of mean square $1/h$; sum over "
    r"heads. The overlap is the mean of $h$ independent ones, of variance $(E x_i^2 - s_i^2)/h$.",
)


def _unlike() -> tuple[tuple[Expr, Expr, Expr], ...]:
    return tuple(tuple(sympy.symbols(f"s_{i} p_{i} x_{i}", real=True)) for i in range(3))


def _mean() -> Expr:
    """o_i v_i has mean s_i/h and |o_i|^2 mean p_i/h; x = sum x_i/h with independent x_i."""
    heads, n = _unlike(), 3
    signal = sum(s for s, _, _ in heads) / n
    power = sum(p for _, p, _ in heads) / n
    pairs = [
        x if i == j else s * heads[j][0] for i, (s, _, x) in enumerate(heads) for j in range(n)
    ]
    return Matrix([[signal, power, sum(pairs) / Rational(n) ** 2]])


s0, p0, x0 = _unlike()[0]

UNLIKE = Claim(
    id="wrappers/heads/unlike",
    statement="Three unlike independent heads: means of signal and power, and the own power.",
    derive=_mean,
    ships=lambda catalogue: catalogue.mean_over_heads(list(_unlike()), 3),
    twins=(
        *SCALES,
        replaced("signal and power of a head swapped", {s0: p0, p0: s0}),
        plus("one variance too many", x0 - s0**2),
        replaced("own power of a head left out", {x0: 0}),
    ),
    rules=("heads",),
    symbols=tuple(x for head in _unlike() for x in head),
    assumptions="Independent heads with $E|v_i|^2 = 1/h$; $E x_i = s_i$.",
    steps=r"$E x^2 = h^{-2} \sum_{ij} E x_i x_j$ with $E x_i x_j = s_i s_j$ for $i \ne j$.",
)

DYADIC = (Rational(1, 2), Rational(3, 2))  # steps at which floats are exact in the plane
LOADS = (1, 3)


def _in_the_plane() -> Expr:
    """One head of the plane by brute force: the other is like it."""

    def law(step: Expr, load: int) -> Expr:
        return recall(
            lambda size: zeros(1, size),
            lambda S, k, v, index: S + step * (v - S * k) * k.T,
            lambda S: S,
            SPHERE,
            2,
            load,
        )

    return Matrix.vstack(*(law(step, n) for step in DYADIC for n in LOADS))


def _as_a_user_asks(catalogue: Any) -> Expr:
    found = []
    for step in DYADIC:
        wrapper = catalogue.wrapper("heads", catalogue("delta").rule(beta=float(step)), heads=2)
        law = wrapper.float_law("sphere", 4)
        found += [wrapper.recalled(law.recall(n), own=False) for n in LOADS]
    return Matrix.vstack(*found)


def _next(shipped: Expr) -> Expr:
    return Matrix.vstack(shipped[1:, :], shipped[:1, :])


INSTANCE = Claim(
    id="wrappers/heads/instance",
    statement="The law as asked by a user: two heads around the delta rule at beta = 1/2 and 3/2, "
    "d = 4, one and three pairs, where floats are exact.",
    derive=_in_the_plane,
    ships=_as_a_user_asks,
    twins=(*SCALES, plus("off by a thousandth", Rational(1, 1000)), Twin("ages off", _next)),
    rules=("heads", "delta"),
    assumptions=recall_assumptions(SPHERE),
    steps="Brute force in two dimensions for one head; the means over heads are the same.",
)


def _same_norm() -> Expr:
    """Keys r u and r' u' with u in d/h dimensions and the radii of keys in d dimensions."""
    fourth, n = GAUSSIAN.radial(4), d / h
    return Matrix([GAUSSIAN.radial(2), fourth, (1 / d).subs(d, n)])


def _shipped_norm(catalogue: Any) -> Expr:
    return Matrix.hstack(
        *(catalogue.head_moments("gaussian", n, size) for n, size in ((2, 4), (2, 6), (3, 6)))
    )


SAME_NORM = Claim(
    id="wrappers/heads/gaussian",
    statement="Gaussian keys: a head's keys have E|k|^2 = 1, E|k|^4 = 1 + 2/d, overlap h/d, at "
    "(d, h) = (4,2), (6,2), (6,3).",
    derive=lambda: Matrix.hstack(
        *(_same_norm().subs({d: size, h: n}) for n, size in ((2, 4), (2, 6), (3, 6)))
    ),
    ships=_shipped_norm,
    twins=(
        *SCALES,
        plus("off by a thousandth", Rational(1, 1000)),
        Twin("sizes shifted", lambda x: Matrix.hstack(x[:, 1:], x[:, :1])),
    ),
    rules=("heads",),
    assumptions="Keys $N(0, I/d)$ in slices of $d/h$ entries, each scaled to the norm of the key.",
    steps="The direction of a slice is uniform in its space and independent of all norms; the "
    r"norm is that of the whole key, so $E|k|^4 = 1 + 2/d$ and $E(k^Tk')^2 = h/d$.",
)

CLAIMS = (ACTION, LAW, UNLIKE, INSTANCE, SAME_NORM)
