"""The program x <- 5, y <- x + 5, x <- 3, z <- y + x, run through a memory; is z then 13?

A variable is a key, a number below ``NUMBERS`` one of as many random unit values. An assignment
reads its variables, takes each read-out for the number whose value it points at most, adds modulo
``NUMBERS`` and writes the sum at the key of its own variable. Equal overlaps, as where two values
are held alike or nothing is read, are decided by lot. After every assignment come as many pairs of
other variables with numbers drawn at random, the distractors.
"""

from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor

from capacity.errors import InputError
from capacity.keys import Keys
from capacity.rule import Dims, Rule, State
from experiments.probes.recall import batch_size, check_request
from experiments.request import Request
from experiments.statistics import Moments
from experiments.streams import draws

NUMBERS = 32
OLD, STEP, NEW = 5, 5, 3  # x <- OLD, y <- x + STEP, x <- NEW, z <- y + x
ASSIGNMENTS = 4
LOT = 1e-5  # overlaps that differ by less are equal: far above rounding, also of float32
# shares of streams: z is NEW + OLD + STEP; x, read by the last assignment, is NEW, or OLD;
# means: <value of NEW, o> and <value of OLD, o> of that read-out
QUANTITIES = ("right", "x_new", "x_old", "signal_new", "signal_old")


@dataclass(frozen=True)
class Tape:
    """What a batch of streams is made of.

    keys (streams, items, d_k): of all pairs, each its own; codes (streams, NUMBERS, d_v): values of
    the numbers; others (streams, items): the numbers of distractors; lots (streams, NUMBERS): in
    which order equal numbers are taken, the same in every reading of a stream.
    """

    keys: Tensor
    codes: Tensor
    others: Tensor
    lots: Tensor

    def value(self, numbers: Tensor) -> Tensor:
        """Values (streams, n, d_v) of numbers (streams, n)."""
        return torch.take_along_dim(self.codes, numbers[..., None], dim=1)

    def scores(self, read: Tensor) -> Tensor:
        """Overlaps (streams, NUMBERS) of read-outs (streams, d_v) with all values."""
        return (self.codes @ read[..., None])[..., 0]

    def chosen(self, scores: Tensor) -> Tensor:
        """The number (streams,) of the largest score; the lots decide among equals."""
        equal = scores >= scores.amax(dim=1, keepdim=True) - LOT
        return torch.where(equal, self.lots, -1.0).argmax(1)


