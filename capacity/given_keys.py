r"""The exact law given the actual keys, for rules linear in the values; values independent of keys.

With values of mean zero and E|v|^2 = 1 independent across items, o_j = sum_i R_ji v_i, so
s_j = R_jj and p_j = sum_i R_ji^2. R is the memory's read-out when value i is the unit vector e_i.
"""

from functools import lru_cache

import torch
from torch import Tensor

from capacity.keys import Empirical
from capacity.law import Law
from capacity.recall import Recall, Status
from capacity.rule import Dims, Rule


def recall_matrices(rule: Rule, keys: Tensor) -> Tensor:
    """R (batch, N, N) for a batch of key streams (batch, N, d_k): row j reads key j."""
    batch, items, d = keys.shape
    states = rule.init(Dims(d, items, items), (batch,), dtype=keys.dtype, device=keys.device)
    values = torch.eye(items, dtype=keys.dtype, device=keys.device).expand(batch, -1, -1)
    return rule.read_stream(rule.write_stream(states, keys, values), keys)


def signal_and_power(R: Tensor) -> tuple[Tensor, Tensor]:
    """s_j and p_j of each stored item in order of writing, (batch, N)."""
    return R.diagonal(dim1=1, dim2=2), R.square().sum(dim=2)


class GivenKeysLaw(Law):
    """Exact recall of the first rows of the given keys; there is no lifelong limit."""

    def __init__(self, rule: Rule, keys: Empirical, dims: Dims) -> None:
        self.rule, self.keys, self.dims = rule, keys, dims
        self.statuses = {"signal": Status.EXACT, "power": Status.EXACT}
        self._at = lru_cache(maxsize=64)(self._compute)

    def _compute(self, items: int) -> Recall:
        self.keys.check(self.dims.d_k, items)
        rows = torch.as_tensor(self.keys.rows[:items], dtype=torch.float64)
        s, p = signal_and_power(recall_matrices(self.rule, rows[None]))
        signal, power = s[0].flip(0).numpy(), p[0].flip(0).numpy()
        return Recall(signal, power, self.statuses, own_power=signal**2)

    def recall(self, items: int) -> Recall:
        return self._at(items)

    def lifelong(self, ages: int) -> None:
        return None
