r"""TTT-MLP in its lazy regime: the delta rule in the feature space of the tangent kernel.

For f = A relu(B k)/sqrt(H) with N(0, 1) weights the gradients' kernel tends, as H grows, to

$$\kappa = E\, \mathrm{relu}(b^\top k) \mathrm{relu}(b^\top q)
+ k^\top q\, P(b^\top k > 0, b^\top q > 0).$$

On it the rule is a delta rule with features phi of norm 1, Sigma = sum_l sigma_l P_l, |P_l phi|^2 =
c_l: the signal fades degree by degree, and W = w I, w = beta/(2 - beta), is left as it is by every
write. That the net stays near its start is cited, and so is the limit of wide nets; at finite N the
power of old pairs neglects a spread and is not derived.
"""

from typing import Any

import numpy as np
from sympy import (
    Integer,
    Matrix,
    Rational,
    Symbol,
    cos,
    diag,
    exp,
    eye,
    integrate,
    oo,
    pi,
)

from proofs_check.claim import Claim, Kind, Twin, plus, replaced, require_zero
from proofs_check.half_planes import (
    COSINE,
    SINE,
    angle,
    both_positive,
    by_tangent,
    of_cosine,
    psi,
    t,
)
from proofs_check.lemmas import SPHERE, first_order, u1, u2
from proofs_check.notation import Expr, column, d, state
from proofs_check.rules import delta
from proofs_check.rules.delta import beta
from proofs_check.standard import SCALES

r = Symbol("r", positive=True)
C = tuple(Symbol(f"c{i}", positive=True) for i in range(2))
SIGMA = tuple(Symbol(f"sigma{i}", positive=True) for i in range(2))
STEP = Rational(3, 4)
AGES = 4
WIDE = (
    "cited lemma: as the width grows gradient steps are those of the limiting tangent kernel, with "
    "an error of order 1/sqrt(H) (Jacot et al. 2018; Lee et al. 2019)"
)


def _kernel() -> Expr:
    """2 pi kappa at an angle pi - psi, in polar coordinates of the plane of both keys; kappa(1)."""
    radial = integrate(r**3 * exp(-(r**2) / 2), (r, 0, oo))  # r^2 from both factors, r dr
    found = radial * both_positive() + cos(angle) * (pi - angle)
    require_zero(found.subs(angle, 0) - 2 * pi, "kappa(1) = 1")
    return by_tangent(found)


def _tangent_kernel(catalogue: Any) -> Expr:
    """The same as shipped, at the cosine (1 - t^2)/(1 + t^2)."""
    with catalogue.swapped("lazy_law") as module:
        kappa = module.tangent_kernel(COSINE)
        require_zero(module.tangent_kernel(Integer(1)) - 1, "kappa(1) = 1")
    return of_cosine(2 * pi * kappa)


KERNEL = Claim(
    id="asymptotics/ttt_mlp/kernel",
    statement="The tangent kernel of both layers is [sqrt(1 - x^2) + 2 x (pi - arccos x)]/(2 pi), "
    "and 1 at x = 1.",
    derive=_kernel,
    ships=_tangent_kernel,
    twins=(
        *SCALES,
        replaced("arccos for pi - arccos", {psi: -psi}),
        plus("wrong by a thousandth", Rational(1, 1000)),
        Twin("one layer alone", lambda x: x - COSINE * psi),
    ),
    rules=("ttt_mlp",),
    symbols=(psi, t),
    assumptions="Weights b ~ N(0, I), output weights N(0, 1); keys of norm 1 at the angle "
    r"$\pi - \psi$, $t = \tan$ of half the angle.",
    steps=r"In the plane of both keys $E\,\mathrm{relu}\,\mathrm{relu} = \frac{1}{2\pi} \int r^3 "
    r"e^{-r^2/2} dr \int \cos\varphi \cos(\varphi - \theta) d\varphi$ over the directions where "
    r"both are positive, a share $(\pi - \theta)/(2\pi)$ of all; the second layer's gradient adds "
    r"$k^\top q$ times that share.",
)


def lazy_law(catalogue: Any, step: Expr, c: tuple[Expr, ...], sigma: tuple[Expr, ...]) -> Any:
    """The shipped law on these degrees."""
    arrays = tuple(np.array(part, dtype=object) for part in (c, sigma))
    with catalogue.swapped("lazy_law", harmonics=lambda size: arrays) as module:
        return module.LazyLaw(step, 2)


def _faded() -> Expr:
    """Rows (s, p): each degree fades by its own factor; W = w I is kept by every write."""
    k, w = column("k", 2), STEP / (2 - STEP)
    A = eye(2) - STEP * k * k.T
    change = w * A * A + STEP**2 * k * k.T - w * eye(2)
    square = (k.T * k)[0]
    at_norm_one = change.applyfunc(lambda x: x.expand()) - w * STEP**2 * (square - 1) * k * k.T
    require_zero(at_norm_one, "the memory's power w I is kept by each write of norm 1")
    rows = []
    for a in range(AGES):
        each = (
            first_order(ratio=1 - STEP * x, source=Integer(0), start=c, count=Integer(a))
            for c, x in zip(C, SIGMA, strict=True)
        )
        rows.append([STEP * sum(each), w])
    return Matrix(rows)


