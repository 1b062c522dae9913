r"""Mesa at a large ridge: the law's first orders in 1/lam against exact moments, and its error.

$R = G/\lambda - G^2/\lambda^2 + \dots$ with the Gram matrix G, so the first orders of signal and
power are $E\,\mathrm{tr}\,G^n/N$, known at every N and d by counting coincidences of indices. No
lemma on spectra enters, and the law's error is seen: it is of order 1/d.
"""

from typing import Any

from sympy import Integer, Matrix, Symbol, together

from proofs_check.asymptotic_laws import ShippedRidge
from proofs_check.asymptotics.ridge import ONE, N, c, equal_sums, m, shipped_gap
from proofs_check.claim import Claim, Twin, plus, replaced, require_zero
from proofs_check.lemmas import ENSEMBLES, GAUSSIAN, SPHERE, Ensemble, u1
from proofs_check.limits import limit_at_zero, taylor
from proofs_check.notation import Expr, d, r
from proofs_check.rules.mesa import lam
from proofs_check.standard import SCALES


def _overlaps(keys: Ensemble) -> list[Expr]:
    """E tr G^n/N for n = 1, 2, 3, G the Gram matrix, by the coincidences of indices."""
    fourth, sixth = keys.radial(4), keys.radial(6)
    pair = keys.mean(r**2 * u1**2)  # E (k.k')^2, and E|k|^2 (k.k')^2 is E|k|^4 times it
    triple = pair**2  # E (k.k')(k'.k'')(k''.k) = tr (E k k^T)^3 = 1/d^2
    second = fourth + (N - 1) * pair
    third = sixth + 3 * (N - 1) * fourth * pair + (N - 1) * (N - 2) * triple
    return [ONE, second, third]


def _exact_orders(keys: Ensemble) -> Expr:
    """Coefficients in 1/lam of s (orders 1 to 3) and p (2 and 3), as d grows at N = c d."""
    first, second, third = _overlaps(keys)
    signal = [first, -second, third]
    power = [second, -2 * third]
    x = Symbol("x", positive=True)  # 1/d
    grown = [z.subs({N: c / x, d: 1 / x}) for z in (*signal, *power)]
    return Matrix([limit_at_zero(z, x) for z in grown])


def _series(catalogue: Any) -> Expr:
    """The same of the shipped law, its root expanded: m = e - m^2 - (c - 1) e m, e = 1/lam."""
    e, root = Symbol("e", positive=True), Integer(0)
    for _ in range(3):
        root = sum(x * e**n for n, x in enumerate(taylor(e - root**2 - (c - 1) * e * root, e, 4)))
    gap = shipped_gap(catalogue, (ONE,)).subs({N: c, lam: 1 / e})
    residual = together(gap.subs(m, root))
    require_zero(Matrix(taylor(residual, e, 3)), "the series solves the shipped equation")
    s, p = ShippedRidge(catalogue, m, equal_sums).recall(lam, ONE, (ONE,), N, 1)
    found = [together(z.subs({N: c, lam: 1 / e}).subs(m, root)) for z in (s, p)]
    return Matrix([*taylor(found[0], e, 4)[1:], *taylor(found[1], e, 4)[2:]])


def moments(keys: Ensemble) -> Claim:
    """The law at large lam against the exact moments of the Gram matrix."""
    return Claim(
        id=f"asymptotics/large_ridge/moments/{keys.name}",
        statement="At large lam the law's first orders in 1/lam are the limits of the exact ones, "
        f"E tr G^n/N for n = 1, 2, 3: {keys.name} keys.",
        derive=lambda: _exact_orders(keys),
        ships=_series,
        twins=(
            *SCALES,
            replaced("load off by one", {c: c + 1}),
            plus("wrong by a thousandth", Integer(1) / 1000),
            Twin("orders reversed", lambda x: Matrix(x[::-1, :])),
        ),
        rules=("mesa",),
        parameters=(lam,),
        symbols=(c,),
        assumptions=f"Independent {keys.name} keys; first any N and d, then N = c d and d without "
        "end. No lemma on spectra.",
        steps=r"$R = G/\lambda - G^2/\lambda^2 + \dots$, so $s = E\,\mathrm{tr} R/N$ and $p = E\, "
        r"\mathrm{tr} R^2/N$ are sums of $E\,\mathrm{tr} G^n/N = 1, 1 + c, 1 + 3 c + c^2$, from "
        "coincidences of indices; expand the shipped equation's root and law in the same order.",
    )


def error(keys: Ensemble, excess: int) -> Claim:
    """The law's error at the first order where it has one, at any N and d."""

    def ships(catalogue: Any) -> Expr:
        return _series(catalogue)[1].subs(c, N / d)

    return Claim(
        id=f"asymptotics/large_ridge/error/{keys.name}",
        statement=f"At order 1/lam^2 the law's signal is off by {excess}/d exactly, at every N: "
        f"{keys.name} keys.",
        derive=lambda: -_overlaps(keys)[1] + Integer(excess) / d,
        ships=ships,
        twins=(
            *SCALES,
            replaced("a pair too many", {N: N + 1}),
            plus("no error", Integer(-excess) / d),
        ),
        rules=("mesa",),
        parameters=(lam,),
        symbols=(N,),
        assumptions=f"Independent {keys.name} keys, any N and d.",
        steps=r"$-E\,\mathrm{tr} G^2/N = -(E|k|^4 + (N - 1)/d)$ against the law's $-(1 + N/d)$: "
        "the error of the deterministic equivalent is of order $1/d$, and visible.",
    )


CLAIMS = (*map(moments, ENSEMBLES), error(SPHERE, -1), error(GAUSSIAN, 1))
