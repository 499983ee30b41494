"""`Prepared`: enriched postings in Parquet files, to ask any number of questions of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ..display import as_html, as_text
from ..engine import Rows, Workers
from ..errors import InvalidQuery
from ..library.store import Store, store_at
from .files import ParquetFile

MARK, PART = "prepared.json", "part-"
FORMAT = 2


@dataclass(frozen=True, kw_only=True)
class Prepared(Rows):
    """Enriched postings in a folder of Parquet files. Questions take it in place of a frame.

    Each file holds whole companies, so that what was put up again lies in one file. Any reader of Parquet reads them.

    Attributes
    ----------
    folder : Path or str
        Where they are; a URL in an object store.
    postings : int
        How many.
    left_out : dict of str to int
        How many were left out, by the conditions of `prepare` that they did not meet.
    """

    folder: Path | str
    postings: int
    left_out: dict[str, int]

    @classmethod
    def open(
        cls,
        folder: str | Path,
        *,
        engine: Workers = "local",
        storage_options: Mapping[str, str] | None = None,
    ) -> Prepared:
        """Open what `bulkjobs.analysis.prepare` made; it has the same parameters.

        Raises
        ------
        InvalidQuery
            There is nothing of this kind, or it is not finished.
        """
        return opened(store_at(folder, storage_options)).on(engine)

    def scan(self) -> pl.LazyFrame:
        """Return all of them as one lazy frame."""
        return pl.concat(self.parts)

    def _lines(self) -> list[tuple[str, str]]:
        return [
            ("folder", str(self.folder)),
            ("postings", f"{self.postings:,} in {len(self.parts):,} files"),
            *((f"left out, {words}", f"{count:,}") for words, count in self.left_out.items()),
            ("engine", repr(self.engine)),
        ]

    def __repr__(self) -> str:
        return as_text("Prepared postings", self._lines())

    def _repr_html_(self) -> str:
        return as_html("Prepared postings", self._lines())


def opened(store: Store) -> Prepared:
    """Open what was prepared in a store; see `Prepared.open`."""
    known = mark_of(store)
    if known is None or "rows" not in known:
        raise InvalidQuery(f"{store} holds no prepared postings, or not all of them.", field="folder",
                           next_step="prepare(library, folder) makes them, or goes on with it")  # fmt: skip
    scans = tuple(file.scan() for file in part_files(store, known["key"], len(known["rows"])))
    return Prepared(scans, folder=store.location, postings=sum(known["rows"]), left_out=known["left_out"])


def part_files(store: Store, key: str, parts: int) -> list[ParquetFile]:
    """Return the files of all parts; their names hold the beginning of the key of what they were made of."""
    return [ParquetFile(store, f"{PART}{key[:8]}-{number:05}.parquet") for number in range(parts)]


def mark_of(store: Store) -> dict[str, Any] | None:
    """Return what a place says of itself; None where it says nothing."""
    unreadable: tuple[type[Exception], ...] = (OSError, ValueError, *store.errors)
    try:
        known: dict[str, Any] = json.loads(store.read(MARK))
    except FileNotFoundError:
        return None
    except unreadable as error:
        words = store.said(error)
        raise InvalidQuery(f"{MARK} in {store} can't be read ({words}).", field="folder") from error
    return known if known.get("format") == FORMAT else None
