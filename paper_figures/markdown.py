"""Tables in Markdown: pipes, mathematics between dollars, notes as superscripts."""

import re

from paper_figures.columns import Entry
from paper_figures.sheet import Notes, Sheet

_ENDS = re.compile(r"\$_\{(.*)\}\^\{(.*)\}\$")  # distances to the ends of an interval


def markdown(sheet: Sheet) -> str:
    """The table with its caption and notes; a group of rows begins with its text in italics."""
    notes = Notes()
    rows = []
    for i, row in enumerate(sheet.rows):
        if i in sheet.groups:
            blank = " |" * (len(sheet.columns) - 1)
            rows.append(f"| *{sheet.groups[i]}* |{blank}")
        rows.append("| " + " | ".join(_cell(entry, notes) for entry in row) + " |")
    lines = [
        f"<!-- {sheet.origin} -->",
        "",
        sheet.caption,
        "",
        "| " + " | ".join(_inside(column.head) for column in sheet.columns) + " |",
        "|" + "|".join("---:" if c.aligned else "---" for c in sheet.columns) + "|",
        *rows,
        "",
        *(f"- <sup>{mark}</sup> {text}" for text, mark in notes.marks.items()),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _cell(entry: Entry, notes: Notes) -> str:
    if entry.text is None:
        return f"–<sup>{notes.mark(entry.reason)}</sup>" if entry.reason else "–"
    text = _inside(entry.text)
    if entry.number:
        text = text.replace(r"\ge ", "≥").replace("-", "−")
    text = f"**{text}**" if entry.best else text
    return text + _ENDS.sub(r" <sub>\1</sub><sup>\2</sup>", entry.tail).replace("-", "−")


def _inside(text: str) -> str:
    """Text without the bar that ends a cell."""
    return text.replace("|", r"\vert ")
