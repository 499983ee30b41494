"""Files, inflated in bounded pieces: gzip, Zstandard or plain, told by their first bytes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from isal import isal_zlib
from isal.igzip_lib import IsalError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_RAW = 256 * 1024  # bytes read at a time
_MOST = 4 * 1024 * 1024  # bytes given at a time


class Undecodable(Exception):
    """The file is cut, or its compressed data is corrupt."""


def inflated(path: Path) -> Iterator[bytes]:
    """Give the content of a file in pieces of at most 4 MiB, whatever it is compressed with.

    Raises
    ------
    Undecodable
        It is cut or corrupt.
    OSError
        It can't be read.
    """
    with path.open("rb") as file:
        magic = file.read(4)
        file.seek(0)
        if magic.startswith(GZIP_MAGIC):
            yield from gunzipped(file)
        elif magic == _ZSTD_MAGIC:
            try:
                with zstd.open(file, "rb") as content:
                    yield from iter(lambda: content.read(_MOST), b"")
            except (zstd.ZstdError, EOFError) as error:
                raise Undecodable(f"has corrupt Zstandard data ({error})") from None
        else:
            yield from iter(lambda: file.read(_MOST), b"")


def gunzipped(file: IO[bytes], seen: Callable[[bytes], object] = lambda raw: None) -> Iterator[bytes]:
    """Inflate all members of a gzip file, checking each CRC; `seen` gets the bytes as they are on disk.

    Raises
    ------
    Undecodable
        It is no gzip, cut or corrupt.
    """
    raw = file.read(_RAW)
    if raw[:2] != GZIP_MAGIC:
        raise Undecodable("is no gzip file" if raw else "is empty")
    member = isal_zlib.decompressobj(wbits=31)
    try:
        while raw:
            seen(raw)
            while raw:
                if member.eof:
                    member = isal_zlib.decompressobj(wbits=31)
                yield member.decompress(raw, _MOST)
                raw = member.unused_data if member.eof else member.unconsumed_tail
            raw = file.read(_RAW)
        while not member.eof:  # all input is in, but the last call may have stopped at its output limit
            piece = member.decompress(b"", _MOST)
            if not piece:
                raise Undecodable("is cut: its gzip data ends too early")
            yield piece
    except IsalError as error:  # type: ignore[misc]  # its stub calls it an instance
        raise Undecodable(f"has corrupt gzip data ({error})") from None
