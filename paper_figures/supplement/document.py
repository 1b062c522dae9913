"""The supplement as one LaTeX document."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from capacity.revision import revision
from paper_figures.latex import tex_text
from paper_figures.provenance import Provenance, creator
from paper_figures.supplement.contents import Contents
from paper_figures.supplement.introductions import ABSTRACT

# of all that the document, its tables and its appendix use, the smallest set on Debian
DEBIAN = (
    *("texlive-latex-recommended", "texlive-latex-extra", "texlive-science"),
    *("texlive-fonts-recommended", "lmodern"),
)
# delimiters that LaTeX leaves alone
_TEMPLATES = Environment(
    loader=PackageLoader("paper_figures.supplement", "templates"),
    block_start_string="<%",
    block_end_string="%>",
    variable_start_string="<<",
    variable_end_string=">>",
    comment_start_string="<#",
    comment_end_string="#>",
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)
_TEMPLATES.filters["tex"] = tex_text
_TEMPLATES.filters["typed"] = lambda text: tex_text(text).replace("--", "-{}-")


def document(contents: Contents, made: Provenance) -> str:
    """LaTeX that includes figures, tables and numbers beside it in the build folder."""
    template = _TEMPLATES.get_template("supplement.tex.jinja")
    return template.render(
        contents=contents,
        made=made,
        revision=revision(),
        creator=creator(),
        abstract=ABSTRACT,
    )
