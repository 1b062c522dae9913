"""How figures look: venue sizes, fonts that embed, a colour a family, a marker a rule.

Colours and markers are functions of names alone, so adding a rule changes no other rule's look.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import seaborn as sns
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure as Canvas

from capacity.errors import unknown
from capacity.recall import Status


@dataclass(frozen=True)
class Venue:
    """Widths in inches of one and two columns; single-column venues count half the text as one."""

    one: float
    two: float


VENUES = {
    "neurips": Venue(2.65, 5.5),
    "icml": Venue(3.25, 6.75),
    "iclr": Venue(2.65, 5.5),
    "jmlr": Venue(2.9, 6.0),
}

# after Okabe and Ito, dark enough to be lightened; grey for families that are not listed
FAMILIES = {
    "linear": "#0072B2",
    "delta": "#D55E00",
    "second_order": "#009E73",
    "deep": "#AA4499",
    "nonparametric": "#3A3A3A",
    "associative": "#C08A00",
    "hybrid": "#8C564B",
}
OTHER = "#777777"
MARKERS = ("o", "s", "^", "v", "D", "P", "X", "<", ">", "p", "h", "d")
LINES: dict[str, str] = {
    Status.EXACT: "-",
    Status.ASYMPTOTIC: "--",
    Status.BOUND: ":",
    Status.CONJECTURE: "-.",
}
_SALT = "115"  # with it the rules that ship have distinct markers within their families


@dataclass(frozen=True)
class Style:
    """A venue and a number of columns: the size of a figure and its matplotlib settings."""

    venue: str = "neurips"
    columns: int = 2

    def __post_init__(self) -> None:
        if self.venue not in VENUES:
            raise unknown("venue", self.venue, VENUES)
        if self.columns not in (1, 2):
            raise unknown("number of columns", str(self.columns), ["1", "2"])

    @property
    def width(self) -> float:
        """Width of the figure in inches, to be included without scaling."""
        venue = VENUES[self.venue]
        return venue.one if self.columns == 1 else venue.two

    @contextmanager
    def theme(self) -> Iterator[None]:
        """The settings in force while a figure is drawn and saved; restored afterwards."""
        with mpl.rc_context(), sns.axes_style("ticks"), mpl.rc_context(_RC):
            yield

    def canvas(self, height: float) -> Canvas:
        """An empty figure of the venue's width and this height in inches."""
        return Canvas(figsize=(self.width, height), layout="constrained")


_RC: Any = {
    "pdf.fonttype": 42,
    "ps.fonttype": 42,
    "font.family": "serif",
    "font.serif": ["STIXGeneral"],  # ships with matplotlib: the same bytes on every machine
    "mathtext.fontset": "stix",
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "legend.handlelength": 2.0,
    "legend.borderaxespad": 0.2,
    "axes.linewidth": 0.6,
    "axes.edgecolor": "#333333",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "lines.linewidth": 1.0,
    "lines.markersize": 4.2,
    "errorbar.capsize": 0,
    "figure.dpi": 100,
    "savefig.dpi": 300,
}


def family_colour(family: str) -> str:
    """The colour of a family, the same in every figure."""
    return FAMILIES.get(family.replace(" ", "_"), OTHER)


def family_order(family: str) -> tuple[int, str]:
    """Sorts families: those above in their order, then others by name."""
    known = list(FAMILIES)
    name = family.replace(" ", "_")
    return (known.index(name) if name in known else len(known), name)


def _number(text: str, below: int) -> int:
    return int(hashlib.sha256((_SALT + text).encode()).hexdigest(), 16) % below


def shade(colour: str, amount: float) -> str:
    """A colour mixed with white (amount > 0) or black (amount < 0)."""
    end = 1.0 if amount > 0 else 0.0
    red, green, blue = (x + (end - x) * abs(amount) for x in to_rgb(colour))
    return to_hex((red, green, blue))


def rule_colour(family: str, name: str) -> str:
    """The family's colour in a shade fixed by the name alone, from rather dark to rather light."""
    return shade(family_colour(family), -0.45 + 0.9 * _number(f"shade {name}", 101) / 100)


def rule_marker(name: str) -> str:
    """A marker fixed by the rule's name alone."""
    return MARKERS[_number(f"marker {name}", len(MARKERS))]


def status_line(status: str) -> str:
    """Solid for exact laws, dashed for asymptotic ones, dotted for bounds, else dash-dot."""
    return LINES[status]
