"""A look at every file of a table, and a copy of it. Others may read and write meanwhile."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import polars as pl
from deltalake import DeltaTable
from deltalake.transaction import AddAction

from ..errors import ConfigError
from ..provenance import utc
from ..records import AT_ONCE
from .compaction import listed, statistics
from .marks import marks
from .reports import Fault, LibrarySnapshot, Verification
from .store import Store, scan
from .table import Table

COPIED = "snapshot:"  # how the one commit of a copy is called
_KEYS = pl.Schema({"source": pl.String(), "row": pl.Int64()})
_BATCH = 20_000  # rows that are read at once


def verify(table: Table) -> Verification:
    """Read every file of the newest version, and count."""
    found = table.found()
    if found is None:
        return Verification(None, 0, 0, 0, ())
    there = {file.name: file.size for file in table.store.files()}
    files = listed(found)
    with ThreadPoolExecutor(AT_ONCE, "bulkjobs-verify") as pool:
        looks = list(pool.map(lambda file: _look(table.store, file, there), files.iter_rows(named=True)))
    faults = [look for look in looks if isinstance(look, Fault)]
    runs = pl.concat([look for look in looks if isinstance(look, pl.DataFrame)] or [_runs(_KEYS.to_frame())])
    promised = {
        commit["bulkjobs.source"]: int(commit["bulkjobs.records"])
        for commit in table.commits(range(found.version() + 1))
        if "bulkjobs.source" in commit and not commit["bulkjobs.source"].startswith(COPIED)
    }
    faults += _of_sources(runs, promised)
    return Verification(
        found.version(), len(files), int(runs["rows"].sum()), runs["source"].drop_nulls().n_unique(), tuple(faults)
    )


def _look(store: Store, file: dict[str, Any], there: dict[str, int]) -> pl.DataFrame | Fault:
    """Read a file whole; return which rows of which sources it holds, or what is wrong with it."""
    name, size = file["path"], there.get(file["path"])
    if size is None:
        return Fault(name, "it is not there")
    if size != file["size_bytes"]:
        return Fault(name, f"it has {size:,} bytes; the log says {file['size_bytes']:,}")
    keys = [_KEYS.to_frame()]
    known: tuple[type[Exception], ...] = (OSError, pl.exceptions.PolarsError, *store.errors)
    try:
        rows = scan(store, name)
        keys += [batch.select(_KEYS.names()) for batch in rows.collect_batches(chunk_size=_BATCH)]
    except known as error:
        return Fault(name, f"it can't be read ({store.said(error)})")
    read = pl.concat(keys)
    if len(read) != file["num_records"]:
        return Fault(name, f"it holds {len(read):,} rows; the log says {file['num_records']:,}")
    return _runs(read)


def _runs(keys: pl.DataFrame) -> pl.DataFrame:
    """Sum rows up: from which one on how many follow without a gap. Few lines, however many rows there are."""
    source, row = pl.col("source"), pl.col("row")
    begun = source.ne_missing(source.shift()) | row.ne_missing(row.shift() + 1)
    ordered = keys.sort("source", "row").with_columns(run=begun.cum_sum())
    return ordered.group_by("run").agg(source.first(), first=row.first(), rows=pl.len().cast(pl.Int64)).drop("run")


def _of_sources(runs: pl.DataFrame, promised: dict[str, int]) -> Iterator[Fault]:
    """Tell of which sources rows are lost or doubled."""
    before = pl.col("rows").cum_sum().over("source") - pl.col("rows")
    sums = (
        runs.sort("source", "first")
        .with_columns(fits=pl.col("first").eq_missing(before))
        .group_by("source")
        .agg(pl.col("rows").sum(), pl.col("fits").all())
        .sort("source")
    )
    held = {source: (rows, fits) for source, rows, fits in sums.select("source", "rows", "fits").iter_rows()}
    for source, (rows, fits) in held.items():
        if source is None:
            yield Fault("", f"{rows:,} rows have no source")
        elif not fits:
            yield Fault(source, f"its {rows:,} rows are not row 0 to row {rows - 1:,}, once each")
    for source, count in sorted(promised.items()):
        rows, _ = held.get(source, (0, True))
        if rows != count:
            yield Fault(source, f"{count:,} rows were added; {rows:,} are here")


def snapshot(table: Table) -> LibrarySnapshot | None:
    """Tell what the newest version consists of; None where nothing was ever written."""
    found = table.found()
    return None if found is None else _told(table, found)


def copy(table: Table, target: Table) -> LibrarySnapshot | None:
    """Copy the newest version as a table of its own, with the names of all sources: they are not added again there.

    Raises
    ------
    ConfigError
        There is a table already.
    """
    found = table.found()
    if found is None:
        return None
    if target.found() is not None:
        raise ConfigError(f"There is a table at {target.store} already.", next_step="name another place")
    told = _told(table, found)
    target.store.ready()
    files = [_copied(table.store, target.store, file) for file in listed(found).to_dicts()]
    name = f"{COPIED}{told.sha256}"
    target.commit(target.opened(), name, files, marks=sorted(marks(table.store)))
    return told


def _told(table: Table, found: DeltaTable) -> LibrarySnapshot:
    files = listed(found)
    rows = pl.scan_delta(found).select(pl.col("source").n_unique())
    digest = hashlib.sha256()
    for path, size, records in files.select("path", "size_bytes", "num_records").iter_rows():
        digest.update(f"{path} {size} {records}\n".encode())
    return LibrarySnapshot(
        version=found.version(),
        at=utc(table.commits([found.version()])[0]["at"]) or "",
        files=len(files),
        rows=int(files["num_records"].sum()),
        size=int(files["size_bytes"].sum()),
        sources=int(table.collect(rows).item()),
        sha256=digest.hexdigest(),
    )


def _copied(store: Store, target: Store, file: dict[str, Any]) -> AddAction:
    with store.local(file["path"]) as path, path.open("rb") as content:
        made = target.write(file["path"], lambda out: shutil.copyfileobj(content, out))
    stats = statistics(pl.DataFrame([file], infer_schema_length=None))
    return AddAction(made.name, made.size, {}, int(made.written_at * 1e3), True, stats)
