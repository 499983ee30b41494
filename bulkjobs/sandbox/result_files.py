"""Result files: records packed as gzip, kept on disk while there is room (`api-contract.md` section 6)."""

import asyncio
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from isal import igzip

from .settings import ResultFormat

_LEVEL = 2  # of 0 to 3; ten times as fast as zlib's 6, for files larger by a fifth


class ResultFiles:
    """A cache of packed files in a temporary folder.

    A file that was dropped for want of room is packed again when it is asked for, to the same bytes.

    Parameters
    ----------
    lines
        Gives the records of some ids, one JSON object each. Blocking: called in a thread.
    form
        How records stand in a file.
    most_bytes
        Room on disk, in bytes. The file packed last is kept even if it alone needs more.
    """

    def __init__(self, lines: Callable[[Sequence[int]], Iterable[bytes]], form: ResultFormat, most_bytes: int) -> None:
        self._lines = lines
        self._form = form
        self._most_bytes = most_bytes
        self._folder = tempfile.TemporaryDirectory(prefix="bulkjobs-sandbox-")
        self._sizes: OrderedDict[str, int] = OrderedDict()
        self._packing: dict[str, asyncio.Lock] = {}

    async def read(self, key: str, ids: Sequence[int]) -> bytes:
        """Return the packed file of these records.

        Parameters
        ----------
        key
            Names the file in the cache: the same key must come with the same ids. A plain file name.
        ids
            The records, in the order of the file.
        """
        async with self._packing.setdefault(key, asyncio.Lock()):
            path = Path(self._folder.name, key)
            if key in self._sizes:
                self._sizes.move_to_end(key)
                return await asyncio.to_thread(path.read_bytes)
            content = await asyncio.to_thread(self._pack_to, path, ids)
            self._sizes[key] = len(content)
            self._make_room()
            return content

    def close(self) -> None:
        """Remove the folder with all files."""
        self._folder.cleanup()

    def _pack_to(self, path: Path, ids: Sequence[int]) -> bytes:
        content = pack(self._lines(ids), self._form)
        path.write_bytes(content)
        return content

    def _make_room(self) -> None:
        for key in list(self._sizes):  # the longest unused first
            if sum(self._sizes.values()) <= self._most_bytes:
                return
            # A file whose lock is held is being read, or is the one just packed.
            if not self._packing[key].locked():
                del self._sizes[key]
                Path(self._folder.name, key).unlink()


def pack(lines: Iterable[bytes], form: ResultFormat) -> bytes:
    """Pack records, one JSON object each, as gzip: the same records always give the same bytes."""
    joined = b"".join(_array(lines) if form == "array" else (line + b"\n" for line in lines))
    return igzip.compress(joined, _LEVEL, mtime=0)


def _array(lines: Iterable[bytes]) -> Iterator[bytes]:
    yield b"["
    for number, line in enumerate(lines):
        yield b",\n" * (number > 0) + line
    yield b"]"
