r"""Feature maps around a rule, McDermott, Heath, Parhi 2026: k -> phi(k), q -> phi(q).

A memory that only adds, S = sum_i c_i v_i phi(k_i)^T, reads o_j = sum_i c_i kappa(k_i, k_j) v_i, so

    s = c E kappa(k, k),   p = c^2 E kappa(k, k)^2 + sum_(i != j) c_i^2 E kappa(k, k')^2.

With |phi| constant the noise-to-signal ratio of equal weights is (N - 1)/d_eff. The example is the
quadratic map, written here with both orders of each product.
"""

from typing import Any

from sympy import Matrix, Rational, Symbol, symbols, zeros

from proofs_check.claim import Claim, Twin, plus, replaced
from proofs_check.features.quadratic import printed as phi
from proofs_check.kernels import SCALES
from proofs_check.lemmas import ENSEMBLES, SPHERE, Ensemble, sphere_moment
from proofs_check.notation import Expr, before, column, d, items, parameter
from proofs_check.standard import recall_assumptions
from proofs_check.streams import averaged

beta = parameter("beta")  # of the delta rule
gain, decay = parameter("input_gate"), parameter("forget_gate")  # weights of writes, as in an mLSTM
SIZE = 2
LOADS = (1, 2, 3)
SIZES = (2, 3, 5)


def delta(S: Expr, k: Expr, v: Expr) -> Expr:
    """The delta rule on features."""
    return S + beta * (v - S * phi(k)) * phi(k).T


def _keys() -> tuple[Expr, Expr, Expr]:
    """Two keys and a query, in columns; two values."""
    k, v = column("k", 4), column("v", 4)
    return Matrix(2, 2, k), Matrix(2, 2, v), Matrix([k[0] + 1, k[3] - 2])


def _reads() -> Expr:
    keys, values, query = _keys()
    S = zeros(2, SIZE**2)
    for t in range(2):
        S = delta(S, keys[:, t], values[:, t])
    return S * phi(query)


def _shipped_reads(catalogue: Any) -> Expr:
    chosen = catalogue.feature_map("quadratic").type()
    inner = catalogue("delta").rule.symbolic(beta=beta)
    return catalogue.wrapper("features", inner, feature_map=chosen).reads(*_keys())


k0, k1 = column("k", 2)

ACTION = Claim(
    id="wrappers/features/action",
    statement="Around the delta rule, two pairs and a query: the rule on phi(k), read at phi(q).",
    derive=_reads,
    ships=_shipped_reads,
    twins=(
        *SCALES,
        replaced("beta halved", {beta: beta / 2}),
        replaced("key entries swapped", {k0: k1, k1: k0}),
    ),
    rules=("features", "quadratic", "delta"),
    parameters=(beta,),
    assumptions="Any keys, values and queries in the plane; quadratic features.",
    steps="Write the printed delta rule on all products of two entries, both orders; only inner "
    "products of features are read, so products kept once and weighed by a root agree.",
)


def _weighed(keys: Ensemble) -> Expr:
    """Brute force: pairs written one by one into a decaying memory of features."""

    def outs(pairs: list[Expr], values: list[Expr]) -> list[Expr]:
        S = zeros(1, SIZE**2)
        for k, v in zip(pairs, values, strict=True):
            S = decay * S + gain * v * phi(k).T
        return [(S * phi(k))[0] for k in pairs]

    return Matrix.vstack(*(averaged(outs, keys, SIZE, n, own=True) for n in LOADS))


def _shipped_weighed(catalogue: Any, keys: Ensemble) -> Expr:
    wrapper = _around(catalogue)
    law = wrapper.law(keys.name, SIZE, (gain, decay))
    return Matrix.vstack(*(wrapper.recalled(law.recall(n)) for n in LOADS)).subs(d, SIZE)


def _around(catalogue: Any) -> Any:
    chosen = catalogue.feature_map("quadratic").type()
    return catalogue.wrapper("features", catalogue("hebbian").rule(), feature_map=chosen)


def _next(shipped: Expr) -> Expr:
    return Matrix.vstack(shipped[1:, :], shipped[:1, :])


def additive(keys: Ensemble) -> Claim:
    """The law of weighed writes on short streams."""
    return Claim(
        id=f"wrappers/features/additive/{keys.name}",
        statement="Signal, power and own power of each of 1, 2 and 3 pairs, gain and decay free, "
        f"quadratic features, {keys.name} keys in the plane.",
        derive=lambda: _weighed(keys),
        ships=lambda catalogue: _shipped_weighed(catalogue, keys),
        twins=(
            *SCALES,
            replaced("gates swapped", {gain: decay, decay: gain}),
            replaced("gain halved", {gain: gain / 2}),
            Twin("ages off by one", _next),
        ),
        rules=("features", "quadratic", "mlstm"),
        parameters=(gain, decay),
        assumptions=recall_assumptions(keys),
        steps="Write every pair; the read-out is a polynomial in the entries of the keys, averaged "
        r"term by term. What ships takes $E\kappa(k,k)$, $E\kappa(k,k)^2$ and $E\kappa(k,k')^2$.",
    )


