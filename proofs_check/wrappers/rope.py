r"""Rotary positions, Su et al. 2021 (RoFormer), section 3.2.2: $k_t \to R_t k_t$, $q \to R_t q$.

R_t turns plane i by t theta_i, theta_i = base^(-2 i/d). Turned keys overlap by their distance,
(R_m k).(R_n q) = k.R_(n - m) q, so in a memory that only adds a stored key of age a reads

    s = c E k.R_a k = c E r^2 mean_i cos(a theta_i),
    p = c^2 E (k.R_a k)^2 + sum_(i != j) c_i^2 E (k.k')^2.

Angles are free: cos(theta_i) is a symbol, and cos(n theta_i) its Chebyshev polynomial.
"""

from typing import Any

import sympy
from sympy import Integer, Matrix, Rational, cos, expand_trig, sin, zeros

from proofs_check.claim import Claim, Twin, plus, replaced, times
from proofs_check.kernels import SCALES
from proofs_check.lemmas import ENSEMBLES, SPHERE, Ensemble
from proofs_check.notation import Expr, column, d, parameter
from proofs_check.standard import recall_assumptions
from proofs_check.streams import averaged

base = sympy.Symbol("base", positive=True)
gain, decay = parameter("input_gate"), parameter("forget_gate")  # weights of writes, as in an mLSTM
C = sympy.symbols("C_:2", real=True)  # cos theta_i
S = sympy.symbols("Z_:2", real=True)  # sin theta_i
theta = sympy.symbols("theta_:2", real=True)
m, n = sympy.symbols("m n", real=True)  # positions
PLANES = {2: 3, 4: 2}  # dimensions and pairs of the streams


