"""Cost: capacity and horizon against operations per token and against bytes of state.

Every rule at its defaults, by its law, at two sizes; the front joins what no other memory of its
size beats in both. A memory that grows is charged for the state of its capacity.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D

from capacity.budget import Budget
from capacity.discover import rules
from capacity.keys import Sphere
from capacity.law import Law
from capacity.recall import Status, weakest
from capacity.rule import Dims, Rule
from capacity.threshold import Criterion, Over, coarse_capacity, horizon
from paper_figures.curves import plain_ticks
from paper_figures.figure import Figure
from paper_figures.section import Section
from paper_figures.style import Style, family_colour, family_order, rule_marker

SIZES = (64, 128)
CRITERION = Criterion.parse("cos2=0.5")
MOST = 65_536  # items at which the search for a capacity ends
SPENDING = Budget(bytes=np.inf, flops=np.inf)  # bytes of float32; a multiply-add is two operations
COSTS = {"flops": "operations per token", "bytes": "state (bytes)"}
GAINS = {"capacity": "capacity $N^*$ (pairs)", "horizon": "horizon $a^*$ (pairs)"}


def data(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """A row a rule, size and gain: what is gained, what it costs, and whether it is on a front."""
    rows = [row for name in rules() for d in SIZES for row in _rows(name, d)]
    table = pd.DataFrame(rows)
    for cost in COSTS:
        table[f"front_{cost}"] = False
        for _, found in table[table["gained"] > 0].groupby(["gain", "d"]):
            table.loc[_front(found, cost), f"front_{cost}"] = True
    return table


def _rows(name: str, d: int) -> Iterator[dict[str, object]]:
    rule, dims = rules()[name](), Dims(d, d, MOST)
    law = rule.law(Sphere(), dims)
    about = {"rule": name, "family": rule.family, "d": d}
    for gain in GAINS:
        gained, reason = _gained(law, gain, d)
        # a horizon is a matter of endless streams: what is spent there is spent at every length
        pairs = max(1, int(gained)) if gain == "capacity" else MOST
        yield {
            **about,
            "gain": gain,
            "gained": gained,
            "flops": float(SPENDING.operations(rule, dims, pairs)),
            "bytes": float(SPENDING.state_bytes(rule, dims, pairs)),
            "status": str(weakest(law.statuses)) if law else None,
            "reason": reason,
        }


def _gained(law: Law | None, gain: str, d: int) -> tuple[float, str | None]:
    if law is None:
        return 0.0, "no law"
    if gain == "capacity":
        stored = coarse_capacity(law, CRITERION, d, Over("mean"), MOST)
        if stored == MOST:
            return 0.0, f"every load up to {MOST} meets the criterion"
        return float(stored), None if stored else "a single pair fails"
    found = horizon(law, CRITERION, d)
    return float(found.value or 0), found.reason


def _front(rows: pd.DataFrame, cost: str) -> list[int]:
    """Labels of rows than which no other is as good in both and better in one; equals share it."""
    spent, gained = rows[cost].to_numpy(), rows["gained"].to_numpy()
    as_good = (spent[:, None] <= spent) & (gained[:, None] >= gained)
    better = as_good & ((spent[:, None] < spent) | (gained[:, None] > gained))
    return list(rows.index[np.flatnonzero(~better.any(axis=0))])


def draw(frame: pd.DataFrame, style: Style) -> Canvas:
    """Gains down, costs across; the larger size open."""
    wide = style.columns == 2
    canvas = style.canvas(4.3 if wide else 4.6)
    axes = canvas.subplots(len(GAINS), len(COSTS), sharex="col", sharey="row")
    for line, gain in zip(axes, GAINS, strict=True):
        for ax, cost in zip(line, COSTS, strict=True):
            _panel(ax, frame[(frame["gain"] == gain) & (frame["gained"] > 0)], cost)
        line[0].set_ylabel(GAINS[gain])
    for ax, label in zip(axes[-1], COSTS.values(), strict=True):
        ax.set_xlabel(label)
    canvas.legend(
        handles=list(_handles(frame)),
        loc="outside lower center",
        ncols=5 if wide else 2,
        columnspacing=1.0,
        handletextpad=0.2,
        fontsize=6.5 if wide else 5.5,
    )
    return canvas


def _panel(ax: Axes, rows: pd.DataFrame, cost: str) -> None:
    for d, found in rows.groupby("d"):
        on = found[found[f"front_{cost}"]].sort_values(cost)
        (line,) = ax.step(on[cost], on["gained"], where="post", color="#999999", linewidth=0.7)
        line.set_gid(f"front {cost} {found['gain'].iloc[0]} {d}")
        for _, row in found.iterrows():
            colour = family_colour(str(row["family"]))
            (dot,) = ax.plot(
                row[cost],
                row["gained"],
                rule_marker(str(row["rule"])),
                mfc=colour if d == SIZES[0] else "white",
                mec="white" if d == SIZES[0] else colour,
                mew=0.3 if d == SIZES[0] else 0.8,
                ms=4.4,
            )
            dot.set_gid(f"law {cost} {row['gain']} {d} {row['rule']}")
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.margins(0.07, 0.1)
    plain_ticks(ax)


def _handles(frame: pd.DataFrame) -> Iterator[Line2D]:
    shown = frame[frame["gained"] > 0].drop_duplicates("rule")
    for _, row in sorted(
        shown.iterrows(), key=lambda each: (family_order(str(each[1]["family"])), each[1]["rule"])
    ):
        kind: type[Rule] = rules()[str(row["rule"])]
        yield Line2D(
            [],
            [],
            color=family_colour(str(row["family"])),
            marker=rule_marker(str(row["rule"])),
            linestyle="none",
            markersize=4,
            label=kind.title,
        )


def caption(frame: pd.DataFrame) -> str:
    """What is drawn, who is on the fronts, and what has no place."""
    small, large = SIZES
    text = [
        f"What a memory stores, and its price: capacity (the most pairs such that the mean squared"
        f" cosine of read-out and value is at least {CRITERION.threshold:g} at every load up to it)"
        " and horizon (the largest age that reaches it as pairs keep coming) against operations"
        " per token (one write, one query; a multiply-add is two) and bytes of state (float32).",
        f"By the laws alone, at default parameters, keys on the sphere, $d = {small}$ (filled) and"
        f" $d = {large}$ (open); memories that grow are charged for what they hold at their"
        " capacity. Grey steps: no memory of that size is as good in both and better in one. Names"
        " of memories whose law is asymptotic carry a star: capacities measured at these sizes can"
        " be far below (table of capacities).",
        *(_on_front(frame, gain, cost) for gain in GAINS for cost in COSTS),
        *_left_out(frame),
    ]
    return " ".join(text)


def _on_front(frame: pd.DataFrame, gain: str, cost: str) -> str:
    rows = frame[(frame["gain"] == gain) & frame[f"front_{cost}"] & (frame["d"] == SIZES[0])]
    named = [_starred(row) for _, row in rows.sort_values([cost, "rule"]).iterrows()]
    words = {"flops": "operations", "bytes": "bytes"}[cost]
    return f"Front of {gain} against {words} at $d = {SIZES[0]}$: {', '.join(named)}."


def _starred(row: pd.Series) -> str:
    return rules()[str(row["rule"])].title + ("" if row["status"] == Status.EXACT else "*")


def _left_out(frame: pd.DataFrame) -> Iterator[str]:
    """What is missing, at the first size at which it is."""
    rows = frame[frame["gained"] == 0]
    rows = rows[rows["d"] == rows.groupby(["rule", "gain"])["d"].transform("min")]
    reasons = rows["reason"].str.partition(":")[0]
    for (d, gain, reason), found in rows.groupby(["d", "gain", reasons]):
        named = ", ".join(rules()[str(name)].title for name in found["rule"])
        where = "" if d == SIZES[0] else f" at $d = {d}$"
        yield f"No {gain} drawn{where} ({reason}): {named}."


FIGURE = Figure(
    name="pareto",
    title="Capacity and horizon against cost",
    section=Section.COST,
    needs={},
    data=data,
    draw=draw,
    caption=caption,
)
