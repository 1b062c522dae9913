"""The supplement as one HTML page that needs nothing beside it: no network, no script."""

import re
from base64 import b64encode
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup
from mdit_py_plugins.dollarmath import dollarmath_plugin

from capacity.errors import InputError
from capacity.revision import revision
from paper_figures.provenance import Provenance, creator
from paper_figures.supplement.claims import reader_of
from paper_figures.supplement.contents import Contents
from paper_figures.supplement.formula import mathml
from paper_figures.supplement.introductions import ABSTRACT
from paper_figures.supplement.markup import Reader

_TEMPLATES = Environment(
    loader=PackageLoader("paper_figures.supplement", "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)
# no line begins with the mark that ends a formula, or ends with the bracket that opens before one
_ENDS, _BEGINS = re.compile(r"</math>(?=[.,;:)\]’%])"), re.compile(r"\((?=<math)")
_FOLDER = re.compile(r'<h3 id="([^"]+)">(.*?)</h3>')


def page(contents: Contents, made: Provenance) -> str:
    """The whole page; raises InputError for LaTeX that it has no word for."""
    reader = Reader({each.key: each.short for each in contents.references}, contents.numbers)
    claims = reader_of(reader).paragraphs(contents.appendix.body)
    template = _TEMPLATES.get_template("supplement.html.jinja")
    text = template.render(
        contents=contents,
        made=made,
        revision=revision(),
        creator=creator(),
        abstract=ABSTRACT,
        claims=claims,
        folders=[(anchor, Markup(title)) for anchor, title in _FOLDER.findall(claims)],
        style=Markup(_TEMPLATES.get_template("supplement.css").render()),
        inline=reader.inline,
        paragraphs=reader.paragraphs,
        image=_image,
        table=_table,
    )
    return _BEGINS.sub("(\u2060", _ENDS.sub("</math>\u2060", text))


def _image(path: Path) -> str:
    """A PNG as a data URI."""
    return f"data:image/png;base64,{b64encode(path.read_bytes()).decode()}"


def _table(path: Path) -> Markup:
    """The rows and notes of a printed table; its caption is set apart."""
    text = path.read_text()
    markdown = MarkdownIt("commonmark", {"html": True}).enable("table")
    markdown.use(dollarmath_plugin, renderer=_formula)
    found = markdown.render(text[text.index("\n|") :])
    if "<table>" not in found:
        raise InputError(f"{path} is no Markdown table: its head and its rule differ in columns.")
    return Markup(found)


def _formula(latex: str, options: dict[str, bool]) -> str:
    return mathml(latex, "block" if options["display_mode"] else "inline")
