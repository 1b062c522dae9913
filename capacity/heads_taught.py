r"""What heads learn of a linear teacher of whole keys: each its own slice, the rest is noise to it.

Of v_i = sum_j W_ij k_j + eps_i a head sees k_i alone, so of the signal fraction rho^2 it can learn
rho^2/h, and the other slices join the noise: a head is a memory of its own with d/h dimensions and
the signal rho^2/h. The whole error is the mean over heads, all alike. Variance is over contexts of
one teacher, so what the other slices do counts as variance.

Status: asymptotic in d/h. Slices of a unit key are taken to have norm 1/sqrt(h), and to be
independent; the neglected spread of their squares is of order h/d.
"""

from dataclasses import replace

import numpy as np

from capacity.keys import Keys
from capacity.recall import Recall, Status
from capacity.rule import Dims, Rule
from capacity.taught import FutureError, TaughtLaw
from capacity.values import Values


class HeadsTaught(TaughtLaw):
    """The law of one head, as that of the whole."""

    def __init__(self, head: TaughtLaw, heads: int, signal: float) -> None:
        self.head, self.heads, self.signal = head, heads, signal
        statuses = head.statuses.items()
        self.statuses = {x: max(y, Status.ASYMPTOTIC, key=lambda s: s.rank) for x, y in statuses}

    def future(self, items: int) -> FutureError:
        return self._whole(self.head.future(items))

    def steady(self) -> FutureError | None:
        found = self.head.steady()
        return None if found is None else self._whole(found)

    def stored(self, items: int) -> Recall:
        return replace(self.head.stored(items), statuses=self.statuses)

    def _whole(self, found: FutureError) -> FutureError:
        """Against the whole teacher: h - 1 of h slices of each W are never learnt, which is bias.

        The weight is the one that a single head of this bias would have.
        """
        unlearnt = 1 - (1 - (1 - found.weight) ** 2) / self.heads
        return replace(found, signal=self.signal, weight=1 - np.sqrt(unlearnt))


def heads_taught(
    inner: Rule, heads: int, keys: Keys, dims: Dims, values: Values
) -> TaughtLaw | None:
    """The law of alike heads on keys of this ensemble; None where one head has none."""
    head = inner.taught(keys, dims, replace(values, signal=values.signal / heads))
    return None if head is None else HeadsTaught(head, heads, values.signal)
