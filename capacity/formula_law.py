"""A law that is a formula in age and number of items, exact for any of both."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from capacity.keys import Array, Keys
from capacity.law import Law
from capacity.recall import Recall, Status

Ages = NDArray[np.int64]
Moments = tuple[Array, Array, Array]  # signal, power, own power, by age


class FormulaLaw(Law):
    """Recall from formula(ages, items), and from endless(ages) as the number of items grows.

    alike: all stored pairs are recalled alike, and worse as N grows. endless None: no limit.
    """

    def __init__(
        self,
        keys: Keys,
        d: int,
        formula: Callable[[Ages, int], Moments],
        endless: Callable[[Ages], Moments] | None,
        *,
        alike: bool,
        status: Status = Status.EXACT,
    ) -> None:
        self.keys, self.d, self.formula, self.endless = keys, d, formula, endless
        self.alike = alike
        self.statuses = {"signal": status, "power": status}

    def recall(self, items: int) -> Recall:
        return self._at(np.arange(items), items)

    def one(self, items: int) -> Recall:
        return self._at(np.arange(1), items) if self.alike else super().one(items)

    def lifelong(self, ages: int) -> Recall | None:
        if self.endless is None or self.keys.most_items(self.d) is not None:
            return None
        return self._recall(ages, self.endless(np.arange(ages)))

    def _at(self, ages: Ages, items: int) -> Recall:
        self.keys.check(self.d, items)
        return self._recall(len(ages), self.formula(ages, items))

    def _recall(self, ages: int, moments: Moments) -> Recall:
        signal, power, own = (np.broadcast_to(np.asarray(x, float), ages).copy() for x in moments)
        return Recall(signal, power, self.statuses, own)
