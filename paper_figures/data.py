"""The data that figures read: Parquet files queried by DuckDB, each made by a stated command."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from capacity.errors import InputError, unknown

Frames = Mapping[str, pd.DataFrame]  # the data of a figure or table, by the short names of needs

PRESETS = ("quick", "paper")
RECALL_COLUMNS = (
    *("rule", "parameters", "keys", "d_k", "d_v", "items", "age"),
    *("signal", "signal_stderr", "power", "power_stderr", "mse", "mse_stderr"),
    *("trials", "seed", "dtype", "device"),
)


class MissingData(InputError):
    """A data file that is not there; the message names it and the command that makes it."""


@dataclass(frozen=True)
class Need:
    """A Parquet file relative to the data folder, its columns, and the command that makes it.

    ``{preset}`` in ``file`` and ``make`` stands for the preset. Other columns are not read.
    """

    file: str
    columns: tuple[str, ...]
    make: str

    def name(self, preset: str) -> str:
        """The file's name relative to the data folder."""
        return self.file.format(preset=preset)

    def path(self, folder: Path, preset: str) -> Path:
        """The file's path, without ``..``."""
        return Path(os.path.normpath(folder / self.name(preset)))

    def is_there(self, folder: Path, preset: str) -> bool:
        """Whether the file exists."""
        return self.path(folder, preset).is_file()


def sweep(name: str) -> Need:
    """The export of a sweep: a row a rule, parameters, keys, dimensions, number of items and age.

    ``age`` is missing in rows that are means over stored ages.
    """
    return export_of(name, RECALL_COLUMNS)


def export_of(name: str, columns: tuple[str, ...]) -> Need:
    """The export of a sweep of any probe, of which these columns are read."""
    run = f"python -m experiments run {name} --preset {{preset}}"
    export = f"python -m experiments export {name} --preset {{preset}}"
    return Need(f"{name}-{{preset}}.parquet", columns, f"{run} && {export}")


@dataclass(frozen=True)
class Loaded:
    """The columns of a data file in a canonical row order, and the hash of exactly these."""

    frame: pd.DataFrame
    content: str


def load(need: Need, folder: Path, preset: str) -> Loaded:
    """Read a data file.

    Raises :class:`MissingData` where it is absent, :class:`InputError` where it is truncated, is
    not Parquet, lacks columns or has no rows.
    """
    if preset not in PRESETS:
        raise unknown("preset", preset, PRESETS)
    path, make = need.path(folder, preset), need.make.format(preset=preset)
    if not path.is_file():
        raise MissingData(f"{path} does not exist; make it with: {make}")
    with duckdb.connect() as connection:
        try:
            query = "SELECT column_name FROM (DESCRIBE SELECT * FROM read_parquet(?))"
            there = {row[0] for row in connection.execute(query, [str(path)]).fetchall()}
            absent = [name for name in need.columns if name not in there]
            if absent:
                raise InputError(
                    f"{path} is not the expected table: it has no column {', '.join(absent)}; "
                    f"make it again with: {make}"
                )
            columns = ", ".join(f'"{name}"' for name in need.columns)
            frame = connection.execute(
                f"SELECT {columns} FROM read_parquet(?) ORDER BY ALL", [str(path)]
            ).df()
        except duckdb.Error:
            raise InputError(
                f"{path} is truncated or is not Parquet; delete it and make it with: {make}"
            ) from None
    if frame.empty:
        raise InputError(f"{path} has no rows; make it again with: {make}")
    if "age" in frame:
        frame["age"] = frame["age"].astype("Int64")
    return Loaded(frame, content_hash(frame))


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """The table as CSV in which every float survives a round trip."""
    return frame.to_csv(index=False, float_format="%.17g", lineterminator="\n").encode()


def content_hash(frame: pd.DataFrame) -> str:
    """SHA-256 of :func:`csv_bytes`."""
    return hashlib.sha256(csv_bytes(frame)).hexdigest()
