"""Exponentials of logarithms as powers, and rational functions written as 0/0 or 1/0."""

import sympy
from sympy import Integer, Poly, exp, log

from proofs_check.claim import ProofError
from proofs_check.notation import Expr


def in_powers(expression: Expr) -> Expr:
    """Every e^(c log x) as x^c, for x > 0."""
    return expression.replace(exp, lambda x: sympy.Mul(*map(_power, _terms(x))))


def _terms(x: Expr) -> tuple[Expr, ...]:
    found: tuple[Expr, ...] = sympy.Add.make_args(sympy.expand(x))
    return found


def _power(term: Expr) -> Expr:
    logs = [factor for factor in sympy.Mul.make_args(term) if isinstance(factor, log)]
    return logs[0].args[0] ** (term / logs[0]) if len(logs) == 1 else exp(term)


def taylor(expression: Expr, x: Expr, orders: int) -> list[Expr]:
    """The first coefficients at x = 0 of a rational function that is regular there.

    By long division from the lowest power: c_n q_0 = p_n - q_1 c_{n-1} - ... - q_n c_0.
    """
    top, bottom = (_ascending(part, x) for part in sympy.fraction(sympy.together(expression)))
    while bottom[0] == 0:
        if top[0] != 0:
            raise ProofError(f"the expression has a pole at {x} = 0.")
        top, bottom = top[1:] or [Integer(0)], bottom[1:]
    found: list[Expr] = []
    for n in range(orders):
        known = sum(bottom[n - j] * c for j, c in enumerate(found) if n - j < len(bottom))
        given = top[n] if n < len(top) else Integer(0)
        found.append(sympy.cancel((given - known) / bottom[0]))
    return found


def limit_at_zero(expression: Expr, x: Expr) -> Expr:
    """The limit as x -> 0 of a rational function, entry by entry of a matrix."""
    if isinstance(expression, sympy.MatrixBase):
        return expression.applyfunc(lambda entry: limit_at_zero(entry, x))
    return taylor(expression, x, 1)[0]


def leading(expression: Expr, t: Expr) -> tuple[Expr, Expr]:
    """(c, e) with expression = c t^e (1 + o(1)) as t -> 0, exponents in positive symbols."""
    top, bottom = map(_lowest, sympy.fraction(sympy.together(expression)), (t, t))
    return sympy.cancel(top[0] / bottom[0]), sympy.expand(top[1] - bottom[1])


def _lowest(polynomial: Expr, t: Expr) -> tuple[Expr, Expr]:
    """The lowest power of t with its coefficient; an error where the symbols leave it open."""
    terms: dict[Expr, Expr] = {}
    for term in sympy.Add.make_args(sympy.expand(polynomial)):
        powers = [x.as_base_exp() for x in sympy.Mul.make_args(term)]
        exponent = sympy.expand(sum(e for base, e in powers if base == t))
        terms[exponent] = terms.get(exponent, 0) + sympy.powsimp(term / t**exponent)
    left = {e: sympy.expand(c) for e, c in terms.items()}
    left = {e: c for e, c in left.items() if c != 0}
    for e, c in left.items():
        if all(_at_least_zero(other - e) for other in left):
            return c, e
    raise ProofError(f"no power of {t} is the lowest for all values of the symbols.")


def _at_least_zero(x: Expr) -> bool:
    return all(term.is_nonnegative for term in sympy.Add.make_args(sympy.expand(x)))


def _ascending(polynomial: Expr, x: Expr) -> list[Expr]:
    """Coefficients from the power 0 upwards."""
    return [sympy.expand(c) for c in reversed(Poly(polynomial, x).all_coeffs())]
