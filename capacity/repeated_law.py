r"""The law of affine rules that write every token several times in a row, as several steps do.

At one key k = r u a factor is S <- S A + v b u^T with A = a I + c u u^T. Written k times with the
same pair it is one factor of the same form,

    A^k,   b (1 + l + ... + l^(k-1)),   l = a + c,

l what A does along u (matrices over the blocks of the state). So a memory that takes ``steps``
steps at its newest pair after ``earlier`` at each pair before it has the law of a rule whose
factors are these, which :mod:`capacity.taught_affine` evaluates. For the delta rule on unit keys
k steps of size beta are one of size 1 - (1 - beta)^k. Status: exact, as that law.
"""

import numpy as np

from capacity.affine import AffineRule
from capacity.keys import Keys
from capacity.radial import Cycle, RadialStep, radial_cycle
from capacity.rule import Rule
from capacity.taught_affine import TaughtAffineLaw
from capacity.values import Values


def repeated_step(step: RadialStep, times: int) -> RadialStep:
    """The factor that is ``times`` times this one at the same pair."""
    one = np.zeros_like(step.along)
    one[:] = np.eye(step.along.shape[-1], dtype=int)
    across, along, total = one, one, 0 * one
    for _ in range(times):
        total, along, across = total + along, along @ step.along, across @ step.across
    return RadialStep(across, along, (step.write[:, None] @ total)[:, 0])


def repeated_law(
    rule: Rule, keys: Keys, d: int, values: Values, *, items: int, steps: int, earlier: int = 1
) -> TaughtAffineLaw | None:
    """The law of streams of exactly ``items`` pairs, to be asked for that number.

    The newest pair is written ``steps`` times, each older one ``earlier`` times. None for rules
    and keys that are not isotropic, and for tokens of several pairs or steps.
    """
    if not isinstance(rule, AffineRule) or rule.pairs > 1:
        return None
    cycle = radial_cycle(rule, keys, d)
    if cycle is None or len(cycle.steps) > 1:
        return None
    (one,) = cycle.steps
    older, newest = (repeated_step(one, times) for times in (earlier, steps))
    written = [older] * (items - 1) + [newest]
    return TaughtAffineLaw(Cycle(written, cycle.nodes, cycle.weights), d, values)