def rotation(size: int, times: int) -> Expr:
    """R_t for a whole t: powers of the rotations of the planes."""
    planes = [Matrix([[C[i], -S[i]], [S[i], C[i]]]) ** times for i in range(size // 2)]
    return sympy.diag(*planes)


def on_circle(expression: Expr) -> Expr:
    """A polynomial in sines and cosines, sines to the first power at most."""
    for x, y in zip(C, S, strict=True):
        expression = sympy.rem(sympy.expand(expression), x**2 + y**2 - 1, y)
    return expression


def _relative() -> Expr:
    """k.R_(n - m) q, by the addition of angles, in sines and cosines of m and n."""
    k, q = column("k", 2), column("v", 2)
    x, y = (expand_trig(f(n * theta[0] - m * theta[0])) for f in (cos, sin))
    turned = Matrix([[x, -y], [y, x]]) * q
    return _named((k.T * turned)[0])


def _named(expression: Expr) -> Expr:
    """With sines and cosines of the angles at m and n as symbols."""
    return sympy.sympify(expression).subs(
        {
            cos(m * theta[0]): C[0],
            sin(m * theta[0]): S[0],
            cos(n * theta[0]): C[1],
            sin(n * theta[0]): S[1],
        }
    )


def _shipped_relative(catalogue: Any) -> Expr:
    rope = catalogue.wrapper("rope", catalogue("hebbian").rule())
    k, q = column("k", 2), column("v", 2)
    one, other = rope.rotated(k, m, theta[0]), rope.rotated(q, n, theta[0])
    return _named(sympy.expand((one.T * other)[0]))


RELATIVE = Claim(
    id="wrappers/rope/relative",
    statement="A key at position m and a query at n overlap as k.R_(n-m) q, for every angle.",
    derive=_relative,
    ships=_shipped_relative,
    twins=(
        *SCALES,
        replaced("turned the other way", {S[0]: -S[0]}),
        replaced("positions swapped", {C[0]: C[1], C[1]: C[0], S[0]: S[1], S[1]: S[0]}),
    ),
    rules=("rope",),
    symbols=(*C, *S),
    assumptions=r"Any key, query, positions and angle, one plane; $C_0 = \cos m\theta$ and so on.",
    steps="Add the angles.",
)


def _frequencies() -> Expr:
    """base^(-2 i/d), i = 0 .. d/2 - 1, at d = 2, 4, 8."""
    return Matrix([base ** Rational(-2 * i, size) for size in (2, 4, 8) for i in range(size // 2)])


FREQUENCIES = Claim(
    id="wrappers/rope/frequencies",
    statement="Plane i turns by base^(-2 i/d) a position, i from 0; d = 2, 4 and 8.",
    derive=lambda: _frequencies().subs(base, base**4),
    ships=lambda catalogue: Matrix(
        [x for size in (2, 4, 8) for x in catalogue.frequencies(base, size)]
    ).subs(base, base**4),
    twins=(
        times("wrong sign", -1),
        replaced("base halved", {base: base / 2}),
        Twin("planes shifted", lambda x: Matrix.vstack(x[1:, :], x[:1, :])),
    ),
    rules=("rope",),
    parameters=(base,),
    assumptions="The base is a fourth power here, for rational exponents.",
    steps="Restate section 3.2.2, planes counted from 0.",
)


def _stream(size: int) -> tuple[Expr, Expr, Expr]:
    keys = Matrix(size, 2, column("k", 4)[: 2 * size])
    return keys, Matrix(2, 2, column("v", 4)), keys[:, 1:]


def _reads() -> Expr:
    """Two pairs at positions 0 and 1, the query turned to position 1."""
    keys, values, query = _stream(2)
    read = zeros(2, 1)
    for t in range(2):
        read += values[:, t] * ((rotation(2, t) * keys[:, t]).T * rotation(2, 1) * query)
    return read.applyfunc(on_circle)


def _shipped_reads(catalogue: Any) -> Expr:
    rope = catalogue.wrapper("rope", catalogue("hebbian").rule())
    found = rope.reads(*_stream(2), catalogue.angles(theta[0]))
    named = found.subs({cos(theta[0]): C[0], sin(theta[0]): S[0]})
    return named.applyfunc(lambda x: on_circle(expand_trig(x)))


k0, k1 = column("k", 2)

ACTION = Claim(
    id="wrappers/rope/action",
    statement="Around Hebbian writes, two pairs and a query: it is turned to the newest position.",
    derive=_reads,
    ships=_shipped_reads,
    twins=(
        *SCALES,
        replaced("turned the other way", {S[0]: -S[0]}),
        replaced("key entries swapped", {k0: k1, k1: k0}),
    ),
    rules=("rope",),
    symbols=(C[0], S[0]),
    assumptions="Any keys, values and query in the plane, any angle.",
    steps="Turn each key by its position and the query by the last one; add outer products.",
)


def _turned(keys: Ensemble, size: int) -> Expr:
    """Brute force over the keys of short streams."""
    last = PLANES[size] - 1

    def outs(pairs: list[Expr], values: list[Expr]) -> list[Expr]:
        memory = zeros(1, size)
        for t, (k, v) in enumerate(zip(pairs, values, strict=True)):
            memory = decay * memory + gain * v * (rotation(size, t) * k).T
        return [(memory * rotation(size, last) * k)[0] for k in pairs]

    return averaged(outs, keys, size, last + 1, own=True).applyfunc(on_circle)


def _shipped_law(catalogue: Any, keys: Ensemble, size: int) -> Expr:
    rope = catalogue.wrapper("rope", catalogue("hebbian").rule())
    planes = catalogue.known_angles(*C[: size // 2])
    law = rope.law(keys.name, size, (gain, decay), planes)
    return rope.recalled(law.recall(PLANES[size])).subs(d, size)


def of_keys(keys: Ensemble, size: int) -> Claim:
    """Signal, power and own power of a short stream, by brute force."""
    count = PLANES[size]
    return Claim(
        id=f"wrappers/rope/law/{keys.name}/d{size}",
        statement=f"Signal, power and own power of each of {count} pairs, gain, decay and angles "
        f"free, {keys.name} keys of d = {size}.",
        derive=lambda: _turned(keys, size),
        ships=lambda catalogue: _shipped_law(catalogue, keys, size),
        twins=(
            *SCALES,
            replaced("gates swapped", {gain: decay, decay: gain}),
            replaced("angle doubled", {C[0]: 2 * C[0] ** 2 - 1}),
            Twin("ages off by one", lambda x: Matrix.vstack(x[1:, :], x[:1, :])),
        ),
        rules=("rope", "mlstm"),
        parameters=(gain, decay),
        symbols=C[: size // 2],
        assumptions=recall_assumptions(keys),
        steps="Turn and write every pair; the read-out is a polynomial in the entries of the keys; "
        r"average it term by term; $\sin^2 = 1 - \cos^2$.",
    )


GATE = Rational(3, 5)


def _lifelong() -> Expr:
    """Plane keys: k.R_a k = cos(a theta) r^2, and every other pair of the endless past adds 1/2."""
    rows = []
    for age in range(3):
        turned = on_circle(rotation(2, age)[0, 0])
        past = 1 / (1 - GATE**2) - GATE ** (2 * age)
        rows.append(
            [gain * GATE**age * turned, gain**2 * (GATE ** (2 * age) * turned**2 + past / 2)]
        )
    return Matrix(rows)


def _shipped_lifelong(catalogue: Any) -> Expr:
    rope = catalogue.wrapper("rope", catalogue("hebbian").rule())
    law = rope.law("sphere", 2, (gain, GATE), catalogue.known_angles(C[0]))
    return rope.recalled(law.lifelong(3), own=False).subs(d, Integer(2))


LIFELONG = Claim(
    id="wrappers/rope/lifelong",
    statement="Signal and power of ages 0 to 2 after an endless past, decay 3/5, any angle, sphere "
    "keys in the plane.",
    derive=_lifelong,
    ships=_shipped_lifelong,
    twins=(
        *SCALES,
        replaced("gain halved", {gain: gain / 2}),
        replaced("angle doubled", {C[0]: 2 * C[0] ** 2 - 1}),
        plus("off by a thousandth", Rational(1, 1000)),
    ),
    rules=("rope", "mlstm"),
    parameters=(gain,),
    symbols=(C[0],),
    assumptions=recall_assumptions(SPHERE),
    steps=r"$k^T R_a k = \cos a\theta$ in the plane; sum $i^2 f^{2a}/2$ over all ages but the own.",
)

CLAIMS = (
    RELATIVE,
    FREQUENCIES,
    ACTION,
    *(of_keys(keys, size) for keys in ENSEMBLES for size in PLANES),
    LIFELONG,
)
