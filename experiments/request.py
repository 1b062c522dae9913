"""What a probe is asked: a rule on streams of some data, read at checkpoints."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import torch

from capacity.errors import unknown
from capacity.keys import Keys
from capacity.rule import Dims, Rule
from capacity.values import Values


@dataclass(frozen=True)
class Request:
    """One measurement. ``options`` are the probe's own, by name."""

    rule: Rule
    keys: Keys
    values: Values
    dims: Dims
    checkpoints: tuple[int, ...]
    trials: int
    seed: int
    dtype: torch.dtype
    device: torch.device | str
    options: Mapping[str, Any] = field(default_factory=dict)

    def only(self, *allowed: str) -> Mapping[str, Any]:
        """The options, or an error that names one that the probe does not have."""
        for name in self.options:
            if name not in allowed:
                raise unknown("option of the probe", name, allowed)
        return self.options


Measure = Callable[[Request], pd.DataFrame]  # the function ``measure`` of a probe's module
