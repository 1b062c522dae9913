"""State and price of a token against the length of the stream: what grows and what does not.

The companion of the growing network: dots are counted on running tensors, lines are declared.
"""

from collections.abc import Callable, Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter, NullLocator

from capacity.recall import Status
from capacity.rule import Dims, Rule
from paper_figures.data import export_of
from paper_figures.facets import handles
from paper_figures.figure import Figure
from paper_figures.growth import AT, UPPER, UPPER_WORDS, growth
from paper_figures.quantity import Quantities, Quantity, count, flat, number
from paper_figures.section import Section
from paper_figures.series import GROUP, Series, series_of, together
from paper_figures.style import Style, status_line

QUANTITIES = {"state": "live state (scalars)", "price": "multiply-adds a token"}


def data(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """A row a rule, length, quantity and kind (measured or law).

    ``price`` is one write and one read, in multiply-adds. Every law is exact: it is the size that
    the rule declares; a user's own rule, whose file is not known here, has none.
    """
    parts = []
    for series, rows in series_of(frames["growth"]):
        counted = {"state": rows["scalars"], "price": rows["write"] + rows["read"]}
        for quantity, values in counted.items():
            dots = pd.DataFrame({"items": rows["items"], "value": values, "kind": "measured"})
            found = [dots]
            if series.built is not None:
                size = SIZES[quantity]
                told = [size(series.built, _dims(series, t), int(t)) for t in rows["items"]]
                dots["status"] = str(Status.EXACT)
                found.append(dots.assign(value=told, kind="law"))
            parts += [series.marked(part.assign(quantity=quantity)) for part in found]
    table = together(parts, ("status",))
    return table.sort_values([*GROUP, "quantity", "kind", "items"], ignore_index=True)


def _dims(series: Series, t: int) -> Dims:
    return Dims(series.d_k, series.d_v, int(t))


def _state(rule: Rule, dims: Dims, t: int) -> int:
    return rule.state_scalars(dims, t)


def _price(rule: Rule, dims: Dims, t: int) -> int:
    price = rule.cost(dims, t)
    return price.write + price.read


SIZES: dict[str, Callable[[Rule, Dims, int], int]] = {"state": _state, "price": _price}


def draw(frame: pd.DataFrame, style: Style) -> Canvas:
    """One panel a quantity, one line and marker a rule, one legend for both."""
    wide = style.columns == 2
    canvas = style.canvas(2.6 if wide else 4.6)
    shape = (1, 2) if wide else (2, 1)
    axes = canvas.subplots(*shape, sharex=True, squeeze=False).flatten()
    for (quantity, label), ax in zip(QUANTITIES.items(), axes, strict=True):
        _panel(ax, frame[frame["quantity"] == quantity], label)
    for ax in axes if wide else axes[-1:]:
        ax.set_xlabel("pairs written $t$")
    canvas.legend(
        handles=handles(frame[frame["quantity"] == "state"]),
        loc="outside lower center",
        ncols=4 if wide else 2,
        fontsize=7 if wide else 6,
        columnspacing=1.2,
        handlelength=2.0,
    )
    return canvas


def _panel(ax: Axes, frame: pd.DataFrame, label: str) -> None:
    for series, rows in series_of(frame):
        for kind, found in rows.groupby("kind"):
            (line,) = ax.plot(found["items"], found["value"], color=series.colour)
            if kind == "law":
                line.set(linestyle=status_line(found["status"].iloc[0]))
            else:
                line.set(linestyle="none", marker=series.marker, **series.dots)
            line.set_gid(f"{kind} {found['quantity'].iloc[0]} {series.rule} {series.parameters}")
    ax.set_xscale("log", base=2)
    ax.set_yscale("log")
    ax.set_ylabel(label)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_minor_locator(NullLocator())


def caption(frame: pd.DataFrame) -> str:
    """What is counted, how each state grows, and how counts compare with what is declared."""
    first = frame.iloc[0]
    measured = frame[frame["kind"] == "measured"]
    state, price = _compared(frame, "state"), _compared(frame, "price")
    growths = "; ".join(f"{label}: {size}" for label, size in _sizes(frame).items())
    return (
        "What grows with the stream, after Figure~2 of \\citet{mcdermott2026lifelong}:"
        f" $d_k = {first['d_k']}$, $d_v = {first['d_v']}$, $t$ from {measured['items'].min()} to"
        f" {measured['items'].max()}. Dots, counted on running tensors: entries of the state that"
        " differ between streams that started alike, and multiply-adds of the reference step for"
        " one write and one read. Lines: what each rule declares, at the same lengths. Counted over"
        " declared:"
        f" {_range(state)} for the state (below 1: entries that have not moved yet);"
        f" {_range(price)} for the price: the reference step forms products that the price merges"
        " or skips (gates of 1, empty slots), and additions, which are not counted, may be priced."
        f" State in scalars: {growths}."
        f"{f' {UPPER_WORDS}' if UPPER in growths else ''}"
    )


def numbers(frame: pd.DataFrame) -> Quantities:
    """How counts compare with what is declared, and the state of each rule."""
    compared = {quantity: _compared(frame, quantity) for quantity in QUANTITIES}
    return flat(compared | {"size": _sizes(frame)})


def _sizes(frame: pd.DataFrame) -> Quantities:
    """How the state of each rule that ships depends on t."""
    return {
        series.label: _size(series, series.built)
        for series, _ in series_of(frame)
        if series.built is not None
    }


def _size(series: Series, rule: Rule) -> Quantity:
    def state(t: int) -> int:
        return _state(rule, _dims(series, t), t)

    what = f"scalars of state of {series.label} after t pairs; the value is at t = {AT}"
    return Quantity(float(state(AT)), str(growth(state)), what)


def _ratios(frame: pd.DataFrame, quantity: str) -> pd.Series:
    rows = frame[frame["quantity"] == quantity]
    both = rows[rows["kind"] == "measured"].merge(
        rows[rows["kind"] == "law"], on=["rule", "parameters", "items"], suffixes=("", "_law")
    )
    return both["value"] / both["value_law"]


def _compared(frame: pd.DataFrame, quantity: str) -> Quantities:
    """Dots, how many are as declared, and between which ratios the others lie."""
    ratios = _ratios(frame, quantity)
    other = ratios[ratios != 1]
    found = {
        "dots": count(len(ratios), f"dots whose {quantity} is counted"),
        "equal": count(len(ratios) - len(other), f"dots whose {quantity} is as declared"),
    }
    if len(other):
        told = f"{quantity} counted over declared, where they differ"
        found["least"] = number(other.min(), f"least {told}", ".2g")
        found["most"] = number(other.max(), f"largest {told}", ".2g")
    return found


def _range(n: Quantities) -> str:
    if "least" not in n:
        return f"equal in all {n['dots']} dots"
    return f"equal in {n['equal']} of {n['dots']} dots, else {n['least']} to {n['most']}"


COLUMNS = (*GROUP, "items", "scalars", "write", "read")
FIGURE = Figure(
    name="growth",
    title="State and price against the length of the stream",
    section=Section.PAPER,
    rank=4,
    needs={"growth": export_of("growth", COLUMNS)},
    data=data,
    draw=draw,
    caption=caption,
    numbers=numbers,
)
