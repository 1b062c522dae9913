"""Two rectified projections of a random direction, in the plane of what they project on.

At an angle pi - psi with t the tangent of half of it, sine and cosine are rational in t, so that
what holds psi, t and no root is compared exactly.
"""

from sympy import Symbol, acos, cos, expand_trig, integrate, pi, sin, sqrt

from proofs_check.notation import Expr

psi = Symbol("psi", real=True)  # pi less the angle
t = Symbol("t", positive=True)  # tangent of half the angle
angle = Symbol("angle", positive=True)
COSINE, SINE = (1 - t**2) / (1 + t**2), 2 * t / (1 + t**2)


def both_positive() -> Expr:
    """2 pi E cos(phi) cos(phi - angle) over directions phi where both are positive."""
    phi = Symbol("phi", real=True)
    product = expand_trig(cos(phi) * cos(phi - angle))
    return expand_trig(integrate(product, (phi, angle - pi / 2, pi / 2)))


def by_tangent(expression: Expr) -> Expr:
    """What is derived at ``angle``, in psi and t."""
    return expression.subs({sin(angle): SINE, cos(angle): COSINE}).subs(angle, pi - psi)


def of_cosine(expression: Expr) -> Expr:
    """What ships at the cosine ``COSINE``, in psi and t."""
    return expression.subs({sqrt(1 - COSINE**2): SINE, acos(COSINE): pi - psi})
