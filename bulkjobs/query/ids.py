"""`JobIds`: a list of posting IDs, cleaned the way the service wants it (contract section 4)."""

from __future__ import annotations

import codecs
import hashlib
import operator
import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from ..errors import InvalidIds

SHOWN = 20  # bad lines quoted in an error; all are counted
STEP = 1_000_000  # items, or characters of a file, worked on at a time, so that ten million ids fit in memory


class JobIds:
    """Posting IDs to buy: positive integers, each once, in the order given.

    Parameters
    ----------
    ids : iterable of int, or polars.Series
        The service's own posting ids (not those of the professional network). Strings of digits are taken too.

    Attributes
    ----------
    series : polars.Series
        The ids, Int64, without duplicates.
    duplicates : int
        How many ids were dropped because they came a second time.

    Raises
    ------
    InvalidIds
        With line (or item) number and content of what is no id; or when there is no id at all.
    """

    def __init__(self, ids: Iterable[int | str] | pl.Series) -> None:
        if isinstance(ids, (str, bytes)) or not isinstance(ids, (Iterable, pl.Series)):
            raise InvalidIds(f"A list of ids is wanted, not {ids!r:.80}.")
        self._take(_batches(ids), source="The list", unit="item")

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> JobIds:
        """Read a ``.csv`` or ``.txt`` file of one id a line.

        A byte order mark, CRLF, blank lines, quotes around a number and trailing commas are tolerated.

        Raises
        ------
        InvalidIds
            For a heading or any other line that is no id, with its number; also when the file is no text.
        OSError
            If the file can't be read.
        """
        path = Path(path)
        # Not by way of `from_bytes`, which would keep the bytes until the end.
        return cls._of_lines(_lines(_decode(path.read_bytes(), path.name)), path.name)

    @classmethod
    def from_bytes(cls, data: bytes | memoryview, *, name: str = "The upload") -> JobIds:
        """Read the content of an id file, such as that of an upload; see `from_file`."""
        return cls._of_lines(_lines(_decode(bytes(data), name)), name)

    @classmethod
    def _of_lines(cls, lines: Iterator[pl.Series], name: str) -> JobIds:
        ids = cls.__new__(cls)
        ids._take(lines, source=name, unit="line")
        return ids

    def _take(self, batches: Iterable[pl.Series], *, source: str, unit: str) -> None:
        taken: list[pl.Series] = []
        shown: list[tuple[int, str]] = []
        bad_count, number = 0, 1
        for batch in batches:
            ids = _strict(batch)
            if ids is None:
                ids, bad = _tolerant(batch, number)
                shown += [(line, text[:80]) for line, text in bad.head(SHOWN - len(shown)).iter_rows()]
                bad_count += len(bad)
            taken.append(ids)
            number += len(batch)
        if bad_count:
            raise _bad_lines(shown, bad_count, source, unit)
        count = sum(map(len, taken))
        if not count:
            raise InvalidIds(f"{source} holds no ids.")
        ids = pl.concat(taken).rename("id")
        # Most lists hold each id once, and to count is twice as fast as to keep the first of each in order.
        self.series = ids if ids.n_unique() == count else ids.unique(maintain_order=True)
        self.duplicates = count - len(self.series)

    def __len__(self) -> int:
        return len(self.series)

    def __iter__(self) -> Iterator[int]:
        return iter(self.series.to_list())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JobIds) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def head(self, count: int) -> JobIds:
        """Return the first `count` ids."""
        return JobIds(self.series.head(count))

    def to_dict(self) -> dict[str, Any]:
        """Return the query as JSON-ready data: ``{"ids": [...]}``."""
        return {"ids": self.series.to_list()}

    def to_csv(self) -> bytes:
        """Return the id file as the service wants it: UTF-8, no heading, LF, one id a line (contract section 4)."""
        return b"".join(f"{part}\n".encode() for part in _joined(self.series, "\n"))

    @property
    def fingerprint(self) -> str:
        """64 hex digits that name this set of ids, whatever their order."""
        digest, before = hashlib.sha256(), "ids:"
        for part in _joined(self.series.sort(), ","):
            digest.update(f"{before}{part}".encode())
            before = ","
        return digest.hexdigest()

    def __repr__(self) -> str:
        shown = ", ".join(map(str, self.series.head(3)))
        more = ", ..." if len(self) > 3 else ""
        dropped = f"; {self.duplicates:,} duplicates dropped" if self.duplicates else ""
        return f"<JobIds: {len(self):,} ids ({shown}{more}){dropped}>"


