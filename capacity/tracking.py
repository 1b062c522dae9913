r"""State tracking: what a memory still knows of the product of a stream of random permutations.

Each token is a permutation g, drawn from all of S_n, and multiplies the memory by M_g, which g's
keys make of its factors: S_t = S_0 M_(g_1) ... M_(g_t), where P_(g_1) ... P_(g_t) was wanted.

Signal: sigma_t = E tr(P_t^T S_0^(-1) S_t)/n, the mean of own values in units of what was stored.
Permutations are independent, so

    sigma_t = tr(X_t)/n,   X_0 = I,   X_(t+1) = E P_g^T X_t M_g.

Accuracy: where every M_g is itself a permutation h(g), the mistake e_t with P_t e_t = S_t follows
e_(t+1) = g^(-1) e_t h(g), a walk on S_n whose law is a recursion over its n! elements; what is
tracked is right where e_t is the identity.

Status of both: exact, any n, any number of tokens.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from capacity.errors import InputError, unknown
from capacity.permutations import CHOICES, symmetric_group
from capacity.rule import Dims, Rule, State, Token

Array = NDArray[np.float64]
ROUNDING = 1e-9  # entries of products of reflections this close to 0 or 1 are


@dataclass(frozen=True)
class Tracker:
    """A rule that tracks permutations of ``things``, its keys by ``choice``: swaps or nearest."""

    rule: Rule
    things: int
    choice: str = "swaps"

    def __post_init__(self) -> None:
        if self.choice not in CHOICES:
            raise unknown("choice of keys", str(self.choice), CHOICES)
        if not self.rule.linear_in_values:
            raise InputError(f"{self.rule.title} is not linear in values; tracking needs that.")

    @property
    def dims(self) -> Dims:
        """One direction a thing, for keys and values."""
        return Dims(self.things, self.things)

    @cached_property
    def keys(self) -> Array:
        """Keys (n!, pairs a token, n) of each permutation's token; its values are zero."""
        choose, pairs = CHOICES[self.choice], self.rule.pairs
        return np.array([choose(p, pairs) for p in symmetric_group(self.things)])

    def filled(self, batch: int, dtype: torch.dtype, device: torch.device | str) -> State:
        """Memories that hold e_i at key e_i, written as pairs; the last token ends with zeros."""
        n, pairs = self.things, self.rule.pairs
        eye = torch.zeros(-(-n // pairs) * pairs, n, dtype=dtype, device=device)
        eye[:n] = torch.eye(n, dtype=dtype, device=device)
        empty = self.rule.init(self.dims, (batch,), dtype=dtype, device=device)
        written = eye.expand(batch, -1, -1)
        return self.rule.write_stream(empty, written, written)

    def held(self, states: State, batch: int, dtype: torch.dtype, device: object) -> Tensor:
        """What is read at e_i, as column i: (batch, n, n)."""
        eye = torch.eye(self.things, dtype=dtype, device=device)  # type: ignore[call-overload]
        read: Tensor = self.rule.read_stream(states, eye.expand(batch, -1, -1)).mT
        return read

    @cached_property
    def products(self) -> Array:
        """M_g of each permutation (n!, n, n), by the rule's own write."""
        count, made = len(self.keys), torch.float64
        before = self.filled(count, made, "cpu")
        start = self.held(before, count, made, "cpu")
        keys = torch.as_tensor(self.keys)
        write = torch.func.vmap(self.rule.write, in_dims=(0, Token(0, 0, None)))
        after = write(before, Token(keys, torch.zeros_like(keys), torch.tensor(self.things)))
        found: Array = torch.linalg.solve(start, self.held(after, count, made, "cpu")).numpy()
        return found

    def signal(self, tokens: int) -> Array:
        """sigma after 0 .. tokens permutations; 1/n where nothing is known."""
        n = self.things
        wanted = np.array([np.eye(n)[:, list(p)] for p in symmetric_group(n)])
        step = np.einsum("gji,gkl->iljk", wanted, self.products).reshape(n**2, n**2) / len(wanted)
        X, found = np.eye(n).ravel(), [1.0]
        for _ in range(tokens):
            X = step @ X
            found.append(float(np.eye(n).ravel() @ X) / n)
        return np.array(found)

    def accuracy(self, tokens: int) -> Array | None:
        """Chance that all things are in place after 0 .. tokens; None if M_g are no permutations.

        In the long run 1/n!, or what the mistakes that can occur leave.
        """
        n, group = self.things, np.array(symmetric_group(self.things))
        if np.minimum(abs(self.products), abs(self.products - 1)).max() > ROUNDING:
            return None
        made = np.argmax(self.products, axis=1)  # h(g): the row of the 1 in each column
        places = n ** np.arange(n)
        number = np.zeros(n**n, dtype=int)
        number[group @ places] = np.arange(len(group))
        inverse = np.argsort(group, axis=1)
        chances: Array = np.eye(len(group))[0]
        found = [1.0]
        # g^(-1) e h(g), for every g and e
        after = np.array([back[group[:, h]] for back, h in zip(inverse, made, strict=True)])
        moved = number[after @ places].ravel()
        for _ in range(tokens):
            weights = np.tile(chances, len(group)) / len(group)
            chances = np.bincount(moved, weights, minlength=len(group)).astype(float)
            found.append(float(chances[0]))
        return np.array(found)
