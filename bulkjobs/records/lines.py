"""The records of a result file as text: lines, or the items of one JSON array (contract section 11, row 23)."""

from __future__ import annotations

import codecs
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import polars as pl

_BOM = codecs.BOM_UTF8
_BETWEEN = re.compile(r"[ \t\r\n,]*")
BATCH = 4 * 1024 * 1024  # bytes; fits the caches, and is enough work for a call


@dataclass(frozen=True, slots=True)
class Batch:
    """Some consecutive lines of a file, blank ones too.

    Attributes
    ----------
    data : bytes or list of (int, bytes)
        The lines as they stand in the file, or the items of an array with their offsets.
    number : int
        Number of the first one, from 1.
    offset : int
        Where it begins, in bytes of the inflated file.
    """

    data: bytes | list[tuple[int, bytes]]
    number: int
    offset: int

    def texts(self) -> pl.Series:
        """Return the lines as text.

        Raises
        ------
        polars.exceptions.ComputeError, UnicodeDecodeError
            Some are no UTF-8.
        """
        if isinstance(self.data, list):
            return pl.Series("line", [item.decode() for _, item in self.data], dtype=pl.String)
        return pl.scan_lines(io.BytesIO(self.data), name="line").collect().to_series()

    def lines(self) -> list[tuple[int, bytes]]:
        """Return offset and bytes of each line, without its line feed; the slow way, for those that need a look."""
        if isinstance(self.data, list):
            return self.data
        found, offset = [], self.offset
        for line in self.data.removesuffix(b"\n").split(b"\n"):
            found.append((offset, line))
            offset += len(line) + 1
        return found


def batches(pieces: Iterable[bytes], size: int = BATCH) -> Iterator[Batch]:
    """Cut the content of a file, given in pieces, into batches of whole lines or items."""
    rest = iter(pieces)
    head = b""
    for piece in rest:  # blank pieces, and a byte order mark that is cut, are waited out
        head += piece
        if len(head) >= len(_BOM) and head.removeprefix(_BOM).strip():
            break
    skipped = len(_BOM) if head.startswith(_BOM) else 0
    content = _chained(head[skipped:], rest)
    if head[skipped:].lstrip().startswith(b"["):
        yield from _array(content, skipped)
    else:
        yield from _lines(content, size, 1, skipped)


def split_records(data: bytes) -> Iterator[bytes]:
    """Split the content of a result file into the JSON text of its records; blank lines are left out."""
    for batch in batches([data]):
        yield from (line for _, line in batch.lines() if line.strip())


def _chained(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from rest


def _lines(pieces: Iterable[bytes], size: int, number: int, offset: int) -> Iterator[Batch]:
    waiting: list[bytes] = []
    held = 0
    for piece in pieces:
        cut = piece.rfind(b"\n") + 1
        if cut == 0 or held + cut < size:
            waiting.append(piece)
            held += len(piece)
            continue
        data = b"".join([*waiting, piece[:cut]])
        yield Batch(data, number, offset)
        number, offset = number + data.count(b"\n"), offset + len(data)
        waiting, held = [piece[cut:]], len(piece) - cut
    if data := b"".join(waiting):
        yield Batch(data, number, offset)


def _array(pieces: Iterator[bytes], offset: int) -> Iterator[Batch]:
    """Take the items of an array as they come; what follows it, or can't be read as an item, are lines again."""
    decoder = json.JSONDecoder(strict=False)
    decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
    text, number, more = decode(next(pieces)), 1, True
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
            yield Batch(items, number, items[0][0])
            number += len(items)
        if ended or not more:
            after = start + 1 if ended else at
            yield from _lines(_chained(_encoded(text[after:]), pieces), BATCH, number, offset + _size(text[at:after]))
            return
        text, at = text[at:], 0
        wanted = 0 if items else 2 * len(text)  # doubled, so that a huge item is not parsed over and over
        while more and len(text) <= wanted:
            piece = next(pieces, None)
            more = piece is not None
            text += decode(piece or b"", final=not more)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _size(text: str) -> int:
    return len(_encoded(text))
