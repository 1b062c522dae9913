"""The command line of the laws: list, predict, invert, horizon, future, budget, optimum."""

from typing import Annotated, Any

import numpy as np
import typer
from rich.table import Table

from capacity import questions
from capacity.budget_cli import budget_command
from capacity.console import (
    AsJson,
    CriterionOption,
    Heads,
    Items,
    KeyDim,
    KeysName,
    OptionalValueDim,
    RuleFile,
    RuleName,
    Settings,
    ValueDim,
    ValuesName,
    Wrappers,
    console,
    new_app,
    parse_wrappers,
    print_json,
    run,
)
from capacity.discover import rule_from_file, rules
from capacity.keys import Sphere
from capacity.recall import weakest
from capacity.rule import Dims, Rule
from capacity.settings import parse_settings
from capacity.threshold import LIMIT

app = new_app(
    "What theory says a memory still recalls.\n\n"
    "Example: [bold]python -m capacity predict delta --keys sphere --d-k 64 --d-v 64 "
    "--items 256 --set beta=0.5[/]"
)


def _describe(name: str, rule: type[Rule]) -> dict[str, Any]:
    law = rule().law(Sphere(), Dims(16, 16, 16))
    return {
        "rule": name,
        "title": rule.title,
        "family": rule.family,
        "update": rule.update,
        "parameters": {
            p.name: {"default": p.default, "allowed": p.allowed()} for p in rule.parameters()
        },
        "source": " ".join(vars(rule.source).values()),
        "status": weakest(law.statuses) if law else None,
        "statuses": dict(law.statuses) if law else {"signal": None, "power": None},
    }


@app.command("list")
def list_rules(rule_file: RuleFile = None, as_json: AsJson = False) -> None:
    """Every rule with its parameters, source and the status of its law on the sphere."""
    known = dict(rules())
    if rule_file is not None:
        own = rule_from_file(rule_file)
        known[own.rule_id()] = own
    found = [_describe(name, rule) for name, rule in known.items()]
    if as_json:
        print_json(found)
        return
    table = Table("rule", "family", "parameters", "law", "source", title="Memory update rules")
    for row in found:
        parameters = "\n".join(p["allowed"] for p in row["parameters"].values())
        table.add_row(row["rule"], row["family"], parameters, row["status"] or "-", row["source"])
    console.print(table)


@app.command()
def predict(
    rule: RuleName,
    keys: KeysName = "sphere",
    d_k: KeyDim = 64,
    d_v: ValueDim = 64,
    items: Items = 64,
    settings: Settings = None,
    heads: Heads = 1,
    wrap: Wrappers = None,
    rule_file: RuleFile = None,
    as_json: AsJson = False,
) -> None:
    """Signal, power and recall error by age, from the law."""
    answer = questions.predict(
        rule,
        keys=keys,
        d_k=d_k,
        d_v=d_v,
        items=items,
        parameters=parse_settings(settings or []),
        wrappers=parse_wrappers(heads, wrap),
        rule_file=rule_file,
    )
    if as_json:
        print_json(answer)
        return
    if answer["age"] is None:
        console.print(f"{rule}: {answer['reason']}.")
        return
    table = Table(
        title=f"{rule} {answer['parameters']}, {keys} keys, N = {items}: {answer['status']}"
    )
    for column in ("age", "signal", "power", "mse", "cos2"):
        table.add_column(column, justify="right")
    for age in _shown_ages(items):
        numbers = (answer[name][age] for name in ("signal", "power", "mse", "cos2"))
        table.add_row(str(age), *(f"{x:.6g}" for x in numbers))
    means = (np.mean(answer[name]) for name in ("signal", "power", "mse", "cos2"))
    table.add_section()
    table.add_row("mean", *(f"{x:.6g}" for x in means))
    console.print(table)


def _shown_ages(items: int, most: int = 20) -> list[int]:
    """All ages, or about ``most`` of them evenly spread in the logarithm."""
    if items <= most:
        return list(range(items))
    return sorted({round(x) - 1 for x in np.geomspace(1, items, most)})


@app.command()
def invert(
    rule: RuleName,
    criterion: CriterionOption,
    keys: KeysName = "sphere",
    d_k: KeyDim = 64,
    d_v: OptionalValueDim = None,
    over: Annotated[str, typer.Option(help="Stored ages: mean, worst or age:A.")] = "mean",
    limit: Annotated[int, typer.Option(help="Largest number of items to try.")] = LIMIT,
    settings: Settings = None,
    heads: Heads = 1,
    wrap: Wrappers = None,
    rule_file: RuleFile = None,
    as_json: AsJson = False,
) -> None:
    """Capacity: the largest N such that every load up to N meets the criterion."""
    answer = questions.invert(
        rule,
        keys=keys,
        d_k=d_k,
        d_v=d_v,
        criterion=criterion,
        over=over,
        limit=limit,
        parameters=parse_settings(settings or []),
        wrappers=parse_wrappers(heads, wrap),
        rule_file=rule_file,
    )
    _tell(answer, "capacity", "items", as_json)


