"""What outlives a sandbox's process: the data requests that it accepted, one JSON line each in a file.

Several sandboxes may share a file, and each finds what the others accepted. Credits are not kept: every start has its
full balance, as every start of a demo should.
"""

import json
import logging
import os
from pathlib import Path
from typing import Any

from .lifecycle import DataRequest, Failure

_logger = logging.getLogger(__name__)

_PLAIN = ("id", "version", "credits", "accepted_at", "running_at", "ends_at", "expires_at")


class Journal:
    """A file of accepted data requests.

    It only grows: a line that has expired, or is of another dataset, is passed over at each start, and stays. Without
    a lock, the file can't be written anew while another process may append to it, or knows how far it has read.

    Addresses of webhooks are secrets, and are not written.

    Parameters
    ----------
    path
        The file; made, with its folder, when the first data request is accepted.
    dataset
        Fingerprint of the dataset: data requests over other postings are passed over.
    """

    def __init__(self, path: str | os.PathLike[str], dataset: str) -> None:
        self._path = Path(path)
        self._dataset = dataset
        self._read = 0  # bytes of the file that were read, or written by this sandbox next to what was read

    def append(self, request: DataRequest, query: str | None) -> None:
        """Write down a data request, and the canonical filters that it must not meet a second time while it runs.

        A stand-in goes on where its journal can't be written: the data request is then lost with the process.
        """
        kept = {
            **{name: getattr(request, name) for name in _PLAIN},
            "dataset": self._dataset,
            "ids": list(request.ids),
            "failure": request.failure and {"status": request.failure.status, "detail": request.failure.detail},
            "files": list(request.files),
            "query": query,
        }
        # It begins with a line break, too: what a process that was killed left unfinished spoils no other line.
        line = b"\n" + json.dumps(kept, separators=(",", ":")).encode() + b"\n"
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # One write to a file that is open for appending: lines of two processes do not mix.
            with self._path.open("ab", buffering=0) as file:
                file.write(line)
                if file.tell() - len(line) == self._read:  # else others wrote in between, and it is read with theirs
                    self._read += len(line)
        except OSError as error:
            _logger.warning("data request %s is not in the journal: %s", request.id, error)

    def news(self) -> list[tuple[DataRequest, str | None]]:
        """Return the data requests, with their filters, that were written since this was asked last.

        What this sandbox wrote itself may be among them.

        Raises
        ------
        OSError
            The file is there and can't be read.
        """
        try:
            size = self._path.stat().st_size
            if size == self._read:
                return []
            self._read = self._read if size > self._read else 0  # it is shorter: somebody began it anew
            with self._path.open("rb") as file:
                file.seek(self._read)
                data = file.read()
        except FileNotFoundError:
            return []
        whole = data[: data.rfind(b"\n") + 1]  # the last line may be half written: it is read next time
        self._read += len(whole)
        return [found for line in whole.splitlines() if (found := self._parsed(line)) is not None]

    def _parsed(self, line: bytes) -> tuple[DataRequest, str | None] | None:
        """Read a line; None for one that is broken, and for another dataset's."""
        if self._dataset.encode() not in line:
            return None
        try:
            kept: dict[str, Any] = json.loads(line)
            if kept["dataset"] != self._dataset:
                return None
            request = DataRequest(
                **{name: kept[name] for name in _PLAIN},
                ids=tuple(map(int, kept["ids"])),
                failure=Failure(**kept["failure"]) if kept["failure"] else None,
                files=tuple(map(str, kept["files"])),
            )
            return request, kept["query"]
        except (ValueError, TypeError, KeyError, RecursionError):
            return None
