"""The command line of the supplement."""

from pathlib import Path
from typing import Annotated

import typer

from capacity.console import console, new_app, run
from paper_figures.draw import DATA, OUT
from paper_figures.supplement.assemble import assemble

app = new_app("Figures, tables, verdicts and proofs in one PDF and one HTML page.")


@app.command(no_args_is_help=False)
def main(
    preset: Annotated[str, typer.Option(help="quick or paper.")] = "quick",
    data: Annotated[Path, typer.Option(help="Folder of exported results and verdicts.")] = DATA,
    out: Annotated[
        Path, typer.Option(help="Folder of figures/, tables/ and proofs.tex; written to.")
    ] = OUT,
    pdf: Annotated[bool, typer.Option("--pdf/--no-pdf", help="Compile the document.")] = True,
) -> None:
    """Put the supplement together from what lies in the build folder.

    Writes supplement.html, which needs nothing beside it, supplement.tex and, where TeX is
    installed, supplement.pdf. What is missing or stale is named with the command that makes it;
    make paper makes all of it. From Python: paper_figures.supplement.assemble.assemble.
    """
    made = assemble(preset, data=data, out=out, pdf=pdf)
    for path in made.written:
        console.print(str(path), soft_wrap=True, markup=False, highlight=False)
    if made.note:
        console.print(made.note, soft_wrap=True, markup=False, highlight=False)


if __name__ == "__main__":
    run(app, "paper_figures.supplement")
