r"""Softmax attention under a linear teacher, unseen and stored keys, by brute force on few pairs.

Keys are the axes of the plane and their opposites, with equal chances: like the sphere they are
symmetric about every one of them, which is all that the law uses, and expectations are finite
sums. The teacher drifts, $E W_i^\top W_l = \rho^2 \theta^{|i-l|} I$.
"""

from itertools import product
from typing import Any

import sympy
from sympy import Integer, Matrix, Rational, Symbol, exp, oo

from proofs_check.claim import Claim, plus, replaced, times
from proofs_check.notation import Expr, r

rho2, theta = sympy.symbols("rho2 theta", real=True)  # signal fraction, correlation of teachers
t = Symbol("t", positive=True)
KEYS = ((1, 0), (-1, 0), (0, 1), (0, -1))
QUERY = (1, 0)


def _dot(k: tuple[int, int], q: tuple[int, int]) -> int:
    return k[0] * q[0] + k[1] * q[1]


def _weight(k: tuple[int, int]) -> Expr:
    """e^(k.q/h^2), with r for e^(1/h^2)."""
    return r ** _dot(k, QUERY)


def _agreement(i: int, j: int, k: tuple[int, int], other: tuple[int, int]) -> Expr:
    """E <v_i, v_j> given both keys."""
    return rho2 * theta ** abs(i - j) * _dot(k, other) + (1 - rho2 if i == j else Integer(0))


def _unseen(n: int) -> Expr:
    """(A, P, Q, mu): the mean of S given the teachers is sum_i m_i W_i, m_i = E x_i w_i/Y."""
    alignment, power, m = Integer(0), Integer(0), [Integer(0)] * n
    for keys in product(KEYS, repeat=n):
        w = [_weight(k) for k in keys]
        total = sum(w)
        for i in range(n):
            share = _dot(keys[i], QUERY) * w[i] / total / 4**n
            m[i] += share
            alignment += rho2 * theta ** (n - i) * share
            for j in range(n):
                power += w[i] * w[j] / total**2 * _agreement(i, j, keys[i], keys[j]) / 4**n
    path = sum(rho2 * theta ** abs(i - j) * m[i] * m[j] for i in range(n) for j in range(n))
    return Matrix([alignment, power, path, sum(m)]).applyfunc(sympy.together)


def _stored(n: int, place: int) -> Expr:
    """(signal, power) of the token at ``place``, whose key is the query, among n + 1 tokens."""
    signal, power = Integer(0), Integer(0)
    for others in product(KEYS, repeat=n):
        keys = (*others[:place], QUERY, *others[place:])
        w = [_weight(k) for k in keys]
        total = sum(w)
        for i in range(n + 1):
            share = w[i] / total / 4**n
            signal += share * _agreement(i, place, keys[i], QUERY)
            for j in range(n + 1):
                power += share * w[j] / total * _agreement(i, j, keys[i], keys[j])
    return Matrix([signal, power]).applyfunc(sympy.together)


def _integral(integrand: Expr) -> Expr:
    """Over t from 0 to infinity, term by term: c t^j e^(-a t) gives c j!/a^(j+1)."""
    found = Integer(0)
    for term in sympy.Add.make_args(sympy.powsimp(sympy.expand(integrand))):
        found += sympy.integrate(term, (t, 0, oo))
    return found


def _averages(own: bool) -> tuple[Expr, Expr, Expr]:
    """phi, psi and t chi of one pair; beside a stored key, weights are relative to its own."""
    ws = [(_dot(k, QUERY), _weight(k) / (r if own else 1)) for k in KEYS]
    phi = sum(exp(-t * w) for _, w in ws) / 4
    psi = sum(w**2 * exp(-t * w) for _, w in ws) / 4
    chi = sum(t * x * w * exp(-t * w) for x, w in ws) / 4
    return phi, psi, chi


