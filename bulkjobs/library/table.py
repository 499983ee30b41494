"""The Delta Lake table below the library: opened, read, written to, one commit a source."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote

import polars as pl
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Schema, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction

from ..clock import naive
from ..errors import LibraryError
from ..records import AT_ONCE, POSTING_SCHEMA
from .store import Store, scan

_OF_A_ROW: dict[str, Any] = {
    "source": pl.String,
    "row": pl.Int64,
    "bought_at": pl.Datetime("us"),
    "added_at": pl.Datetime("us"),
}
LIBRARY_SCHEMA = pl.Schema({**POSTING_SCHEMA, **_OF_A_ROW})
"""`POSTING_SCHEMA`, and for each row where it came from: its ``source`` (``request:<collection>/<number>`` or
``file:<SHA-256>``), the ``row`` in there, when it was bought (an imported file: its own date) and added (UTC)."""

STATISTICS = ("id", "created", "last_updated", "source")  # columns by which readers skip whole files
_ROWS_A_GROUP = 5_000  # of a Parquet file; readers skip whole groups
_TRIES = 50  # of a commit, while others commit too
CHECKPOINT_EVERY = 10  # versions; who opens the table reads the log since the last one


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


class _Here(DeltaTable):
    """A table in a folder of this machine, whose paths polars can open: delta-rs gives them as parts of a URL."""

    def file_uris(self, *args: Any, **settings: Any) -> list[str]:
        return [unquote(uri) for uri in super().file_uris(*args, **settings)]


class Table:
    """The table in a store; it is made by the first writer.

    Raises
    ------
    LibraryError
        From every method, when the table can't be read or written.
    """

    def __init__(self, store: Store) -> None:
        self.store = store

    def found(self, version: int | None = None) -> DeltaTable | None:
        """Open the table; None where nothing was ever written."""
        kind = _Here if isinstance(self.store.location, Path) else DeltaTable
        with told(self.store):
            try:
                return kind(self.store.location, version=version, storage_options=self.store.options)
            except TableNotFoundError:
                return None

    def opened(self) -> DeltaTable:
        """Open the table for writing, and make it when it is not there; several may try at once."""
        self.store.ready()
        table = self.found()
        while table is None:
            failure: DeltaError | None = None
            try:
                DeltaTable.create(
                    self.store.location,
                    schema=Schema.from_arrow(LIBRARY_SCHEMA),
                    mode="ignore",
                    name="bulkjobs library",
                    configuration={"delta.logRetentionDuration": "interval 36500 days"},
                    storage_options=self.store.options,
                )
            except DeltaError as error:  # another one was first, or it can't be made
                failure = error
            table = self.found()
            if table is None and failure is not None:
                raise failure
        return table

    def commits(self, versions: Iterable[int]) -> list[dict[str, Any]]:
        """Return what the commits of versions tell of themselves; and ``at``, when that was, in seconds, or None.

        delta-rs (1.6.6) has a `history`, but that begins with the newest commit in the log, whichever version was
        opened, and numbers it as that version: an older version would get the dates of a newer one.
        """
        with told(self.store), ThreadPoolExecutor(AT_ONCE, "bulkjobs-log") as pool:
            return list(pool.map(self._commit, versions))

    def _commit(self, version: int) -> dict[str, Any]:
        actions = map(json.loads, self.store.read(f"_delta_log/{version:020}.json").splitlines())
        told_by_it: dict[str, Any] = next((one["commitInfo"] for one in actions if "commitInfo" in one), {})
        at = told_by_it.get("timestamp")
        return {"operation": None, **told_by_it, "version": version, "at": None if at is None else at / 1e3}

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
            TableFile(name, rows, size, scan(self.store, name).select(columns))
            for name, rows, size in actions.select("path", "num_records", "size_bytes").iter_rows()
        ]

    def collect(self, rows: pl.LazyFrame) -> pl.DataFrame:
        """Read what is asked of them."""
        with told(self.store):
            return rows.collect(engine="streaming")

    def write(self, rows: pl.DataFrame) -> AddAction:
        """Write a file of rows, durably; it is in the table only once it is committed."""

        def fill(file: IO[bytes]) -> None:
            rows.write_parquet(file, compression="zstd", compression_level=1, row_group_size=_ROWS_A_GROUP)

        made = self.store.write(f"part-{uuid.uuid4().hex}.parquet", fill)
        return AddAction(made.name, made.size, {}, int(made.written_at * 1e3), True, _statistics(rows))

    def put(self, source: str, frames: Iterable[pl.DataFrame], bought_at: float) -> list[AddAction]:
        """Write a file for each frame of a source, and give each row its source; all of them, or none."""
        files: list[AddAction] = []
        first = 0
        try:
            for rows in frames:
                stamped = rows.with_columns(
                    source=pl.lit(source),
                    row=pl.int_range(first, first + len(rows), dtype=pl.Int64),
                    bought_at=pl.lit(naive(bought_at)),
                    added_at=pl.lit(naive(time.time())),
                )
                files.append(self.write(stamped))
                first += len(rows)
        except BaseException:
            self.discard(files)
            raise
        return files

    def discard(self, files: Sequence[AddAction]) -> None:
        """Remove files that no commit names; what can't be removed is harmless, and goes with the next vacuum."""
        with contextlib.suppress(OSError, *self.store.errors):
            self.store.delete(file.path for file in files)

    def commit(
        self,
        table: DeltaTable,
        source: str,
        files: Sequence[AddAction],
        hashes: Sequence[str] = (),
        *,
        marks: Sequence[str] = (),
    ) -> bool:
        """Publish the files in one commit that names the source; False when another writer did so before.

        It names the files that the source came in, by their `hashes`, and other sources that it brings (`marks`).
        What it raises does not tell that the commit failed: its answer may have been lost. The files must stay then.
        """
        names = dict.fromkeys([source, *(f"file:{digest}" for digest in hashes), *marks])
        records = sum(json.loads(file.stats)["numRecords"] for file in files)
        token, before = uuid.uuid4().hex, table.version()
        properties = CommitProperties(
            custom_metadata={"bulkjobs.source": source, "bulkjobs.records": str(records), "bulkjobs.commit": token},
            app_transactions=[Transaction(name, 1) for name in names],
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
            except (DeltaError, OSError) as error:  # others commit too, or the store did not answer
                table = self.opened()
                if table.transaction_version(source) is not None:
                    # It may be our own: an object store may carry a put out, and its answer be lost on the way.
                    later = self.commits(range(before + 1, table.version() + 1))
                    return any(commit.get("bulkjobs.commit") == token for commit in later)
                if not left or not isinstance(error, CommitFailedError):
                    raise
            else:
                if table.version() % CHECKPOINT_EVERY == CHECKPOINT_EVERY - 1:
                    with contextlib.suppress(DeltaError, OSError):  # without it, readers read more of the log
                        table.create_checkpoint()
                return True
        raise AssertionError


def gathered(frames: Iterable[pl.DataFrame], size: int) -> Iterator[pl.DataFrame]:
    """Gather frames to some of at least so many rows."""
    waiting: list[pl.DataFrame] = []
    for frame in frames:
        waiting.append(frame)
        if sum(map(len, waiting)) >= size:
            yield pl.concat(waiting)
            waiting.clear()
    if any(map(len, waiting)):
        yield pl.concat(waiting)


def _statistics(rows: pl.DataFrame) -> str:
    """Write the statistics of a file, by which readers skip it (Delta protocol, per-file statistics)."""
    there = [name for name in STATISTICS if rows[name].null_count() < len(rows)]
    return json.dumps(
        {
            "numRecords": len(rows),
            "minValues": {name: plain(rows[name].min()) for name in there},
            "maxValues": {name: plain(rows[name].max()) for name in there},
            "nullCount": {name: rows[name].null_count() for name in STATISTICS},
        }
    )


def plain(value: Any) -> Any:
    """Return a value of the statistics as JSON has it."""
    return value.isoformat(timespec="microseconds") if isinstance(value, dt.datetime) else value


@contextlib.contextmanager
def told(store: Store) -> Iterator[None]:
    """Turn what the table's own libraries raise into an error that says what to do, and shows no credential."""
    known: tuple[type[Exception], ...] = (DeltaError, OSError, pl.exceptions.ComputeError, *store.errors)
    try:
        yield
    except known as error:
        words = store.said(error)
        raise LibraryError(f"The library {store} can't be used ({words}).", next_step=store.advice) from error
