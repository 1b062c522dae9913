r"""A key written twice: what is left of its first value, its second, and of all others.

For the delta rule beta = 1 erases the first value on average, and beta > 1 leaves it negative;
decay sums what it has not forgotten.
"""

from sympy import Rational

from proofs_check.claim import Claim, plus, replaced, times
from proofs_check.data.teacher import LESSONS
from proofs_check.lemmas import GAUSSIAN, SPHERE, Ensemble
from proofs_check.standard import recall_assumptions
from proofs_check.teaching import rebound


def claim(rule: str, keys: Ensemble, items: int, first: int, second: int) -> Claim:
    """Signals of both values and power, in two dimensions."""
    lesson, parameters = LESSONS[rule]
    return Claim(
        id=f"data/rebinding/{rule}/{keys.name}/items{items}/ages{first}-{second}",
        statement=f"{rule}: signal of both values of a key written at ages {first} and {second} of "
        f"{items}, and power, {keys.name} keys of d = 2.",
        derive=lambda: rebound(lesson, keys, 2, items, first, second),
        ships=lambda catalogue: catalogue(rule).rebound(
            keys, 2, items, first, second, **{str(x): x for x in parameters}
        ),
        twins=(
            times("factor 2", 2),
            times("wrong sign", -1),
            plus("one fresh pair too many", Rational(1, 2)),
            *(replaced(f"{x} halved", {x: x / 2}) for x in parameters),
        ),
        rules=(rule,),
        parameters=parameters,
        assumptions=recall_assumptions(keys) + " Two pairs have the same key.",
        steps="Write every pair as printed, with the repeated key in both places; average the "
        "read-out's polynomials with exact moments.",
    )


CLAIMS = (
    claim("decay", SPHERE, 3, 2, 0),
    claim("gated_delta", SPHERE, 4, 2, 0),
    claim("gated_delta", GAUSSIAN, 3, 2, 1),
    claim("gated_delta", GAUSSIAN, 3, 2, 0),
    claim("momentum", SPHERE, 3, 2, 0),
)
