"""What an output says of itself in its first line: command, revision, data."""

import re
from dataclasses import dataclass
from pathlib import Path

from capacity.errors import InputError
from paper_figures.provenance import Embedded, read_embedded

_REVISION = re.compile(r"revision=(\S+)")


@dataclass(frozen=True)
class Origin:
    """The command that made an output, the revision it ran at, and the hashes of its data."""

    command: str
    revision: str
    embedded: Embedded


def read_origin(path: Path) -> Origin:
    """Read the first line of a LaTeX file of ours; raises InputError where it has none."""
    first = path.read_text().partition("\n")[0]
    embedded, found = read_embedded(path), _REVISION.search(first)
    if found is None:
        raise InputError(f"{path} does not say which revision made it.")
    return Origin(first.removeprefix("% ").partition(";")[0], found[1], embedded)