@app.command()
def horizon(
    rule: RuleName,
    criterion: CriterionOption,
    keys: KeysName = "sphere",
    d_k: KeyDim = 64,
    d_v: OptionalValueDim = None,
    settings: Settings = None,
    heads: Heads = 1,
    wrap: Wrappers = None,
    rule_file: RuleFile = None,
    as_json: AsJson = False,
) -> None:
    """Horizon: the largest age that meets the criterion as N grows without bound."""
    answer = questions.horizon(
        rule,
        keys=keys,
        d_k=d_k,
        d_v=d_v,
        criterion=criterion,
        parameters=parse_settings(settings or []),
        wrappers=parse_wrappers(heads, wrap),
        rule_file=rule_file,
    )
    _tell(answer, "horizon", "pairs written later", as_json)


def _tell(answer: dict[str, Any], what: str, unit: str, as_json: bool) -> None:
    if as_json:
        print_json(answer)
        return
    found = f"{answer[what]} {unit}" if answer[what] is not None else "none"
    reason = f" ({answer['reason']})" if answer["reason"] else ""
    console.print(
        f"{answer['rule']} {answer['parameters']}, {answer['keys']} keys, d_k = {answer['d_k']}, "
        f"{answer['criterion']}: {what} {found}{reason}; law: {answer['status']}",
        soft_wrap=True,
    )


@app.command()
def future(
    rule: RuleName,
    values: ValuesName,
    keys: KeysName = "sphere",
    d_k: KeyDim = 64,
    d_v: OptionalValueDim = None,
    items: Items = 64,
    settings: Settings = None,
    heads: Heads = 1,
    wrap: Wrappers = None,
    rule_file: RuleFile = None,
    as_json: AsJson = False,
) -> None:
    """Error on unseen pairs of a linear teacher, with bias, lag and variance, from the law."""
    answer = questions.future(
        rule,
        keys=keys,
        values=values,
        d_k=d_k,
        d_v=d_v,
        items=items,
        parameters=parse_settings(settings or []),
        wrappers=parse_wrappers(heads, wrap),
        rule_file=rule_file,
    )
    if as_json:
        print_json(answer)
        return
    if answer["written"] is None:
        console.print(f"{rule}: {answer['reason']}.")
        return
    names = ("error", "best_gain_error", "bias", "lag", "variance")
    table = Table(
        title=f"{rule} {answer['parameters']}, {keys} keys, values {answer['values']}: "
        f"{answer['status']}; noise {answer['floor']:.6g}"
    )
    for column in ("written", *names):
        table.add_column(column.replace("_", " "), justify="right")
    for i in _shown_ages(items):
        table.add_row(str(i + 1), *(f"{answer[name][i]:.6g}" for name in names))
    if answer["steady"]:
        table.add_section()
        table.add_row("for ever", *(f"{answer['steady'][name]:.6g}" for name in names))
    console.print(table)


app.command("budget")(budget_command)


@app.command()
def optimum(
    rule: RuleName,
    target: Annotated[
        str, typer.Option("--for", help="age:A (lifelong), load:N, future or future:N.")
    ],
    criterion: Annotated[
        str | None, typer.Option(help="Metric: cos2 (default), mse (for future), ....")
    ] = None,
    values: ValuesName = "noise",
    keys: KeysName = "sphere",
    d_k: KeyDim = 64,
    d_v: OptionalValueDim = None,
    settings: Settings = None,
    heads: Heads = 1,
    wrap: Wrappers = None,
    rule_file: RuleFile = None,
    as_json: AsJson = False,
) -> None:
    """The parameters that make a metric best; those given by --set are held fixed."""
    answer = questions.optimum(
        rule,
        keys=keys,
        d_k=d_k,
        d_v=d_v,
        target=target,
        criterion=criterion,
        values=values,
        parameters=parse_settings(settings or []),
        wrappers=parse_wrappers(heads, wrap),
        rule_file=rule_file,
    )
    if as_json:
        print_json(answer)
        return
    values = ", ".join(f"{name} = {x:.6g}" for name, x in answer["optimum"].items())
    edge = (
        f" (at the edge of its domain: {', '.join(answer['at_edge'])})" if answer["at_edge"] else ""
    )
    console.print(
        f"{rule}, {keys} keys, d_k = {answer['d_k']}, for {target}: {values}{edge}; "
        f"{answer['metric']} = {answer['value']:.6g}",
        soft_wrap=True,
    )


if __name__ == "__main__":
    run(app, "capacity")
