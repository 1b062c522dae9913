"""Where orthogonalised (Muon) writes help and where they hurt: chunks of Hebbian gradients.

One chunk by its load; orthogonalised over plain, in one chunk and in a stream of chunks with a
decay; and items recalled from one chunk with power-law frequencies, by the width.
"""

import json
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pandas as pd

from capacity import polar_law
from capacity.recall import Recall, weakest
from capacity.threshold import Criterion
from paper_figures.crossings import WIDTH, Banded, banded, last_crossing
from paper_figures.curves import Panel, curve_figure, points, table
from paper_figures.data import Need, export_of
from paper_figures.facets import status_words
from paper_figures.quantity import Quantities, count, flat, measured, number
from paper_figures.section import Section

COLUMNS = (
    *("rule", "parameters", "keys", "d_k", "d_v", "items", "age", "trials", "pool"),
    *("cos2", "cos2_stderr", "exponent", "recalled", "recalled_stderr"),
)
NEED: Need = export_of("orthogonalisation", COLUMNS)
PLAIN, POLAR, MUON = "plain", "orthogonalised", "five iterations of Muon"
ONE, NEWEST, OLDER = "one chunk", "stream, newest chunk", "stream, chunk of age 2"
AGES = {NEWEST: 0, OLDER: 2}  # of a stream, in chunks
SAME = Criterion("snr", 1.0)  # orthogonalised over plain: as good
FINE = 60  # points of a law
GROWTH = {PLAIN: polar_law.plain_exponent, POLAR: polar_law.polar_exponent}


