r"""Gating is online weight decay, McDermott, Heath, Parhi 2026, first open question.

The decayed Hebbian rule is Eq 8 with step 1 on the Hebbian loss of Eq 9 and the penalty
$\frac{1-\gamma}{2} |\theta|^2$. The gated delta rule is Eq 8 on half the delta loss, at the decayed
memory.
"""

from sympy import Integer

from proofs_check.claim import Claim, Twin, instead, replaced, times
from proofs_check.notation import Expr, column, parameter
from proofs_check.paper.losses import MATRICES, delta, entries, hebbian, online

alpha, beta, gamma = (parameter(name) for name in ("alpha", "beta", "gamma"))
k0, k1 = column("k", 2)


def _penalised(S: Expr, k: Expr, v: Expr) -> Expr:
    def loss(X: Expr) -> Expr:
        return hebbian(X, k, v) + (1 - gamma) * sum(x**2 for x in X) / 2

    return online(loss, S, Integer(1))


DECAY = Claim(
    id="paper/weight_decay/hebbian",
    statement="Eq 8 on the Hebbian loss with a square penalty is the decayed rule that ships.",
    derive=lambda: entries(_penalised),
    ships=lambda catalogue: entries(
        lambda S, k, v: catalogue("decay").update(S, k, v, gamma=gamma)
    ),
    twins=(
        replaced("penalty without its 1/2", {gamma: 2 * gamma - 1}),
        replaced("gamma for 1 - gamma", {gamma: 1 - gamma}),
        replaced("no penalty", {gamma: Integer(1)}),
        times("wrong sign", -1),
    ),
    rules=("decay",),
    parameters=(gamma,),
    assumptions=MATRICES,
    steps=r"The gradient is $-v k^T + (1 - \gamma) \theta$; step by 1 against it.",
)


def _step(S: Expr, k: Expr, v: Expr) -> Expr:
    return online(lambda X: delta(X, k, v) / 2, S, beta)


GATED = Claim(
    id="paper/weight_decay/gated-delta",
    statement="Eq 8 on half the delta loss at the decayed memory is the gated delta rule.",
    derive=lambda: entries(lambda S, k, v: _step(alpha * S, k, v)),
    ships=lambda catalogue: entries(
        lambda S, k, v: catalogue("gated_delta").update(S, k, v, alpha=alpha, beta=beta)
    ),
    twins=(
        instead("decay after the step", lambda: entries(lambda *w: alpha * _step(*w))),
        instead(
            "a penalty: the gradient at the undecayed memory",
            lambda: entries(lambda S, k, v: _step(S, k, v) - (1 - alpha) * S),
        ),
        replaced("as printed (Eq 9): no 1/2", {beta: 2 * beta}),
        Twin(
            "decay and step exchanged",
            lambda x: x.subs({alpha: beta, beta: alpha}, simultaneous=True),
        ),
    ),
    rules=("gated_delta",),
    parameters=(alpha, beta),
    assumptions=MATRICES,
    steps=r"Differentiate at $\alpha \theta$ and step by $\beta$.",
)

CLAIMS = (DECAY, GATED)
