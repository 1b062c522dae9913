r"""Rates of removal and writing: what RWKV-7's second rate adds, and Longhorn's two ends.

RWKV-7's write rate eta multiplies values alone: $S_t(\eta) = \eta S_t(1)$, so cos^2 = s^2/p does
not depend on it. Its orders of decay and removal are one family. Longhorn with a large penalty is
the normalised LMS step, with a small one the plain gradient.
"""

from typing import Any

import numpy as np
from sympy import Matrix, Symbol, diag, eye

from proofs_check import affine
from proofs_check.claim import Claim, plus, replaced, require_zero, times
from proofs_check.lemmas import ENSEMBLES, Ensemble
from proofs_check.notation import Expr, column, d, state
from proofs_check.rules import rwkv7
from proofs_check.rules.longhorn import penalty
from proofs_check.rules.rwkv7 import a, eta, w, xi
from proofs_check.standard import ONE_ITEM, SCALES, WRITES, recall_assumptions

S, k, v = state(2, 2), column("k", 2), column("v", 2)
GATES = {
    name: np.array([Symbol(f"{name}_{i}", real=True) for i in range(2)], dtype=object)
    for name in ("w", "a", "xi")
}


def _unit_writes(S: Expr, k: Expr, v: Expr) -> Expr:
    """RWKV-7 as printed, with eta = 1."""
    return rwkv7.printed(S, k, v).subs(eta, 1)


def write_rate(keys: Ensemble) -> Claim:
    """Signal and power at equal channels."""

    def ships(catalogue: Any) -> Expr:
        s, p = catalogue("rwkv7").closed_form(keys, w=w, a=a, eta=eta, xi=xi)
        return Matrix([[s / eta, p / eta**2]])

    return Claim(
        id=f"relations/rates/eta/{keys.name}",
        statement="rwkv7: s/eta and p/eta^2 do not depend on eta, so cos^2 = s^2/p does not, "
        f"{keys.name} keys.",
        derive=lambda: Matrix(
            [[affine.signal(_unit_writes, keys), affine.power(_unit_writes, keys)]]
        ),
        ships=ships,
        twins=(
            *SCALES,
            ONE_ITEM,
            times("one eta left", eta),
            plus("one fresh pair too many", 1 / d),
            replaced("w and a swapped", {w: a, a: w}),
        ),
        rules=("rwkv7",),
        parameters=(w, a, eta, xi),
        assumptions=recall_assumptions(keys) + r" $\eta \ne 0$.",
        steps=r"Derive the law of the printed update at $\eta = 1$; divide the closed form that "
        r"ships by $\eta$ and by $\eta^2$.",
    )


def _by_channel() -> Expr:
    """What is read with kappa = xi o k is removed along a o kappa; one value written plainly."""
    kappa = diag(*GATES["xi"]) * k
    removed = diag(*GATES["a"]) * kappa
    return S * diag(*GATES["w"]) - (S * kappa) * removed.T + v * k.T


CHANNELS = Claim(
    id="relations/rates/eta/channels",
    statement="rwkv7 with any gates per channel: from eta S the write goes to eta times the write "
    "at eta = 1 from S.",
    derive=_by_channel,
    ships=lambda catalogue: catalogue("rwkv7").update(eta * S, k, v, eta=eta, **GATES) / eta,
    twins=(*SCALES, times("one eta left", eta), replaced("values negated", {v[0]: -v[0]})),
    rules=("rwkv7",),
    parameters=(eta,),
    symbols=tuple(x for gates in GATES.values() for x in gates),
    assumptions=WRITES + r" Gates per channel of any value; $\eta \ne 0$.",
    steps=r"Insert $\eta S$ into the declared coefficients and divide by $\eta$; by induction from "
    r"the empty memory $S_t(\eta) = \eta S_t(1)$, so signal scales as $\eta$, power as $\eta^2$.",
)


def _orders() -> Expr:
    """Removal read after the decay; then decay after the whole write."""
    removal = eye(2) - a * xi**2 * k * k.T
    first = (w * S) * removal + eta * v * k.T
    last = w * (S * removal + eta * v * k.T)
    return first.col_join(last)


ORDERS = Claim(
    id="relations/rates/orders",
    statement="rwkv7 with a -> w a removes after the decay; with eta -> w eta too, it decays last.",
    derive=_orders,
    ships=lambda catalogue: Matrix.vstack(
        catalogue("rwkv7").update(S, k, v, w=w, a=w * a, eta=eta, xi=xi),
        catalogue("rwkv7").update(S, k, v, w=w, a=w * a, eta=w * eta, xi=xi),
    ),
    twins=(
        *SCALES,
        replaced("a of the other order", {a: a / w}),
        replaced("eta of the other order", {eta: eta / w}),
        replaced("w and a swapped", {w: a, a: w}),
    ),
    rules=("rwkv7",),
    parameters=(w, a, eta, xi),
    assumptions=WRITES + " Equal channels.",
    steps="Write the decay, the removal and the write in the two other orders; compare with the "
    "declared coefficients at the changed rates.",
)


def _ends() -> Expr:
    """|k|^2 times the change by a projection onto S k = v; and minus the gradient."""
    gradient = (S * k - v) * k.T
    projected = S - gradient / (k.T * k)[0]
    require_zero(projected * k - v, "what was written is read")
    return ((k.T * k)[0] * (projected - S)).col_join(-gradient)


def _longhorn_ends(catalogue: Any) -> Expr:
    """The change of S as 1/penalty -> 0, times |k|^2; and per penalty, as penalty -> 0."""
    change = catalogue("longhorn").update(S, k, v, penalty=penalty) - S
    large = change.subs(penalty, 1 / penalty).applyfunc(lambda x: x.together().subs(penalty, 0))
    small = (change / penalty).applyfunc(lambda x: x.together().cancel().subs(penalty, 0))
    return ((k.T * k)[0] * large).col_join(small)


LONGHORN = Claim(
    id="relations/rates/longhorn",
    statement="longhorn: a penalty -> infinity is the normalised step (S k = v after it); a "
    "penalty -> 0 is the delta rule's gradient.",
    derive=_ends,
    ships=_longhorn_ends,
    twins=(
        *SCALES,
        replaced("values negated", {v[0]: -v[0], v[1]: -v[1]}),
        plus("a constant too many", k[0]),
        replaced("key entries swapped", {k[0]: k[1], k[1]: k[0]}),
    ),
    rules=("longhorn",),
    parameters=(penalty,),
    assumptions=WRITES + r" A key $k \ne 0$.",
    steps=r"The step is a rational function of $\delta$: take its value at $1/\delta = 0$ and that "
    r"of step$/\delta$ at $\delta = 0$; compare with the projection onto $S k = v$ and with minus "
    r"the gradient of $|S k - v|^2/2$.",
)

CLAIMS = (*map(write_rate, ENSEMBLES), CHANNELS, ORDERS, LONGHORN)
