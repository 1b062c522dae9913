r"""RWKV-7, Peng et al. 2025, Eq 17.

$S_t = S_{t-1}(\mathrm{diag}(w) - \hat\kappa^\top (a \odot \hat\kappa)) + v^\top \tilde k$ in rows;
here with columns and the removal key kappa = xi o k, which the paper scales to unit norm (its
scale is part of xi here). Decay and removal act on the same, undecayed memory.
"""

import numpy as np
from sympy import Integer, Matrix, Rational, diag, eye, zeros

from proofs_check.lemmas import GAUSSIAN, SPHERE
from proofs_check.notation import Expr, age, d, parameter
from proofs_check.short import Stream
from proofs_check.standard import Theorem

w, a, eta, xi = (parameter(name) for name in ("w", "a", "eta", "xi"))
DECAYS = (Rational(1, 2), Rational(4, 5), Integer(1))
REMOVALS = (Rational(3, 2), Rational(1, 3), Rational(1, 5))
KEYS = (Integer(-1), Rational(1, 2), Integer(1))


def printed(S: Expr, k: Expr, v: Expr) -> Expr:
    """The update at equal channels."""
    kappa = xi * k
    return S * (w * eye(k.rows) - kappa * (a * kappa).T) + eta * v * k.T


def by_channel(S: Expr, k: Expr, v: Expr, index: int) -> Expr:
    """The update with gates per channel: what is read with kappa is removed along a o kappa."""
    kappa = Matrix([scale * x for scale, x in zip(KEYS, k)])
    removed = Matrix([rate * x for rate, x in zip(REMOVALS, kappa)])
    return S * diag(*DECAYS[: k.rows]) - (S * kappa) * removed.T + eta * v * k.T


THEOREM = Theorem(
    "rwkv7",
    printed,
    parameters=(w, a, eta, xi),
    signal=lambda keys: eta * (w - a * xi**2 / d) ** age,
    contracts=lambda keys: 1 - (w**2 - 2 * w * a * xi**2 / d + a**2 * xi**4 * keys.radial(4) / d),
    edges=((w, 0), (w, 1), (a, 0), (a, 2), (eta, 0), (eta, 2), (xi, -1), (xi, 1)),
)

STREAM = Stream(
    "rwkv7",
    "gates per channel",
    start=lambda size: zeros(1, size),
    write=by_channel,
    read=lambda S: S,
    parameters=(eta,),
    ships=lambda catalogue, keys, size, items: catalogue("rwkv7").channels(
        keys,
        size,
        items,
        w=np.array(DECAYS[:size], dtype=object),
        a=np.array(REMOVALS[:size], dtype=object),
        eta=eta,
        xi=np.array(KEYS[:size], dtype=object),
    ),
)

CLAIMS = (
    *THEOREM.claims(),
    STREAM.claim(SPHERE, 3, 3),
    STREAM.claim(GAUSSIAN, 3, 3),
)
