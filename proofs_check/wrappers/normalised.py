r"""Normaliser, Katharopoulos et al. 2020, Eqs 19-20: read-outs over what values of 1 would read.

o = sum_i kappa(k_i, q) v_i / (sum_i kappa(k_i, q) + eps). At a stored key of the sphere the other
pairs weigh w_i = kappa(x_i)/kappa(1) relative to it, independent of each other:

    s = E 1/(1 + xi),   p = E (1 + sum w_i^2)/(1 + xi)^2,   xi = sum w_i.

What ships takes the law of w from nodes and integrates over t; here the overlaps take two values.
"""

from typing import Any

from sympy import Integer, Matrix, Rational, zeros

from proofs_check.claim import Claim, Twin, plus, replaced, times
from proofs_check.features.quadratic import printed as phi
from proofs_check.features.taylor import printed as taylor
from proofs_check.kernels import SCALES, Kernel
from proofs_check.notation import Expr, column, parameter
from proofs_check.ratios import direct, integrated

eps = parameter("eps")
OVERLAPS = (Rational(1, 2), Rational(-1, 4))  # of a fresh key with the stored one
NODES = (*OVERLAPS, Rational(3, 4), Rational(1))
SIZE = 4  # dimensions of the Taylor map, of root 2


def _stream() -> tuple[Expr, Expr, Expr]:
    k, v = column("k", 4), column("v", 4)
    return Matrix(2, 2, k), Matrix(2, 2, v), Matrix([k[0] + 1, k[3] - 2])


def _reads() -> Expr:
    """Eqs 19-20: two running sums, the second of features alone."""
    keys, values, query = _stream()
    S, z = zeros(2, 4), zeros(4, 1)
    for t in range(2):
        S, z = S + values[:, t] * phi(keys[:, t]).T, z + phi(keys[:, t])
    return S * phi(query) / ((z.T * phi(query))[0] + eps)


def _shipped_reads(catalogue: Any) -> Expr:
    chosen = catalogue.feature_map("quadratic").type()
    inner = catalogue.wrapper("features", catalogue("hebbian").rule(), feature_map=chosen).rule
    return catalogue.wrapper("normalised", inner, eps=eps).reads(*_stream())


k0, k1 = column("k", 2)

ACTION = Claim(
    id="wrappers/normalised/action",
    statement="Around Hebbian writes of quadratic features, two pairs and a query: the read-out "
    "over that of values of 1, plus eps (Eqs 19-20).",
    derive=_reads,
    ships=_shipped_reads,
    twins=(
        *SCALES,
        replaced("eps doubled", {eps: 2 * eps}),
        replaced("key entries swapped", {k0: k1, k1: k0}),
    ),
    rules=("normalised", "features", "quadratic"),
    parameters=(eps,),
    assumptions="Any keys, values and query in the plane.",
    steps="Keep the sum of features beside the memory; divide by what it reads.",
)

KERNELS: dict[str, Kernel] = {
    "quadratic": lambda x: x**2,
    "taylor": lambda x: taylor(2 * x),  # s = 1: slope sqrt(d) = 2
}


def _weight(name: str, x: Expr) -> Expr:
    return KERNELS[name](x) / KERNELS[name](Integer(1))


SCALE: dict[str, dict[str, Expr]] = {"quadratic": {}, "taylor": {"scale": Integer(1)}}


def _shipped_weights(catalogue: Any, name: str) -> list[Expr]:
    chosen = catalogue.feature_map(name).type.symbolic(**SCALE[name])
    inner = catalogue.wrapper("features", catalogue("hebbian").rule(), feature_map=chosen)
    weights: list[Expr] = catalogue.wrapper("normalised", inner.rule).weights(NODES, SIZE)
    return weights


WEIGHTS = Claim(
    id="wrappers/normalised/weights",
    statement="Weights kappa(x)/kappa(1) of pairs at overlaps 1/2, -1/4, 3/4 and 1, quadratic "
    "and Taylor kernels of d = 4.",
    derive=lambda: Matrix([_weight(name, x) for name in KERNELS for x in NODES]),
    ships=lambda catalogue: Matrix(
        [x for name in KERNELS for x in _shipped_weights(catalogue, name)]
    ),
    twins=(
        *SCALES,
        plus("off by a thousandth", Rational(1, 1000)),
        Twin("kernels swapped", lambda x: Matrix.vstack(x[4:, :], x[:4, :])),
    ),
    rules=("normalised", "features", "quadratic", "taylor"),
    assumptions="Keys on the unit sphere; all writes of equal weight.",
    steps="Divide read-out and divisor by the kernel of the stored pair with itself.",
)


def _blend(name: str, n: int) -> Expr:
    """The read-out as Eqs 19-20 print it, averaged over all overlaps of n others."""
    return direct([_weight(name, x) for x in OVERLAPS], n)


def _shipped_blend(catalogue: Any, name: str, n: int) -> Expr:
    weights = _shipped_weights(catalogue, name)[: len(OVERLAPS)]
    return integrated(catalogue.densities, weights, n)


def recall(name: str, n: int) -> Claim:
    """Signal, own power and the others' power with n other pairs."""
    return Claim(
        id=f"wrappers/normalised/recall/{name}/{n}-others",
        statement=f"Signal, own power and others' power with {n} other pair{'s' * (n > 1)} at "
        f"overlaps 1/2 or -1/4, {name} kernel: the integrals of what ships, done exactly.",
        derive=lambda: _blend(name, n),
        ships=lambda catalogue: _shipped_blend(catalogue, name, n),
        twins=(
            times("factor 2", 2),
            plus("off by a thousandth", Rational(1, 1000)),
            Twin("rows swapped", lambda x: Matrix.vstack(x[1:, :], x[:1, :])),
        ),
        rules=("normalised", "features", name),
        assumptions="Overlaps of the others with the stored key are independent and take two "
        r"values with equal chance; values as ever; $\varepsilon = 0$.",
        steps=r"$1/y = \int_0^\infty e^{-ty}\,dt$ turns means of ratios into integrals of products "
        r"of $E e^{-tw}$ and $E w^2 e^{-tw}$; both sides are finite sums.",
    )


CLAIMS = (ACTION, WEIGHTS, *(recall(name, n) for name in KERNELS for n in (1, 2)))
