"""What a figure is: the data it needs, the table it draws, the drawing and its caption.

A module of ``paper_figures.figures`` holds one constant ``FIGURE``, whose name is the module's.
"""

import hashlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pandas as pd
from matplotlib.figure import Figure as Canvas

from paper_figures.data import Frames, Loaded, Need, csv_bytes
from paper_figures.numbers import own_numbers
from paper_figures.provenance import Provenance
from paper_figures.quantity import Numbers, no_numbers
from paper_figures.section import LAST, Section
from paper_figures.style import Style


@dataclass(frozen=True)
class Figure:
    """One figure.

    ``needs`` maps short names to data files; ``data`` turns these tables into the one that is
    drawn (and saved as CSV); ``draw`` draws that table and nothing else; ``caption`` is LaTeX whose
    numbers all come from it, those in ``numbers`` as macros too. ``section`` is its place in the
    supplement, where equal ``rank`` go by name. An ``optional`` figure is left out of a run that
    names no figure while its data are absent.
    """

    name: str
    title: str
    needs: Mapping[str, Need]
    data: Callable[[Frames], pd.DataFrame]
    draw: Callable[[pd.DataFrame, Style], Canvas]
    caption: Callable[[pd.DataFrame], str]
    optional: bool = False
    numbers: Numbers = field(default=no_numbers, kw_only=True)
    section: Section = field(kw_only=True)
    rank: int = field(default=LAST, kw_only=True)


def render(
    figure: Figure, loaded: Mapping[str, Loaded], style: Style, *, command: str, preset: str
) -> dict[str, bytes]:
    """All files of a figure by name: PDF, PNG, CSV of what is drawn, caption, quoted numbers."""
    frame = figure.data({key: found.frame for key, found in loaded.items()})
    table = csv_bytes(frame)
    about = Provenance(
        title=figure.title,
        command=command,
        data_hash=hashlib.sha256(table).hexdigest(),
        sources={figure.needs[key].name(preset): found.content for key, found in loaded.items()},
    )
    with style.theme():
        canvas = figure.draw(frame, style)
        pdf = _saved(canvas, "pdf", about.pdf())
        png = _saved(canvas, "png", about.png())
    caption = f"% {about.line()}\n{figure.caption(frame)}\n".encode()
    name = figure.name
    return {
        f"{name}.csv": table,
        f"{name}.pdf": pdf,
        f"{name}.png": png,
        f"{name}.caption.tex": caption,
        **own_numbers(name, figure.numbers(frame), about.line()),
    }


def _saved(canvas: Canvas, kind: str, metadata: Mapping[str, object]) -> bytes:
    buffer = io.BytesIO()
    canvas.savefig(buffer, format=kind, metadata=dict(metadata))
    return buffer.getvalue()
