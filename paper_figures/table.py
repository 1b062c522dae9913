"""What a table is, and its three forms from one source: booktabs LaTeX, Markdown, CSV.

A module of ``paper_figures.tables`` holds one constant ``TABLE``, whose name is the module's.
A missing entry may have a reason, in the column ``NAME_reason``; it becomes a footnote mark.
"""

import hashlib
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from paper_figures.data import Frames, Loaded, Need, csv_bytes
from paper_figures.provenance import Provenance
from paper_figures.section import LAST, Section


@dataclass(frozen=True)
class Column:
    """A column of the data, its head in LaTeX and Markdown, and whether it holds numbers.

    siunitx aligns the whole numbers of a numeric column and leaves its texts alone. ``raw`` text is
    LaTeX and is printed as it is. ``wide`` columns fold at this width.
    """

    name: str
    head: str
    numeric: bool = False
    raw: bool = False
    wide: str = ""


@dataclass(frozen=True)
class Table:
    """One table: its columns, its data, and a caption whose numbers come from the data.

    ``needs`` maps short names to data files, of which ``data`` makes the rows; a table without
    needs is computed from the laws. An ``optional`` table is left out of a run that names none
    while its data are absent.
    ``section`` is its place in the supplement, after the figures; equal ``rank`` go by name.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    data: Callable[[Frames], pd.DataFrame]
    caption: Callable[[pd.DataFrame], str]
    needs: Mapping[str, Need] = field(default_factory=dict)
    optional: bool = False
    section: Section = field(kw_only=True)
    rank: int = field(default=LAST, kw_only=True)


class Notes:
    """Footnotes in the order of first use; the same text keeps the same mark."""

    def __init__(self) -> None:
        self.marks: dict[str, str] = {}

    def mark(self, text: str) -> str:
        """The letter of this text: a, b, ..., z, aa, ab, ...."""
        if text not in self.marks:
            count, letters = len(self.marks), string.ascii_lowercase
            first = letters[count // 26 - 1] if count >= 26 else ""
            self.marks[text] = first + letters[count % 26]
        return self.marks[text]


def print_table(
    table: Table, loaded: Mapping[str, Loaded], *, command: str, preset: str
) -> dict[str, bytes]:
    """The files of a table by name; the CSV holds the data, LaTeX and Markdown print them."""
    frame = table.data({key: found.frame for key, found in loaded.items()})
    raw = csv_bytes(frame)
    sources = {table.needs[key].name(preset): found.content for key, found in loaded.items()}
    about = Provenance(table.title, command, hashlib.sha256(raw).hexdigest(), sources)
    text = table.caption(frame)
    return {
        f"{table.name}.csv": raw,
        f"{table.name}.tex": latex(table, frame, text, about.line()).encode(),
        f"{table.name}.md": markdown(table, frame, text, about.line()).encode(),
    }


def latex(table: Table, frame: pd.DataFrame, caption: str, origin: str) -> str:
    """A table for a page turned sideways, with booktabs, siunitx and threeparttable."""
    notes = Notes()
    rows = [
        " & ".join(_tex_cell(column, row, notes) for column in table.columns) + r" \\"
        for _, row in frame.iterrows()
    ]
    layout = "".join(_alignment(column, frame) for column in table.columns)
    heads = " & ".join(f"{{{c.head}}}" if c.numeric else c.head for c in table.columns)
    items = [rf"\item[{mark}] {tex_text(text)}" for text, mark in notes.marks.items()]
    listed = [r"\begin{tablenotes}", *items, r"\end{tablenotes}"] if items else []
    lines = [
        f"% {origin}",
        r"% needs \usepackage{amsmath,array,booktabs,rotating,siunitx,threeparttable}",
        r"\begin{sidewaystable}",
        r"\centering\scriptsize",
        r"\begin{threeparttable}",
        rf"\caption{{{caption}}}",
        rf"\label{{tab:{table.name}}}",
        rf"\begin{{tabular}}{{{layout}}}",
        r"\toprule",
        heads + r" \\",
        r"\midrule",
        *rows,
        r"\bottomrule",
        r"\end{tabular}",
        *listed,
        r"\end{threeparttable}",
        r"\end{sidewaystable}",
    ]
    return "\n".join(lines) + "\n"


def _alignment(column: Column, frame: pd.DataFrame) -> str:
    if column.numeric:
        digits = [len(str(x)) for x in frame[column.name] if not pd.isna(x) and str(x).isdigit()]
        return f"S[table-format={max(digits, default=1)}.0]"
    return rf">{{\raggedright\arraybackslash}}p{{{column.wide}}}" if column.wide else "l"


def _tex_cell(column: Column, row: pd.Series, notes: Notes) -> str:
    value, reason = row[column.name], row.get(f"{column.name}_reason")
    if pd.isna(value):
        mark = rf"\tnote{{{notes.mark(reason)}}}" if isinstance(reason, str) else ""
        return f"{{--{mark}}}" if column.numeric else f"--{mark}"
    if isinstance(value, str):
        text = value if column.raw else tex_text(value)
        return f"{{{text}}}" if column.numeric else text
    return str(value)


def tex_text(text: str) -> str:
    """Plain text for LaTeX; what stands between dollars is kept."""
    parts = text.split("$")
    special = {c: f"\\{c}" for c in "&%#_{}"} | {"~": r"\textasciitilde{}", "^": r"\^{}"}
    for i in range(0, len(parts), 2):
        parts[i] = "".join(special.get(c, c) for c in parts[i].replace("\\", "/"))
    return "$".join(parts)


def markdown(table: Table, frame: pd.DataFrame, caption: str, origin: str) -> str:
    """A Markdown table with its caption and notes."""
    notes = Notes()
    rows = [
        "| " + " | ".join(_md_cell(column, row, notes) for column in table.columns) + " |"
        for _, row in frame.iterrows()
    ]
    rule = "|" + "|".join("---:" if c.numeric else "---" for c in table.columns) + "|"
    listed = [f"- <sup>{mark}</sup> {text}" for text, mark in notes.marks.items()]
    lines = [
        f"<!-- {origin} -->",
        "",
        caption,
        "",
        "| " + " | ".join(c.head for c in table.columns) + " |",
        rule,
        *rows,
        "",
        *listed,
    ]
    return "\n".join(lines).rstrip() + "\n"


def _md_cell(column: Column, row: pd.Series, notes: Notes) -> str:
    value, reason = row[column.name], row.get(f"{column.name}_reason")
    if pd.isna(value):
        return f"–<sup>{notes.mark(reason)}</sup>" if isinstance(reason, str) else "–"
    return str(value).replace("|", r"\vert ")
