r"""mLSTM, Beck et al. 2024 (xLSTM), Eqs 19-21.

$C_t = f C_{t-1} + i v_t k_t^\top$ and $n_t = f n_{t-1} + i k_t$ are read as C q / max(|n^T q|, 1),
with i = e^input_gate. Where the normaliser never acts the read-out is that of a decay of gain i. On
orthonormal keys C k_j = c_j v_j and n^T k_j = c_j with the same weight c_j: s = c_j / max(c_j, 1).
"""

from typing import Any

import sympy
from sympy import Integer, Matrix, Max, Rational, log

from proofs_check import affine
from proofs_check.claim import Claim, Twin, plus, replaced, require_zero, times
from proofs_check.lemmas import SPHERE
from proofs_check.notation import Expr, age, d, items, parameter
from proofs_check.standard import ONE_ITEM, SCALES, recall_assumptions

i = sympy.Symbol("i", real=True)  # e^input_gate
f = parameter("forget_gate")
LOADS = (1, 2, 4)


def printed(C: Expr, k: Expr, v: Expr) -> Expr:
    """Eq 19."""
    return f * C + i * v * k.T


def normaliser(n: Expr, k: Expr) -> Expr:
    """Eq 20."""
    return f * n + i * k


def _law() -> Expr:
    return Matrix([[affine.signal(printed, SPHERE), affine.power(printed, SPHERE)]])


def _rule(catalogue: Any) -> Any:
    return catalogue("mlstm").rule.symbolic(input_gate=log(i), forget_gate=f)


def _shipped(catalogue: Any) -> Expr:
    where = {"d": d, "age": age, "items": items, **SPHERE.moments}
    return Matrix([_rule(catalogue).closed_form(**where)])


def _weights() -> Expr:
    """Weights by age after each load on the keys e_1, e_2, ...; C and n agree on them."""
    found = []
    for count in LOADS:
        values = sympy.symbols(f"v_:{count}", real=True)
        C, n = sympy.zeros(1, count), sympy.zeros(count, 1)
        keys = [sympy.eye(count)[:, t] for t in range(count)]
        for key, value in zip(keys, values, strict=True):
            C, n = printed(C, key, Matrix([value])), normaliser(n, key)
        for key, value in reversed(list(zip(keys, values, strict=True))):
            weight = (n.T * key)[0]
            require_zero((C * key)[0] - weight * value, "C k_j = (n^T k_j) v_j")
            found.append(weight)
    return Matrix(found)


def _shipped_weights(catalogue: Any) -> Expr:
    weights = _rule(catalogue).weights()
    return Matrix([x for count in LOADS for x in weights.by_age(count)])


BELOW = Claim(
    id="mlstm/below-the-normaliser",
    statement="Signal and power at every age, number of items and d where |n^T q| <= 1, sphere.",
    derive=_law,
    ships=_shipped,
    twins=(
        *SCALES,
        ONE_ITEM,
        plus("one fresh pair too many", 1 / d),
        replaced("gates swapped", {i: f, f: i}),
        replaced("i halved", {i: i / 2}),
    ),
    rules=("mlstm",),
    parameters=(f,),
    symbols=(i,),
    assumptions=recall_assumptions(SPHERE) + r" $|n^\top q| \le 1$ at the query; "
    "$i$ is the exponential of the input gate.",
    steps=r"The normaliser is 1, so the read-out is $C q$ of Eq 19: a decay of gain $i$. Derive "
    "its signal and power from the printed update, by isotropy.",
)

WEIGHTS = Claim(
    id="mlstm/weights",
    statement="Weights c of pairs on orthonormal keys, the same in C and n, so s = c/max(c, 1).",
    derive=_weights,
    ships=_shipped_weights,
    twins=(
        *SCALES,
        times("one more decay", f),
        replaced("gates swapped", {i: f, f: i}),
        plus("a constant too many", Integer(1)),
    ),
    rules=("mlstm",),
    parameters=(f,),
    symbols=(i,),
    assumptions="Orthonormal keys, any values; loads of 1, 2 and 4 pairs.",
    steps=r"Write the pairs into $C$ and $n$ as printed; check that $C k_j = (n^\top k_j) v_j$ for "
    r"each pair, and compare $c_j = n^\top k_j$ with the weights that ship.",
)

GATES = {i: Rational(5, 2), f: Rational(1, 2)}  # the normaliser acts on the two newest pairs


def _capped() -> Expr:
    """Rows (s, p, own power) of the printed read-out C q / max(n^T q, 1): all is deterministic."""
    weights = _weights()[-LOADS[-1] :, :].subs(GATES)
    signal = [c / Max(c, 1) for c in weights]
    return Matrix([[s, s**2, s**2] for s in signal])


def _shipped_capped(catalogue: Any) -> Expr:
    rule = catalogue("mlstm").rule.symbolic(input_gate=log(GATES[i]), forget_gate=GATES[f])
    return catalogue.stated(rule, "orthonormal", LOADS[-1], LOADS[-1])


CAPPED = Claim(
    id="mlstm/orthonormal",
    statement="Signal, power and own power of four pairs on orthonormal keys, i = 5/2, f = 1/2: "
    "s = min(1, c), p = s^2.",
    derive=_capped,
    ships=_shipped_capped,
    twins=(
        *SCALES,
        Twin("ages reversed", lambda x: Matrix(x[::-1, :])),
        Twin("power not squared", lambda x: Matrix.hstack(x[:, 0], x[:, 0], x[:, 2])),
        plus("wrong by a thousandth", Rational(1, 1000)),
    ),
    rules=("mlstm",),
    assumptions="Orthonormal keys, any values; four pairs, of weights 5/2, 5/4, 5/8 and 5/16.",
    steps="A stored key reads its own value alone, times its weight over the larger of that weight "
    "and 1; nothing varies, so $p = s^2$.",
)

CLAIMS = (BELOW, WEIGHTS, CAPPED)
