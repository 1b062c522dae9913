"""Results: one immutable Parquet file a pass, committed by atomic rename, queried by DuckDB.

Any number of writers and readers share a folder without lock or server. A file is complete or
absent; a file that is neither ours nor readable is named and left where it is.
"""

import hashlib
import os
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from capacity.errors import InputError

MARK = b"memory-capacity.pass"
ORDER = (
    *("rule", "parameters", "wrappers", "keys", "values", "d_k", "d_v", "seed", "dtype", "device"),
    *("items", "age"),
)
# what measures, as opposed to who measured when: all but these columns make the data hash
CIRCUMSTANCES = ("revision", "seconds", "host", "key")


class Store:
    """A folder of passes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if folder.exists() and not folder.is_dir():
            raise InputError(f"The results folder {folder} is a file; name a folder.")

    def path(self, key: str) -> Path:
        """Where the pass of this key is or will be."""
        return self.folder / f"{key}.parquet"

    def has(self, key: str) -> bool:
        """Whether the pass is committed."""
        return self.path(key).is_file()

    def commit(self, key: str, table: pd.DataFrame) -> None:
        """Write a pass whole; a pass that is already there stays as it is."""
        if self.has(key):
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(self.path(key), table, {MARK: key.encode()})
        except OSError as problem:
            raise InputError(f"Results cannot be written to {self.folder}: {problem}.") from None

    def check(self) -> None:
        """Raise :class:`InputError` naming every Parquet file that is truncated or foreign."""
        bad = []
        for path in sorted(self.folder.glob("*.parquet")):
            try:
                marked = (pq.read_schema(path).metadata or {}).get(MARK)
            except (OSError, pa.ArrowInvalid):
                bad.append(f"{path} is truncated or is not Parquet")
                continue
            if marked is None or marked.decode() != path.stem:
                bad.append(f"{path} is not a result of this toolkit")
        if bad:
            raise InputError(
                "; ".join(bad) + ". Move or delete what is named; all other results are kept."
            )

    def load(self, keys: list[str]) -> pd.DataFrame:
        """The rows of these passes, in an order that does not depend on who computed them."""
        files = [str(self.path(key)) for key in keys]
        with duckdb.connect() as connection:
            table = "SELECT * FROM read_parquet(?, union_by_name=true)"
            there = connection.execute(f"{table} LIMIT 0", [files]).df().columns
            order = ", ".join(f'"{name}" NULLS FIRST' for name in ORDER if name in there)
            return connection.execute(f"{table} ORDER BY {order}", [files]).df()


def write_whole(path: Path, table: pd.DataFrame, metadata: dict[bytes, bytes]) -> None:
    """Write Parquet beside its place, flush it to disk, then rename it into place."""
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    arrow = arrow.replace_schema_metadata((arrow.schema.metadata or {}) | metadata)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            pq.write_table(arrow, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def data_hash(table: pd.DataFrame) -> str:
    """SHA-256 of the measured content: column names and values, without the circumstances."""
    content = table.drop(columns=[name for name in CIRCUMSTANCES if name in table])
    content = content.reindex(sorted(content.columns), axis=1)
    digest = hashlib.sha256(",".join(content.columns).encode())
    digest.update(content.to_csv(index=False, float_format="%.17g").encode())
    return digest.hexdigest()


def export(table: pd.DataFrame, path: Path) -> str:
    """Write a table as Parquet or CSV, by the file's ending, with its data hash; returns the hash.

    Parquet carries the hash as metadata, CSV as a first line "# data_hash: ...".
    """
    found = data_hash(table)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".parquet":
            write_whole(path, table, {b"data_hash": found.encode()})
        elif path.suffix == ".csv":
            partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
            partial.write_text(f"# data_hash: {found}\n{table.to_csv(index=False)}")
            partial.replace(path)
        else:
            raise InputError(f"{path} has no known format; allowed: .parquet, .csv.")
    except OSError as problem:
        raise InputError(f"{path} cannot be written: {problem}.") from None
    return found
