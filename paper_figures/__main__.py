"""The command line of figures and tables."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from capacity.console import console, escape_markup, new_app, run
from capacity.errors import InputError
from paper_figures.check import check_outputs
from paper_figures.discover import figures, tables
from paper_figures.draw import DATA, OUT, Output, draw_figures
from paper_figures.supplement.assemble import check_supplement

app = new_app("Figures and tables for publication, drawn from exported results.")


@app.command(no_args_is_help=False)
def main(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="NAMES", help="Figures and tables; none means all."),
    ] = None,
    preset: Annotated[str, typer.Option(help="Which export to draw: quick or paper.")] = "quick",
    data: Annotated[Path, typer.Option(help="Folder of exported results.")] = DATA,
    out: Annotated[Path, typer.Option(help="Folder for figures/ and tables/.")] = OUT,
    venue: Annotated[str, typer.Option(help="neurips, icml, iclr or jmlr: sets the width.")] = (
        "neurips"
    ),
    columns: Annotated[int, typer.Option(help="1 (half the text) or 2 (its whole width).")] = 2,
    only_tables: Annotated[bool, typer.Option("--tables", help="Tables only.")] = False,
    check: Annotated[
        bool,
        typer.Option("--check", help="Draw nothing; fail where an output is not of its data."),
    ] = False,
    show: Annotated[bool, typer.Option("--list", help="List figures and tables.")] = False,
) -> None:
    """Draw figures (PDF, PNG, CSV, caption) and print tables (LaTeX, Markdown, CSV).

    A figure reads exported results. Measure and export once, then draw as often as you like:

      python -m experiments run recall forgetting capacity --preset quick

      python -m experiments export recall --preset quick

      python -m experiments export forgetting --preset quick

      python -m experiments export capacity --preset quick

      python -m paper_figures recall_error --venue icml --columns 1

    Every output carries the command that made it, the revision and the hash of its data;
    --check compares them with the data as they are now. From Python:
    paper_figures.draw.draw_figures, paper_figures.check.check_outputs.
    """
    if show:
        _list(data, preset)
    elif check:
        _check(names or [], data, out, only_tables)
    else:
        _draw(names or [], preset, data, out, venue, columns, only_tables)


def _draw(
    names: list[str],
    preset: str,
    data: Path,
    out: Path,
    venue: str,
    columns: int,
    only_tables: bool,
) -> None:
    drawn = draw_figures(
        names,
        preset=preset,
        data=data,
        out=out,
        venue=venue,
        columns=columns,
        only_tables=only_tables,
    )
    for path in drawn.written:
        console.print(str(path), soft_wrap=True, markup=False, highlight=False)
    for note in drawn.notes:
        console.print(f"Left out {note}", soft_wrap=True, markup=False, highlight=False)
    if drawn.missing:
        raise InputError("Not drawn: " + "\n  ".join(drawn.missing))


def _check(names: list[str], data: Path, out: Path, only_tables: bool) -> None:
    verdicts = check_outputs(names, data=data, out=out, only_tables=only_tables)
    if not names and not only_tables:
        verdicts += check_supplement(data, out)
    for verdict in verdicts:
        mark = "[green]ok[/]" if verdict.good else "[bold red]no[/]"
        text = escape_markup(f"{verdict.path}: {verdict.finding}")
        console.print(f"{mark}  {text}", soft_wrap=True, highlight=False)
    if not all(verdict.good for verdict in verdicts):
        raise typer.Exit(1)


def _list(data: Path, preset: str) -> None:
    table = Table("name", "what", "data", title="Figures and tables")
    declared: list[Output] = [*figures().values(), *tables().values()]
    for one in declared:
        needs = [
            f"{need.path(data, preset)} ({'there' if need.is_there(data, preset) else 'absent'})"
            for need in one.needs.values()
        ]
        name = f"{one.name} (optional)" if one.optional else one.name
        kind = "" if one.name in figures() else " (table)"
        table.add_row(name, f"{one.title}{kind}", "\n".join(needs) or "none: laws or own points")
    console.print(table)


if __name__ == "__main__":
    run(app, "paper_figures")
