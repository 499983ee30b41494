"""Files, inflated in bounded pieces: gzip, Zstandard or plain, told by their first bytes."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from isal import igzip
from isal.igzip_lib import IsalError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


class Readable(Protocol):
    """What gives bytes into a buffer; 0 at its end."""

    def readinto(self, buffer: bytearray | memoryview, /) -> int | None:
        """Fill the buffer, as far as may be at once."""


class Undecodable(Exception):
    """The file is cut, or its compressed data is corrupt."""


def magic_of(path: Path) -> bytes:
    """Return the first bytes of a file, which tell its compression."""
    with path.open("rb") as file:
        return file.read(4)


@contextlib.contextmanager
def inflated(path: Path) -> Iterator[Readable]:
    """Open a file for reading its content; of gzip, every member and each CRC is checked.

    Raises
    ------
    Undecodable
        While it is read: it is cut or corrupt.
    OSError
        It can't be read.
    """
    magic = magic_of(path)
    try:
        if magic.startswith(GZIP_MAGIC):
            with igzip.IGzipFile(path, "rb") as content:  # type: ignore[no-untyped-call]
                yield content
        elif magic == _ZSTD_MAGIC:
            with zstd.open(path, "rb") as frames:
                yield frames
        else:
            with path.open("rb", buffering=0) as plain:
                yield plain
    except EOFError:
        raise Undecodable("is cut: its compressed data ends too early") from None
    except (IsalError, zstd.ZstdError, igzip.BadGzipFile) as error:  # type: ignore[misc]  # a stub calls one an instance
        raise Undecodable(f"has corrupt compressed data ({error})") from None


def pieces(content: Readable, size: int = 1024 * 1024) -> Iterator[bytes]:
    """Read all, in pieces of at most `size` bytes."""
    buffer = bytearray(size)  # used again and again: fresh memory costs more than inflating into it
    while count := content.readinto(buffer):
        yield bytes(memoryview(buffer)[:count])
