r"""One token written several times in a row: the factor that the law uses for all its writes.

The printed update is applied again and again to the same pair, from a memory of free symbols. In
the plane with a key r e_1 nothing is lost: an update that treats all directions alike acts along
the key and across it.
"""

from collections.abc import Callable

import sympy
from sympy import Matrix, Symbol

from proofs_check.claim import Claim, replaced, times
from proofs_check.notation import Expr, parameter, r
from proofs_check.rules.delta import beta
from proofs_check.rules.gated_delta import alpha
from proofs_check.rules.gated_delta import printed as gated_delta

mu = parameter("mu")
v = Symbol("v", real=True)
ENTRIES = sympy.symbols("s1:5", real=True)


def _momentum(state: Expr, k: Expr, value: Expr) -> Expr:
    """Titans with a linear memory: M <- mu M + beta (v - S k) k^T at the undecayed S."""
    S, M = state[:, :2], state[:, 2:]
    M = mu * M + beta * (value - S * k) * k.T
    return Matrix.hstack(alpha * S + M, M)


PRINTED: dict[str, tuple[Callable[..., Expr], int, tuple[Expr, ...]]] = {
    "delta": (lambda S, k, value: gated_delta(S, k, value).subs(alpha, 1), 2, (beta,)),
    "gated_delta": (gated_delta, 2, (alpha, beta)),
    "momentum": (_momentum, 4, (alpha, beta, mu)),
}


def claim(rule: str, steps: int) -> Claim:
    """``steps`` writes of one pair."""
    update, size, parameters = PRINTED[rule]
    start = Matrix([ENTRIES[:size]])

    def derive() -> Expr:
        S, k = start, Matrix([r, 0])
        for _ in range(steps):
            S = update(S, k, Matrix([[v]]))
        return S.applyfunc(sympy.expand)

    return Claim(
        id=f"data/repeated_writes/{rule}/{steps}-times",
        statement=f"{rule}: one pair written {steps} times in a row, as one factor.",
        derive=derive,
        ships=lambda c: c(rule).repeated(start, v, steps, **{str(x): x for x in parameters}),
        twins=(
            times("factor 2", sympy.Integer(2)),
            replaced("the key's norm squared", {r: r**2}),
            replaced("the value's sign", {v: -v}),
            *(replaced(f"{x} halved", {x: x / 2}) for x in parameters),
        ),
        rules=(rule,),
        parameters=parameters,
        symbols=(v, *ENTRIES[:size]),
        assumptions="The update as printed; a key $r e_1$ of the plane, a value $v$, a memory of "
        "free entries.",
        steps="Write the same pair again and again. What ships takes powers of what one write does "
        "along the key and across it, and adds up the written parts.",
    )


CLAIMS = tuple(claim(rule, steps) for rule in PRINTED for steps in (2, 3))
