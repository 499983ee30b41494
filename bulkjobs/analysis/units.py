"""What postings are read in: units of Parquet files, each small enough for one worker."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ..errors import InvalidQuery
from ..library import Library
from ..library.library import utc_moment
from ..library.newest import units

Source = Library | pl.LazyFrame | str | Path | Sequence[str | Path | pl.LazyFrame]
"""A library; a folder of Parquet files, one of them, or some; or lazy frames, each of which one worker can hold."""


@dataclass(frozen=True)
class Units:
    """Postings, in units.

    Attributes
    ----------
    scans : list of LazyFrame
        The rows of each unit, the same at each reading.
    rows : int
        Of all, older versions of postings included.
    versions : bool
        Whether a posting may be there several times, and the newest of these versions counts; rows then have the
        columns of `bulkjobs.library.LIBRARY_SCHEMA`.
    known : dict
        What they are read from, as far as it tells whether it is the same later. JSON-ready.
    """

    scans: list[pl.LazyFrame]
    rows: int
    versions: bool
    known: dict[str, Any]

    @classmethod
    def of(cls, source: Source, *, as_of: dt.datetime | str | None = None) -> Units:
        """Take what `prepare` is given.

        Raises
        ------
        InvalidQuery
            It is nothing of this kind, or there is no file.
        """
        if isinstance(source, Library):
            return cls._of_library(source, as_of)
        if as_of is not None:
            raise InvalidQuery("as_of is for libraries: files know no time.", field="as_of")
        if isinstance(source, pl.LazyFrame):
            source = [source]
        if isinstance(source, str | Path):
            source = _listed(Path(source))
        if not isinstance(source, Sequence) or not source:
            raise InvalidQuery(
                f"{source!r} holds no postings in files.", field="source", next_step="a Library, or Parquet files"
            )
        files = [one if isinstance(one, pl.LazyFrame) else pl.scan_parquet(one) for one in source]
        rows = [int(one.select(pl.len()).collect(engine="streaming").item()) for one in files]
        whole = [isinstance(one, pl.LazyFrame) for one in source]
        return cls(
            list(units(zip(files, rows, whole, strict=True))), sum(rows), False, {"files": list(map(_mark, source))}
        )

    @classmethod
    def _of_library(cls, library: Library, as_of: dt.datetime | str | None) -> Units:
        versions = library.versions()
        version = None if versions.is_empty() else int(versions["version"][0])
        files = library.files(version=version)
        known = {
            "library": [file.name for file in files],  # what a file holds never changes
            "as_of": None if as_of is None else utc_moment(as_of).isoformat(),
        }
        return cls(library.units(files, as_of=as_of), sum(file.rows for file in files), True, known)


def _listed(path: Path) -> list[str | Path | pl.LazyFrame]:
    return [*sorted(path.glob("*.parquet"))] if path.is_dir() else [path]


def _mark(file: str | Path | pl.LazyFrame) -> str:
    if isinstance(file, pl.LazyFrame):
        return hashlib.sha256(file.serialize()).hexdigest()
    try:
        status = Path(file).stat()
    except OSError:  # an object store's
        return str(file)
    return f"{Path(file).resolve()} {status.st_size} {status.st_mtime_ns}"
