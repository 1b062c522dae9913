"""Writing: all files of an output are prepared beside their places, then renamed together."""

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from capacity.errors import InputError


def write_together(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write files by name into a folder; a failure leaves all old ones as they were.

    Raises :class:`InputError` that names the folder where it cannot be written to.
    """
    partial = {name: folder / f".{name}.{os.getpid()}.partial" for name in files}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            with partial[name].open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        for name in files:
            partial[name].replace(folder / name)
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise InputError(
            f"{folder} cannot be written to ({reason}); old files are as they were. "
            "Name another folder with --out."
        ) from None
    finally:
        for path in partial.values():
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
    return [folder / name for name in files]
