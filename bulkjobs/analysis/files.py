"""`ParquetFile`: a file of rows in a store, written whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from ..library.store import Store, scan

_GROUP = 1_000  # rows that are skipped or read together, at the least


@dataclass(frozen=True, slots=True)
class ParquetFile:
    """A file in a folder or an object store; it can be sent to another process."""

    store: Store
    name: str

    def exists(self) -> bool:
        """Tell whether it was written."""
        return self.store.has(self.name)

    def scan(self) -> pl.LazyFrame:
        """Return its rows."""
        return scan_all([self])

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return int(self.scan().select(pl.len()).collect().item())

    def note(self, name: str) -> str:
        """Return what was noted on it when it was written."""
        return pl.read_parquet_metadata(self.store.uri(self.name), storage_options=self.store.options)[name]

    def write(self, rows: pl.DataFrame, group: int, **notes: str) -> None:
        """Write rows, so many in a group that is read together, and notes on them."""
        self.store.write(
            self.name,
            lambda file: rows.write_parquet(
                file, compression="zstd", compression_level=1, row_group_size=max(group, _GROUP), metadata=notes
            ),
        )


def scan_all(files: Sequence[ParquetFile]) -> pl.LazyFrame:
    """Return the rows of files of one store, all of the same columns."""
    return scan(files[0].store, *(file.name for file in files))
