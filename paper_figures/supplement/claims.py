"""The appendix of proofs, as ``python -m proofs_check`` wrote it, for paper and page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from capacity.errors import InputError
from paper_figures.supplement.markup import INLINE, SPECS, Handler, Reader

BEGIN, END, DEFINITIONS = r"\begin{claims}", r"\end{claims}", "% what the claims use"

FOLDER = 3  # level of the heading of a folder of proofs; the table of contents links to it


@dataclass(frozen=True)
class Appendix:
    """LaTeX of the definitions that the claims use, and of the claims."""

    definitions: str
    body: str


def read_appendix(text: str) -> Appendix:
    """The parts of a ``proofs.tex`` that a longer document takes over."""
    preamble, begun, document = text.partition(r"\begin{document}")
    _, defined, definitions = preamble.partition(DEFINITIONS)
    _, opened, rest = document.partition(BEGIN)
    body, closed, _ = rest.partition(END)
    if not all((begun, defined, opened, closed)):
        raise InputError("proofs.tex is not the appendix of proofs; make it: make proofs")
    return Appendix(definitions.strip(), body.replace("\\tableofcontents\n", "").strip())


def reader_of(plain: Reader) -> Reader:
    """A reader that also knows headings, claims and notes."""
    return replace(
        plain,
        macros={**INLINE, **MARKS},
        blocks={"section": _heading(FOLDER), "subsection": _heading(FOLDER + 1), **BLOCKS},
        environments={"entries": _entries, "tabular": _tabular},
        specs={**SPECS, "claim": "{{{", "note": "{{", "more": "{", "tabular": "{"},
    )


def _constant(text: str) -> Handler:
    return lambda reader, given: text


def _claim(reader: Reader, given: Sequence[Any]) -> str:
    mark, name, statement = map(reader.html, given)
    return (
        f'<p class="claim" id="claim-{name}">{mark} <strong>{statement}</strong>'
        f' <a class="id" href="#claim-{name}"><code>{name}</code></a></p>'
    )


def _note(reader: Reader, given: Sequence[Any]) -> str:
    return f'<p class="note"><em>{reader.html(given[0])}.</em> {reader.html(given[1])}</p>'


def _more(reader: Reader, given: Sequence[Any]) -> str:
    return f'<p class="more"><em>{reader.html(given[0])}</em></p>'


def _heading(level: int) -> Handler:
    def handle(reader: Reader, given: Sequence[Any]) -> str:
        short, title = reader.html(given[-2]), reader.html(given[-1])
        anchor = f' id="proofs-{short}"' if level == FOLDER else ""
        return f"<h{level}{anchor}>{title}</h{level}>"

    return handle


def _entries(reader: Reader, nodes: Sequence[Any]) -> str:
    return f'<p class="entries">{reader.html(list(nodes))}</p>'


def _tabular(reader: Reader, nodes: Sequence[Any]) -> str:
    """A table whose first row is its head; rules are left out."""
    kept = [node for node in nodes if getattr(node, "macroname", "")[-4:] != "rule"]
    rows = [[reader.html(cell).strip() for cell in _split(row, "&")] for row in _split(kept, "\\")]
    head, *body = [row for row in rows if any(row)]
    lines = ["".join(f"<td>{cell}</td>" for cell in row) for row in body]
    heads = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    return (
        f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>'
        + "".join(f"<tr>{line}</tr>" for line in lines)
        + "</tbody></table></div>"
    )


def _split(nodes: list[Any], mark: str) -> list[list[Any]]:
    parts: list[list[Any]] = [[]]
    for node in nodes:
        if _sign(node) == mark:
            parts.append([])
        else:
            parts[-1].append(node)
    return parts


def _sign(node: Any) -> str:
    return str(getattr(node, "specials_chars", getattr(node, "macroname", "")))


MARKS: Mapping[str, Handler] = {
    "proved": _constant('<span class="good" title="proved">✓</span>'),
    "checked": _constant('<span class="good">✓</span> <small>lemma + checked consequence</small>'),
    "failed": _constant('<span class="bad">× failed</span>'),
}
BLOCKS: Mapping[str, Handler] = {"claim": _claim, "note": _note, "more": _more}
