"""What a table is, and its three forms from one source: booktabs LaTeX, Markdown, CSV.

A module of ``paper_figures.tables`` holds one constant ``TABLE``, whose name is the module's.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from paper_figures.columns import Kind
from paper_figures.data import Frames, Loaded, Need, csv_bytes
from paper_figures.latex import latex
from paper_figures.markdown import markdown
from paper_figures.numbers import own_numbers
from paper_figures.provenance import Provenance
from paper_figures.quantity import Numbers, no_numbers
from paper_figures.section import LAST, Section
from paper_figures.sheet import Sheet


@dataclass(frozen=True)
class Table:
    """One table: its columns, its data, and a caption whose numbers come from the data.

    ``needs`` maps short names to data files, of which ``data`` makes the rows; a table without
    needs is computed from the laws. An ``optional`` table is left out of a run that names none
    while its data are absent. Rows that share the text of the column ``group`` follow one another
    in the data and are printed under it. Columns may depend on the data. ``numbers`` become macros.
    A ``sideways`` table takes a page that is turned.
    ``section`` is its place in the supplement, after the figures; equal ``rank`` go by name.
    """

    name: str
    title: str
    columns: tuple[Kind, ...] | Callable[[pd.DataFrame], tuple[Kind, ...]]
    data: Callable[[Frames], pd.DataFrame]
    caption: Callable[[pd.DataFrame], str]
    needs: Mapping[str, Need] = field(default_factory=dict)
    optional: bool = False
    group: str = ""
    sideways: bool = False
    numbers: Numbers = field(default=no_numbers, kw_only=True)
    section: Section = field(kw_only=True)
    rank: int = field(default=LAST, kw_only=True)


def print_table(
    table: Table, loaded: Mapping[str, Loaded], *, command: str, preset: str
) -> dict[str, bytes]:
    """The files of a table by name; the CSV holds the data, LaTeX and Markdown print them."""
    frame = table.data({key: found.frame for key, found in loaded.items()})
    raw = csv_bytes(frame)
    sources = {table.needs[key].name(preset): found.content for key, found in loaded.items()}
    about = Provenance(table.title, command, hashlib.sha256(raw).hexdigest(), sources)
    sheet = sheet_of(table, frame, about.line())
    return {
        f"{table.name}.csv": raw,
        f"{table.name}.tex": latex(sheet).encode(),
        f"{table.name}.md": markdown(sheet).encode(),
        **own_numbers(table.name, table.numbers(frame), about.line()),
    }


def sheet_of(table: Table, frame: pd.DataFrame, origin: str) -> Sheet:
    """The table's data as what is printed."""
    columns = table.columns(frame) if callable(table.columns) else table.columns
    return Sheet(
        name=table.name,
        columns=columns,
        entries=tuple(column.entries(frame) for column in columns),
        groups=_groups(frame[table.group].astype(str)) if table.group else {},
        caption=table.caption(frame),
        origin=origin,
        sideways=table.sideways,
    )


def _groups(texts: "pd.Series[str]") -> dict[int, str]:
    begins = texts.ne(texts.shift())
    named = enumerate(zip(texts, begins, strict=True))
    return {i: text[:1].upper() + text[1:] for i, (text, new) in named if new}
