"""How far measured errors lie from exact laws, in standard errors."""

import pandas as pd

from capacity.recall import Status
from paper_figures.quantity import Quantities, count, number
from paper_figures.series import series_of

SMALL = 1e-3  # errors below are not compared with their laws


def deviations(dots: pd.DataFrame) -> pd.Series:
    """|measured - law| in standard errors, for dots with an exact law above ``SMALL``.

    Smaller errors are left out: means over rare near-duplicate keys, of which a sample of streams
    shows neither the mean nor the spread.
    """
    exact = dots[(dots["status"] == Status.EXACT) & (dots["law"] > SMALL)]
    exact = exact[exact["mse_stderr"] > 1e-12]
    return (exact["mse"] - exact["law"]).abs() / exact["mse_stderr"]


def counts(z: pd.Series) -> Quantities:
    """What a caption says of deviations in standard errors; nothing where there are none."""
    if z.empty:
        return {}
    return {
        "Dots": count(len(z), "dots that are compared with an exact law"),
        "Within": count(int((z <= 2).sum()), "of these within two standard errors of it"),
        "Farthest": number(z.max(), "standard errors from the law to the farthest", ".1f"),
    }


def numbers(frame: pd.DataFrame) -> Quantities:
    """The counts of a table whose measured rows hold their law."""
    dots = frame[frame["kind"] == "measured"]
    return counts(deviations(dots)) if "law" in dots else {}


def agreement(frame: pd.DataFrame) -> str:
    """A caption's sentence on the dots within two standard errors of an exact law."""
    n = numbers(frame)
    if not n:
        return ""
    return (
        f"Of {n['Dots']} dots whose law is exact and above {SMALL:g}, {n['Within']} lie within"
        f" two standard errors of it, the farthest at {n['Farthest']} (dots share streams)."
    )


def lawless(dots: pd.DataFrame) -> str:
    """A caption's sentence that names the series without a law."""
    named = sorted({s.label for s, rows in series_of(dots) if rows["status"].isna().all()})
    return f"Dots without a line, no law: {', '.join(named)}." if named else ""
