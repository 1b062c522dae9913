"""Errors a user can act on: each names what is wrong and what is allowed."""

from collections.abc import Iterable
from difflib import get_close_matches


class InputError(ValueError):
    """Input that the toolkit cannot use; the command lines print it alone and exit with 2."""


def unknown(kind: str, name: str, allowed: Iterable[str]) -> InputError:
    """The error for a name outside a set, nearest names first.

    >>> print(unknown("rule", "hebian", ["hebbian", "delta"]))
    Unknown rule 'hebian'; did you mean 'hebbian'? Allowed: delta, hebbian.
    """
    names = sorted(allowed)
    near = get_close_matches(name, names, n=3, cutoff=0.5)
    hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else "."
    return InputError(f"Unknown {kind} {name!r}{hint} Allowed: {', '.join(names) or 'none'}.")
