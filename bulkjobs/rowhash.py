r"""`RowsHash`: a hash of postings themselves, wherever they lie and in whatever order.

How it is made, so that anybody can make it again, in any language: each row becomes one JSON object, without blanks,
of its columns in the order of their names. A column that is null is left out; a time is its whole number of
microseconds since 1970 (UTC); a list is an array; text stands as it is, in UTF-8, with the shortest escape of what JSON
does not allow: ``\"``, ``\\``, ``\b``, ``\f``, ``\n``, ``\r``, ``\t``, else ``\u`` and four small hex digits.
The SHA-256 of each row, 32 bytes, are sorted. Those that begin with the same byte are a group, of which the SHA-256 is
taken; and the SHA-256 of ``bulkjobs rows 2``, a line feed and those of the 256 groups, in order, is the hash: so it can
be made of more rows than any machine holds. Rows that are there twice count twice. All columns of
`bulkjobs.records.POSTING_SCHEMA` are in it, no others.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import polars as pl

from .errors import ConfigError
from .records import POSTING_SCHEMA

GROUPS = 256
"""Of rows, by the first byte of their SHA-256."""

_MARK = b"bulkjobs rows 2\n"
_AT_ONCE = 5_000  # rows made Python values of
_NAMES = sorted(POSTING_SCHEMA)
_COLUMNS = [
    pl.col(name).cast(pl.Datetime("us")).cast(pl.Int64) if POSTING_SCHEMA[name].is_temporal() else pl.col(name)
    for name in _NAMES
]
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def batches(rows: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """Read a lazy frame bit by bit, in any order."""
    return rows.collect_batches(chunk_size=2 * _AT_ONCE, maintain_order=False)


class RowsHash:
    """The hash of the frames that were added to it.

    Attributes
    ----------
    digests : list of bytes
        The SHA-256 of each.
    """

    def __init__(self) -> None:
        self.digests: list[bytes] = []

    @property
    def rows(self) -> int:
        """How many were added."""
        return len(self.digests)

    def add(self, frame: pl.DataFrame) -> None:
        """Add the rows of a frame that has the columns of `POSTING_SCHEMA`; others are passed over.

        Raises
        ------
        ConfigError
            A column is missing, or has another type.
        """
        for name, kind in POSTING_SCHEMA.items():
            if frame.schema.get(name) != kind:
                raise ConfigError(
                    f"The frame has no column {name!r} of type {kind}: it holds no whole postings.",
                    next_step="hash a frame as collection.frame() or library.scan() gives it",
                )
        for part in frame.select(_COLUMNS).iter_slices(_AT_ONCE):
            for row in part.iter_rows():
                text = _encode({name: value for name, value in zip(_NAMES, row, strict=True) if value is not None})
                self.digests.append(hashlib.sha256(text.encode()).digest())

    def hexdigest(self) -> str:
        """Return the hash of all rows, as 64 hex digits."""
        return hash_of_groups(group_hashes(self.digests))


def digests(rows: pl.DataFrame | pl.LazyFrame) -> list[bytes]:
    """Return the SHA-256 of each row, in no order; a lazy frame is read bit by bit.

    Raises
    ------
    ConfigError
        See `data_sha256`.
    """
    found = RowsHash()
    for frame in [rows] if isinstance(rows, pl.DataFrame) else batches(rows):
        found.add(frame)
    return found.digests


def group_hashes(found: Iterable[bytes]) -> dict[int, bytes]:
    """Return the SHA-256 of each group of rows; they must be there whole."""
    made: dict[int, Any] = {}
    for digest in sorted(found):
        made.setdefault(digest[0], hashlib.sha256()).update(digest)
    return {group: one.digest() for group, one in made.items()}


def hash_of_groups(hashes: Mapping[int, bytes]) -> str:
    """Return the hash of all rows, as 64 hex digits, from those of their groups."""
    nothing = hashlib.sha256().digest()
    return hashlib.sha256(_MARK + b"".join(hashes.get(group, nothing) for group in range(GROUPS))).hexdigest()


def data_sha256(rows: pl.DataFrame | pl.LazyFrame) -> str:
    """Return the hash of all rows of a frame of postings; a lazy one is read bit by bit.

    Raises
    ------
    ConfigError
        A column of `bulkjobs.records.POSTING_SCHEMA` is missing, or has another type.
    """
    return hash_of_groups(group_hashes(digests(rows)))
