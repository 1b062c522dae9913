"""An identity that a law satisfies exactly."""

from collections.abc import Callable
from typing import NamedTuple

from tests.mutations.measured import Numbers


class Identity(NamedTuple):
    """Numbers that are known, and the same as the law has them."""

    name: str
    known: Callable[[], Numbers]
    asked: Callable[[], Numbers]
