"""How far measured errors lie from exact laws, in standard errors."""

import pandas as pd

from capacity.recall import Status
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


def agreement(dots: pd.DataFrame) -> str:
    """A caption's sentence on the dots within two standard errors of an exact law."""
    z = deviations(dots) if "law" in dots else pd.Series(dtype=float)
    if z.empty:
        return ""
    return (
        f"Of {len(z)} dots whose law is exact and above {SMALL:g}, {(z <= 2).sum()} lie within"
        f" two standard errors of it, the farthest at {z.max():.1f} (dots share streams)."
    )


def lawless(dots: pd.DataFrame) -> str:
    """A caption's sentence that names the series without a law."""
    named = sorted({s.label for s, rows in series_of(dots) if rows["status"].isna().all()})
    return f"Dots without a line, no law: {', '.join(named)}." if named else ""
