"""The records of a result file as text: lines, or the items of one JSON array (contract section 11, row 23)."""

from __future__ import annotations

import codecs
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from ..inflate import Readable, pieces

_BETWEEN = re.compile(r"[ \t\r\n,]*")
_HEAD = 64 * 1024  # bytes looked at to tell lines from an array
_LINES = 1_000  # of a quick batch: as many as fit the caches
BATCH = 4 * 1024 * 1024  # bytes; fits the caches, and is enough work for a call


@dataclass(frozen=True, slots=True)
class Batch:
    """Some consecutive lines of a file, blank ones too.

    Attributes
    ----------
    data : bytes, list of (int, bytes), or polars.Series
        The lines as they stand in the file; items, or lines, with their offsets; or text, of which none is known.
    offset : int
        Where it begins, in bytes of the inflated file.
    """

    data: bytes | list[tuple[int, bytes]] | pl.Series
    offset: int

    @property
    def located(self) -> bool:
        """Whether it is known where its lines stand in the file, and what they were to the byte."""
        return not isinstance(self.data, pl.Series)

    def texts(self) -> pl.Series:
        """Return the lines as text.

        Raises
        ------
        polars.exceptions.ComputeError, UnicodeDecodeError
            Some are no UTF-8.
        """
        if isinstance(self.data, pl.Series):
            return self.data
        if isinstance(self.data, list):
            return pl.Series("line", [item.decode() for _, item in self.data], dtype=pl.String)
        return pl.scan_lines(io.BytesIO(self.data), name="line").collect().to_series()

    def lines(self) -> list[tuple[int, bytes]]:
        """Return offset and bytes of each line, without its line feed; the slow way, for those that need a look."""
        if isinstance(self.data, pl.Series):
            return [(0, text.encode()) for text in self.data]
        if isinstance(self.data, list):
            return self.data
        found, offset = [], self.offset
        for line in self.data.removesuffix(b"\n").split(b"\n"):
            found.append((offset, line))
            offset += len(line) + 1
        return found


def quick_batches(path: Path) -> Iterator[Batch]:
    """Cut a file of plain lines into batches by the reader that polars has, which is faster and knows less.

    Raises
    ------
    polars.exceptions.PolarsError
        Somewhere on the way: it is damaged, or some bytes are no UTF-8.
    """
    for frame in pl.scan_lines(path, name="line").collect_batches(chunk_size=_LINES):
        yield Batch(frame["line"], 0)


def are_plain_lines(content: Readable) -> bool:
    """Whether a file seems to hold lines of some kB at the most, and no byte order mark."""
    head = next(pieces(content, _HEAD), b"")
    return b"\n" in head and head.lstrip()[:1] == b"{"


def after(some: Iterable[Batch], count: int) -> Iterator[Batch]:
    """Leave out the first lines."""
    for batch in some:
        if not count:
            yield batch
            continue
        lines = batch.lines()
        if rest := lines[count:]:
            yield Batch(rest, rest[0][0])
        count = max(0, count - len(lines))


def batches(content: Readable, size: int = BATCH) -> Iterator[Batch]:
    """Cut the content of a file into batches of whole lines or items, of about `size` bytes."""
    head = b""
    for piece in pieces(content, _HEAD):  # blank lines, and a byte order mark that is cut, are waited out
        head += piece
        if len(head) >= len(codecs.BOM_UTF8) and head.removeprefix(codecs.BOM_UTF8).strip():
            break
    skipped = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
    begun = head[skipped:]
    if begun.lstrip().startswith(b"["):
        yield from _array(begun, content, skipped)
    else:
        yield from _lines(begun, content, size, skipped)


def split_records(data: bytes) -> Iterator[bytes]:
    """Split the content of a result file into the JSON text of its records; blank lines are left out."""
    for batch in batches(io.BytesIO(data)):
        yield from (line for _, line in batch.lines() if line.strip())


def _lines(begun: bytes, content: Readable, size: int, offset: int) -> Iterator[Batch]:
    """Read into one buffer again and again; what follows its last line feed stays for the next time."""
    buffer = bytearray(begun).ljust(size)
    held = len(begun)
    more = True
    while more:
        if held == len(buffer):  # a line longer than that
            buffer.extend(bytes(held))
        while more and held < len(buffer):
            count = content.readinto(memoryview(buffer)[held:]) or 0
            held, more = held + count, count > 0
        cut = buffer.rfind(b"\n", 0, held) + 1 if more else held
        if cut:
            data = bytes(memoryview(buffer)[:cut])
            yield Batch(data, offset)
            offset += cut
            buffer[: held - cut] = buffer[cut:held]
            held -= cut


def _array(begun: bytes, content: Readable, offset: int) -> Iterator[Batch]:
    """Take the items of an array as they come; what follows it, or can't be read as an item, are lines again."""
    decoder = json.JSONDecoder(strict=False)
    decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
    rest = pieces(content)
    text, more = decode(begun), True
    at = text.index("[") + 1
    offset += at
    while True:
        items: list[tuple[int, bytes]] = []
        while True:
            start = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]
            ended = text[start : start + 1] == "]"
            try:
                end = start if ended else decoder.raw_decode(text, start)[1]
            except (ValueError, RecursionError):
                break
            if ended or (end == len(text) and more):  # a number there may go on in the next piece
                break
            offset += _size(text[at:start])
            items.append((offset, _encoded(text[start:end])))
            offset += len(items[-1][1])
            at = end
        if items:
            yield Batch(items, items[0][0])
        if ended or not more:
            after = start + ended
            yield from _lines(_encoded(text[after:]), content, BATCH, offset + _size(text[at:after]))
            return
        text, at = text[at:], 0
        wanted = 0 if items else 2 * len(text)  # doubled, so that a huge item is not parsed over and over
        while more and len(text) <= wanted:
            piece = next(rest, None)
            more = piece is not None
            text += decode(piece or b"", final=not more)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _size(text: str) -> int:
    return len(_encoded(text))
