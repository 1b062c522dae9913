"""Columns: 0.123(5), intervals, room for siunitx, and which entries are best."""

import numpy as np
import pandas as pd
import pytest

from paper_figures.columns import (
    Column,
    Interval,
    Kind,
    Measured,
    Number,
    best,
    table_format,
    with_error,
)
from paper_figures.section import Section
from paper_figures.table import Table, print_table

ROWS = pd.DataFrame(
    {
        "rule": ["a", "b", "c", "d"],
        "family": ["linear", "linear", "delta", "delta"],
        "x": [0.1234, 10.1, np.nan, -0.5],
        "x_stderr": [0.005, 0.15, np.nan, 1.0],
        "x_reason": [None, None, "no law", None],
        "n": [17.24, 30.0, 12.0, 48.0],
        "n_low": [16.94, 29.0, 11.0, 45.0],
        "n_high": [17.74, 34.0, 13.0, np.inf],
    }
)
COLUMNS = (
    Column("rule", "Rule"),
    Measured("x", "$x$", best="max"),
    Interval("n", "$N^*$", best="max"),
    Number("n", "$n$", decimals=1),
)
TABLE = Table(
    "t", "t", COLUMNS, lambda _: ROWS, lambda _: "c", group="family", section=Section.RULES
)


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    found = print_table(TABLE, {}, command="test", preset="quick")
    return {name: content.decode() for name, content in found.items()}


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.1234, 0.005, "0.123(5)"),
        (0.1234, 0.0149, "0.123(15)"),
        (17.23, 3.4, "17.2(3.4)"),
        (0.99, 0.0097, "0.990(10)"),
        (1723.0, 34.0, "1723(34)"),
        (1e-5, 3e-7, "0.00001000(30)"),
        (0.51239, np.nan, "0.5124"),
        (12.0, 0.0, "12"),
        (-0.012, 0.5, "0.0(5)"),
        (-0.12, 0.5, "-0.1(5)"),
        (-0.0, np.nan, "0"),
    ],
)
def test_errors_stand_in_the_last_digits(value: float, error: float, text: str) -> None:
    assert with_error(value, error) == text


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        (Number("x", "", decimals=3), ["0.000", "-0.001", "0.000"]),
        (Measured("x", ""), ["0.000(10)", "-0.001(10)", "0.000(10)"]),
        (Interval("x", ""), ["0.00", "0.00", "0.00"]),
    ],
)
def test_a_number_that_rounds_to_zero_has_no_sign(kind: Kind, texts: list[str]) -> None:
    """The second is the control: its sign stays where a digit does."""
    x = np.array([-4e-4, -6e-4, 4e-4])
    rows = pd.DataFrame({"x": x, "x_stderr": 0.01, "x_low": x - 0.02, "x_high": x + 0.02})
    assert [entry.text for entry in kind.entries(rows)] == texts


def test_room_for_comparator_sign_digits_and_uncertainty() -> None:
    assert table_format(Measured("x", "").entries(ROWS)) == "table-format=-2.3(2)"
    assert table_format(Interval("n", "").entries(ROWS)) == "table-format=>2.1"
    assert table_format([]) == "table-format=1.0"


def test_cells_of_both_languages(files: dict[str, str]) -> None:
    tex = [row for row in files["t.tex"].split("\n") if row.startswith(("a &", "c &", "d &"))]
    assert tex == [
        r"a & 0.123(5) & 17.2 & $_{-0.3}^{+0.5}$ & 17.2 \\",
        r"c & {--\tnote{a}} & 12.0 & $_{-1.0}^{+1.0}$ & 12.0 \\",
        r"d & -0.5(1.0) & \bfseries \ge 45 & & 48.0 \\",
    ]
    md = [row for row in files["t.md"].split("\n") if row.startswith(("| b", "| c", "| d"))]
    assert md == [
        "| b | **10.10(15)** | 30.0 <sub>−1.0</sub><sup>+4.0</sup> | 30.0 |",
        "| c | –<sup>a</sup> | 12.0 <sub>−1.0</sub><sup>+1.0</sup> | 12.0 |",
        "| d | −0.5(1.0) | **≥45** | 48.0 |",
    ]


def test_groups_stand_above_their_rows(files: dict[str, str]) -> None:
    tex = files["t.tex"].split("\n")
    at = [i for i, row in enumerate(tex) if r"\textit" in row]
    assert [tex[i + 1][0] for i in at] == ["a", "c"]
    assert r"\multicolumn{5}{l}{\textit{Linear}} \\*" in tex[at[0]]
    assert "| *Delta* | | | |" in files["t.md"]


def test_best_are_all_that_cannot_be_told_from_the_best() -> None:
    """Half-widths 0.6 and 0.8 make 1.0: a difference below is no difference, one above is."""
    values = np.array([10.0, 9.01, 8.99, np.nan])
    width = np.array([0.6, 0.8, 0.8, np.nan])
    assert best(values, values - width, values + width, "max") == [True, True, False, False]
    assert best(-values, -values - width, -values + width, "min") == [True, True, False, False]
    assert best(values, values - width, values + width, "") == [False] * 4
    assert best(values[:1], values[:1], values[:1], "max") == [False]  # the best of one is no news
    short = values + width / 10  # of the others the end that faces the best counts
    assert best(values, values - width, short, "max") == [True, False, False, False]


def test_the_best_is_sought_within_groups() -> None:
    within = Measured("x", "", best="max", within="family")
    assert [entry.best for entry in within.entries(ROWS)] == [False, True, False, False]
    rows = ROWS.assign(x=[1.0, 2.0, 3.0, 4.0], x_stderr=0.1)
    assert [entry.best for entry in within.entries(rows)] == [False, True, False, True]
    assert [e.best for e in Measured("x", "", best="max").entries(rows)] == [False] * 3 + [True]


def test_a_page_holds_a_float_and_more_rows_continue_on_the_next() -> None:
    long = pd.concat([ROWS] * 20, ignore_index=True)
    table = Table("t", "t", COLUMNS, lambda _: long, lambda _: "c", section=Section.RULES)
    text = print_table(table, {}, command="test", preset="quick")["t.tex"].decode()
    assert r"\begin{longtable}" in text
    assert r"\insertTableNotes" in text
    short = print_table(TABLE, {}, command="test", preset="quick")["t.tex"].decode()
    assert r"\begin{table}" in short
