"""`JobIds`: a list of posting IDs, cleaned the way the service wants it (contract section 4)."""

from __future__ import annotations

import codecs
import hashlib
import operator
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from ..errors import InvalidIds

SHOWN = 20  # bad lines quoted in an error; all are counted


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
        items = ids.to_list() if isinstance(ids, pl.Series) else ids
        self._take(pl.Series(map(_as_text, items), dtype=pl.String), source="The list", unit="item")

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
        return cls.from_bytes(path.read_bytes(), name=path.name)

    @classmethod
    def from_bytes(cls, data: bytes | memoryview, *, name: str = "The upload") -> JobIds:
        """Read the content of an id file, such as that of an upload; see `from_file`."""
        text = _decode(bytes(data), name)
        lines = pl.Series([text.replace("\r\n", "\n").replace("\r", "\n")]).str.split("\n").explode()
        ids = cls.__new__(cls)
        ids._take(lines, source=name, unit="line")
        return ids

    def _take(self, lines: pl.Series, *, source: str, unit: str) -> None:
        frame = lines.rename("text").to_frame().with_row_index("line", offset=1)
        cleaned = pl.col("text").str.strip_chars().str.strip_chars_end(", \t").str.replace(r'^"(.*)"$', "${1}")
        frame = frame.with_columns(clean=cleaned).filter(pl.col("clean") != "")
        digits = pl.when(pl.col("clean").str.contains(r"^[0-9]{1,19}$")).then(pl.col("clean"))
        frame = frame.with_columns(id=digits.cast(pl.Int64, strict=False))
        bad = frame.filter(pl.col("id").is_null() | (pl.col("id") == 0))
        if len(bad):
            raise _bad_lines(bad, source, unit)
        if frame.is_empty():
            raise InvalidIds(f"{source} holds no ids.")
        self.series = frame["id"].unique(maintain_order=True).rename("id")
        self.duplicates = len(frame) - len(self.series)

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
        return "".join(f"{number}\n" for number in self).encode()

    @property
    def fingerprint(self) -> str:
        """64 hex digits that name this set of ids, whatever their order."""
        ordered = ",".join(map(str, self.series.sort()))
        return hashlib.sha256(f"ids:{ordered}".encode()).hexdigest()

    def __repr__(self) -> str:
        shown = ", ".join(map(str, self.series.head(3)))
        more = ", ..." if len(self) > 3 else ""
        dropped = f"; {self.duplicates:,} duplicates dropped" if self.duplicates else ""
        return f"<JobIds: {len(self):,} ids ({shown}{more}){dropped}>"


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
    return text


def _bad_lines(bad: pl.DataFrame, source: str, unit: str) -> InvalidIds:
    shown = [(line, text[:80]) for line, text in bad.head(SHOWN).select("line", "text").iter_rows()]
    line, text = shown[0]
    heading = " Line 1 looks like a heading." if unit == "line" and line == 1 and text.isidentifier() else ""
    listed = "; ".join(f"{unit} {line}: {text!r}" for line, text in shown)
    more = f"; and {len(bad) - len(shown):,} more" if len(bad) > len(shown) else ""
    plural = "is no id" if len(bad) == 1 else "are no ids"
    return InvalidIds(
        f"{source} has {len(bad):,} {unit}{'s' if len(bad) > 1 else ''} that {plural}: {listed}{more}.{heading}",
        bad_lines=shown,
        bad_count=len(bad),
    )
