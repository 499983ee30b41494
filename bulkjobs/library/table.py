"""The Delta Lake table below the library: opened, read, written to, one commit a source."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Schema, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction

from ..disk import publish, sync
from ..errors import LibraryError
from ..records import POSTING_SCHEMA

_OF_A_ROW: dict[str, Any] = {
    "source": pl.String,
    "row": pl.Int64,
    "bought_at": pl.Datetime("us"),
    "added_at": pl.Datetime("us"),
}
LIBRARY_SCHEMA = pl.Schema({**POSTING_SCHEMA, **_OF_A_ROW})
"""`POSTING_SCHEMA`, and for each row where it came from: its ``source`` (``request:<collection>/<number>`` or
``file:<SHA-256>``), the ``row`` in there, when it was bought (an imported file: its own date) and added (UTC)."""

_STATISTICS = ("id", "created", "last_updated", "source")  # columns by which readers skip whole files
_ROWS_A_GROUP = 5_000  # of a Parquet file; readers skip whole groups
_TRIES = 50  # of a commit, while others commit too
_CHECKPOINT_EVERY = 10  # versions; who opens the table reads the log since the last one


@dataclass(frozen=True, slots=True)
class TableFile:
    """A Parquet file of the table.

    Attributes
    ----------
    name : str
        Its path in the table's folder; what it holds never changes.
    rows, size : int
        Postings, all versions; and bytes.
    scan : polars.LazyFrame
        Its rows, of `LIBRARY_SCHEMA`.
    """

    name: str
    rows: int
    size: int
    scan: pl.LazyFrame


class Table:
    """The table in a folder; it is made by the first writer.

    Raises
    ------
    LibraryError
        From every method, when the table can't be read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def found(self, version: int | None = None) -> DeltaTable | None:
        """Open the table; None where nothing was ever written."""
        with told(self.path):
            try:
                return DeltaTable(self.path, version=version)
            except TableNotFoundError:
                return None

    def opened(self) -> DeltaTable:
        """Open the table, and make it when it is not there; several may try at once."""
        table = self.found()
        while table is None:
            with contextlib.suppress(DeltaError):
                DeltaTable.create(
                    self.path,
                    schema=Schema.from_arrow(LIBRARY_SCHEMA),
                    mode="ignore",
                    name="bulkjobs library",
                    configuration={"delta.logRetentionDuration": "interval 36500 days"},
                )
            table = self.found()
        return table

    def rows(self, version: int | None = None) -> pl.LazyFrame:
        """Scan all rows, of `LIBRARY_SCHEMA`."""
        table = self.found(version)
        if table is None:
            return LIBRARY_SCHEMA.to_frame().lazy()
        return pl.scan_delta(table).select(pl.col(name).cast(dtype) for name, dtype in LIBRARY_SCHEMA.items())

    def files(self, version: int | None = None) -> list[TableFile]:
        """Return the files of the table, each with a scan of its rows, of `LIBRARY_SCHEMA`."""
        table = self.found(version)
        if table is None:
            return []
        actions = pl.DataFrame(table.get_add_actions(flatten=True)).sort("path")
        columns = [pl.col(name).cast(dtype) for name, dtype in LIBRARY_SCHEMA.items()]
        return [
            TableFile(name, rows, size, pl.scan_parquet(self.path / name).select(columns))
            for name, rows, size in actions.select("path", "num_records", "size_bytes").iter_rows()
        ]

    def collect(self, rows: pl.LazyFrame) -> pl.DataFrame:
        """Read what is asked of them."""
        with told(self.path):
            return rows.collect(engine="streaming")

    def write(self, rows: pl.DataFrame) -> AddAction:
        """Write a file of rows, durably; it is in the table only once it is committed."""
        target = self.path / f"part-{uuid.uuid4().hex}.parquet"
        part = target.with_suffix(".part")
        try:
            rows.write_parquet(part, compression="zstd", compression_level=1, row_group_size=_ROWS_A_GROUP)
            with part.open("rb+") as file:
                sync(file.fileno())
            publish(part, target)
        finally:
            part.unlink(missing_ok=True)
        status = target.stat()
        return AddAction(target.name, status.st_size, {}, int(status.st_mtime * 1e3), True, _statistics(rows))

    def commit(self, table: DeltaTable, source: str, files: Sequence[AddAction], hashes: Sequence[str]) -> bool:
        """Publish the files in one commit that names the source; False when another writer did so before."""
        marks = [source, *(f"file:{digest}" for digest in hashes)]
        records = sum(json.loads(file.stats)["numRecords"] for file in files)
        properties = CommitProperties(
            custom_metadata={"bulkjobs.source": source, "bulkjobs.records": str(records)},
            app_transactions=[Transaction(mark, 1) for mark in marks],
        )
        for left in reversed(range(_TRIES)):
            try:
                table.create_write_transaction(
                    list(files),
                    "append",
                    table.schema(),
                    commit_properties=properties,
                    # What fails after the commit must not look as if the commit had failed: its files would be removed.
                    post_commithook_properties=PostCommitHookProperties(
                        create_checkpoint=False, cleanup_expired_logs=False
                    ),
                )
            except CommitFailedError:  # somebody commits the same source, or others are very busy
                if not left:
                    raise
                table = self.opened()
                if table.transaction_version(source) is not None:
                    return False
            else:
                if table.version() % _CHECKPOINT_EVERY == _CHECKPOINT_EVERY - 1:
                    with contextlib.suppress(DeltaError, OSError):  # without it, readers read more of the log
                        table.create_checkpoint()
                return True
        raise AssertionError


def _statistics(rows: pl.DataFrame) -> str:
    """Write the statistics of a file, by which readers skip it (Delta protocol, per-file statistics)."""

    def plain(value: Any) -> Any:
        return value.isoformat(timespec="microseconds") if isinstance(value, dt.datetime) else value

    there = [name for name in _STATISTICS if rows[name].null_count() < len(rows)]
    return json.dumps(
        {
            "numRecords": len(rows),
            "minValues": {name: plain(rows[name].min()) for name in there},
            "maxValues": {name: plain(rows[name].max()) for name in there},
            "nullCount": {name: rows[name].null_count() for name in _STATISTICS},
        }
    )


@contextlib.contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn what the table's own libraries raise into an error that says what to do."""
    try:
        yield
    except (DeltaError, OSError, pl.exceptions.ComputeError) as error:
        raise LibraryError(f"The library {path} can't be used ({error}).") from error
