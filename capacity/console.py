"""What the command lines share: options, plain JSON, and errors that say what to do."""

import json
import math
import sys
import warnings
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console

from capacity.errors import InputError

console = Console()

RuleName = Annotated[str, typer.Argument(metavar="RULE", help="Rule id; see `list`.")]
KeysName = Annotated[
    str,
    typer.Option(
        "--keys",
        help="Keys: sphere, gaussian, orthonormal, spectrum:power=1, spike:share=0.3, "
        "ar1:correlation=0.9, signs:VARIANCE,..., empirical:FILE.",
    ),
]
KeyDim = Annotated[int, typer.Option("--d-k", help="Key dimension.")]
ValueDim = Annotated[int, typer.Option("--d-v", help="Value dimension.")]
OptionalValueDim = Annotated[
    int | None, typer.Option("--d-v", help="Value dimension; default: that of the keys.")
]
ValuesName = Annotated[
    str,
    typer.Option(
        "--values",
        help="Values: noise, or teacher:signal=R with ,drift=T or ,switch=L.",
    ),
]
Items = Annotated[int, typer.Option("--items", help="Number of stored pairs N.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", help="Rule parameter, name=JSON or name=@file.npy; repeatable."),
]
RuleFile = Annotated[
    Path | None, typer.Option("--rule-file", help="Python file with a rule of your own.")
]
Heads = Annotated[int, typer.Option("--heads", help="Heads; each must divide d_k and d_v.")]
Wrappers = Annotated[
    list[str] | None,
    typer.Option("--wrap", help="Wrapper around the rule, name=VALUE, as features=relu."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


CriterionOption = Annotated[
    str,
    typer.Option(
        "--criterion",
        help="mse=0.1, best_gain_mse=0.1, cos2=0.5, snr=1 or accuracy=0.9@1000 (of V candidates).",
    ),
]


def positive(name: str, value: int) -> int:
    """The value, or an error that names it."""
    if value < 1:
        raise InputError(f"{name} must be a positive integer, got {value}.")
    return value


def parse_wrappers(heads: int, wrap: list[str] | None) -> dict[str, str]:
    """Wrappers by name from ``--heads`` and ``--wrap``; one head is no wrapper."""
    found = {} if heads == 1 else {"heads": str(heads)}
    for text in wrap or []:
        name, equals, value = text.partition("=")
        if not equals or name in found:
            raise InputError(f"Wrappers read name=VALUE, each name once, got {text!r}.")
        found[name] = value
    return found


def plain(value: Any) -> Any:
    """Numbers and arrays as plain JSON; what is not finite becomes null."""
    if isinstance(value, np.ndarray):
        return [plain(x) for x in value.tolist()]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {name: plain(x) for name, x in value.items()}
    if isinstance(value, list | tuple):
        return [plain(x) for x in value]
    return value


def print_json(found: dict[str, Any] | list[Any]) -> None:
    """One JSON object on standard output, nothing else."""
    sys.stdout.write(json.dumps(plain(found)) + "\n")


def new_app(text: str) -> typer.Typer:
    """A command line whose help shows this text."""
    return typer.Typer(
        help=text,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def run(app: typer.Typer, prog: str) -> None:
    """Run a command line: bad input is one message on standard error and exit code 2."""
    warnings.showwarning = _tell_warning  # type: ignore[assignment]
    try:
        app(prog_name=f"python -m {prog}")
    except InputError as problem:
        Console(stderr=True, highlight=False, soft_wrap=True).print(
            f"[bold red]Error:[/] {escape_markup(str(problem))}"
        )
        sys.exit(2)


def _tell_warning(message: Warning | str, *_: Any) -> None:
    """A warning as one line, without the place in our code that gave it."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(
        f"[bold yellow]Warning:[/] {escape_markup(str(message))}"
    )


def escape_markup(text: str) -> str:
    """Text that rich prints as it is."""
    from rich.markup import escape

    return escape(text)
