"""Random numbers as a pure function of integers: vmap-safe, alike on every device and dtype."""

import torch
from torch import Tensor


def _signed(x: int) -> int:
    return x - 2**64 if x >= 2**63 else x


_GOLDEN = _signed(0x9E3779B97F4A7C15)
_FIRST, _SECOND = _signed(0xBF58476D1CE4E5B9), _signed(0x94D049BB133111EB)


def _shifted(x: Tensor, by: int) -> Tensor:
    """Logical shift right of 64-bit integers."""
    shifted: Tensor = (x >> by) & (2 ** (64 - by) - 1)
    return shifted


def mixed(x: Tensor) -> Tensor:
    """The splitmix64 finaliser (Steele, Lea, Flood 2014), integers modulo 2^64."""
    x = (x ^ _shifted(x, 30)) * _FIRST
    x = (x ^ _shifted(x, 27)) * _SECOND
    return x ^ _shifted(x, 31)


def uniform(seed: Tensor, counter: Tensor) -> Tensor:
    """Independent uniforms on [0, 1), float64, for each pair of 64-bit integers (broadcast)."""
    bits = mixed(mixed(seed * _GOLDEN) + counter * _GOLDEN)
    return _shifted(mixed(bits), 11).to(torch.float64) * 2.0**-53


def stream_seeds(
    batch: tuple[int, ...], rng: torch.Generator | None, device: torch.device | str
) -> Tensor:
    """One seed a stream: the generator's own seed plus the position along the first axis.

    So a stream has the same seed in whatever batch it is computed. Further axes are mixed in.
    """
    base = 0 if rng is None else rng.initial_seed() % 2**62
    seeds = torch.tensor(base, dtype=torch.int64, device=device)
    for axis, length in enumerate(batch):
        place = torch.arange(length, dtype=torch.int64, device=device)
        seeds = seeds[..., None] + place if axis == 0 else mixed(seeds)[..., None] + place
    return seeds
