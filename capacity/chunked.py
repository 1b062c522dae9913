"""Memories that learn chunk by chunk: pairs wait in a buffer until a chunk is full, or is read.

The state is a named tuple of fast weights of the rule's own and, by these names, ``keys``
(chunk - 1, d_k), ``values`` (chunk - 1, d_v), ``waiting`` (pairs in the buffer) and ``written``.
The pair that completes a chunk is learnt at once, so a chunk of 1 has an empty buffer.
"""

from abc import abstractmethod
from typing import Any

import torch
from torch import Tensor

from capacity.errors import InputError
from capacity.rule import Dims, Rule, State, Token


class ChunkedRule(Rule):
    """A rule whose fast weights change once a chunk; subclasses say how."""

    chunk: int

    @abstractmethod
    def learn(self, state: Any, keys: Tensor, values: Tensor, real: Tensor) -> Any:
        """The state with its fast weights updated on these pairs (n, d); real (n,) is 0 or 1.

        Pairs with real = 0 fill empty slots and must not matter. One stream, safe under vmap.
        """

    def note(self, state: Any, keys: Tensor, values: Tensor) -> Any:
        """What else a run of pairs (n, d) changes at once, such as a window; default: nothing."""
        return state

    def waiting_room(
        self, dims: Dims, batch: tuple[int, ...], like: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Empty ``keys``, ``values``, ``waiting`` and ``written`` of a batch of states."""
        slots = self.chunk - 1
        count = torch.zeros(batch, dtype=torch.int64, device=like.device)
        keys, values = (like.new_zeros(*batch, slots, d) for d in (dims.d_k, dims.d_v))
        return keys, values, count, count.clone()

    def write(self, state: State, token: Token) -> State:
        state = self.note(state, token.keys, token.values)
        full = state.waiting == self.chunk - 1
        keys = torch.cat([state.keys, token.keys])
        values = torch.cat([state.values, token.values])
        learnt = self.learn(state, keys, values, keys.new_ones(self.chunk))
        here = (torch.arange(self.chunk - 1, device=keys.device) == state.waiting)[:, None]
        held = state._replace(
            keys=torch.where(here, token.keys, state.keys),
            values=torch.where(here, token.values, state.values),
            waiting=state.waiting + 1,
        )
        emptied = learnt._replace(waiting=torch.zeros_like(state.waiting))
        chosen = _choose(full, emptied, held)
        return chosen._replace(written=state.written + 1)

    def flush(self, state: State) -> State:
        """Learn the pairs that wait, as a shorter chunk."""
        if self.chunk == 1:
            return state
        slots = torch.arange(self.chunk - 1, device=state.keys.device)
        real = (slots < state.waiting).to(state.keys.dtype)
        learnt = self.learn(state, state.keys, state.values, real)
        emptied = learnt._replace(waiting=torch.zeros_like(state.waiting))
        return _choose(state.waiting > 0, emptied, state)

    def write_stream(self, states: State, keys: Tensor, values: Tensor, start: int = 0) -> State:
        """One update a chunk for all streams at once; they must wait with equally many pairs."""
        if keys.shape[1] == 0:
            return states
        waiting = int(states.waiting.flatten()[0])
        if bool((states.waiting != waiting).any()):
            raise InputError(f"{type(self).__name__} needs streams that are equally far.")
        states = torch.func.vmap(self.note)(states, keys, values)
        states = states._replace(written=states.written + keys.shape[1])
        keys = torch.cat([states.keys[:, :waiting], keys], dim=1)
        values = torch.cat([states.values[:, :waiting], values], dim=1)
        left = keys.shape[1] % self.chunk
        learn = torch.func.vmap(self.learn, in_dims=(0, 0, 0, None))
        real = keys.new_ones(self.chunk)
        for first in range(0, keys.shape[1] - left, self.chunk):
            at = slice(first, first + self.chunk)
            states = learn(states, keys[:, at], values[:, at], real)
        held_keys, held_values = states.keys.clone(), states.values.clone()
        held_keys[:, :left] = keys[:, keys.shape[1] - left :]
        held_values[:, :left] = values[:, keys.shape[1] - left :]
        now = torch.full_like(states.waiting, left)
        return states._replace(keys=held_keys, values=held_values, waiting=now)


def _choose(condition: Tensor, yes: Any, no: Any) -> Any:
    """One of two states of equal structure."""
    pairs = zip(yes, no, strict=True)
    return type(yes)(*(torch.where(condition, x, y) for x, y in pairs))


def normal(shape: tuple[int, ...], rng: torch.Generator | None, like: Tensor) -> Tensor:
    """Independent N(0, 1) initial weights; without a generator, those of seed 0.

    Drawn in float64 and then cast, so that precision does not change the draw.
    """
    source = rng or torch.Generator(like.device).manual_seed(0)
    return torch.randn(shape, generator=source, dtype=torch.float64, device=source.device).to(like)
