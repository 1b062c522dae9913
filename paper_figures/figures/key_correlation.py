"""Error against the correlation of keys: with all others alike, or with their neighbours."""

from collections.abc import Mapping
from functools import partial

import pandas as pd

from capacity.correlated_keys import Autoregressive, Spike, Structured
from capacity.keys import Keys
from paper_figures.correlations import NEED, about, curves, numbers, panels
from paper_figures.curves import curve_figure
from paper_figures.section import Section


def correlation(keys: Keys, d: int) -> float:
    """The mean cosine of two keys that share a component, or of neighbours in a chain."""
    assert isinstance(keys, Structured)
    return keys.value


def data(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a dot, one a point of a law; x is the correlation of keys."""
    return curves(frames["effective_dimension"], correlation, (Spike, Autoregressive))


def caption(frame: pd.DataFrame) -> str:
    """What is drawn."""
    return (
        "Interference against the correlation of keys: $\\rho$ is the mean cosine of any two keys"
        " of unit norm with a common component, or that of neighbours in a chain of Gaussian keys,"
        f" where keys $l$ pairs apart correlate by $\\rho^l$. {about(frame)}"
    )


FIGURE = curve_figure(
    "key_correlation",
    "Error against the correlation of keys",
    section=Section.INTERFERENCE,
    rank=3,
    needs={"effective_dimension": NEED},
    data=data,
    panels=partial(panels, x=r"correlation $\rho$", x_scale="linear"),
    caption=caption,
    numbers=numbers,
)
