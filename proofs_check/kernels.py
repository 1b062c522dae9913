r"""Moments of a kernel between independent isotropic keys, as additive memories ask for them.

With k = r u and k' = s u', u' along u by u_1: k.k = r^2 and k.k' = r s u_1, all independent.
"""

from collections.abc import Callable
from typing import Any

import sympy
from sympy import Matrix

from proofs_check.claim import Claim, Twin, plus, replaced, times
from proofs_check.lemmas import Ensemble, sphere_moment
from proofs_check.notation import Expr, d, r

Kernel = Callable[[Expr], Expr]  # as a function of k.q

SCALES = (times("wrong sign", -1), times("factor 2", 2))


def moments(kernel: Kernel, keys: Ensemble) -> Expr:
    """E kappa(k, k), E kappa(k, k)^2 and E kappa(k, k')^2, for a kernel that is a polynomial."""
    x = sympy.Symbol("x", real=True)  # r s u_1, whose odd powers have mean zero
    square = sympy.Poly(kernel(x) ** 2, x)
    other = (c * keys.radial(n) ** 2 * sphere_moment(n) for (n,), c in square.terms() if n % 2 == 0)
    own = kernel(r**2)
    return Matrix([keys.mean(own), keys.mean(sympy.expand(own**2)), sympy.Add(*other)])


def keys_assumption(keys: Ensemble) -> str:
    """How keys are distributed, in words."""
    norm = {"sphere": "uniform on the unit sphere", "gaussian": "$N(0, I/d)$"}[keys.name]
    return f"Keys independent, {norm}."


def moments_claim(
    name: str,
    keys: Ensemble,
    derive: Callable[[], Expr],
    ships: Callable[[Any], Expr],
    *,
    steps: str,
    twins: tuple[Twin, ...] = (),
    **declared: Any,
) -> Claim:
    """The three moments that a feature map ships, on isotropic keys."""
    return Claim(
        id=f"features/{name}/moments/{keys.name}",
        statement="Mean of kappa(k,k), of its square and of kappa(k,k')^2 at every d, "
        f"{keys.name} keys; the quadrature of what ships is replaced by exact means.",
        derive=derive,
        ships=ships,
        twins=(*SCALES, replaced("d off by one", {d: d + 1}), plus("1/d too much", 1 / d), *twins),
        rules=(name,),
        assumptions=keys_assumption(keys),
        steps=steps,
        **declared,
    )
