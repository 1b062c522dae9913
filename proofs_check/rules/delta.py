r"""DeltaNet, Schlag, Irie, Schmidhuber 2021, Eq 24.

$W^{(i)} = W^{(i-1)} + \beta (v - \bar v) k^\top$, where $\bar v = W^{(i-1)} k$ is what is read
before the write. Hence A = I - beta k k^T and

    s = beta (1 - beta/d)^age,    1 - rho = beta (2 - beta E r^4)/d.

On the sphere the lifelong power is beta/(2 - beta) at every age: an old pair is as loud as a fresh
one, only less itself.
"""

from proofs_check import affine
from proofs_check.claim import Claim, plus, replaced, require_zero, times
from proofs_check.lemmas import SPHERE
from proofs_check.notation import Expr, age, d, parameter
from proofs_check.standard import Theorem, forgotten, recall_assumptions

beta = parameter("beta")


def printed(S: Expr, k: Expr, v: Expr) -> Expr:
    """Eq 24 with the retrieval written out."""
    retrieved = S * k
    return S + beta * (v - retrieved) * k.T


THEOREM = Theorem(
    "delta",
    printed,
    parameters=(beta,),
    signal=lambda keys: beta * (1 - beta / d) ** age,
    contracts=lambda keys: beta * (2 - beta * keys.radial(4)) / d,
    edges=((beta, 0), (beta, 2)),
)


def steady() -> Expr:
    """beta/(2 - beta), the fixed point of the power, is kept by the stored write and all later."""
    level = beta / (2 - beta)
    require_zero(affine.lifelong_power(printed, SPHERE) - level, "the power is level in age")
    return level


LEVEL = Claim(
    id="delta/lifelong/level",
    statement="On the sphere the lifelong power is beta/(2 - beta) at every age and d.",
    derive=steady,
    ships=lambda catalogue: forgotten(catalogue("delta").closed_form(SPHERE, beta=beta)[1]),
    twins=(
        times("wrong sign", -1),
        plus("one fresh pair too many", 1 / d),
        replaced("beta halved", {beta: beta / 2}),
        times("factor 1/beta", 1 / beta),
    ),
    rules=("delta",),
    parameters=(beta,),
    assumptions=recall_assumptions(SPHERE) + r" $0 < \beta < 2$, so that the memory contracts.",
    steps=r"Derive the lifelong power from the printed update, with $x = \beta/(d (2 - \beta))$ "
    "before the stored write as the fixed point; its powers of the age cancel.",
)

CLAIMS = (*THEOREM.claims(), LEVEL)
