"""Folders that are written to at the end of long work, tried before it."""

import tempfile
from pathlib import Path

from capacity.errors import InputError


def require_writable(folder: Path, what: str) -> None:
    """Make the folder; raises :class:`InputError` where nothing, named ``what``, can be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as problem:
        raise InputError(f"{what} cannot be written to {folder}: {problem}.") from None
