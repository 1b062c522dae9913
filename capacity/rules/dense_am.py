r"""Dense associative memory: $y = \sum_i v_i\, (k_i^\top q)^n$."""

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from torch import Tensor

from capacity.cache import CacheRule
from capacity.formula_law import Ages, FormulaLaw, Moments
from capacity.keys import Gaussian, Keys, Orthonormal, Sphere
from capacity.law import Law
from capacity.parameters import param
from capacity.rule import Cost, Dims, Source


def rising(d: Any, count: int) -> Any:
    """d (d + 2) ... (d + 2 count - 2)."""
    return prod(d + 2 * j for j in range(count))


@dataclass(frozen=True)
class DenseAm(CacheRule):
    """All pairs, weighed by a power of the score and not normalised; degree 1 is Hebbian.

    These weights are the gradient of an energy of degree n + 1: the n of Krotov and Hopfield is
    n + 1 here.
    """

    family = "nonparametric"
    title = "Dense associative memory"
    update = r"y = \sum_i v_i\, (k_i^\top q)^n"
    source = Source("Krotov, Hopfield 2016", "arXiv:1606.01164", "polynomial energy, F(x) = x^n")

    degree: int = param(3, symbol="n", domain=(1, 64), typical=(1, 2, 3, 5), integer=True)

    def weigh(self, keys: Tensor, query: Tensor, filled: Tensor) -> Tensor:
        return (keys @ query) ** self.degree * filled

    def cost(self, dims: Dims, t: int) -> Cost:
        return Cost(write=0, read=t * (dims.d_k + dims.d_v))

    def pattern_capacity(self, d: int) -> float:
        """d^n / (2 (2n - 1)!! ln d), patterns of d signs that one update leaves without an error.

        Asymptotic in d (Krotov, Hopfield 2016, their n as n + 1); d / (2 ln d) at n = 1.
        """
        return float(d**self.degree / (2 * rising(1, self.degree) * np.log(d)))

    def closed_form(self, *, d: Any, items: Any, fixed_norm: bool) -> tuple[Any, Any, Any]:
        """Signal, power and own power; exact for any d and items, numbers or symbols.

        With [d]_m = d (d + 2) ... (d + 2m - 2): unit keys (fixed_norm) s = own = 1 and
        p = 1 + (N - 1) [1]_n/[d]_n; Gaussian keys s = [d]_n/d^n, own = [d]_2n/d^2n and
        p = own + (N - 1) [1]_n s/d^n.
        """
        n = self.degree
        if fixed_norm:
            return 1, 1 + (items - 1) * rising(1, n) / rising(d, n), 1
        signal, own = rising(d, n) / d**n, rising(d, 2 * n) / d ** (2 * n)
        return signal, own + (items - 1) * rising(1, n) * signal / d**n, own

    def law(self, keys: Keys, dims: Dims) -> Law | None:
        """Exact on sphere, Gaussian, orthonormal (s = p = 1) and given keys.

        None on sign keys, whose moments of degree 2n are not derived here.
        """
        d = dims.d_k
        if not isinstance(keys, Sphere | Gaussian | Orthonormal):
            return super().law(keys, dims)

        def formula(ages: Ages, items: int) -> Moments:
            if isinstance(keys, Orthonormal):
                return np.ones(1), np.ones(1), np.ones(1)
            found = self.closed_form(d=d, items=items, fixed_norm=isinstance(keys, Sphere))
            signal, power, own = (np.array(float(x)) for x in found)
            return signal, power, own

        def endless(ages: Ages) -> Moments:
            signal, _, own = formula(ages, 1)
            return signal, np.array(np.inf), own

        return FormulaLaw(keys, d, formula, endless, alike=True)
