r"""Tables in LaTeX: booktabs, siunitx (version 3) and notes; floats, or long tables over pages."""

import math
import re

from paper_figures.columns import Entry, Kind
from paper_figures.sheet import Notes, Sheet

PACKAGES = (
    r"\usepackage{amsmath,array,booktabs,longtable,pdflscape,rotating,siunitx,threeparttable,"
    r"threeparttablex}"
)
LONG, LONG_SIDEWAYS = 48, 30  # lines that a page holds, upright and turned
CHARACTERS = 7.0  # of a folded column, in a centimetre


def latex(sheet: Sheet) -> str:
    """A float where a page holds the rows, else a table that continues on the next page."""
    notes = Notes()
    rows = list(_rows(sheet, notes))
    items = [rf"\item[{mark}] {tex_text(text)}" for text, mark in notes.marks.items()]
    most = LONG_SIDEWAYS if sheet.sideways else LONG
    form = _long if _lines(sheet) > most else _float
    lines = [f"% {sheet.origin}", f"% needs {PACKAGES}", *form(sheet, rows, items)]
    return "\n".join(lines) + "\n"


def _float(sheet: Sheet, rows: list[str], items: list[str]) -> list[str]:
    kind = "sidewaystable" if sheet.sideways else "table"
    return [
        rf"\begin{{{kind}}}",
        rf"\centering\scriptsize{_stretch(sheet)}",
        r"\begin{threeparttable}",
        rf"\caption{{{sheet.caption}}}",
        rf"\label{{tab:{sheet.name}}}",
        rf"\begin{{tabular}}{{{_layout(sheet)}}}",
        *_heads(sheet),
        *rows,
        r"\bottomrule",
        r"\end{tabular}",
        *([r"\begin{tablenotes}", *items, r"\end{tablenotes}"] if items else []),
        r"\end{threeparttable}",
        rf"\end{{{kind}}}",
    ]


def _long(sheet: Sheet, rows: list[str], items: list[str]) -> list[str]:
    turned = sheet.sideways
    return [
        *([r"\begin{landscape}"] if turned else []),
        rf"\begingroup\scriptsize{_stretch(sheet)}",
        r"\setlength{\LTcapwidth}{\linewidth}",
        r"\begin{ThreePartTable}",
        *([r"\begin{TableNotes}", *items, r"\end{TableNotes}"] if items else []),
        rf"\begin{{longtable}}{{{_layout(sheet)}}}",
        rf"\caption{{{sheet.caption}}}",
        rf"\label{{tab:{sheet.name}}}\\",
        *_heads(sheet),
        r"\endfirsthead",
        *_heads(sheet),
        r"\endhead",
        r"\midrule",
        rf"\multicolumn{{{_width(sheet)}}}{{r}}{{continued on the next page}}\\",
        r"\endfoot",
        r"\bottomrule",
        *([r"\insertTableNotes"] if items else []),
        r"\endlastfoot",
        *rows,
        r"\end{longtable}",
        r"\end{ThreePartTable}",
        r"\endgroup",
        *([r"\end{landscape}"] if turned else []),
    ]


def _lines(sheet: Sheet) -> int:
    """Lines of all rows and heads of groups; commands of LaTeX count as one character."""
    folded = [
        (column.folds * CHARACTERS, entries)
        for column, entries in zip(sheet.columns, sheet.entries, strict=True)
        if column.folds
    ]
    found = len(sheet.groups)
    for i in range(len(sheet.rows)):
        texts = ((re.sub(r"\\\w+", "x", e[i].text or ""), room) for room, e in folded)
        found += max((math.ceil(len(text) / room) for text, room in texts), default=1)
    return found


def _layout(sheet: Sheet) -> str:
    return "".join(c.layout(e) for c, e in zip(sheet.columns, sheet.entries, strict=True))


def _stretch(sheet: Sheet) -> str:
    """Room between rows; more where ends of intervals stand above one another."""
    tails = any(entry.tail for column in sheet.entries for entry in column)
    return rf"\renewcommand{{\arraystretch}}{{{1.4 if tails else 1.15}}}"


def _width(sheet: Sheet) -> int:
    return sum(column.span for column in sheet.columns)


def _heads(sheet: Sheet) -> list[str]:
    return [r"\toprule", " & ".join(map(_head, sheet.columns)) + r" \\", r"\midrule"]


def _head(column: Kind) -> str:
    if column.span > 1:
        return rf"\multicolumn{{{column.span}}}{{c}}{{{column.head}}}"
    return f"{{{column.head}}}" if column.aligned else column.head


def _rows(sheet: Sheet, notes: Notes) -> list[str]:
    found = []
    for i, row in enumerate(sheet.rows):
        if i in sheet.groups:
            text = rf"\textit{{{tex_text(sheet.groups[i])}}}"
            space = r"\addlinespace " if i else ""
            found.append(rf"{space}\multicolumn{{{_width(sheet)}}}{{l}}{{{text}}} \\*")
        cells = (_cell(c, e, notes) for c, e in zip(sheet.columns, row, strict=True))
        found.append(" & ".join(cells) + r" \\")
    return found


def _cell(column: Kind, entry: Entry, notes: Notes) -> str:
    text = _text(entry, notes)
    if column.aligned and not entry.number:
        text = f"{{{text}}}"
    bold = r"\bfseries " if entry.best else ""
    if column.span == 1:
        return bold + text
    bold_tail = r"\bfseries\boldmath " if entry.best else ""
    return f"{bold}{text} & {bold_tail if entry.tail else ''}{entry.tail}".rstrip()


def _text(entry: Entry, notes: Notes) -> str:
    if entry.text is None:
        return "--" + (rf"\tnote{{{notes.mark(entry.reason)}}}" if entry.reason else "")
    return entry.text if entry.raw or entry.number else tex_text(entry.text)


def tex_text(text: str) -> str:
    """Plain text for LaTeX; what stands between dollars is kept."""
    parts = text.split("$")
    special = {c: f"\\{c}" for c in "&%#_{}"} | {c: f"${c}$" for c in "<>|"}
    special |= {"~": r"\textasciitilde{}", "^": r"\^{}"}
    for i in range(0, len(parts), 2):
        parts[i] = "".join(special.get(c, c) for c in parts[i].replace("\\", "/"))
    return "$".join(parts)
