"""The sections of the supplement in reading order: where each figure and each table belongs."""

from enum import Enum

LAST = 99  # rank of what has no place of its own in its section


class Section(Enum):
    """A section by its title; the order of the members is the order of reading."""

    RULES = "The update rules"
    PAPER = "The paper's own figures, with numbers"
    CAPACITY = "Capacity: how much a state holds"
    INTERFERENCE = "Interference: what a write does to what is stored"
    COST = "Cost: what recall is bought with"
    Q1 = "Question 1: objective and regularisation"
    Q2 = "Question 2: longer horizons"
    Q3 = "Question 3: keys and values"
    REAL = "Keys and values of a real transformer"
    AGREEMENT = "Laws against measurements"
    HYPOTHESES = "Hypotheses and verdicts"

    @property
    def title(self) -> str:
        """The heading."""
        return self.value
