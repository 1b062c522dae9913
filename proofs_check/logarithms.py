"""Sums of logarithms, compared exactly: as the products that they are the logarithms of."""

import sympy

from proofs_check.claim import ProofError
from proofs_check.notation import Expr


def product(nats: Expr) -> Expr:
    """e^nats for a sum of multiples of logarithms: the product of their arguments' powers."""
    names = {x: sympy.Dummy() for x in sorted(nats.atoms(sympy.log), key=str)}
    linear = sympy.cancel(sympy.together(nats.xreplace(names)))
    powers = {x: sympy.cancel(linear.diff(name)) for x, name in names.items()}
    rest = linear - sum(power * names[x] for x, power in powers.items())
    if sympy.cancel(rest) != 0:
        raise ProofError(f"{nats} is no sum of multiples of logarithms.")
    return sympy.Mul(*(x.args[0] ** power for x, power in powers.items()))


def bits_as_product(bits: Expr, times: Expr) -> Expr:
    """2^(times bits), for bits that ship as logarithms to the base 2."""
    return product(times * bits * sympy.log(2))
