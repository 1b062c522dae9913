"""Rule parameters from the command line: ``name=JSON`` or ``name=@file.npy``."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from capacity.arrays import read_arrays
from capacity.errors import InputError


def parse_settings(settings: Iterable[str]) -> dict[str, Any]:
    """Parameter values by name; a name given twice or text that is not JSON is an error."""
    values: dict[str, Any] = {}
    for text in settings:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise InputError(f"Settings read name=JSON or name=@file.npy, got {text!r}.")
        if name in values:
            raise InputError(f"Parameter {name!r} is set twice.")
        if value.startswith("@"):
            values[name] = read_arrays(Path(value[1:]), (name,))[name]
            continue
        try:
            values[name] = json.loads(value)
        except json.JSONDecodeError:
            raise InputError(f"The value of {name!r} is not JSON: {value!r}.") from None
    return values
