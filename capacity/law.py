"""A law: what theory says of recall, by age, for any number of items and in the lifelong limit."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from capacity.recall import Recall, Status


class Law(ABC):
    """Signal and power by age (see :mod:`capacity.recall`), with a status for each."""

    statuses: Mapping[str, Status]
    alike: bool = False  # True where all stored pairs are recalled alike, and worse as N grows

    @abstractmethod
    def recall(self, items: int) -> Recall:
        """Recall of each of ``items`` stored pairs, arrays over age 0 .. items - 1."""

    @abstractmethod
    def lifelong(self, ages: int) -> Recall | None:
        """Recall of ages 0 .. ages - 1 as the number of items grows without bound.

        Power is infinite where it diverges. None where no endless stream exists.
        """

    def one(self, items: int) -> Recall:
        """Recall of a single pair among ``items``; laws whose pairs are alike make it cheap."""
        raise TypeError(f"{type(self).__name__} tells pairs of different ages apart")
