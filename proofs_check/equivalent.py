r"""The deterministic equivalent of a weighted ridge regression, from its exact identities.

B = sum_j D_j k_j k_j^T with iid keys of covariance Sigma = diag(sigma), R = (B + r)^{-1}, R_-j the
same without pair j, m_j = k_j^T R_-j k_j. Exactly (Sherman, Morrison), for every A and with
Q = (A Sigma + r)^{-1}, c_j = D_j/(1 + D_j m_j),

    R - Q = R (A Sigma - B) Q,     R B = sum_j c_j R_-j k_j k_j^T,

so at A = sum_j c_j it is R - Q = sum_j c_j (R Sigma - R_-j k_j k_j^T) Q. Pair j is independent of
R_-j and E k k^T = Sigma. The lemma that is cited says that m_j concentrates on m = tr Sigma R and
that R may be replaced by Q in such traces (Silverstein, Bai 1995; Couillet, Debbah 2011):

    m = sum_i sigma_i/(r + sigma_i A),    A = sum_j D_j/(1 + D_j m).
"""

from collections.abc import Sequence

import sympy
from sympy import Integer

from proofs_check.notation import Expr

LEMMA = (
    r"Iid keys of covariance $\Sigma$ with $k^\top M k$ concentrated on $\mathrm{tr}\, M \Sigma$ "
    "for $M$ independent of $k$; cited lemma: bilinear forms of the resolvent are those of its "
    "deterministic equivalent up to $O(1/d)$ (Marchenko, Pastur 1967; Silverstein, Bai 1995; "
    "Couillet, Debbah 2011)."
)


def pull(m: Expr, weights: Sequence[Expr]) -> Expr:
    """A = sum_j D_j/(1 + D_j m)."""
    return sum((D / (1 + D * m) for D in weights), Integer(0))


def overlap(r: Expr, sigma: Sequence[Expr], A: Expr) -> Expr:
    """tr Sigma (A Sigma + r)^{-1}."""
    return weighed_overlap(r, sigma, sigma, A)


def weighed_overlap(r: Expr, sigma: Sequence[Expr], weight: Sequence[Expr], A: Expr) -> Expr:
    """The same with the trace that belongs to each variance: its multiplicity times itself."""
    return sum((w / (r + x * A) for x, w in zip(sigma, weight, strict=True)), Integer(0))


def response(m: Expr, r: Expr, sigma: Sequence[Expr], weights: Sequence[Expr]) -> Expr:
    """tr Sigma R Sigma R = -dm/dz at z = 0, where the ridge is r + z Sigma.

    By implicit differentiation of m = sum_i sigma_i/(r + sigma_i (A(m) + z)).
    """
    z = sympy.Dummy("z")
    x = sympy.Dummy("m")
    equation = x - overlap(r, sigma, pull(x, weights) + z)
    slope = -equation.diff(z) / equation.diff(x)
    return -slope.subs({z: 0, x: m})


def unseen(m: Expr, r: Expr, sigma: Sequence[Expr], weights: Sequence[Expr]) -> Expr:
    """E|o|^2 at an independent key: sum_i D_i^2 k_i^T R Sigma R k_i with the pairs taken out of R.

    R k_i = R_-i k_i/(1 + D_i m), and k_i^T R_-i Sigma R_-i k_i is again tr Sigma R Sigma R.
    """
    shares = sum(((D / (1 + D * m)) ** 2 for D in weights), Integer(0))
    return shares * response(m, r, sigma, weights)
