r"""Where values come from: a linear teacher and noise, v_t = W_t k_t + eps_t.

The signal fraction rho^2 = E|W k|^2 on unit keys runs from 0, pure memorisation (values independent
of keys), to 1, pure regression; E|eps|^2 = 1 - rho^2, so E|v|^2 = 1. W has entries N(0, rho^2/d_v).
It is fixed, or drifts as a stationary random walk, W_(t+1) = theta W_t + sqrt(1 - theta^2) fresh
with theta = sqrt(1 - tau), or is drawn afresh every L tokens.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from capacity.counter_random import Draws
from capacity.errors import InputError

ALLOWED = "noise or teacher:signal=R,drift=T or teacher:signal=R,switch=L"


@dataclass(frozen=True)
class Values:
    """The law of the values of a stream; the default is noise alone.

    signal: rho^2 in [0, 1]; drift: tau in [0, 1]; switch: tokens after which the teacher is
    replaced, 0 for never. A teacher drifts or switches, not both.
    """

    signal: float = 0.0
    drift: float = 0.0
    switch: int = 0

    def __post_init__(self) -> None:
        for name in ("signal", "drift"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(f"Values need 0 <= {name} <= 1, got {getattr(self, name)}.")
        if self.switch < 0 or self.switch != int(self.switch):
            raise InputError(f"Values need switch = 0, 1, 2, ..., got {self.switch}.")
        if self.drift > 0 and self.switch > 0:
            raise InputError("A teacher drifts or switches, not both: set drift or switch to 0.")

    @property
    def theta(self) -> float:
        """Correlation of the teachers of two neighbouring tokens, sqrt(1 - tau)."""
        return math.sqrt(1 - self.drift)

    @property
    def noise(self) -> float:
        """E|eps|^2 = 1 - rho^2: the part of a value that no teacher explains."""
        return 1 - self.signal

    @property
    def label(self) -> str:
        """The text that :func:`parse_values` turns back into these values."""
        if self.signal == 0:
            return "noise"
        extra = [f"{x}={getattr(self, x)!r}" for x in ("drift", "switch") if getattr(self, x)]
        return ",".join([f"teacher:signal={self.signal!r}", *extra])

    @property
    def kept(self) -> float:
        """Mean correlation of the teachers of two neighbouring tokens, of a switch at any time."""
        return 1 - 1 / self.switch if self.switch else self.theta

    def correlation(self, lag: int, before: int) -> float:
        """Of the teacher of token ``before`` with that of ``lag`` tokens later."""
        if self.switch:
            return float(before // self.switch == (before + lag) // self.switch)
        return self.theta**lag

    def teachers(self, draws: Draws, d_v: int, d_k: int, tokens: int) -> Iterator[Tensor]:
        """W_0, W_1, ..., each (streams, d_v, d_k); a fixed teacher is the same tensor each time."""
        scale = math.sqrt(self.signal / d_v)

        def fresh(row: int) -> Tensor:
            return scale * draws.normal(1, d_v * d_k, first=row).view(-1, d_v, d_k)

        W = fresh(0)
        for t in range(tokens):
            if t > 0 and self.switch and t % self.switch == 0:
                W = fresh(t // self.switch)
            elif t > 0 and self.drift:
                W = self.theta * W + math.sqrt(self.drift) * fresh(t)
            yield W

    def taught(self, teachers: Iterator[Tensor], keys: Tensor, normal: Tensor) -> Tensor:
        """Values (streams, items, d_v) for keys (streams, items, d_k) and noise N(0, 1)."""
        noise = normal * math.sqrt(self.noise / normal.shape[2])
        if self.signal == 0:
            return noise
        if not (self.drift or self.switch):
            return keys @ next(teachers).mT + noise
        pairs = zip(teachers, keys.unbind(1), strict=False)
        return torch.stack([(W @ k[..., None])[..., 0] for W, k in pairs], dim=1) + noise


NOISE = Values()


def parse_values(text: str) -> Values:
    """The values of a label: ``noise`` or ``teacher:signal=0.7[,drift=0.005|,switch=100]``."""
    name, _, rest = text.partition(":")
    if name == "noise" and not rest:
        return NOISE
    settings: dict[str, Any] = {}
    for part in rest.split(",") if name == "teacher" and rest else ():
        key, _, number = part.partition("=")
        try:
            settings[key.strip()] = int(number) if key.strip() == "switch" else float(number)
        except ValueError:
            raise InputError(f"Values {text!r}: {part!r} is no number; use {ALLOWED}.") from None
    if name != "teacher" or "signal" not in settings or settings.keys() - Values().__dict__:
        raise InputError(f"Values are {ALLOWED}; got {text!r}.")
    return Values(**settings)
