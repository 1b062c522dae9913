"""LaTeX as HTML: the part of LaTeX that captions, verdicts and claims are written in.

What is not known is an error that names it, so that nothing is lost between paper and page.
"""

import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from markupsafe import Markup
from pylatexenc import latexwalker as tex
from pylatexenc.macrospec import std_environment, std_macro

from capacity.errors import InputError
from paper_figures.supplement.findings import quoted
from paper_figures.supplement.formula import mathml

Handler = Callable[["Reader", Sequence[Any]], str]  # of the arguments, as lists of nodes

MARKS = {
    "%": "%",
    "&": "&amp;",
    "#": "#",
    "$": "$",
    "_": "_",
    "{": "{",
    "}": "}",
    " ": " ",
    "^": "^",
    "textbackslash": "\\",
    "textasciitilde": "~",
    "textasciicircum": "^",
    "textless": "&lt;",
    "textgreater": "&gt;",
    "textbar": "|",
    "textquotedbl": "&quot;",
    "par": "\n\n",
    "newline": "<br>",
    "allowbreak": "<wbr>",
    "\\": "<br>",
}
SPECIALS = {"--": "–", "---": "—", "``": "“", "''": "”", "~": "\u00a0", "&": "&amp;"}
WRAPPED = {"emph": "em", "textit": "em", "textbf": "strong", "texttt": "code"}
SPECS = {"citet": "{", "citep": "{", "texorpdfstring": "{{"}
FORMULAS = ("align*", "equation*", "gather*")
IGNORED = ("center",)  # environments that only place what they hold


def _wrapped(tag: str) -> Handler:
    return lambda reader, given: f"<{tag}>{reader.html(given[-1])}</{tag}>"


def _cited(reader: "Reader", given: Sequence[Any]) -> str:
    key = reader.html(given[-1])
    if key not in reader.citations:
        raise InputError(f"The citation {key!r} is not among the sources.")
    return f'<a href="#ref-{key}">{html.escape(reader.citations[key])}</a>'


def _first(reader: "Reader", given: Sequence[Any]) -> str:
    return reader.html(given[0])


INLINE: Mapping[str, Handler] = {
    **{name: _wrapped(tag) for name, tag in WRAPPED.items()},
    **dict.fromkeys(("citet", "citep"), _cited),
    "texorpdfstring": _first,
}


@dataclass(frozen=True)
class Reader:
    """Reads LaTeX; ``blocks`` and ``environments`` hold what stands between paragraphs.

    citations: what a key is shown as. numbers: LaTeX of macros that stand for numbers.
    """

    citations: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, str] = field(default_factory=dict)
    macros: Mapping[str, Handler] = field(default_factory=lambda: INLINE)
    blocks: Mapping[str, Handler] = field(default_factory=dict)
    environments: Mapping[str, Handler] = field(default_factory=dict)
    specs: Mapping[str, str] = field(default_factory=lambda: SPECS)

    def inline(self, latex: str) -> Markup:
        """A text without paragraphs."""
        return Markup(self.html(self._nodes(latex)))

    def paragraphs(self, latex: str) -> Markup:
        """A text of paragraphs, formulas on their own lines, headings, lists."""
        found: list[str] = []
        running: list[Any] = []
        for node in self._nodes(latex):
            if self._is_block(node):
                found += [*self._set(running), self.html([node])]
                running = []
            else:
                running.append(node)
        return Markup("\n".join([*found, *self._set(running)]))

    def html(self, nodes: Any) -> str:
        """HTML of nodes, of one node, or of an argument that was left out."""
        if not isinstance(nodes, list):
            nodes = getattr(nodes, "nodelist", [nodes] if nodes is not None else [])
        return "".join(KINDS[type(node)](self, node) for node in nodes)

    @cached_property
    def _known(self) -> Any:
        """What LaTeX is known; the library's own macros, and those given."""
        known = tex.get_default_latex_context_db()
        known.add_context_category(
            "supplement",
            prepend=True,
            macros=[std_macro(name, spec) for name, spec in self.specs.items()],
            environments=[
                std_environment(name, self.specs.get(name)) for name in self.environments
            ],
        )
        return known

    def _nodes(self, latex: str) -> list[Any]:
        told = quoted(latex, self.numbers)
        walker = tex.LatexWalker(told, latex_context=self._known, tolerant_parsing=False)
        try:
            return list(walker.get_latex_nodes()[0])
        except tex.LatexWalkerParseError as problem:
            raise InputError(f"LaTeX that is not well formed: {problem}.") from None

    def _is_block(self, node: Any) -> bool:
        macro, environment = getattr(node, "macroname", None), getattr(node, "environmentname", "")
        return macro in self.blocks or bool(environment)

    def _set(self, nodes: list[Any]) -> list[str]:
        parts = re.split(r"\n\s*\n", self.html(nodes))
        return [f"<p>{part.strip()}</p>" for part in parts if part.strip()]


def _characters(reader: Reader, node: Any) -> str:
    quoted = re.sub(r"`([^'`]*)'", "‘\\1’", node.chars)
    return html.escape(quoted, quote=False)


def _macro(reader: Reader, node: Any) -> str:
    name = str(node.macroname)
    handler = reader.macros.get(name) or reader.blocks.get(name)
    if handler:
        return handler(reader, node.nodeargd.argnlist)
    if name in MARKS:
        return MARKS[name]
    raise InputError(f"LaTeX has \\{name}, which the HTML page has no word for.")


def _environment(reader: Reader, node: Any) -> str:
    name = node.environmentname
    if name in FORMULAS:
        return f'<div class="formula">{mathml(node.latex_verbatim(), "block")}</div>'
    if name in reader.environments:
        return reader.environments[name](reader, node.nodelist)
    if name in IGNORED:
        return reader.html(node.nodelist)
    raise InputError(f"LaTeX has the environment {name}, which the HTML page has no word for.")


def _math(reader: Reader, node: Any) -> str:
    display = "block" if node.displaytype == "display" else "inline"
    opened, closed = map(len, node.delimiters)
    return mathml(node.latex_verbatim()[opened:-closed], display)


def _comment(reader: Reader, node: Any) -> str:
    raise InputError(f"LaTeX has a comment, which hides {node.comment[:60]!r}; write \\%.")


KINDS: Mapping[type, Callable[[Reader, Any], str]] = {
    tex.LatexCharsNode: _characters,
    tex.LatexCommentNode: _comment,
    tex.LatexGroupNode: lambda reader, node: reader.html(node.nodelist),
    tex.LatexSpecialsNode: lambda reader, node: SPECIALS[node.specials_chars],
    tex.LatexMacroNode: _macro,
    tex.LatexEnvironmentNode: _environment,
    tex.LatexMathNode: _math,
}