def _lifelong(catalogue: Any) -> Expr:
    found = lazy_law(catalogue, STEP, C, SIGMA).lifelong(AGES)
    return Matrix(np.stack([found.signal, found.power], axis=1))


LIFELONG = Claim(
    id="asymptotics/ttt_mlp/lifelong",
    statement=f"Endlessly many pairs: s = beta sum c_l (1 - beta sigma_l)^a, p = beta/(2 - beta) "
    f"at every age; beta = {STEP}, two degrees.",
    derive=_faded,
    ships=_lifelong,
    twins=(
        *SCALES,
        replaced("degrees swapped", {C[0]: C[1], C[1]: C[0]}),
        Twin("ages reversed", lambda x: Matrix(x[::-1, :])),
        plus("wrong by a thousandth", Rational(1, 1000)),
    ),
    rules=("ttt_mlp",),
    symbols=(*C, *SIGMA),
    assumptions="Independent features of norm 1 with E phi phi^T = sum sigma_l P_l and "
    f"$|P_l \\phi|^2 = c_l$; {WIDE}.",
    steps=r"$E(I - \beta\phi\phi^\top) = I - \beta\Sigma$ acts on degree l as $1 - \beta\sigma_l$. "
    r"$(I - \beta\phi\phi^\top) w (I - \beta\phi\phi^\top) + \beta^2 \phi\phi^\top = w I$ for "
    r"$|\phi| = 1$ and $w = \beta/(2 - \beta)$, key by key.",
    kind=Kind.LEMMA,
)

SHARES = (Rational(9, 25), Rational(16, 25))  # of a constant feature and of the key itself
PLANE = 2


def _newest() -> Expr:
    """p of the newest of 1 to 4 pairs: features (3/5, 4/5 u) of keys u on the circle."""
    phi = Matrix([Rational(3, 5), Rational(4, 5) * u1, Rational(4, 5) * u2])
    A, W, rows = eye(3) - STEP * phi * phi.T, diag(0, 0, 0), []
    for _ in range(AGES):
        read = (phi.T * (A * W * A + STEP**2 * phi * phi.T) * phi)[0]
        rows.append(_mean(read))
        W = (A * W * A + STEP**2 * phi * phi.T).applyfunc(_mean)
    return Matrix(rows)


def _mean(polynomial: Expr) -> Expr:
    return SPHERE.mean(polynomial.expand()).subs(d, PLANE)


def _shipped_newest(catalogue: Any) -> Expr:
    sigma = (SHARES[0], SHARES[1] / PLANE)
    law = lazy_law(catalogue, STEP, SHARES, sigma)
    with catalogue.swapped("lazy_law"):
        return Matrix([law.recall(count).power[0] for count in range(1, AGES + 1)])


NEWEST = Claim(
    id="asymptotics/ttt_mlp/newest",
    statement="The power of the newest of 1 to 4 pairs is exact for the kernel rule: a constant "
    f"and a linear degree on the circle, beta = {STEP}.",
    derive=_newest,
    ships=_shipped_newest,
    twins=(
        *SCALES,
        Twin("items off by one", lambda x: Matrix([*x[1:], x[0]])),
        plus("wrong by a thousandth", Rational(1, 1000)),
    ),
    rules=("ttt_mlp",),
    assumptions=f"Keys uniform on the circle, features (3/5, 4/5 u); {WIDE}.",
    steps=r"Average $W \leftarrow A W A + \beta^2 \phi\phi^\top$, $A = I - \beta\phi\phi^\top$, "
    "entry by entry with exact moments of the circle; the shipped recursion follows one number a "
    "degree.",
    kind=Kind.LEMMA,
)


def _repeated() -> Expr:
    """Steps of 1 to 3 delta writes of one pair at a key of norm 1."""
    S, v = state(2, 2), column("v", 2)
    k = Matrix([COSINE, SINE])
    found, after = [], S
    for _ in range(3):
        after = delta.printed(after, k, v)
        gained = ((after - S) * k)[0] / (v - S * k)[0]
        found.append(gained.cancel())
    return Matrix(found)


def _effective(catalogue: Any) -> Expr:
    """The step that the shipped law takes for several steps a pair."""
    keys, arrays = catalogue.part("keys.Sphere")(), (np.ones(1), np.ones(1))
    with catalogue.swapped("lazy_law", harmonics=lambda size: arrays) as module:
        return Matrix([module.lazy_law(beta, 1, steps, keys, 5).beta for steps in (1, 2, 3)])


STEPS = Claim(
    id="asymptotics/ttt_mlp/steps",
    statement="n steps at one pair are one of size 1 - (1 - beta)^n: n = 1, 2, 3, exact for the "
    "kernel rule.",
    derive=_repeated,
    ships=_effective,
    twins=(
        *SCALES,
        replaced("beta halved", {beta: beta / 2}),
        Twin("a step too many", lambda x: Matrix([*x[1:], x[0]])),
    ),
    rules=("ttt_mlp",),
    parameters=(beta,),
    assumptions="A feature of norm 1, any memory and value.",
    steps="Write one pair several times by the delta rule's printed update; the share of the error "
    "that is gone is the step.",
)

CLAIMS = (KERNEL, LIFELONG, NEWEST, STEPS)