def measure(request: Request) -> pd.DataFrame:
    """One row a checkpoint, the pairs of the whole program; option ``dropped`` (0: none)."""
    dropped = {"dropped": 0, **request.only("dropped")}["dropped"]
    parts = []
    for items in request.checkpoints:
        found = program_probe(
            request.rule,
            request.keys,
            request.dims,
            items,
            dropped=dropped,
            trials=request.trials,
            seed=request.seed,
            dtype=request.dtype,
            device=request.device,
        )
        means = {name: float(at.mean) for name, at in found.items()}
        errors = {f"{name}_stderr": float(at.stderr) for name, at in found.items()}
        row = {"items": items, "distractors": items // ASSIGNMENTS - 1, "dropped": dropped}
        parts.append(pd.DataFrame([row | means | errors]))
    return pd.concat(parts, ignore_index=True)


def program_probe(
    rule: Rule,
    keys: Keys,
    dims: Dims,
    items: int,
    *,
    dropped: int = 0,
    trials: int,
    seed: int = 0,
    dtype: torch.dtype = torch.float64,
    device: torch.device | str = "cpu",
) -> dict[str, Moments]:
    """Moments over streams ``seed * 2^32 + 0 .. trials - 1`` of ``QUANTITIES``.

    ``items`` pairs are written, a quarter of them with each assignment. Assignment ``dropped``,
    counted from 1, is replaced by one more distractor: it is never written.
    """
    check_request((items,), trials, seed)
    if items % ASSIGNMENTS or items // ASSIGNMENTS % rule.pairs:
        raise InputError(
            f"items must be a multiple of {ASSIGNMENTS * rule.pairs}: four assignments, each with"
            f" its distractors a whole number of tokens, got {items}."
        )
    if dropped not in range(ASSIGNMENTS + 1):
        raise InputError(f"dropped must be an integer from 0 to {ASSIGNMENTS}, got {dropped!r}.")
    keys.check(dims.d_k, items)
    longest = Dims(dims.d_k, dims.d_v, items)
    found, size = {name: Moments() for name in QUANTITIES}, batch_size(dims, items, device)
    for start in range(0, trials, size):
        seeds = range(seed * 2**32 + start, seed * 2**32 + min(start + size, trials))
        tape = _tape(keys, longest, seeds, dtype, device)
        rng = torch.Generator(tape.keys.device).manual_seed(seeds.start)
        empty = rule.init(longest, (len(seeds),), rng, dtype=dtype, device=tape.keys.device)
        for name, sample in _run(rule, empty, tape, dropped).items():
            found[name].add(sample.double().cpu().numpy())
    return found


def _tape(
    keys: Keys, dims: Dims, seeds: range, dtype: torch.dtype, device: torch.device | str
) -> Tape:
    k = keys.sample(draws("keys", keys, dims, seeds, device), dims.d_k, dims.tokens)
    codes = draws("numbers", keys, dims, seeds, device).normal(NUMBERS, dims.d_v)
    codes = codes / codes.norm(dim=2, keepdim=True)
    uniform = draws("distractors", keys, dims, seeds, device).uniform(dims.tokens, 1)
    others = (uniform[..., 0] * NUMBERS).long()
    lots = draws("lots", keys, dims, seeds, device).uniform(1, NUMBERS)[:, 0]
    return Tape(k.to(dtype), codes.to(dtype), others, lots)


@dataclass
class _Machine:
    """A batch of memories that executes assignments; the one numbered ``dropped`` is not written.

    A dropped assignment leaves its place to one more distractor, at the key of the third place,
    which x does not need when it is bound again.
    """

    rule: Rule
    states: State
    tape: Tape
    dropped: int

    def key(self, number: int) -> Tensor:
        """The own key (streams, d_k) of the place of an assignment, counted from 1."""
        return self.tape.keys[:, (number - 1) * self._length]

    @property
    def _length(self) -> int:
        return self.tape.keys.shape[1] // ASSIGNMENTS

    def hear(self, key: Tensor) -> Tensor:
        """Overlaps (streams, NUMBERS) of what is read at a key with the values of all numbers."""
        return self.tape.scores(self.rule.read_stream(self.states, key[:, None])[:, 0])

    def number(self, key: Tensor) -> Tensor:
        """The number (streams,) that is read at a key."""
        return self.tape.chosen(self.hear(key))

    def assign(self, number: int, key: Tensor, told: Tensor | int) -> None:
        """Write one assignment of the numbers ``told`` (streams,), and its distractors."""
        start = (number - 1) * self._length
        here = slice(start, start + self._length)
        keys, numbers = self.tape.keys[:, here].clone(), self.tape.others[:, here].clone()
        if number == self.dropped:
            keys[:, 0] = self.key(3)
        else:
            keys[:, 0], numbers[:, 0] = key, told % NUMBERS
        self.states = self.rule.write_stream(self.states, keys, self.tape.value(numbers), start)


def _run(rule: Rule, empty: State, tape: Tape, dropped: int) -> dict[str, Tensor]:
    """One number a stream for each quantity."""
    machine = _Machine(rule, empty, tape, dropped)
    x, y, z = (machine.key(number) for number in (1, 2, 4))
    machine.assign(1, x, OLD)
    machine.assign(2, y, machine.number(x) + STEP)
    machine.assign(3, x, NEW)
    heard = machine.hear(x)
    taken = tape.chosen(heard)
    machine.assign(4, z, machine.number(y) + taken)
    return {
        "right": machine.number(z) == OLD + STEP + NEW,
        "x_new": taken == NEW,
        "x_old": taken == OLD,
        "signal_new": heard[:, NEW],
        "signal_old": heard[:, OLD],
    }
