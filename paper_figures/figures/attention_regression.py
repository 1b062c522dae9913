r"""Attention as test-time regression, after Figure 1 of McDermott, Heath, Parhi 2026.

The estimator is softmax attention itself, fitted by the rule that ships: keys and queries are unit
vectors (cos x, sin x), so its scores are those of Theorem 2.1 (Nadaraya-Watson, kernel
exp(-|k - q|^2 / 2 h^2)). One pair gives a constant; further pairs are passed at a distance that the
bandwidth sets and the caption states. Rule, parameters, keys and query are data: the JSON file
beside this one.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas

from capacity.discover import rule_class
from capacity.rule import Dims, Rule, State, Token
from paper_figures.figure import Figure
from paper_figures.quantity import Quantities, number
from paper_figures.section import Section
from paper_figures.style import Style

SETUP = json.loads(Path(__file__).with_suffix(".json").read_text())


def true_map(x: Any, t: int, drift: float) -> Any:
    """The map m*_t that attention has to learn; its phase moves by ``drift`` a pair."""
    return 0.55 * np.sin(2.1 * x + drift * (t - 1)) + 0.25 * np.cos(3.3 * x)


def data(frames: Mapping[str, pd.DataFrame], setup: Mapping[str, Any] = SETUP) -> pd.DataFrame:
    """Points, query, true maps and fitted curves: panel t, kind, x, y, estimator and parameters.

    ``setup`` names the rule and its parameters, and gives keys and query as angles in radians.
    """
    rule: Rule = rule_class(setup["rule"]).with_values(**setup["parameters"])
    keys, drift, grid = setup["keys"], setup["drift"], _grid(setup)
    values = [true_map(x, t, drift) for t, x in enumerate(keys, 1)]
    state, parts = rule.init(Dims(2, 1, len(keys))), []
    for t, (x, v) in enumerate(zip(keys, values, strict=True), 1):
        state = rule.write(state, Token(_unit(np.array([x])), torch.tensor([[v]])))
        parts += [
            _part(t, "map", grid, true_map(grid, t, drift)),
            _part(t, "fit", grid, _fitted(rule, state, grid)),
            _part(t, "pair", np.array(keys[:t]), np.array(values[:t])),
            _part(t, "fit at key", np.array(keys[:t]), _fitted(rule, state, np.array(keys[:t]))),
        ]
    query = np.array([setup["query"]])
    parts.append(_part(len(keys), "query", query, _fitted(rule, state, query)))
    table = pd.concat(parts, ignore_index=True)
    return table.assign(rule=setup["rule"], **rule.values(), drift=drift)


def _grid(setup: Mapping[str, Any]) -> np.ndarray:
    low, high = setup["span"]
    return np.linspace(low, high, setup["points"])


def _fitted(rule: Rule, state: State, angles: np.ndarray) -> np.ndarray:
    return np.array([rule.read(state, query).item() for query in _unit(angles)])


def _unit(angles: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.stack([np.cos(angles), np.sin(angles)], axis=-1))


def _part(t: int, kind: str, x: np.ndarray, y: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"t": t, "kind": kind, "x": x, "y": y})


def draw(frame: pd.DataFrame, style: Style) -> Canvas:
    """One panel for each number of pairs seen."""
    times = sorted(frame["t"].unique())
    wide = style.columns == 2
    shape = (1, len(times)) if wide else (len(times), 1)
    canvas = style.canvas(1.65 if wide else 1.35 * len(times))
    axes = canvas.subplots(*shape, sharex=True, sharey=True, squeeze=False).flatten()
    low, high = frame["y"].min() - 0.25, frame["y"].max() + 0.25
    for t, ax in zip(times, axes, strict=True):
        _panel(ax, frame[frame["t"] == t], int(t), low)
    axes[0].set(ylim=(low, high), xlim=(frame["x"].min(), frame["x"].max()), xticks=[], yticks=[])
    for ax in axes if wide else axes[-1:]:
        ax.set_xlabel("Query-Key Space")
    for ax in axes[:1] if wide else axes:
        ax.set_ylabel("Output-Value Space")
    return canvas


def _panel(ax: Axes, rows: pd.DataFrame, t: int, low: float) -> None:
    of = {kind: found for kind, found in rows.groupby("kind")}
    ax.plot(of["map"]["x"], of["map"]["y"], "--", color="#888888", gid="map", label=f"$m^*_{t}$")
    ax.plot(of["fit"]["x"], of["fit"]["y"], "-", color="black", gid="fit", label=f"$m_{t}$")
    ax.plot(of["pair"]["x"], of["pair"]["y"], "o", color="black", ms=4, gid="pair")
    for i, (x, y) in enumerate(zip(of["pair"]["x"], of["pair"]["y"], strict=True), 1):
        _name_pair(ax, i, x, y, rising=_rises(of["map"], x))
    if "query" in of:
        x, y = of["query"][["x", "y"]].iloc[0]
        ax.plot([x, x], [low, y], ":", color="black", linewidth=0.9, gid="drop")
        ax.plot([x], [y], "o", color="black", mfc="white", ms=4.5, gid="query")
        ax.annotate(f"$q_{t}$", (x, low), textcoords="offset points", xytext=(3, 2), fontsize=7)
        ax.annotate(
            f"$y_{t}=m_{t}(q_{t})$",
            (x, y),
            textcoords="offset points",
            xytext=(6, -3),
            va="top",
            fontsize=7,
        )
    ax.legend(loc="center right", bbox_to_anchor=(1.0, 0.36), handlelength=1.5)


def _rises(true: pd.DataFrame, x: float) -> bool:
    return bool(np.interp(x, true["x"], np.gradient(true["y"], true["x"])) > 0)


def _name_pair(ax: Axes, i: int, x: float, y: float, *, rising: bool) -> None:
    """Low points are named below; high ones above, on the side that the map leaves free."""
    side = "center" if y < 0 else "right" if rising else "left"
    shift = {"center": (0, -5), "right": (2, 4), "left": (-2, 4)}[side]
    ax.annotate(
        f"$(k_{i}, v_{i})$",
        (x, y),
        textcoords="offset points",
        xytext=shift,
        ha=side,
        va="top" if y < 0 else "bottom",
        fontsize=7,
    )


def numbers(frame: pd.DataFrame) -> Quantities:
    """How closely the estimator passes its points, and what the query reads."""
    points = frame[frame["kind"] == "pair"].reset_index()
    missed = (frame[frame["kind"] == "fit at key"].reset_index()["y"] - points["y"]).abs()
    answer = frame.loc[frame["kind"] == "query", "y"].iloc[0]
    return {
        "Missed": number(missed.max(), "largest distance of a point from the estimator", ".2g"),
        "Answer": number(answer, "what the query reads"),
    }


def caption(frame: pd.DataFrame) -> str:
    """What the estimator is, how closely it passes its points, and what the query reads."""
    last, n = int(frame["t"].max()), numbers(frame)
    return (
        "Attention as test-time regression, after Figure~1 of \\citet{mcdermott2026lifelong},"
        " drawn from fitted estimators. Pairs $(k_t, v_t)$ with $v_t = m^*_t(k_t)$ arrive one by"
        " one from a slowly drifting map (dashed grey). Solid: the estimator $m_t$ is softmax"
        " attention on keys of unit norm (Nadaraya--Watson regression, Theorem~2.1; the axis is"
        f" the key's angle) with bandwidth $h = {frame['bandwidth'].iloc[0]:g}$; it is constant"
        f" after one pair and passes within {n['Missed']} of all its points after up to"
        f" {last}. A query $q_{last}$ reads $y_{last} = m_{last}(q_{last}) = {n['Answer']}$"
        " (open circle)."
    )


FIGURE = Figure(
    name="attention_regression",
    title="Attention as test-time regression",
    section=Section.PAPER,
    rank=1,
    needs={},
    data=data,
    draw=draw,
    caption=caption,
    numbers=numbers,
)
