r"""Random numbers as a pure function of integers: alike in every batch and on every worker.

Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"), as
tensor operations: a key of two 32-bit words and a counter of four give four random words. Every
number has a counter of its own, so all streams are drawn at once, on any device, under ``vmap``.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

Words = tuple[Tensor, Tensor, Tensor, Tensor]

MASK = 2**32 - 1
ROUNDS = 10
_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_WEYL = (0x9E3779B9, 0xBB67AE85)
_AT_ONCE = {"cpu": 2**16, "cuda": 2**23}  # counters a pass: what stays in the cache of a core


def philox(counter: Words, key: tuple[int | Tensor, int | Tensor]) -> Words:
    """Four random words for each counter; words are integers below 2^32 (broadcast)."""
    w0, w1, w2, w3 = counter
    k0, k1 = key
    for _ in range(ROUNDS):
        # products wrap modulo 2^64: the bits are right whatever the sign
        p, q = w0 * _MULTIPLIERS[0], w2 * _MULTIPLIERS[1]
        w0, w1 = (q >> 32 & MASK) ^ w1 ^ k0, q & MASK
        w2, w3 = (p >> 32 & MASK) ^ w3 ^ k1, p & MASK
        k0, k1 = (k0 + _WEYL[0]) & MASK, (k1 + _WEYL[1]) & MASK
    return w0, w1, w2, w3


def _unit(high: Tensor, low: Tensor) -> Tensor:
    """The middle of one of 2^52 equal parts of (0, 1), from the leading bits of two words."""
    return ((high << 20 | low >> 12).to(torch.float64) + 0.5) * 2.0**-52


def _halves(x: Tensor) -> tuple[Tensor, Tensor]:
    return x & MASK, x >> 32 & MASK


def uniform(seed: Tensor, counter: Tensor) -> Tensor:
    """Independent uniforms on (0, 1), float64, for each pair of 64-bit integers (broadcast)."""
    w0, w1, _, _ = philox((*_halves(seed), *_halves(counter)), (0, 0))
    return _unit(w0, w1)


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
        if axis > 0:
            w0, w1, _, _ = philox((*_halves(seeds[..., None]), *_halves(place)), (1, 0))
            seeds = w0 | w1 << 32
        else:
            seeds = seeds[..., None] + place
    return seeds


@dataclass(frozen=True)
class Draws:
    """Random tables of many streams for one purpose, drawn together.

    ``purpose``, 64 bits, tells apart what is drawn (keys, values, ...); ``seeds`` (streams,) are
    64-bit integers. The entry at (row, column) of a stream is a function of purpose, seed, row and
    column alone: a table with more rows, more columns or beside other streams holds the same ones.
    """

    purpose: int
    seeds: Tensor

    def uniform(self, rows: int, columns: int, first: int = 0) -> Tensor:
        """Uniform on (0, 1): (streams, rows, columns), float64, from row ``first`` on."""
        blocks = -(-columns // 2)  # the four words of a counter make two numbers
        found = self.seeds.new_empty((len(self.seeds) * rows * blocks, 2), dtype=torch.float64)
        for part in self._parts(len(found)):
            place = torch.arange(part.start, part.stop, device=self.seeds.device)
            row, block = first + place // blocks % rows, place % blocks
            seed = self.seeds[place // (rows * blocks)]
            words = philox((*_halves(seed), row, block), (self.purpose & MASK, self.purpose >> 32))
            found[part, 0], found[part, 1] = _unit(*words[:2]), _unit(*words[2:])
        return found.view(len(self.seeds), rows, 2 * blocks)[..., :columns]

    def _parts(self, size: int) -> Iterator[slice]:
        step = _AT_ONCE.get(self.seeds.device.type, 2**16)
        for start in range(0, size, step):
            yield slice(start, min(start + step, size))

    def normal(self, rows: int, columns: int, first: int = 0) -> Tensor:
        """N(0, 1), by inversion of the uniform: (streams, rows, columns), float64."""
        drawn: Tensor = torch.special.ndtri(self.uniform(rows, columns, first))
        return drawn

    def signs(self, rows: int, columns: int) -> Tensor:
        """-1 or 1 with equal chance: (streams, rows, columns), float64."""
        return torch.where(self.uniform(rows, columns) < 0.5, -1.0, 1.0).double()
