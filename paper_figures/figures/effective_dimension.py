"""Error against the dimensions that keys really use: spectra, signs, a common component, chains."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd

from paper_figures.correlations import (
    NAMES,
    NEED,
    about,
    curves,
    effective_dimension,
    panels,
)
from paper_figures.correlations import (
    numbers as known,
)
from paper_figures.curves import curve_figure
from paper_figures.quantity import Quantities, number
from paper_figures.section import Section


def data(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a dot, one a point of a law; x is the effective dimension of the keys."""
    return curves(frames["effective_dimension"], effective_dimension, tuple(NAMES))


def caption(frame: pd.DataFrame) -> str:
    """What is drawn, and how far one number goes."""
    return (
        "Interference against the effective dimension of the keys, $d_{\\mathrm{eff}} ="
        " 1/\\operatorname{tr}\\Sigma^2$, $\\Sigma = E k k^\\top$ of trace 1: Gaussian keys with"
        " variances falling as $i^{-\\alpha}$; unit keys with the same variances and random signs;"
        " unit keys with a common component; chains, each Gaussian key like the one before, whose"
        " $\\Sigma$ is that of independent keys. A sum of all pairs has the error $(N \\pm"
        " 1)/d_{\\mathrm{eff}}$, $-$ for unit and $+$ for Gaussian keys; for others one number does"
        f" not suffice: at the smallest common $d_{{\\mathrm{{eff}}}}$ {_spread(frame)}."
        f" {about(frame)}"
    )


def numbers(frame: pd.DataFrame) -> Quantities:
    """How far one number goes, series with laws, and the agreement."""
    return _ratios(frame) | known(frame)


def _ratios(frame: pd.DataFrame) -> Quantities:
    """Ratios of errors on two ensembles of one covariance, at its smallest effective dimension."""
    one, other = list(NAMES.values())[:2]
    dots = frame[frame["kind"] == "measured"]
    found = []
    for _, rows in dots.groupby("panel", sort=False):
        least = [
            rows[rows["series"] == name].sort_values("x")["y"].to_numpy()[0]
            for name in (one, other)
        ]
        found.append(np.divide(*least))
    told = "ratio of errors on Gaussian keys to those on signs, over rules"
    return {
        "Least": number(min(found), f"least {told}"),
        "Most": number(max(found), f"largest {told}"),
    }


def _spread(frame: pd.DataFrame) -> str:
    n = _ratios(frame)
    ends = f"{n['Least']} to {n['Most']}"
    return f"errors on Gaussian keys are {ends} times those on signs, rule by rule"


FIGURE = curve_figure(
    "effective_dimension",
    "Error against the effective dimension of keys",
    section=Section.INTERFERENCE,
    rank=4,
    needs={"effective_dimension": NEED},
    data=data,
    panels=partial(panels, x=r"$d_{\mathrm{eff}}$ of the keys", x_scale="log"),
    caption=caption,
    numbers=numbers,
)