def _batches(items: Iterable[object] | pl.Series) -> Iterator[pl.Series]:
    """Cut into Series of at most `STEP` items: of text, or of integers where a list holds nothing else."""
    if isinstance(items, pl.Series):
        if items.dtype.is_integer() or items.dtype == pl.String:
            # As text always: the integers may lie in an array that its owner changes later.
            yield from (items.slice(start, STEP).cast(pl.String) for start in range(0, len(items), STEP))
            return
        items = items.to_list()
    rest = iter(items)
    while batch := list(islice(rest, STEP)):
        yield _integers(batch) if set(map(type, batch)) == {int} else _texts(batch)


def _integers(items: list[Any]) -> pl.Series:
    try:
        return pl.Series(items, dtype=pl.Int64)
    except (TypeError, OverflowError):  # one that is too large: as text, it can be quoted
        return _texts(items)


def _texts(items: list[Any]) -> pl.Series:
    return pl.Series([_as_text(item) for item in items], dtype=pl.String)


def _lines(text: str) -> Iterator[pl.Series]:
    """Cut into Series of whole lines, of `STEP` characters and the rest of a line each."""
    start = 0
    while start < len(text):
        end = text.find("\n", start + STEP)
        if end < 0:
            end = len(text) - text.endswith("\n")
        yield pl.Series([text[start:end]]).str.split("\n").explode()
        start = end + 1


def _strict(items: pl.Series) -> pl.Series | None:
    """Read items that are ids and nothing else, fast.

    The proof is that the ids, written back, are the very items: so it does not matter what a cast takes for a number.
    """
    ids = items.cast(pl.Int64, strict=False)
    # What can't be cast is null, and so is not all greater than zero.
    clean = (ids > 0).all(ignore_nulls=False) and (ids.cast(items.dtype) == items).all()
    return ids if clean else None


def _tolerant(items: pl.Series, first: int) -> tuple[pl.Series, pl.DataFrame]:
    """Read items as people write them; return the ids, and number and text of what is none."""
    text = items.cast(pl.String).fill_null(_as_text(None))
    frame = text.rename("text").to_frame().with_row_index("line", offset=first)
    cleaned = pl.col("text").str.strip_chars().str.strip_chars_end(", \t").str.replace(r'^"(.*)"$', "${1}")
    frame = frame.with_columns(clean=cleaned).filter(pl.col("clean") != "")
    digits = pl.when(pl.col("clean").str.contains(r"^[0-9]{1,19}$")).then(pl.col("clean"))
    frame = frame.with_columns(id=digits.cast(pl.Int64, strict=False))
    bad = pl.col("id").is_null() | (pl.col("id") == 0)
    return frame["id"], frame.filter(bad).select("line", "text")


def _joined(ids: pl.Series, glue: str) -> Iterator[str]:
    """Write ids as text, some at a time."""
    return (batch.str.join(glue).item() for batch in _batches(ids))


def _as_text(item: object) -> str:
    """Write an item as a file would hold it; a flag or a float is no id (5.0 hints at a lost digit)."""
    if isinstance(item, str):
        return item
    try:
        return repr(item) if isinstance(item, bool) else str(operator.index(item))  # type: ignore[arg-type]
    except TypeError:
        return repr(item)


def _decode(data: bytes, name: str) -> str:
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise InvalidIds(f"{name} is not a text file. Save the ids as .csv or .txt, one a line.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _bad_lines(shown: list[tuple[int, str]], count: int, source: str, unit: str) -> InvalidIds:
    line, text = shown[0]
    heading = " Line 1 looks like a heading." if unit == "line" and line == 1 and text.isidentifier() else ""
    listed = "; ".join(f"{unit} {line}: {text!r}" for line, text in shown)
    more = f"; and {count - len(shown):,} more" if count > len(shown) else ""
    plural = "is no id" if count == 1 else "are no ids"
    said = f"{source} has {count:,} {unit}{'s' if count > 1 else ''} that {plural}"
    return InvalidIds(
        f"{said}: {listed}{more}.{heading}", bad_lines=shown, bad_count=count, summary=f"{said}.{heading}"
    )
