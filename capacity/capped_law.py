"""Recall of a normalised memory on orthonormal keys: each pair reads its own weight, at most 1."""

import numpy as np

from capacity.keys import Orthonormal
from capacity.law import Law
from capacity.recall import Recall, Status
from capacity.schedule import Weights


class CappedLaw(Law):
    """s = min(1, c) and p = s^2 for weights c >= 0; exact, without variance."""

    def __init__(self, weights: Weights, d: int) -> None:
        self.weights, self.d = weights, d
        self.statuses = {"signal": Status.EXACT, "power": Status.EXACT}

    def recall(self, items: int) -> Recall:
        Orthonormal().check(self.d, items)
        signal = np.minimum(1.0, self.weights.by_age(items))
        return Recall(signal, signal**2, self.statuses, own_power=signal**2)

    def lifelong(self, ages: int) -> None:
        return None
