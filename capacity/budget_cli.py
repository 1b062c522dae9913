"""The command line of budgets: the memories that store most for so many bytes and operations."""

from typing import Annotated

import typer
from rich.table import Table

from capacity import questions
from capacity.console import AsJson, CriterionOption, KeysName, console, print_json


def budget_command(
    criterion: CriterionOption,
    state_bytes: Annotated[float, typer.Option("--bytes", help="Most bytes of live state.")],
    flops: Annotated[
        float,
        typer.Option(help="Most operations a token: one write, one query, a multiply-add as two."),
    ],
    keys: KeysName = "sphere",
    d: Annotated[
        int | None, typer.Option("--d-k", help="d_k = d_v; default: the best of many sizes.")
    ] = None,
    over: Annotated[str, typer.Option(help="Stored ages: mean, worst or age:A.")] = "mean",
    scalar_bytes: Annotated[int, typer.Option(help="Bytes of a number.")] = 4,
    limit: Annotated[int, typer.Option(help="Largest number of items to try.")] = 65_536,
    as_json: AsJson = False,
) -> None:
    """The memories that store most within a budget of bytes and operations, by their laws."""
    with console.status("asking every rule's law"):
        answer = questions.budget(
            state_bytes=state_bytes,
            flops=flops,
            criterion=criterion,
            keys=keys,
            d=d,
            over=over,
            scalar_bytes=scalar_bytes,
            limit=limit,
        )
    if as_json:
        print_json(answer)
        return
    if not answer["offers"]:
        console.print("No memory with a law fits this budget on these keys.")
        return
    table = Table(
        title=f"Within {state_bytes:g} bytes and {flops:g} operations a token, {criterion}, "
        f"{keys} keys"
    )
    table.add_column("memory", overflow="fold", min_width=24)
    for column in ("d", "pairs", "bits", "bytes", "flops"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("end", no_wrap=True)
    table.add_column("law", overflow="ellipsis", no_wrap=True)
    for offer in answer["offers"]:
        chosen = {**offer["parameters"], **offer["wrappers"]}
        named = ", ".join(f"{name}={value}" for name, value in chosen.items())
        numbers = (offer[name] for name in ("d", "capacity", "bits", "state_bytes", "flops"))
        table.add_row(
            f"{offer['rule']} {named}".strip(),
            *(f"{x:,.0f}" for x in numbers),
            offer["limit"],
            offer["status"],
        )
    console.print(table)
