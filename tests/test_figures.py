"""Figures draw their data and nothing else, say where they come from, and fail in clear words."""

import hashlib
import json
import re
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D

import paper_figures.__main__ as command_line
from capacity.console import run
from capacity.discover import rule_class, rules
from capacity.errors import InputError
from capacity.keys import Sphere
from capacity.rule import Dims
from experiments.probes.recall import recall_probe
from experiments.store import export
from paper_figures.agreement import deviations
from paper_figures.axes import TOP
from paper_figures.check import check_outputs
from paper_figures.data import MissingData, load, sweep
from paper_figures.discover import figures
from paper_figures.draw import draw_figures
from paper_figures.figure import Figure
from paper_figures.output import write_together
from paper_figures.provenance import png_texts, read_embedded
from paper_figures.series import series_of
from paper_figures.style import LINES, MARKERS, VENUES, Style, rule_colour, rule_marker
from tests.test_numbers import PUBLISHED

D, LOADS, TRIALS = 8, (2, 4, 8, 16), 20
SHOWN: tuple[tuple[str, dict[str, float]], ...] = (
    ("hebbian", {}),
    ("decay", {}),
    ("decay", {"gamma": 0.9}),
    ("delta", {}),
    ("softmax", {}),
)


def measured(rule: str, settings: dict[str, float]) -> pd.DataFrame:
    """What the export of a sweep holds for one rule."""
    chosen = rule_class(rule).with_values(**settings)
    found = recall_probe(chosen, Sphere(), Dims(D, D), LOADS, trials=TRIALS)
    table = pd.concat([at.table() for at in found], ignore_index=True)
    text = json.dumps(chosen.values(), sort_keys=True)
    return table.assign(rule=rule, parameters=text, keys="sphere", d_k=D, d_v=D).assign(
        trials=TRIALS, seed=0, dtype="float64", device="cpu"
    )


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    parts = [measured(rule, settings) for rule, settings in SHOWN]
    lawless = parts[0].assign(rule="my_rule", parameters="{}")  # a user's own: no law is known
    return pd.concat([*parts, lawless], ignore_index=True)


@pytest.fixture
def place(table: pd.DataFrame, tmp_path: Path) -> Path:
    """A build folder with the data of the sweeps."""
    for name in ("recall", "forgetting"):
        export(table, tmp_path / "data" / f"{name}-quick.parquet")
    return tmp_path


def drawn(figure: Figure, frame: pd.DataFrame, style: Style | None = None) -> Canvas:
    style = style or Style()
    with style.theme():
        return figure.draw(frame, style)


def lines(canvas: Canvas) -> dict[str, Line2D]:
    """The artists that stand for rows of the table, by what they stand for."""
    return {str(line.get_gid()): line for ax in canvas.axes for line in ax.lines if line.get_gid()}


def expected(frame: pd.DataFrame, by: list[str], x: str) -> Iterator[tuple[str, pd.DataFrame]]:
    for key, rows in frame.groupby(by, dropna=False, sort=True):
        parts = [str(part) for part in key if not pd.isna(part)]
        yield " ".join(parts), rows.sort_values(x)


def assert_drawn(canvas: Canvas, frame: pd.DataFrame, by: list[str], x: str) -> None:
    """The curves on the canvas are the groups of the table, no more, no fewer, point by point."""
    found, wanted = lines(canvas), dict(expected(frame, by, x))
    assert set(found) == set(wanted)
    for gid, rows in wanted.items():
        np.testing.assert_array_equal(np.asarray(found[gid].get_xdata(), float), rows[x])
        np.testing.assert_array_equal(np.asarray(found[gid].get_ydata(), float), rows["mse"])


RECALL_BY = ["kind", "rule", "parameters"]
LIMITS_BY = ["kind", "items", "rule", "parameters"]