def data(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a dot or a point of a law; ``crossing`` and slopes are read off the dots."""
    rows = frames["orthogonalisation"]
    values = pd.DataFrame([json.loads(text) for text in rows["parameters"]], index=rows.index)
    rows = rows.assign(**{name: values[name] for name in ("chunk", "alpha")}, kind=_kinds(values))
    frequent = rows["recalled"].notna()
    chunks = rows[~frequent].assign(
        load=rows["chunk"] / rows["d_k"], back=rows["age"] // rows["chunk"]
    )
    one, stream = (
        chunks[chunks["items"] == chunks["chunk"]],
        chunks[chunks["items"] > chunks["chunk"]],
    )
    ratios = _ratios(one, ONE), *(_ratios(stream[stream["back"] == b], s) for s, b in AGES.items())
    parts = [*_batch(one), *ratios, *_ratio_laws(one, stream), *_counts(rows[frequent])]
    crossing, last = crossover(ratios[0]), ratios[0].sort_values("x").iloc[-1]
    return table(parts).assign(
        d=int(one["d_k"].iloc[0]),
        alpha=float(stream["alpha"].iloc[0]),
        crossing=crossing.at,
        crossing_low=crossing.low,
        crossing_high=crossing.high,
        last_load=last["x"],
        last_ratio=last["y"],
        last_stderr=last["stderr"],
        candidates=int((rows[frequent]["items"] / rows[frequent]["d_k"]).iloc[0]),
        trials=int(rows["trials"].min()),
        most_trials=int(rows["trials"].max()),
    )


def _kinds(values: pd.DataFrame) -> list[str]:
    return [
        (MUON if iterations else POLAR) if orthogonal else PLAIN
        for orthogonal, iterations in zip(values["orthogonal"], values["iterations"], strict=True)
    ]


def _batch(one: pd.DataFrame) -> Iterator[pd.DataFrame]:
    d, fine = int(one["d_k"].iloc[0]), _loads(one)
    laws = {PLAIN: lambda y: polar_law.plain_stream(y, 1.0, 1, d), POLAR: _one_polar}
    for kind, law in laws.items():
        yield _law("batch", kind, fine, law, lambda recall: recall.cos2[0])
    for name, rows in one.groupby("kind"):
        found = rows["load"], rows["cos2"]
        yield points("batch", str(name), "measured", *found, stderr=rows["cos2_stderr"].to_numpy())


def _one_polar(load: float) -> Recall:
    return polar_law.polar_stream(load, 1.0, 1)


def _loads(rows: pd.DataFrame) -> np.ndarray:
    ends = np.geomspace(rows["load"].min(), rows["load"].max(), FINE)
    return np.union1d(ends, rows["load"].unique())


def _law(
    panel: str,
    series: str,
    loads: np.ndarray,
    law: Callable[[float], Recall],
    read: Callable[[Recall], float],
) -> pd.DataFrame:
    stored = [law(float(load)) for load in loads]
    status = str(weakest(stored[0].statuses))
    return points(panel, series, "law", loads, [read(each) for each in stored], status=status)


def _ratios(rows: pd.DataFrame, series: str) -> pd.DataFrame:
    """Signal over noise, s/sqrt(p - s^2), orthogonalised over plain, by load.

    Errors of both are added as if independent; streams are shared, so they are upper ends. Where
    so few streams were measured that s^2 > p, noise has no estimate and the load is left out.
    """
    rows = rows[rows["cos2"] < 1]
    both = rows[rows["kind"] == POLAR].merge(
        rows[rows["kind"] == PLAIN], on="load", suffixes=("", "_plain")
    )
    spread = np.hypot(_relative(both, ""), _relative(both, "_plain"))
    ratio = _amplitude(both["cos2"]) / _amplitude(both["cos2_plain"])
    return points("ratio", series, "measured", both["load"], ratio, stderr=ratio * spread)


def _amplitude(cos2: "pd.Series[float]") -> "pd.Series[float]":
    return (cos2 / (1 - cos2)) ** 0.5


def _relative(both: pd.DataFrame, suffix: str) -> "pd.Series[float]":
    """Relative error of the amplitude, to first order."""
    cos2 = both[f"cos2{suffix}"]
    return both[f"cos2_stderr{suffix}"] / (2 * cos2 * (1 - cos2))


def _ratio_laws(one: pd.DataFrame, stream: pd.DataFrame) -> Iterator[pd.DataFrame]:
    d, alpha = int(one["d_k"].iloc[0]), float(stream["alpha"].iloc[0])
    chunks = int(stream["back"].max()) + 1
    for series, rows, decay, written, back in (
        (ONE, one, 1.0, 1, 0),
        *((series, stream, alpha, chunks, back) for series, back in AGES.items()),
    ):
        loads = _loads(rows)
        y = [_predicted(float(load), decay, written, back, d) for load in loads]
        status = str(weakest(polar_law.POLAR))
        yield points("ratio", series, "law", loads, y, status=status)


def _predicted(load: float, alpha: float, chunks: int, back: int, d: int) -> float:
    polar = polar_law.polar_stream(load, alpha, chunks).snr[back]
    plain = polar_law.plain_stream(load, alpha, chunks, d).snr[back]
    return float(np.sqrt(polar / plain))


def _counts(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for (frequency, kind), found in rows.groupby(["exponent", "kind"]):
        exponent = float(str(frequency))
        panel, found = f"recalled {exponent:g}", found.sort_values("d_k")
        x, y, e = (found[name].to_numpy(float) for name in ("d_k", "recalled", "recalled_stderr"))
        slope, error = fitted(x, y, e)
        dots = points(panel, str(kind), "measured", x, y, stderr=e)
        yield dots.assign(frequency=exponent, slope=slope, slope_stderr=error)
        expected = GROWTH[str(kind)](exponent)
        level = np.exp(np.mean(np.log(y) - expected * np.log(x)))
        line = points(panel, str(kind), "law", x, level * x**expected, status=str(polar_law.GROWTH))
        yield line.assign(frequency=exponent, slope=expected)


def fitted(x: np.ndarray, y: np.ndarray, stderr: np.ndarray) -> tuple[float, float]:
    """Least-squares slope of log y in log x, and its standard error from those of y."""
    centred = np.log(x) - np.log(x).mean()
    weights = centred / (centred**2).sum()
    return float(weights @ np.log(y)), float(np.sqrt((weights**2 * (stderr / y) ** 2).sum()))


def crossover(ratios: pd.DataFrame) -> Banded:
    """The load at which orthogonalised and plain are as good, falling through 1."""
    falling = ratios.sort_values("x")
    return banded(falling["x"], falling["y"], falling["stderr"], SAME, last_crossing)


def panels(frame: pd.DataFrame) -> dict[str, Panel]:
    """One chunk, the ratio, and one for each exponent of frequencies."""
    load = r"load $y = b/d$"
    found = {
        "batch": Panel("One chunk", load, r"$\cos^2$", "log", "log"),
        "ratio": Panel("Orthogonalised over plain", load, "signal over noise", "log", level=1.0),
    }
    for exponent in sorted(frame["frequency"].dropna().unique()):
        rows = frame[frame["frequency"] == exponent]
        found[f"recalled {exponent:g}"] = Panel(
            rf"Frequencies $i^{{-{exponent:g}}}$",
            "width $d$",
            "items recalled",
            "log",
            "log",
            x_ticks=tuple(sorted(rows["x"].unique())),
            y_limits=(1.0, 1.5 * float(rows["y"].max())),
        )
    return found


def caption(frame: pd.DataFrame) -> str:
    """What is drawn, where the two cross, what is lost at high load, how counts grow."""
    first, chunk, stream = frame.iloc[0], _chunk(frame), _stream(frame)
    text = [
        "Where orthogonalisation helps and where it hurts (open question 2): a chunk of $b$ pairs"
        r" is written as its Hebbian gradient $\sum v k^\top$ or as that gradient's polar factor.",
        "Signal over noise is an amplitude, $s/\\sqrt{p - s^2}$ with $s$ the mean of a read-out"
        " along its value and $p$ its power. Last panels: item $i = 1 .. N$ occurs with a frequency"
        f" in proportion to $i^{{-a}}$, $N = {first['candidates']}\\,d$, by which its value is"
        " weighed; it is recalled where the read-out prefers its value to those of all others"
        " (argmax over all $N$ items).",
        f"Keys uniform on the sphere, $d = d_k = d_v = {first['d']}$; {first['trials']} to"
        f" {first['most_trials']} streams, bars one standard error.",
        status_words(frame),
        f"In one chunk the two are as good at $y = {chunk['crossing']}$ ({chunk['crossing low']} to"
        f" {chunk['crossing high']}; law {chunk['crossing law']} as $d$ grows): below it"
        f" orthogonalisation helps. At $y = {first['last_load']:g}$ it keeps {chunk['kept']} of"
        f" signal over noise (law {chunk['kept law']}, limit $8/(3\\pi) = {chunk['kept limit']}$).",
        f"In a stream that decays by $\\alpha = {first['alpha']:g}$ a chunk it hurts, beyond"
        f" {WIDTH:g} standard errors, at {stream['losses']} of {stream['dots']} dots, and helps,"
        f" beyond as many, at {stream['gains']}: the largest ratio is {stream['largest']}, where"
        f" the law expects {stream['largest law']} ({_largest_place(frame)}).",
        _slopes(frame),
    ]
    return " ".join(part for part in text if part)


def numbers(frame: pd.DataFrame) -> Quantities:
    """Where the two cross, what is kept and lost, how counts grow."""
    return _chunk(frame) | _stream(frame) | flat(_exponents(frame)) | _refuted(frame)


def _chunk(frame: pd.DataFrame) -> Quantities:
    """One chunk: the load at which the two are as good, and what is left at the largest load."""
    first, law = frame.iloc[0], frame[(frame["kind"] == "law") & (frame["series"] == ONE)]
    at_last, load = law.sort_values("x")["y"].iloc[-1], f"load {first['last_load']:g}"
    even, kept = "load at which orthogonalised is as good as plain", "orthogonalised over plain"
    return {
        "crossing": number(first["crossing"], even),
        "crossing low": number(first["crossing_low"], f"lower end of the {even}"),
        "crossing high": number(first["crossing_high"], f"upper end of the {even}"),
        "crossing law": number(polar_law.crossover(), f"{even}, by the law as d grows", ".4f"),
        "kept": measured(first["last_ratio"], first["last_stderr"], f"{kept}, {load}"),
        "kept law": number(at_last, f"{kept}, {load}, by the law", ".3f"),
        "kept limit": number(polar_law.amplitude_limit(), f"{kept}, as the load grows", ".3f"),
    }


def _stream(frame: pd.DataFrame) -> Quantities:
    """Streams: where orthogonalisation hurts, and the most that it adds, at least 0."""
    dots = frame[(frame["kind"] == "measured") & frame["series"].isin(list(AGES))]
    losses = int((dots["y"] + WIDTH * dots["stderr"] < 1).sum())
    gains = int((dots["y"] - WIDTH * dots["stderr"] > 1).sum())
    most, law = _largest(frame)
    largest = "largest ratio of orthogonalised over plain in a stream"
    return {
        "dots": count(len(dots), "dots of a stream"),
        "losses": count(losses, f"of these below 1 by more than {WIDTH:g} standard errors"),
        "gains": count(gains, f"of these above 1 by more than {WIDTH:g} standard errors"),
        "largest": measured(most["y"], most["stderr"], largest),
        "largest law": number(law, f"{largest}, there by the law", ".3f"),
    }


def _largest(frame: pd.DataFrame) -> tuple[pd.Series, float]:
    """The dot of a stream that is highest, and its law."""
    rows = frame[frame["series"].isin(list(AGES))].sort_values("y")
    most = rows[rows["kind"] == "measured"].iloc[-1]
    there = (rows["series"] == most["series"]) & (rows["x"] == most["x"])
    return most, float(rows.loc[there & (rows["kind"] == "law"), "y"].iloc[0])


def _largest_place(frame: pd.DataFrame) -> str:
    most, _ = _largest(frame)
    return f"{most['series']}, $y = {most['x']:g}$"


def _cases(frame: pd.DataFrame) -> dict[str, tuple[pd.Series, pd.Series]]:
    """How items recalled grow, measured and conjectured, by kind of write and frequencies."""
    found = {}
    counts = frame[frame["frequency"].notna()]
    for (frequency, series), rows in counts.groupby(["frequency", "series"]):
        dots, law = (rows[rows["kind"] == kind].iloc[0] for kind in ("measured", "law"))
        found[f"{series} at $i^{{-{frequency:g}}}$"] = dots, law
    return found


def _exponents(frame: pd.DataFrame) -> dict[str, Quantities]:
    """How items recalled grow with the width, by case."""
    return {
        case: {
            "exponent": measured(
                dots["slope"], dots["slope_stderr"], f"exponent in d of items recalled, {case}"
            ),
            "conjecture": number(law["slope"], f"conjectured exponent, {case}"),
        }
        for case, (dots, law) in _cases(frame).items()
    }


def _beyond(frame: pd.DataFrame) -> list[str]:
    """The cases whose conjectured exponent is far from the measured mean slope."""
    return [
        case
        for case, (dots, law) in _cases(frame).items()
        if abs(dots["slope"] - law["slope"]) > WIDTH * dots["slope_stderr"]
    ]


def _refuted(frame: pd.DataFrame) -> Quantities:
    what = f"conjectured exponents more than {WIDTH:g} standard errors from the mean slope"
    return {"beyond": count(len(_beyond(frame)), what)}


def _slopes(frame: pd.DataFrame) -> str:
    """How counts grow, and which conjectured exponents are not those slopes."""
    cases, beyond, n = _exponents(frame), _beyond(frame), _refuted(frame)
    told = ", ".join(
        f"$x = {each['exponent']}$ {case} (conjecture {each['conjecture']})"
        for case, each in cases.items()
    )
    widths = frame.loc[frame["frequency"].notna(), "x"]
    where = f" ({', '.join(beyond)})" if beyond else ""
    return (
        f"Items recalled grow as $d^x$ with mean slopes over $d = {widths.min():g}$ to"
        f" {widths.max():g} of {told}; dash-dotted: conjectured exponents as $d$ grows, through the"
        f" dots' mean. At these $d$, {n['beyond']} of {len(cases)} conjectured exponents lie beyond"
        f" {WIDTH:g} standard errors of the mean slope{where}."
    )


FIGURE = curve_figure(
    "orthogonalisation",
    "Where orthogonalisation helps and where it hurts",
    needs={"orthogonalisation": NEED},
    data=data,
    panels=panels,
    caption=caption,
    numbers=numbers,
    section=Section.Q2,
    rank=3,
    across=2,
    height=1.75,
)