def _ratio() -> Expr:
    """p/s^2 - 1: the others' kernels are uncorrelated, each of mean square E u_1^4."""
    return Matrix([(items - 1) * sphere_moment(4).subs(d, size) for size in SIZES])


def _shipped_ratio(catalogue: Any) -> Expr:
    found = [_around(catalogue).law("sphere", size, (1, 1)).one(items) for size in SIZES]
    return Matrix([one.power[0] / one.signal[0] ** 2 - 1 for one in found])


RATIO = Claim(
    id="wrappers/features/noise-to-signal",
    statement="p/s^2 - 1 = (N - 1)/d_eff with d_eff = d(d+2)/3: Hebbian writes, quadratic "
    "features, sphere keys of d = 2, 3, 5, any N.",
    derive=_ratio,
    ships=_shipped_ratio,
    twins=(
        *SCALES,
        replaced("items off by one", {before: before + 1}),
        Twin("sizes shifted", _next),
    ),
    rules=("features", "quadratic"),
    assumptions=recall_assumptions(SPHERE),
    steps=r"$|\phi(k)| = 1$, so the own signal does not vary; each other pair adds $E u_1^4$.",
)

GATE = Rational(3, 5)


def _lifelong() -> Expr:
    """gain^2 [E kappa^2 + (sum over an endless past - own) E kappa'^2]; a convergent series."""
    rows = []
    for a in range(3):
        own, past = GATE ** (2 * a), 1 / (1 - GATE**2)
        rows.append([gain * GATE**a, gain**2 * (own + (past - own) * sphere_moment(4).subs(d, 2))])
    return Matrix(rows)


def _shipped_lifelong(catalogue: Any) -> Expr:
    wrapper = _around(catalogue)
    found = wrapper.law("sphere", SIZE, (gain, GATE)).lifelong(3)
    return wrapper.recalled(found, own=False).subs(d, SIZE)


LIFELONG = Claim(
    id="wrappers/features/lifelong",
    statement="Signal and power of ages 0 to 2 after an endless past, decay 3/5, quadratic "
    "features, sphere keys in the plane.",
    derive=_lifelong,
    ships=_shipped_lifelong,
    twins=(
        *SCALES,
        replaced("gain halved", {gain: gain / 2}),
        plus("off by a thousandth", Rational(1, 1000)),
        Twin("ages off by one", _next),
    ),
    rules=("features", "quadratic", "mlstm"),
    parameters=(gain,),
    assumptions=recall_assumptions(SPHERE),
    steps=r"Weights are $i f^a$; sum $i^2 f^{2a}$ over all ages but the own.",
)

m1, m2, overlap = symbols("m1 m2 overlap", positive=True)  # E kappa, E kappa^2, E kappa'^2


def _per_pair() -> Expr:
    """s^2 over what one other pair adds to p, of equal weights c."""
    c = Symbol("c", positive=True)
    signal, one, two = c * m1, c**2 * m2 + c**2 * overlap, c**2 * m2 + 2 * c**2 * overlap
    return signal**2 / (two - one)


DIMENSION = Claim(
    id="wrappers/features/effective-dimension",
    statement="d_eff is s^2 over what each other pair adds to the power: (E kappa(k,k))^2/E "
    "kappa(k,k')^2, any moments.",
    derive=_per_pair,
    ships=lambda catalogue: catalogue.feature_map("identity").effective_dimension(
        Matrix([m1, m2, overlap])
    ),
    twins=(
        *SCALES,
        replaced("moments swapped", {m1: overlap, overlap: m1}),
        replaced("moments squared", {m1: m1**2}),
    ),
    rules=("features",),
    symbols=(m1, m2, overlap),
    assumptions="Pairs of equal weight; any kernel with moments $m_1 = E\\kappa(k,k)$, "
    "$m_2 = E\\kappa(k,k)^2$ and $E\\kappa(k,k')^2$ for two different keys.",
    steps="With $n$ other pairs $s = c m_1$ and $p = c^2 m_2 + n c^2 E\\kappa(k,k')^2$; the weight "
    "$c$ cancels.",
)

CLAIMS = (ACTION, *map(additive, ENSEMBLES), RATIO, LIFELONG, DIMENSION)
