r"""Parametric attention trains a fixed net, after Figure 3 of McDermott, Heath, Parhi 2026.

A net with weights theta_(t-1) maps the newest key to its guess of the value; one step on the loss
of that pair gives theta_t; the same net, trained, answers the query. The weights drawn are those of
the rule that ships before and after the write of the last token. Rule and pairs are data: the JSON
file beside this one; its rule has neither momentum nor decay and a step of size 1, so that its
write is the printed step, with the loss |v - net(k)|^2 / 2.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure as Canvas
from torch import Tensor

from capacity.discover import rule_class
from capacity.rule import Dims, Rule, State, Token
from paper_figures import network
from paper_figures.figure import Figure
from paper_figures.pairs import pairs
from paper_figures.quantity import Quantities, number
from paper_figures.section import Section
from paper_figures.style import Style, family_colour

SETUP = json.loads(Path(__file__).with_suffix(".json").read_text())
STEP = r"$\theta_t = \theta_{t-1} - \nabla_{\!\theta}\, L(v_t, \hat{v}_t)$"
UNTOUCHED = "#B0B0B0"


def data(frames: Mapping[str, pd.DataFrame], setup: Mapping[str, Any] = SETUP) -> pd.DataFrame:
    """A row a weight, before and after the last write (``when``), with its change by the write.

    ``loss`` is that of the pair written, under the weights of the row; ``answer_change`` how far
    the answer to the query moved.
    """
    rule: Rule = rule_class(setup["rule"]).with_values(**setup["parameters"])
    d_k, d_v, last = setup["d_k"], setup["d_v"], setup["tokens"] - 1
    keys, values = pairs(d_k, d_v, last + 2, setup["seed"])  # the key after the last is the query
    before = rule.init(Dims(d_k, d_v, last + 1))
    for k, v in zip(keys[:last], values[:last], strict=True):
        before = rule.write(before, Token(k[None], v[None]))
    after = rule.write(before, Token(keys[last][None], values[last][None]))
    moved = _weights(after)["weight"] - _weights(before)["weight"]
    answers = [rule.read(state, keys[last + 1]) for state in (before, after)]
    parts = [
        _weights(state).assign(
            when=when, change=moved, loss=_loss(rule, state, keys[last], values[last])
        )
        for when, state in (("before", before), ("after", after))
    ]
    return pd.concat(parts, ignore_index=True).assign(
        answer_change=float((answers[1] - answers[0]).norm()),
        written=last + 1,
        rule=setup["rule"],
        family=rule.family,
        **rule.values(),
    )


def _weights(state: State) -> pd.DataFrame:
    """The rows of both layers of a two-layer net."""
    layers = (state.first, state.last)
    rows = [network.weight_rows(W.numpy(), i) for i, W in enumerate(layers)]
    return pd.concat(rows, ignore_index=True)


def _loss(rule: Rule, state: State, k: Tensor, v: Tensor) -> float:
    objective = rule.objective()
    assert objective is not None
    return float(objective.loss(state[:3], k[:, None], v[:, None]))


def draw(frame: pd.DataFrame, style: Style) -> Canvas:
    """Two nets and the step between them; after it, weights are tinted by how far they moved."""
    wide = style.columns == 2
    canvas = style.canvas(1.55 if wide else 3.2)
    grid = {"width_ratios": (1, 0.62, 1)} if wide else {"height_ratios": (1, 0.22, 1)}
    shape = (1, 3) if wide else (3, 1)
    before, between, after = canvas.subplots(*shape, gridspec_kw=grid).flatten()
    largest = float(frame["weight"].abs().max())
    _net(
        before,
        frame[frame["when"] == "before"],
        ("$k_t$", r"$\hat{v}_t$"),
        r"$\theta_{t-1}$",
        largest,
    )
    _net(after, frame[frame["when"] == "after"], ("$q_t$", "$y_t$"), r"$\theta_t$", largest)
    _arrow(between, wide=wide)
    return canvas


def _net(
    ax: Axes, rows: pd.DataFrame, names: tuple[str, str], weights: str, largest: float
) -> None:
    counts = (
        rows.loc[rows["layer"] == 0, "source"].max() + 1,
        rows.loc[rows["layer"] == 0, "target"].max() + 1,
        rows.loc[rows["layer"] == 1, "target"].max() + 1,
    )
    places = [network.column(layer, count) for layer, count in enumerate(counts)]
    trained = rows["when"].iloc[0] == "after"
    share = rows["change"].abs() / rows["change"].abs().max() * trained
    full = family_colour(rows["family"].iloc[0])
    shown = rows.assign(colour=[tint(x, full) for x in share], share=share)
    network.weights(ax, shown.sort_values("share", kind="stable"), places, largest)
    for layer, face in ((0, "white"), (1, "black"), (2, "white")):
        network.units(ax, places[layer], layer, faces=[face] * counts[layer], edges="black")
    ax.text(places[0][0].x - 0.35, 0, names[0], ha="right", va="center")
    ax.text(places[2][0].x + 0.35, 0, names[1], ha="left", va="center")
    ax.set_title(weights)
    network.bare(ax, (-1.0, 5.4), (-max(counts) / 2, max(counts) / 2))


def tint(share: float, full: str) -> str:
    """Grey for a weight that did not move, the full colour for the one that moved most."""
    ends = zip(to_rgb(UNTOUCHED), to_rgb(full), strict=True)
    red, green, blue = (a + (b - a) * share for a, b in ends)
    return to_hex((red, green, blue))


def _arrow(ax: Axes, *, wide: bool) -> None:
    ax.set(xlim=(0, 1), ylim=(0, 1))
    ax.set_axis_off()
    start, end = ((0.02, 0.45), (0.98, 0.45)) if wide else ((0.2, 1.0), (0.2, 0.0))
    style = {"arrowstyle": "-|>", "color": "black", "linewidth": 1.0, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", end, start, arrowprops=style)
    place, where = ((0.5, 0.58), "center") if wide else ((0.25, 0.5), "left")
    ax.text(*place, STEP, ha=where, va="bottom" if wide else "center", gid="step")


def numbers(frame: pd.DataFrame) -> Quantities:
    """The loss before and after the step, and what the step moved."""
    loss, change = frame.groupby("when")["loss"].first(), frame["change"].abs().max()
    return {
        "Before": number(loss["before"], "loss of the pair before the step"),
        "After": number(loss["after"], "loss of the pair after the step"),
        "Answer": number(frame["answer_change"].iloc[0], "how far the step moved the answer"),
        "Weight": number(change, "how far the step moved a weight at most"),
    }


def caption(frame: pd.DataFrame) -> str:
    """What is trained on what, and what the step did."""
    first, n = frame.iloc[0], numbers(frame)
    hidden = int(frame.loc[frame["layer"] == 0, "target"].max()) + 1
    changed = frame[frame["when"] == "after"]
    return (
        "Parametric attention trains a fixed net, after Figure~3 of"
        " \\citet{mcdermott2026lifelong}. Left: the net with weights $\\theta_{t-1}$ guesses"
        f" $\\hat{{v}}_t$ from $k_t$ ($t = {first['written']}$); one step on the loss"
        " $L = \\tfrac12\\lVert v_t - \\hat{v}_t\\rVert^2$ of this pair takes it from"
        f" {n['Before']} to {n['After']}. Right: the same {len(changed)} weights of"
        f" {hidden} hidden units, trained, answer the query, $y_t$, which the step moved by"
        f" {n['Answer']}. Drawn from the state of the rule; the width of a line is"
        " the weight's magnitude, dashed lines are negative, colour is how far the step moved the"
        f" weight (at most {n['Weight']})."
    )


FIGURE = Figure(
    name="trained_network",
    title="Parametric attention trains a fixed net",
    section=Section.PAPER,
    rank=5,
    needs={},
    data=data,
    draw=draw,
    caption=caption,
    numbers=numbers,
)
