"""Layered networks drawn from a table of their weights: one line a weight, one circle a unit.

A row of the table is a weight: ``layer`` (0 between inputs and hidden units), ``source``,
``target``, ``weight``, and the ``colour`` that says what the figure wants to say of it.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from capacity.errors import InputError

THINNEST, WIDEST = 0.3, 2.1  # points, of a weight of zero and of the largest
DASH = (0, (2.2, 1.1))


class Place(NamedTuple):
    """Where a unit stands: column and height."""

    x: float
    y: float


def column(layer: int, count: int, *, slots: int | None = None, middle: float = 0.0) -> list[Place]:
    """Units from the top down, one apart, centred as ``slots`` of them would be."""
    top = middle + ((slots or count) - 1) / 2
    return [Place(2.2 * layer, top - i) for i in range(count)]


def line_width(weight: float, largest: float) -> float:
    """Points, from THINNEST at zero, in proportion to |weight|, to WIDEST at the largest."""
    if not abs(weight) <= largest:
        raise InputError(f"A weight must be at most {largest} in magnitude, got {weight}.")
    return THINNEST + (WIDEST - THINNEST) * abs(weight) / largest


def weights(ax: Axes, rows: pd.DataFrame, places: list[list[Place]], largest: float) -> None:
    """A line a weight: width by magnitude, dashed where negative."""
    columns = (rows[name] for name in ("layer", "source", "target", "weight", "colour"))
    for layer, source, target, weight, colour in zip(*columns, strict=True):
        start, end = places[layer][source], places[layer + 1][target]
        ax.plot(
            [start.x, end.x],
            [start.y, end.y],
            color=colour,
            linewidth=line_width(weight, largest),
            linestyle="-" if weight >= 0 else DASH,
            dash_capstyle="butt",
            gid=f"weight {layer} {source} {target}",
            zorder=2,
        )


def units(ax: Axes, places: list[Place], layer: int, *, faces: list[str], edges: str) -> None:
    """A circle a unit, filled with its face."""
    for i, (place, face) in enumerate(zip(places, faces, strict=True)):
        ax.plot(
            *place,
            "o",
            markersize=6.5,
            markerfacecolor=face,
            markeredgecolor=edges,
            markeredgewidth=0.8,
            gid=f"unit {layer} {i}",
            zorder=3,
        )


def bare(ax: Axes, x: tuple[float, float], y: tuple[float, float]) -> None:
    """Axes without axes."""
    ax.set(xlim=x, ylim=y)
    ax.set_axis_off()


def weight_rows(matrix: np.ndarray, layer: int) -> pd.DataFrame:
    """The rows of a weight matrix (targets, sources)."""
    target, source = np.indices(matrix.shape).reshape(2, -1)
    return pd.DataFrame(
        {"layer": layer, "source": source, "target": target, "weight": matrix.ravel()}
    )


def panels(canvas: Canvas, count: int, *, wide: bool) -> list[Axes]:
    """Axes side by side, or one below the other in a narrow column."""
    shape = (1, count) if wide else (count, 1)
    return list(canvas.subplots(*shape, squeeze=False).flatten())
