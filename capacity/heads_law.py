r"""Recall of h independent memories side by side, each with 1/h of the value.

o = (o_1, ..., o_h) and |v_i|^2 = 1/h on average, so signal and power are the means over heads of
those of one head. The own signal x v_i of a head has power x_i^2/h; for independent heads

    E x^2 = s^2 + (1/h) mean_i (E x_i^2 - s_i^2),   x the overlap of the whole read-out.
"""

import numpy as np

from capacity.law import Law
from capacity.recall import Recall, Status, weakest


class HeadsLaw(Law):
    """Means over the laws of the heads, one law if they are alike; each as trusted as its heads."""

    def __init__(self, laws: list[Law], heads: int, *, independent: bool) -> None:
        self.laws, self.heads, self.independent = laws, heads, independent
        self.alike = all(law.alike for law in laws)
        self.statuses = {}
        for name in laws[0].statuses:
            of_heads = {str(i): law.statuses[name] for i, law in enumerate(laws)}
            self.statuses[name] = weakest(of_heads) or Status.CONJECTURE

    def recall(self, items: int) -> Recall:
        return self._mean([law.recall(items) for law in self.laws])

    def one(self, items: int) -> Recall:
        return self._mean([law.one(items) for law in self.laws])

    def lifelong(self, ages: int) -> Recall | None:
        found = [recall for law in self.laws if (recall := law.lifelong(ages)) is not None]
        return self._mean(found) if len(found) == len(self.laws) else None

    def _mean(self, recalls: list[Recall]) -> Recall:
        signal = np.mean([recall.signal for recall in recalls], axis=0)
        power = np.mean([recall.power for recall in recalls], axis=0)
        owns = [recall.own_power for recall in recalls]
        own = None
        if self.independent and all(x is not None for x in owns):
            spread = [x - r.signal**2 for x, r in zip(owns, recalls, strict=True) if x is not None]
            own = signal**2 + np.mean(spread, axis=0) / self.heads
        return Recall(signal, power, self.statuses, own_power=own)
