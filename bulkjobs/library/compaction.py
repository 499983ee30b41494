"""Few large files for many small ones, in a commit that no other one can undo.

delta-rs has a compaction of its own, which does not see that another one has replaced the same files meanwhile: then
both add theirs, and every row is there twice. Here the commit is put as the Delta protocol says: under the next number,
if nobody has taken that; and where somebody has, only after a look at what they did.
"""

from __future__ import annotations

import contextlib
import json
import time
import uuid
from typing import IO, Any

import polars as pl
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction

from ..errors import LibraryError
from .store import scan
from .table import CHECKPOINT_EVERY, LIBRARY_SCHEMA, STATISTICS, Table, plain

TARGET = 100 * 1024 * 1024  # bytes of a file, about
_LARGE = TARGET // 2  # such files are left alone
_ROWS_A_GROUP = 20_000
_FEATURES = {"appendOnly", "invariants", "timestampNtz"}  # of the Delta protocol, that ask nothing of a compaction
_ROUNDS = 10  # plans that may come to nothing, as others compact the same files


def compact(table: Table) -> None:
    """Replace small files by larger ones that hold the same rows."""
    table.store.ready()
    for _ in range(_ROUNDS):
        found = table.found()
        if found is None:
            return
        if set(found.protocol().writer_features or ()) - _FEATURES:
            raise LibraryError(
                f"The library {table.store} was changed by other software to a form of Delta Lake that is not known "
                "here: it is not compacted.",
                next_step="compact it with that software",
            )
        version = found.version()
        groups = _groups(listed(found))
        if not groups:
            return
        made = [_merged(table, group) for group in groups]
        if _swap(table, version, pl.concat(groups), made):
            return
        table.discard(made)  # another one has compacted them: what is left to do is planned anew


def listed(found: Any) -> pl.DataFrame:
    """List the files of a version, with what the log says of them."""
    return pl.DataFrame(found.get_add_actions(flatten=True)).sort("modification_time", "path")


def statistics(files: pl.DataFrame) -> str:
    """Sum up what the log says of some files, for one that holds all their rows."""
    known = [
        name
        for name in STATISTICS
        if f"min.{name}" in files.columns
        and files.select(
            (pl.col(f"min.{name}").is_not_null() | (pl.col(f"null_count.{name}") == pl.col("num_records"))).all()
        ).item()
        and files[f"min.{name}"].null_count() < len(files)
    ]
    counted = [name for name in STATISTICS if files.get_column(f"null_count.{name}", default=None) is not None]
    return json.dumps(
        {
            "numRecords": int(files["num_records"].sum()),
            "minValues": {name: plain(files[f"min.{name}"].min()) for name in known},
            "maxValues": {name: plain(files[f"max.{name}"].max()) for name in known},
            "nullCount": {name: int(files[f"null_count.{name}"].sum()) for name in counted},
        }
    )


def _groups(files: pl.DataFrame) -> list[pl.DataFrame]:
    """Choose which files become one, in the order in which they were written."""
    small = files.filter(pl.col("size_bytes") < _LARGE)
    if small.is_empty():
        return []
    number = (small["size_bytes"].cum_sum() - 1) // TARGET
    return [group for group in small.with_columns(number=number).partition_by("number") if len(group) > 1]


def _merged(table: Table, group: pl.DataFrame) -> AddAction:
    store = table.store
    casts = [pl.col(name).cast(dtype) for name, dtype in LIBRARY_SCHEMA.items()]
    rows = pl.concat([scan(store, name).select(casts) for name in group["path"]])

    def fill(file: IO[bytes]) -> None:
        rows.sink_parquet(file, compression="zstd", compression_level=3, row_group_size=_ROWS_A_GROUP)

    made = store.write(f"part-{uuid.uuid4().hex}.parquet", fill)
    return AddAction(made.name, made.size, {}, int(made.written_at * 1e3), False, statistics(group))


def _swap(table: Table, version: int, old: pl.DataFrame, new: list[AddAction]) -> bool:
    """Commit the new files instead of the old ones; False where another commit has taken some of these out."""
    token, now = uuid.uuid4().hex, int(time.time() * 1e3)
    told = {"timestamp": now, "operation": "OPTIMIZE", "operationParameters": {}, "engineInfo": "bulkjobs",
            "bulkjobs.commit": token}  # fmt: skip
    removed = [{"path": path, "dataChange": False, "deletionTimestamp": now, "extendedFileMetadata": True,
                "partitionValues": {}, "size": size}
               for path, size in old.select("path", "size_bytes").iter_rows()]  # fmt: skip
    added = [{"path": file.path, "partitionValues": {}, "size": file.size, "modificationTime": file.modification_time,
              "dataChange": False, "stats": file.stats} for file in new]  # fmt: skip
    actions = [{"commitInfo": told}, *({"remove": one} for one in removed), *({"add": one} for one in added)]
    commit = "\n".join(map(json.dumps, actions)).encode()
    gone = set(old["path"])
    while True:
        version += 1
        name = f"_delta_log/{version:020}.json"
        if table.store.create(name, commit):
            break
        theirs = [json.loads(line) for line in table.store.read(name).splitlines()]
        if any(action.get("commitInfo", {}).get("bulkjobs.commit") == token for action in theirs):
            break  # it is our own, whose answer was lost
        if any("metaData" in action or "protocol" in action for action in theirs):
            return False
        if any(action["remove"]["path"] in gone for action in theirs if "remove" in action):
            return False
    if version % CHECKPOINT_EVERY == CHECKPOINT_EVERY - 1:
        with contextlib.suppress(DeltaError, OSError, LibraryError):  # without it, readers read more of the log
            found = table.found()
            if found is not None:
                found.create_checkpoint()
    return True
