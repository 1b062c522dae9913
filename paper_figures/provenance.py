"""Where an output comes from, embedded in it: command, revision, hashes of its data and inputs.

PDF keeps it in the document information (Title, Subject, Keywords, Creator), PNG in text chunks,
TeX and Markdown in a first-line comment.
"""

import os
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from capacity.errors import InputError
from capacity.revision import revision

_HASH = re.compile(rb"data-sha256=([0-9a-f]{64})")
_SOURCE = re.compile(rb"source:([^\s=]+)=([0-9a-f]{64})")


@cache
def creator() -> str:
    """The name and version of this software."""
    try:
        return f"memory-capacity {version('memory-capacity')}"
    except PackageNotFoundError:
        return "memory-capacity"


@dataclass(frozen=True)
class Provenance:
    """What an output says of itself; ``sources`` maps data files to hashes of what was read."""

    title: str
    command: str
    data_hash: str
    sources: Mapping[str, str]

    @property
    def keywords(self) -> str:
        """One line that :func:`read_embedded` reads back."""
        inputs = [f"source:{name}={found}" for name, found in sorted(self.sources.items())]
        return " ".join([f"data-sha256={self.data_hash}", f"revision={revision()}", *inputs])

    def pdf(self) -> dict[str, Any]:
        """Document information; the date is SOURCE_DATE_EPOCH or absent, so bytes repeat."""
        epoch = os.environ.get("SOURCE_DATE_EPOCH")
        return {
            "Title": self.title,
            "Subject": self.command,
            "Keywords": self.keywords,
            "Creator": creator(),
            "CreationDate": datetime.fromtimestamp(int(epoch), UTC) if epoch else None,
        }

    def png(self) -> dict[str, str]:
        """Text chunks."""
        return {
            "Title": self.title,
            "Description": self.keywords,
            "Source": self.command,
            "Software": creator(),
        }

    def line(self) -> str:
        """One line for a comment."""
        return f"{self.command}; {self.keywords}; {creator()}"


@dataclass(frozen=True)
class Embedded:
    """What an output file says of its data."""

    data_hash: str
    sources: Mapping[str, str]


def read_embedded(path: Path) -> Embedded:
    """Read back what was embedded; a file without it is an error that names the file."""
    content = path.read_bytes()
    if path.suffix == ".png":
        content = png_texts(content).get("Description", "").encode()
    found = _HASH.search(content)
    if found is None:
        raise InputError(f"{path} carries no data hash: it was not made by this toolkit.")
    sources = {name.decode(): value.decode() for name, value in _SOURCE.findall(content)}
    return Embedded(found[1].decode(), sources)


def png_texts(content: bytes) -> dict[str, str]:
    """The tEXt chunks of a PNG file."""
    texts, at = {}, 8
    while at + 8 <= len(content):
        size, kind = struct.unpack(">I4s", content[at : at + 8])
        if kind == b"tEXt":
            key, _, value = content[at + 8 : at + 8 + size].partition(b"\0")
            texts[key.decode("latin-1")] = value.decode("latin-1")
        at += 12 + size
    return texts
