"""Tables: one source, three forms that agree; LaTeX whose structure is sound."""

import io
import re

import pandas as pd
import pytest

from capacity.discover import rules
from capacity.questions import horizon, invert
from paper_figures.columns import Column
from paper_figures.growth import AT, growth
from paper_figures.latex import tex_text
from paper_figures.section import Section
from paper_figures.table import Table, print_table
from paper_figures.tables.rules import LIMIT, TABLE, D


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    found = print_table(TABLE, {}, command="python -m paper_figures rules", preset="quick")
    return {name: content.decode() for name, content in found.items()}


@pytest.fixture(scope="module")
def frame(files: dict[str, str]) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(files["rules.csv"]))


def assert_sound(text: str) -> None:
    """Balanced braces, dollars and environments; rows as wide as the layout; no loose note."""
    bare = re.sub(r"\\[{}$&%#_]", "", text)
    depth = 0
    for character in bare:
        depth += (character == "{") - (character == "}")
        assert depth >= 0
    assert depth == 0
    assert bare.count("$") % 2 == 0
    stack: list[str] = []
    for kind, name in re.findall(r"\\(begin|end)\{(\w+\*?)\}", text):
        if kind == "begin":
            stack.append(name)
        else:
            assert stack.pop() == name
    assert not stack
    heads = 1 + text.count(r"\endhead")
    assert text.count(r"\toprule") == heads
    layout = re.split(r"\\begin\{(?:tabular|longtable)\}", text)[1].splitlines()[0]
    width = len(re.sub(r"@\{\}|>\{[^}]*\}|\[[^]]*\]|(?<=p)\{[^}]*\}|[{}]", "", layout))
    rows = body_rows(text)
    assert rows
    for row in (*rows, re.findall(r"\\toprule\n(.*)", text)[0]):
        assert row.endswith((r"\\", r"\\*"))
        assert sum(_span(cell) for cell in re.split(r"(?<!\\)&", row)) == width
    marks = set(re.findall(r"\\tnote\{(\w+)\}", text))
    assert marks == set(re.findall(r"\\item\[(\w+)\]", text))


def _span(cell: str) -> int:
    found = re.search(r"\\multicolumn\{(\d+)\}", cell)
    return int(found[1]) if found else 1


def body_rows(text: str) -> list[str]:
    """The rows of a table in LaTeX, heads of groups among them."""
    begin, end = (r"\endlastfoot", r"\end{longtable}")
    if begin not in text:
        begin, end = r"\midrule", r"\bottomrule"
    return text.split(begin)[1].split(end)[0].strip().split("\n")


def test_latex_is_sound(files: dict[str, str]) -> None:
    assert_sound(files["rules.tex"])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r"\toprule", ""),
        (r"\end{longtable}", ""),
        (
            " & ",
            " ",
        ),
        (r"\item[a]", r"\item[z]"),
    ],
)
def test_the_check_refuses_unsound_latex(files: dict[str, str], old: str, new: str) -> None:
    assert old in files["rules.tex"]
    with pytest.raises((AssertionError, IndexError)):
        assert_sound(files["rules.tex"].replace(old, new, 1))


def number(text: str) -> float:
    return float(re.sub(r"\$(.*)\\times 10\^\{(\d+)\}\$", r"\1e\2", text))


def test_three_forms_hold_the_same_cells(files: dict[str, str], frame: pd.DataFrame) -> None:
    tex = [row for row in body_rows(files["rules.tex"]) if r"\multicolumn" not in row]
    md = [line for line in files["rules.md"].split("\n") if line.startswith("| ")][1:]
    md = [line for line in md if not line.startswith("| *")]
    assert len(tex) == len(md) == len(frame) == len(rules())
    for one, other, (_, row) in zip(tex, md, frame.iterrows(), strict=True):
        cells = [re.sub(r"^\{(.*)\}$", r"\1", c.strip()) for c in one[:-2].split(" & ")]
        shown = [c.strip() for c in other.strip("|").split(" | ")]
        for at, column in enumerate(TABLE.columns):
            value = row[column.name]
            if pd.isna(value):
                mark = re.match(r"--(?:\\tnote\{(\w+)\})?$", cells[at])
                assert mark or cells[at] == ""
                if mark and mark[1]:
                    assert shown[at] == f"–<sup>{mark[1]}</sup>"
            elif column.name in ("capacity", "horizon"):
                assert cells[at] == shown[at]
                assert number(cells[at]) == float(f"{value:.1e}" if value >= 1e6 else value)
            elif column.name == "state":
                assert cells[at] == shown[at] == value


def test_every_missing_number_has_a_reason(files: dict[str, str], frame: pd.DataFrame) -> None:
    for name in ("capacity", "horizon"):
        missing = frame[frame[name].isna()]
        assert missing[f"{name}_reason"].notna().all()
        for reason in missing[f"{name}_reason"]:
            assert tex_text(reason) in files["rules.tex"]
            assert reason in files["rules.md"]


@pytest.mark.parametrize("rule", ["hebbian", "delta", "sliding_window"])
def test_the_table_agrees_with_the_command_line(frame: pd.DataFrame, rule: str) -> None:
    row = frame[frame["rule"] == rule].iloc[0]
    stored = invert(rule, d_k=D, criterion="mse=0.1", limit=LIMIT)
    oldest = horizon(rule, d_k=D, criterion="cos2=0.5")
    assert row["capacity"] == stored["capacity"]
    assert (
        pd.isna(row["horizon"])
        if oldest["horizon"] is None
        else row["horizon"] == oldest["horizon"]
    )


def test_growth_tells_fixed_linear_and_logarithmic_sizes() -> None:
    assert growth(lambda t: 4096) == 4096
    assert growth(lambda t: min(t, 64) * 128) == 8192
    assert growth(lambda t: 128 * t) == r"$128\,t$"
    assert growth(lambda t: t + 7) == "$t+7$"
    assert growth(lambda t: 3 * t - 5) == r"$3\,t-5$"
    assert growth(lambda t: 10 * (t.bit_length() - 1) + 4) == r"$\le 10\,\log_2 t+4$"
    assert growth(lambda t: t * t) == rf"$1.7\times 10^{{7}}$ at $t={AT}$"
    assert growth(lambda t: t * t // AT) == f"${AT}$ at $t={AT}$"


def test_sizes_that_vary_between_powers_of_two_are_upper_ends() -> None:
    digits = growth(lambda t: 8 * (1 + (t - 1).bit_count()))
    assert digits == r"$\le 8\,\log_2 t+8$"
    assert growth(lambda t: 100 + t % 16) == r"$\le 115$"
    assert growth(lambda t: t - t % 2) == r"$\le t$"
    above = growth(lambda t: 10 * (t - 1).bit_length())  # the control: exceeds its logarithm
    assert above == f"$120$ at $t={AT}$"


def test_plain_text_is_made_safe_for_latex() -> None:
    assert tex_text("50 % of a_b & c") == r"50 \% of a\_b \& c"
    assert tex_text("keep $a_b$") == "keep $a_b$"


def test_same_reason_same_mark() -> None:
    rows = pd.DataFrame({"n": [None, None, 3, None], "n_reason": ["x", "y", None, "x"]})
    columns = (Column("n", "N", numeric=True),)
    table = Table("t", "t", columns, lambda _: rows, lambda _: "c", section=Section.RULES)
    text = print_table(table, {}, command="test", preset="quick")["t.tex"].decode()
    assert re.findall(r"\\tnote\{(\w)\}", text) == ["a", "b", "a"]
    assert_sound(text)