def _overlaps(form: Any, n: int, own: bool) -> tuple[list[Expr], Expr]:
    """m, z and g by the shipping integrands, and E sum w^2/Y^2."""
    phi, psi, chi = _averages(own)
    damped = exp(-t) if own else Integer(1)
    found = form.densities(t, damped, chi, phi ** (n - 1), phi ** (n - 2) if n > 1 else Integer(0))
    spread = _integral(damped * n * t * psi * phi ** (n - 1))
    return [_integral(x / t) for x in found], spread


def _ships_unseen(n: int, catalogue: Any) -> Expr:
    form = catalogue("softmax").rule.taught_form
    (m, _, g), spread = _overlaps(form, n, own=False)
    coming = sum(theta ** (n - i) for i in range(n))
    among = sum(theta ** abs(i - j) for i in range(n) for j in range(n) if i != j)
    return Matrix(form.unseen(m, g, spread, n=n, signal=rho2, coming=coming, among=among))


def _ships_stored(n: int, place: int, catalogue: Any) -> Expr:
    rule = catalogue("softmax").rule
    phi, psi, _ = _averages(own=True)
    plain = rule.closed_form(t, exp(-t), phi**n, n * t**2 * psi * phi ** (n - 1))
    signal, own, others = (_integral(x / t) for x in plain)
    (m, z, g), _ = _overlaps(rule.taught_form, n, own=True)
    rest = [i for i in range(n + 1) if i != place]
    kin = sum(theta ** abs(i - place) for i in rest)
    among = sum(theta ** abs(i - j) for i in rest for j in rest if i != j)
    gained = rule.taught_form.gained(m, z, g, signal=rho2, kin=kin, among=among)
    return Matrix([signal + gained[0], own + others + gained[1]])


TWINS = (
    times("factor 2", Integer(2)),
    plus("wrong by a thousandth", Rational(1, 1000)),
    replaced("the teacher moves once more", {theta: theta**2}),
    replaced("noise and signal exchanged", {rho2: 1 - rho2}),
    replaced("half the bandwidth's exponent", {r: r**2}),
)
ASSUMPTIONS = (
    r"Keys $\pm e_1, \pm e_2$ of the plane with equal chances (the law uses their symmetry about "
    r"the query alone), query $e_1$, weights $e^{k \cdot q/h^2}$, $r$ for $e^{1/h^2}$; values "
    r"$v = W k + \varepsilon$, noise and teacher of mean zero, independent of the keys, "
    r"$E|\varepsilon|^2 = 1 - \rho^2$, $E W_i^\top W_l = \rho^2 \theta^{|i-l|} I$."
)
STEPS = (
    "Sum over all keys, with the values averaged given the keys. What ships is integrals over $t$ "
    r"of $\phi$, $\psi$ and $\chi$; integrate them term by term and put them together."
)


def _claim(name: str, what: str, derive: Any, ships: Any) -> Claim:
    return Claim(
        id=f"data/kernel_teacher/{name}",
        statement=f"softmax: {what}, a drifting teacher.",
        derive=derive,
        ships=ships,
        twins=TWINS,
        rules=("softmax",),
        symbols=(rho2, theta),
        assumptions=ASSUMPTIONS,
        steps=STEPS,
    )


def unseen(n: int) -> Claim:
    """Unseen keys after n pairs."""
    what = f"alignment, power, power of the mean and weight on unseen pairs after {n} pairs"
    return _claim(f"unseen/{n}-pairs", what, lambda: _unseen(n), lambda c: _ships_unseen(n, c))


def stored(n: int, place: int) -> Claim:
    """A stored key with n others, ``place`` of them before it."""
    what = f"signal and power of a stored pair, {place} pairs before and {n - place} after it"
    return _claim(
        f"stored/{place}-before-{n - place}-after",
        what,
        lambda: _stored(n, place),
        lambda c: _ships_stored(n, place, c),
    )


CLAIMS = (unseen(2), unseen(3), stored(1, 0), stored(2, 0), stored(2, 1))