@pytest.mark.parametrize(
    ("name", "by", "x"),
    [
        ("recall_error", RECALL_BY, "load"),
        ("forgetting", RECALL_BY, "age"),
        ("forgetting_limits", LIMITS_BY, "age"),
    ],
)
@pytest.mark.parametrize("columns", [1, 2])
def test_curves_are_the_table(
    table: pd.DataFrame, name: str, by: list[str], x: str, columns: int
) -> None:
    figure = figures()[name]
    frame = figure.data(dict.fromkeys(figure.needs, table))
    canvas = drawn(figure, frame, Style("icml", columns))
    assert_drawn(canvas, frame, by, x)
    moved = frame.copy()  # the control: one number is not what was drawn
    moved.loc[len(moved) // 2, "mse"] += 1e-9
    with pytest.raises(AssertionError):
        assert_drawn(canvas, moved, by, x)


def test_dots_and_laws_are_those_of_the_sweep(table: pd.DataFrame) -> None:
    figure = figures()["recall_error"]
    frame = figure.data({"recall": table})
    dots = frame[frame["kind"] == "measured"]
    means = table[table["age"].isna()]
    both = dots.merge(means, on=["rule", "parameters", "items"], suffixes=("", "_sweep"))
    assert len(both) == len(dots) == len(means)
    assert (both["mse"] == both["mse_sweep"]).all()
    assert (both["load"] == both["items"] / D).all()
    law = rule_class("delta")().law(Sphere(), Dims(D, D))
    assert law is not None
    for _, row in frame[(frame["kind"] == "law") & (frame["rule"] == "delta")].iterrows():
        assert row["mse"] == law.recall(row["items"]).mse.mean()
    assert frame.loc[frame["rule"] == "my_rule", "kind"].unique().tolist() == ["measured"]


def test_error_bars_are_one_standard_error(table: pd.DataFrame) -> None:
    figure = figures()["recall_error"]
    frame = figure.data({"recall": table})
    canvas = drawn(figure, frame)
    found = {
        tuple(np.asarray(segment).round(12).ravel())
        for ax in canvas.axes
        for collection in ax.collections
        for segment in collection.get_segments()
    }
    dots = frame[frame["kind"] == "measured"]
    low, high = dots["mse"] - dots["mse_stderr"], dots["mse"] + dots["mse_stderr"]
    wanted = np.stack([dots["load"], low, dots["load"], high], axis=1).round(12)
    assert found == {tuple(row) for row in wanted}


def test_line_style_tells_the_status_and_marker_filling_the_default(table: pd.DataFrame) -> None:
    figure = figures()["recall_error"]
    frame = figure.data({"recall": table})
    with_bound = frame.assign(status=frame["status"].where(frame["rule"] != "delta", "bound"))
    found = lines(drawn(figure, with_bound))
    for gid, line in found.items():
        kind, rule, *rest = gid.split(" ")
        if kind == "law":
            assert line.get_linestyle() == (LINES["bound"] if rule == "delta" else "-")
        else:
            variant = rest == ['{"gamma":', "0.9}"]
            assert (line.get_markerfacecolor() == "white") == variant
    assert len(set(LINES.values())) == 4


def test_the_lifelong_limit_is_drawn_where_it_exists(table: pd.DataFrame) -> None:
    figure = figures()["forgetting_limits"]
    frame = figure.data({"forgetting": table})
    endless = frame[frame["kind"] == "lifelong"]
    assert set(endless["rule"]) == {"decay", "delta", "softmax"}  # hebbian: power diverges
    limit = rule_class("delta")().law(Sphere(), Dims(D, D)).lifelong(16).mse  # type: ignore[union-attr]
    rows = endless[endless["rule"] == "delta"]
    np.testing.assert_array_equal(rows["mse"], limit[rows["age"]])
    assert "Hebbian" in figure.caption(frame)


def test_figure_one_is_drawn_from_a_fitted_estimator() -> None:
    figure = figures()["attention_regression"]
    frame = figure.data({})
    canvas = drawn(figure, frame)
    assert [ax.get_xlabel() for ax in canvas.axes] == ["Query-Key Space"] * 3
    assert canvas.axes[0].get_ylabel() == "Output-Value Space"
    for t, ax in enumerate(canvas.axes, 1):
        rows = frame[frame["t"] == t]
        by_gid = {line.get_gid(): line for line in ax.lines}
        for kind in ("map", "fit", "pair"):
            part = rows[rows["kind"] == kind]
            np.testing.assert_array_equal(by_gid[kind].get_xdata(), part["x"])
            np.testing.assert_array_equal(by_gid[kind].get_ydata(), part["y"])
        assert (by_gid["map"].get_linestyle(), by_gid["fit"].get_linestyle()) == ("--", "-")
        assert len(by_gid["pair"].get_xdata()) == t
        assert ("query" in by_gid) == (t == 3)
    first = frame[(frame["t"] == 1) & (frame["kind"] == "fit")]["y"]
    pairs = frame[frame["kind"] == "pair"]["y"].to_numpy()
    np.testing.assert_allclose(first, pairs[0], rtol=1e-14)  # one pair: a constant
    query = frame[frame["kind"] == "query"].iloc[0]
    last = {line.get_gid(): line for line in canvas.axes[2].lines}
    assert last["query"].get_markerfacecolor() == "white"
    assert list(last["drop"].get_xdata()) == [query["x"]] * 2
    assert last["drop"].get_ydata()[1] == query["y"]
    # Nadaraya-Watson at the query, written out from the points alone
    at = frame[(frame["t"] == 3) & (frame["kind"] == "pair")]
    weight = np.exp((np.cos(at["x"] - query["x"]) - 1) / query["bandwidth"] ** 2)
    assert np.isclose((weight * at["y"]).sum() / weight.sum(), query["y"], rtol=1e-12)


def test_captions_state_numbers_of_their_data(table: pd.DataFrame) -> None:
    figure = figures()["recall_error"]
    frame = figure.data({"recall": table})
    text, dots = figure.caption(frame), frame[frame["kind"] == "measured"]
    z = deviations(dots)
    assert f"Recall error of {len(SHOWN) + 1} memories" in text
    assert f"$d_k = {D}$" in text
    assert f"$N$ from {min(LOADS)} to {max(LOADS)}" in text
    assert f"means over {TRIALS} streams" in text
    assert f"Of {len(z)} dots" in text
    assert f"{(z <= 2).sum()} lie within" in text
    assert "no law: my rule." in text
    fewer = figure.caption(frame[frame["rule"] != "decay"])  # the control: other data, other text
    assert f"Recall error of {len(SHOWN) - 1} memories" in fewer
    beyond = frame.assign(mse=frame["mse"].where(frame["rule"] != "delta", TOP + 1))
    assert f"{len(LOADS)} dots with errors above {TOP:g} are not shown" in figure.caption(beyond)

    figure = figures()["attention_regression"]
    frame = figure.data({})
    y = frame[frame["kind"] == "query"]["y"].item()
    missed = np.abs(
        frame[frame["kind"] == "fit at key"]["y"].to_numpy()
        - frame[frame["kind"] == "pair"]["y"].to_numpy()
    ).max()
    assert f"= {y:.2f}$" in figure.caption(frame)
    assert f"within {missed:.2g} of" in figure.caption(frame)


def test_files_say_where_they_come_from(place: Path) -> None:
    draw_figures(["recall_error"], data=place / "data", out=place, venue="icml", columns=1)
    folder = place / "figures"
    found = hashlib.sha256((folder / "recall_error.csv").read_bytes()).hexdigest()
    content = load(sweep("recall"), place / "data", "quick").content
    for ending in (".pdf", ".png", ".caption.tex"):
        embedded = read_embedded(folder / f"recall_error{ending}")
        assert embedded.data_hash == found
        assert embedded.sources == {"recall-quick.parquet": content}
    pdf = (folder / "recall_error.pdf").read_bytes()
    assert b"/Title (Recall error against load)" in pdf
    assert b"/Subject (python -m paper_figures recall_error --preset quick" in pdf
    assert re.search(rb"/Keywords \([^)]*revision=\S+", pdf)
    assert b"/Creator (memory-capacity" in pdf
    assert b"/FontFile2" in pdf  # TrueType, embedded: no Type 3
    assert b"/Subtype /Type3" not in pdf
    texts = png_texts((folder / "recall_error.png").read_bytes())
    assert texts["Source"].startswith("python -m paper_figures recall_error --preset quick")
    assert texts["Title"] == "Recall error against load"
    box = re.search(rb"/MediaBox \[ 0 0 ([0-9.]+)", pdf)
    assert box is not None
    assert float(box[1]) == pytest.approx(72 * VENUES["icml"].one)


def test_bytes_repeat(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pdf = place / "figures" / "attention_regression.pdf"

    def draw() -> bytes:
        draw_figures(["attention_regression"], out=place)
        return pdf.read_bytes()

    first = draw()
    assert draw() == first
    assert b"CreationDate" not in first
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert b"/CreationDate (D:19700101" in draw()


def test_check_refuses_what_is_not_of_its_data(
    place: Path, table: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    data, names = place / "data", ["recall_error", "attention_regression"]
    draw_figures(names, data=data, out=place)

    def code() -> int:
        return exit_code("--check", "--data", str(data), "--out", str(place))

    assert code() == 0
    csv = place / "figures" / "recall_error.csv"
    before = csv.read_bytes()
    csv.write_bytes(before.replace(b"0.", b"1.", 1))
    assert code() == 1
    assert "was not made from recall_error.csv" in capsys.readouterr().out
    csv.write_bytes(before)
    assert code() == 0
    export(table.assign(mse=table["mse"] * 2), data / "recall-quick.parquet")
    assert code() == 1
    assert "recall-quick.parquet has changed" in capsys.readouterr().out
    (data / "recall-quick.parquet").unlink()
    assert code() == 0
    assert "absent, not compared" in capsys.readouterr().out
    png = place / "figures" / "recall_error.png"
    png.write_bytes(png.read_bytes().replace(b"data-sha256", b"data-md5xxx"))
    bad = [v for v in check_outputs(["recall_error"], data=data, out=place) if not v.good]
    assert [v.path for v in bad] == [png]
    with pytest.raises(InputError, match="holds no figures"):
        check_outputs(data=data, out=place / "nothing")


def exit_code(*arguments: str) -> int:
    """The exit code of the command line in this process."""
    before, sys.argv = sys.argv, ["paper_figures", *arguments]
    try:
        run(command_line.app, "paper_figures")
    except SystemExit as end:
        return int(end.code or 0)
    finally:
        sys.argv = before
    return 0


def test_an_unknown_figure_is_one_message(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("recal_error") == 2
    message = capsys.readouterr().err
    assert "Unknown figure 'recal_error'; did you mean 'recall_error'" in message
    assert "Traceback" not in message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--preset", "qick"], "Unknown preset 'qick'; did you mean 'quick'"),
        (["--venue", "neurps"], "Unknown venue 'neurps'; did you mean 'neurips'"),
        (["--columns", "3"], "Unknown number of columns '3'"),
        (["--tables", "forgetting"], "forgetting is no table"),
    ],
)
def test_other_bad_input_is_one_message(
    options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(*options) == 2
    assert message in capsys.readouterr().err


def test_missing_data_stop_only_their_figure(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "data" / "forgetting-quick.parquet").unlink()
    assert exit_code("--data", str(place / "data"), "--out", str(place)) == 2
    caught = capsys.readouterr()
    assert "forgetting-quick.parquet does not exist" in caught.err
    assert "python -m experiments run forgetting --preset quick && " in caught.err
    assert "python -m experiments export forgetting --preset quick" in caught.err
    assert "recall-quick.parquet" not in caught.err
    made = {path.name for path in (place / "figures").iterdir()}
    assert {"recall_error.pdf", "attention_regression.png"} <= made
    assert "forgetting.pdf" not in made
    assert (place / "tables" / "rules.tex").exists()
    optional = [figure.name for figure in figures().values() if figure.optional]
    for name in optional:  # their data are absent too, which is only noted
        assert f"Left out {name}" in caught.out
        assert name not in caught.err
        assert exit_code(name, "--data", str(place / "data"), "--out", str(place)) == 2


def test_files_that_are_not_the_data_are_named(place: Path) -> None:
    path, need = place / "data" / "recall-quick.parquet", sweep("recall")
    load(need, place / "data", "quick")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"recall-quick.parquet is truncated or is not Parquet"):
        load(need, place / "data", "quick")
    pd.DataFrame({"x": [1.0]}).to_parquet(path)
    with pytest.raises(InputError, match="no column rule, parameters"):
        load(need, place / "data", "quick")
    path.unlink()
    with pytest.raises(MissingData):
        load(need, place / "data", "quick")


def test_rows_that_are_missing_are_told_and_the_rest_is_drawn(tmp_path: Path) -> None:
    """A stale export, and a damaged one; the figure without data is drawn."""
    rows = pd.read_parquet(PUBLISHED / "difficulty-paper.parquet")
    rows[~rows["values"].str.contains("switch")].to_parquet(tmp_path / "difficulty-paper.parquet")
    (tmp_path / "feature_maps-paper.parquet").write_bytes(b"PAR1")
    names = ("difficulty", "feature_maps", "attention_regression")
    drawn = draw_figures(names, preset="paper", data=tmp_path, out=tmp_path / "out")
    told = dict(text.split(": ", 1) for text in drawn.missing)
    assert set(told) == {"difficulty", "feature_maps"}
    assert "rows are missing or of another revision" in told["difficulty"]
    assert "make it again with: python -m experiments run difficulty" in told["difficulty"]
    assert "truncated" in told["feature_maps"]
    assert "attention_regression.pdf" in {path.name for path in drawn.written}


def test_a_folder_that_cannot_be_written_is_one_message(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "file").write_text("old")
    assert exit_code("attention_regression", "--out", str(place / "file" / "below")) == 2
    message = capsys.readouterr().err
    assert str(place / "file" / "below" / "figures") in message
    assert "cannot be written to" in message
    assert (place / "file").read_text() == "old"


def test_a_full_disk_leaves_old_files_as_they_were(tmp_path: Path) -> None:
    write_together(tmp_path, {"a.csv": b"old", "a.pdf": b"old"})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:  # the second file does not fit
        with pytest.raises(InputError, match=r"cannot be written to .*old files are as they were"):
            write_together(tmp_path, {"a.csv": b"new", "a.pdf": b"n" * 8192})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {
        "a.csv": b"old",
        "a.pdf": b"old",
    }


def test_a_rules_look_depends_on_its_name_alone() -> None:
    looks: dict[str, set[tuple[str, str]]] = {}
    for name, rule in rules().items():
        looks.setdefault(rule.family, set()).add(
            (rule_marker(name), rule_colour(rule.family, name))
        )
    sizes = {family: len(found) for family, found in looks.items()}
    counted = pd.Series([rule.family for rule in rules().values()]).value_counts()
    assert sizes == counted.to_dict()
    assert rule_marker("a rule of tomorrow") in MARKERS


def test_a_family_with_every_rule_draws_without_warning(table: pd.DataFrame) -> None:
    figure = figures()["recall_error"]
    every = [
        table[table["rule"] == "my_rule"].assign(
            rule=name, parameters=json.dumps(rule().values(), sort_keys=True)
        )
        for name, rule in rules().items()
    ]
    frame = figure.data({"recall": pd.concat(every, ignore_index=True)})
    canvas = drawn(figure, frame)
    labels = [text.get_text() for ax in canvas.axes if ax.legend_ for text in ax.legend_.texts]
    assert sorted(labels) == sorted(series.label for series, _ in series_of(frame))
    assert len(labels) == len(rules())
