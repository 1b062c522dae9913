"""Numbers for prose: legal macros, values of the data, quoted by captions, gathered and checked."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from capacity.errors import InputError
from paper_figures.check import check_outputs
from paper_figures.columns import Column
from paper_figures.discover import figures, tables
from paper_figures.draw import Output, draw_figures, inputs
from paper_figures.figures.accuracy import FIGURE as ACCURACY
from paper_figures.numbers import GATHERED, gather, own_numbers, stale, write_gathered
from paper_figures.quantity import Quantities, Quantity, count, flat, macro, measured, number
from paper_figures.section import Section
from paper_figures.table import Table, print_table, sheet_of

PUBLISHED = Path(__file__).parents[1] / "published"
OUTPUTS: dict[str, Output] = {**figures(), **tables()}
# whose laws take long: the rules of which their captions are checked
FEW = {"accuracy": ("hebbian", "mesa"), "bits": ("hebbian", "mesa"), "drift": ("delta",)}
DRAWN = {"capacity_exponents": "Width-"}  # quantities that are read off the figure alone
SETTINGS_ALONE = {"forgetting_limits", "pareto"}  # their captions quote no result
NEWCOMMAND = re.compile(r"\\newcommand\{\\([A-Za-z]+)\}\{(.*)\} % (.*)")


def quoting(name: str, value: int) -> Table:
    rows = pd.DataFrame({"n": [value]})
    return Table(
        name,
        name,
        (Column("n", "n", numeric=True),),
        lambda _: rows,
        lambda frame: f"There are {frame['n'].iloc[0]}.",
        numbers=lambda frame: {"All": count(int(frame["n"].iloc[0]), "rows")},
        section=Section.RULES,
    )


def write(out: Path, *tables: Table) -> None:
    for table in tables:
        for name, content in print_table(table, {}, command="test", preset="quick").items():
            (out / "tables").mkdir(exist_ok=True, parents=True)
            (out / "tables" / name).write_bytes(content)
    write_gathered(out)


def test_macros_are_letters() -> None:
    assert macro("recall_error", "Dots") == "RecallErrorDots"
    assert macro("capacities", "rwkv7-D32") == "CapacitiesRwkvSevenDThreeTwo"
    assert macro("a", "Titans, $H/d=8$") == "ATitansHDEight"


def test_a_quantity_prints_as_its_text() -> None:
    assert f"{measured(0.1234, 0.005, 'x')}" == "0.123(5)"
    assert f"{number(0.1234, 'x')} {count(3, 'x')}" == "0.12 3"
    assert f"{number(-0.001, 'x')} {number(-0.01, 'x')}" == "0.00 -0.01"


def test_two_numbers_under_one_macro_are_refused() -> None:
    one = Quantity(1.0, "1", "x")
    with pytest.raises(InputError, match="two numbers under one macro"):
        own_numbers("a", {"b-c": one, "b_c": one}, "origin")
    assert own_numbers("a", {}, "origin") == {}


def test_numbers_of_all_outputs_are_gathered(tmp_path: Path) -> None:
    write(tmp_path, quoting("first", 3), quoting("second", 4))
    listed = NEWCOMMAND.findall((tmp_path / "numbers.tex").read_text())
    assert listed == [("FirstAll", "3", "rows"), ("SecondAll", "4", "rows")]
    found = json.loads((tmp_path / "numbers.json").read_text())
    assert found["SecondAll"]["value"] == 4
    assert found["SecondAll"]["output"] == "tables/second.numbers.json"
    write(tmp_path, quoting("second", 5))  # the other's numbers stay
    assert dict(
        pair[:2] for pair in NEWCOMMAND.findall((tmp_path / "numbers.tex").read_text())
    ) == {
        "FirstAll": "3",
        "SecondAll": "5",
    }


def test_gathered_numbers_that_are_not_those_of_the_outputs_are_found(tmp_path: Path) -> None:
    write(tmp_path, quoting("first", 3))
    assert set(stale(tmp_path).values()) == {""}
    path = tmp_path / "numbers.tex"
    path.write_text(path.read_text().replace("{3}", "{30}"))
    assert "draw again" in stale(tmp_path)[path]
    path.unlink()
    assert "does not exist" in stale(tmp_path)[path]


def test_one_macro_of_two_outputs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Two outputs quote a number as FirstAll"):
        write(tmp_path, quoting("first", 3), quoting("First", 3))


def test_check_covers_numbers(tmp_path: Path) -> None:
    draw_figures(["price"], out=tmp_path)
    verdicts = {path.path.name: path for path in check_outputs(["price"], out=tmp_path)}
    assert {"price.numbers.json", *GATHERED} <= set(verdicts)
    assert all(verdict.good for verdict in verdicts.values())
    assert b"\\PriceRules" in gather(tmp_path)["numbers.tex"]
    own = tmp_path / "tables" / "price.numbers.json"
    own.write_text(own.read_text().replace('"value": ', '"value": 1'))
    bad = [each.path.name for each in check_outputs(["price"], out=tmp_path) if not each.good]
    assert bad == ["numbers.json"]  # the number; its text stands


def test_captions_quote_the_macros_own_text() -> None:
    rows = pd.DataFrame(
        {
            "kind": ["crossing", "law", "cell"],
            "rule": "hebbian",
            "parameters": "{}",
            "level": 0.5,
            "candidates": 8,
            "load": [1.5, 1.2, np.nan],
            "low": [1.1, np.nan, np.nan],
            "high": [1.9, np.nan, np.nan],
            "d_k": 8,
            "d_v": 8,
            "trials": 10,
        }
    )
    text, found = ACCURACY.caption(rows), ACCURACY.numbers(rows)
    assert found["Least"].value == 1.25
    assert f"at {found['Crossings']} dots: {found['Least']} to {found['Most']}" in text
    assert f"{found['Held']} bars" in text


def test_quantities_of_groups_have_the_names_of_both() -> None:
    one = count(1, "x")
    assert flat({"a": {"c": one}, "b": {"c": one}}) == {"a c": one, "b c": one}


def published(name: str) -> pd.DataFrame:
    """The data of an output at the paper preset."""
    loaded = inputs(OUTPUTS[name], PUBLISHED, "paper")
    frames = {key: found.frame for key, found in loaded.items()}
    if name in FEW:
        frames = {key: rows[rows["rule"].isin(FEW[name])] for key, rows in frames.items()}
    return OUTPUTS[name].data(frames)


def printed(output: Output, frame: pd.DataFrame) -> str:
    """The caption, and the cells of a table."""
    cells = sheet_of(output, frame, "").entries if isinstance(output, Table) else ()
    texts = [f"{cell.text}{cell.tail}" for column in cells for cell in column]
    return "\n".join([output.caption(frame), *texts]).replace(r"\ge ", r"$\ge$ ")


def unprinted(quantities: Quantities, text: str) -> set[str]:
    """The quantities whose text does not stand there, as no part of a longer number."""
    return {
        key
        for key, each in quantities.items()
        if not re.search(rf"(?<![\d.]){re.escape(each.text)}(?![\d(]|\.\d)", text)
    }


@pytest.mark.parametrize("name", OUTPUTS)
def test_every_quantity_is_printed(name: str) -> None:
    output, frame = OUTPUTS[name], published(name)
    found = output.numbers(frame)
    told = {key: each for key, each in found.items() if not key.startswith(DRAWN.get(name, "#"))}
    text = printed(output, frame)
    assert unprinted(told, text) == set()
    assert bool(found) == (name not in SETTINGS_ALONE)
    assert own_numbers(name, found, "") or name in SETTINGS_ALONE  # no two under one macro
    bare = re.sub(r"\d", "", text)  # the control: no number is left
    assert unprinted(told, bare) == {key for key, n in told.items() if re.search(r"\d", n.text)}
