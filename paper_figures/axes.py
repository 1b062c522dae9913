"""Axes that figures share: an error axis that shows zero, a load axis in powers of two."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullLocator

FLOOR, TOP = 0.01, 20.0  # the error axis is linear below FLOOR and ends at TOP


def error_axis(ax: Axes, largest: float) -> None:
    """Logarithmic above 0.01, linear from there to 0, so that errors of zero are seen."""
    top = min(TOP, max(1.5, 1.3 * largest))
    ax.set_yscale("symlog", linthresh=FLOOR, linscale=0.4)
    ax.set_ylim(-0.003, top)
    ax.set_yticks([tick for tick in (0, 0.01, 0.1, 1, 10) if tick <= top])
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.axhline(1, color="#BBBBBB", linewidth=0.6, zorder=0)


def load_axis(ax: Axes, low: float, high: float) -> None:
    """Powers of two from low to high, labelled as fractions."""
    ax.set_xscale("log", base=2)
    ticks = [2.0**k for k in range(-8, 9) if low / 1.01 <= 2.0**k <= high * 1.01]
    ax.set_xticks(ticks[::2] if len(ticks) > 5 else ticks)
    ax.xaxis.set_major_formatter(
        FuncFormatter(lambda x, _: f"{x:g}" if x >= 1 else f"1/{round(1 / x)}")
    )
    ax.xaxis.set_minor_locator(NullLocator())


def age_axis(ax: Axes, oldest: int) -> None:
    """Ages from 0: linear up to 1, then logarithmic."""
    ax.set_xscale("symlog", linthresh=1, linscale=0.5)
    ax.set_xticks([t for t in (0, 1, 10, 100, 1000, 10_000) if t <= oldest])
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlim(-0.25, 1.3 * oldest)


def beyond_axis(errors: pd.Series) -> str:
    """A caption's sentence on errors left out: beyond the axis, infinite or not a number."""
    beyond = int((~(errors <= TOP)).sum())
    return f"{beyond} dots with errors above {TOP:g} are not shown." if beyond else ""
