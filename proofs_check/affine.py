r"""Recall of S <- S A + v b^T on isotropic iid keys, from the printed update alone.

By isotropy A = a I + c u u^T and b = b u with scalars of r = |k|, which :func:`read` takes from the
update as printed and checks on a generic key. Values are independent of keys, E v = 0, E|v|^2 = 1.
Condition on the stored key k = r w and follow, write by write,

    q = E[S^T v | k] = q w,      W = E[S^T S | k] = x I + y w w^T

(v the stored value). A fresh write maps q -> E A q and W -> E A W A + E b^2 u u^T; the read-out is
s = E r q and p = E r^2 (x + y). Exact for every age, number of items and d.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import sympy
from sympy import Integer, Matrix, sqrt

from proofs_check.claim import require_zero
from proofs_check.lemmas import SPHERE, Ensemble, first_order, not_one, u1, u2
from proofs_check.notation import Expr, age, before, column, d, r, state

Update = Callable[[Expr, Expr, Expr], Expr]  # printed: (S, k, v) -> S, sympy matrices


@dataclass(frozen=True)
class Radial:
    """A = a I + c u u^T and write b u, functions of the radius r."""

    a: Expr
    c: Expr
    b: Expr


@cache
def read(update: Update) -> Radial:
    """The scalars of a printed update; its form is checked on a generic state, key and value."""
    S, k, v = state(2, 2), column("k", 2), column("v", 2)
    after = update(S, k, v)
    A = Matrix(2, 2, lambda i, j: sympy.diff(after[0, j], S[0, i]))
    b = Matrix(2, 1, lambda j, _: sympy.diff(after[0, j], v[0]))
    at = {k[0]: r, k[1]: 0}
    step = Radial(A[1, 1].subs(at), (A[0, 0] - A[1, 1]).subs(at), b[0].subs(at))
    square = (k.T * k)[0]
    a, c, along = (
        sympy.expand(x).subs(r, sqrt(square)) for x in (step.a, step.c / r**2, step.b / r)
    )
    require_zero(A - a * sympy.eye(2) - c * k * k.T, "A = a I + c u u^T")
    require_zero(b - along * k, "the write is along u")
    require_zero(after - S * A - v * b.T, "the update is affine in S and linear in v")
    return step


def signal(update: Update, keys: Ensemble) -> Expr:
    """s(age): E A w = (E a + E c u_1^2) w by isotropy, started from q = b and read with r."""
    step = read(update)
    fades = keys.mean(step.a + step.c * u1**2)
    return first_order(ratio=fades, source=Integer(0), start=keys.mean(r * step.b), count=age)


def fresh_write(step: Radial, keys: Ensemble, x: Expr, y: Expr) -> tuple[Expr, Expr]:
    """(x, y) of E A (x I + y w w^T) A + E b^2 u u^T, from the entries along and across w."""
    a, c, b = step.a, step.c, step.b
    Aw, Az = Matrix([a + c * u1**2, c * u1 * u2]), Matrix([c * u1 * u2, a + c * u2**2])
    square = a**2 + 2 * a * c + c**2  # A^2 = a^2 I + (square - a^2) u u^T
    along = x * (a**2 + (square - a**2) * u1**2) + y * Aw[0] ** 2 + b**2 * u1**2
    across = x * (a**2 + (square - a**2) * u2**2) + y * Az[0] ** 2 + b**2 * u2**2
    mixed = x * (square - a**2) * u1 * u2 + y * Aw[0] * Az[0] + b**2 * u1 * u2
    require_zero(keys.mean(sympy.expand(mixed)), "no entry between w and its complement")
    along, across = (keys.mean(sympy.expand(entry)) for entry in (along, across))
    return across, along - across


def power(update: Update, keys: Ensemble) -> Expr:
    """p(age, items): growth over the pairs before, the stored write, and what follows it."""
    rho, _, source = spectrum(update, keys)
    return _power_after(
        update, keys, first_order(ratio=rho, source=source, start=Integer(0), count=before)
    )


def lifelong_power(update: Update, keys: Ensemble) -> Expr:
    """p(age) when the pairs before are without number, for 0 <= rho < 1: the fixed point."""
    rho, _, source = spectrum(update, keys)
    return not_one(_power_after(update, keys, source / (1 - rho)))


def own_power(update: Update, keys: Ensemble) -> Expr:
    """E x^2(age) of the stored pair's own read-out x v: what its write alone leaves."""
    step = read(update)
    rho, tau, _ = spectrum(update, keys)
    trace = first_order(ratio=rho, source=Integer(0), start=step.b**2, count=age)
    traceless = first_order(ratio=tau, source=Integer(0), start=step.b**2, count=age)
    return _mean_over_radius(r**2 * ((trace - traceless) / d + traceless), keys)


def _power_after(update: Update, keys: Ensemble, x0: Expr) -> Expr:
    """Power of a pair stored in a memory with E S^T S = x0 I."""
    step = read(update)
    rho, tau, source = spectrum(update, keys)
    # the stored write itself: A and b u with u = w, not averaged
    x = step.a**2 * x0
    y = (step.a + step.c) ** 2 * x0 + step.b**2 - x
    trace = first_order(ratio=rho, source=d * source, start=d * x + y, count=age)
    traceless = first_order(ratio=tau, source=Integer(0), start=y, count=age)
    return _mean_over_radius(r**2 * ((trace - traceless) / d + traceless), keys)


def spectrum(update: Update, keys: Ensemble) -> tuple[Expr, Expr, Expr]:
    """rho of the trace d x + y, tau of y, and the power that a write adds to x: they decouple."""
    step = read(update)
    x, y = sympy.symbols("x y", real=True)
    after_x, after_y = (sympy.expand(z) for z in fresh_write(step, keys, x, y))
    rho, tau = after_x.coeff(x), after_y.coeff(y)
    source = after_x.subs({x: 0, y: 0})
    require_zero(d * after_x + after_y - rho * (d * x + y) - d * source, "the trace decouples")
    require_zero(after_y - tau * y, "the traceless part decouples")
    return sympy.factor(rho), sympy.factor(tau), sympy.factor(source)


def _mean_over_radius(expression: Expr, keys: Ensemble) -> Expr:
    """The mean of a polynomial in r whose coefficients hold powers and cases free of r.

    On the sphere r = 1, and any expression will do.
    """
    if keys is SPHERE:
        return expression.subs(r, 1)
    by_power = sympy.collect(sympy.expand(expression), r, evaluate=False)
    return sympy.Add(*(c * keys.mean(monomial) for monomial, c in by_power.items()))
