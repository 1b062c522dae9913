r"""Short convolution of keys, Fu et al. 2023 (H3), a finite filter: $k_t \to \sum_j w_j k_{t-j}$.

A query is filtered as the key that would come next, and before the first pair there are zeros.
Filtered keys share raw ones, so the law is that of quadratic forms. It is a polynomial of degree
four in the taps: what ships is evaluated at small whole taps, where floats are exact, and
interpolated.
"""

from typing import Any

import sympy
from sympy import Matrix, Rational, zeros

from proofs_check.claim import Claim, Twin, plus, replaced
from proofs_check.kernels import SCALES
from proofs_check.lemmas import SPHERE, Ensemble
from proofs_check.notation import Expr, column, parameter
from proofs_check.rules.delta import printed as delta
from proofs_check.standard import recall_assumptions
from proofs_check.streams import averaged

beta = parameter("beta")  # of the delta rule
w = sympy.symbols("w_:3", real=True)  # taps
GATE = Rational(1, 2)  # decay of the memory
DEGREE = 4
SIZE, ITEMS = 2, 4
TWO_NORMS = Ensemble("two-norms", lambda n: Rational(2**n, 4) if n else sympy.Integer(1))


def filtered(keys: list[Expr], t: int, taps: tuple[Expr, ...]) -> Expr:
    """Key t after the filter."""
    total = zeros(*keys[0].shape)
    for j, tap in enumerate(taps):
        if t - j >= 0:
            total += tap * keys[t - j]
    return total


def next_key(keys: list[Expr], query: Expr, taps: tuple[Expr, ...]) -> Expr:
    """A query after the filter."""
    return filtered([*keys, query], len(keys), taps)


def _stream() -> tuple[Expr, Expr, Expr]:
    k, v = column("k", 4), column("v", 4)
    keys = Matrix([[k[0], k[2], 1], [k[1], k[3], 2]])
    return keys, Matrix([[v[0], v[1], v[2]]]), Matrix([v[3], 3])


def _reads() -> Expr:
    keys, values, query = _stream()
    raw = [keys[:, t] for t in range(3)]
    S = zeros(1, 2)
    for t in range(3):
        S = delta(S, filtered(raw, t, w), values[:, t])
    return S * next_key(raw, query, w)


def _shipped_reads(catalogue: Any) -> Expr:
    inner = catalogue("delta").rule.symbolic(beta=beta)
    return catalogue.wrapper("short_convolution", inner, taps=catalogue.array(*w)).reads(*_stream())


ACTION = Claim(
    id="wrappers/short_convolution/action",
    statement="Around the delta rule, three pairs and a query, three taps: keys are filtered, the "
    "query as the key to come.",
    derive=_reads,
    ships=_shipped_reads,
    twins=(
        *SCALES,
        replaced("beta halved", {beta: beta / 2}),
        replaced("taps reversed", {w[0]: w[2], w[2]: w[0]}),
        replaced("a tap left out", {w[1]: 0}),
    ),
    rules=("short_convolution", "delta"),
    parameters=(beta,),
    symbols=w,
    assumptions="Any keys, values, query and taps in the plane.",
    steps="Filter each key with the ones before it, zeros before the first; write the printed "
    "delta rule; filter the query as the fourth key.",
)


def _law(keys: Ensemble, taps: tuple[Expr, ...]) -> Expr:
    """Brute force: a decaying memory of filtered keys."""

    def outs(pairs: list[Expr], values: list[Expr]) -> list[Expr]:
        S = zeros(1, SIZE)
        for t, v in enumerate(values):
            S = GATE * S + v * filtered(pairs, t, taps).T
        return [(S * next_key(pairs, k, taps))[0] for k in pairs]

    return averaged(outs, keys, SIZE, ITEMS, own=True)


def _shipped_law(catalogue: Any, keys: Ensemble, count: int) -> Expr:
    """At taps (w_0, w_1) or (w_0, w_1, 1)."""
    rest = [1.0] * (count - 2)

    def at(first: Expr, second: Expr) -> Expr:
        taps = [float(first), float(second), *rest]
        inner = catalogue("decay").rule(gamma=float(GATE))
        wrapper = catalogue.wrapper("short_convolution", inner, taps=catalogue.array(*taps))
        law = wrapper.law_of_radii(_radii(keys), SIZE)
        return wrapper.recalled(law.recall(ITEMS))

    return catalogue.interpolated(at, w[:2], DEGREE)


def _radii(keys: Ensemble) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Norms and their chances."""
    return ((1.0,), (1.0,)) if keys is SPHERE else ((0.0, 2.0), (0.75, 0.25))


def of_keys(keys: Ensemble, count: int) -> Claim:
    """The law at two taps, or at three of which the last is 1: taps scale out."""
    taps = (*w[:2], *[sympy.Integer(1)] * (count - 2))
    norms = {SPHERE: "sphere keys", TWO_NORMS: "keys of norm 0 or 2 (E|k|^4 = 4)"}[keys]
    return Claim(
        id=f"wrappers/short_convolution/law/{keys.name}/taps{count}",
        statement=f"Signal, power and own power of each of {ITEMS} pairs, {count} taps, decay 1/2, "
        f"{norms} in the plane.",
        derive=lambda: _law(keys, taps),
        ships=lambda catalogue: _shipped_law(catalogue, keys, count),
        twins=(
            *SCALES,
            replaced("taps swapped", {w[0]: w[1], w[1]: w[0]}),
            Twin("ages off by one", lambda x: Matrix.vstack(x[1:, :], x[:1, :])),
            plus("off by a thousandth", Rational(1, 1000)),
        ),
        rules=("short_convolution", "decay"),
        symbols=w[:2],
        assumptions=recall_assumptions(SPHERE)
        if keys is SPHERE
        else "Keys independent, of uniform direction, of norm 0 or 2 with chance 3/4 and 1/4; "
        "values independent of keys and of each other, of mean zero, $E|v|^2 = 1$.",
        steps="Filter, write and read every pair; average the polynomial in the entries of the "
        "raw keys; what ships is interpolated between whole taps from -2 to 2.",
    )


CLAIMS = (ACTION, of_keys(SPHERE, 2), of_keys(TWO_NORMS, 2), of_keys(SPHERE, 3))
