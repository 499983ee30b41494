"""One result file, safely: a temporary sibling, gzip and size checks, fsync, and only then its final name."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import aiohttp

from .disk import hash_of, publish, sync
from .errors import CorruptFile, FetchFailed
from .inflate import GZIP_MAGIC, Undecodable, inflated, magic_of, pieces
from .records import split_records

PIECE = 256 * 1024  # bytes read at a time
# A data request carries at most 10,000 records; even at 100 kB each (ten times what was seen) that is 1 GB.
MAX_INFLATED = 4 * 1024**3

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """What a check of a gzip file found: bytes on disk, their SHA-256, and records inside."""

    size: int
    sha256: str
    records: int


def local_name(name: str) -> str:
    """Turn the service's name for a file into one that is safe in a single folder.

    Slashes become ``__`` (``json/part-0.json.gz`` is ``json__part-0.json.gz``). Anything that could leave the
    folder or trouble a file system (``..``, absolute paths, encoded slashes, odd characters) is replaced, and the
    result then carries a few digits of the name's hash, so that two names never become one.
    """
    decoded = name
    for _ in range(3):  # a name may be encoded more than once to hide a slash
        decoded = unquote(decoded)
    segments = [part for part in re.split(r"[/\\]", decoded) if part not in {"", ".", ".."}]
    clean = re.sub(r"[^A-Za-z0-9._-]", "_", "__".join(segments))[-150:].lstrip(".") or "file"
    if clean.replace("__", "/") != name:
        clean = f"{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}-{clean}"
    return clean


async def fetch(response: aiohttp.ClientResponse, target: Path, progress: Progress | None = None) -> CheckedFile:
    """Stream a download to its final name; nothing bears that name before it is complete, checked and synced.

    Parameters
    ----------
    response : aiohttp.ClientResponse
        An open 200 response.
    target : Path
        The final name. Its folder is made when missing.
    progress : callable, optional
        Called with bytes so far and bytes in all (None where the service gave no length).

    Raises
    ------
    CorruptFile
        It is not gzip, is cut, fails its CRC, or inflates to more than `MAX_INFLATED`.
    FetchFailed
        The disk refused it.
    aiohttp.ClientError, TimeoutError
        The connection broke on the way.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
        try:
            await _stream(response, part, progress)
            checked = await asyncio.to_thread(check, part, name=target.name)
            await asyncio.to_thread(publish, part, target)
        finally:
            with contextlib.suppress(OSError):  # Windows keeps a file that a thread still reads
                part.unlink(missing_ok=True)
    except (aiohttp.ClientError, TimeoutError):
        raise  # both are OSErrors too, but not the disk's
    except OSError as error:
        raise FetchFailed(
            f"{target.name} can't be written below {target.parent} ({error.strerror}).",
            next_step="free disk space or correct the permissions, then resume the collection",
        ) from error
    return checked


async def _stream(response: aiohttp.ClientResponse, part: Path, progress: Progress | None) -> None:
    received = 0
    with part.open("wb") as file:  # plain writes: faster than a thread a piece, and never long enough to block
        async for piece in response.content.iter_chunked(PIECE):
            file.write(piece)
            received += len(piece)
            if progress is not None:
                progress(received, response.content_length)
        file.flush()
        await asyncio.to_thread(sync, file.fileno())


def remove_leftovers(folder: Path) -> None:
    """Delete temporary files of downloads that were cut off by the end of their process."""
    for part in folder.glob(".*.part"):
        part.unlink(missing_ok=True)


def check(path: Path, *, name: str | None = None, max_inflated: int = MAX_INFLATED) -> CheckedFile:
    """Read a gzip file whole: magic bytes, CRC, length, hash, and how many records it holds.

    Raises
    ------
    CorruptFile
        If any of these is not in order.
    """
    name = name or path.name
    records = _RecordCounter()
    size = 0
    try:
        if not magic_of(path).startswith(GZIP_MAGIC):
            raise CorruptFile(f"{name} is {'no gzip file' if path.stat().st_size else 'empty'}.")
        with inflated(path) as content:
            for piece in pieces(content):
                size += len(piece)
                if size > max_inflated:
                    raise CorruptFile(f"{name} inflates to more than {max_inflated:,} bytes.")
                records.feed(piece)
    except Undecodable as error:
        raise CorruptFile(f"{name} {error}.") from None
    return CheckedFile(path.stat().st_size, hash_of(path), records.total)


class _RecordCounter:
    """Counts the records of an inflated file piece by piece: lines that are not blank, or items of one JSON array."""

    def __init__(self) -> None:
        self._lines = 0
        self._open_line = False
        self._array: bytearray | None = None
        self._started = False

    def feed(self, piece: bytes) -> None:
        if not self._started:
            head = piece.removeprefix(b"\xef\xbb\xbf").lstrip()
            if not head:
                return
            self._started = True
            self._array = bytearray() if head.startswith(b"[") else None
        if self._array is not None:
            self._array += piece
            return
        lines = piece.split(b"\n")
        self._open_line = self._open_line or bool(lines[0].strip())
        for line in lines[1:]:
            self._lines += self._open_line
            self._open_line = bool(line.strip())

    @property
    def total(self) -> int:
        if self._array is not None:
            return sum(1 for _ in split_records(bytes(self._array)))
        return self._lines + self._open_line
