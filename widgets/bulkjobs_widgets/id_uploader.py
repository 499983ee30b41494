"""`IdUploader`: ids from a file, from pasted text or from a path, checked by `bulkjobs.JobIds` itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import traitlets

import bulkjobs as bj
from bulkjobs.display import Rows, counted
from bulkjobs.errors import BulkJobsError, InvalidIds, InvalidQuery
from bulkjobs.plan import requests_for

from .desk import AnyClient, Desk
from .query_form import QueryForm
from .view import front

MIB = 1024 * 1024
MOST = 32 * MIB  # bytes that an upload may have; a path has no such limit
LISTED = 20  # ids that the shown code spells out
_PASTED = "The pasted text"
_NAME = 200  # characters of a file's name that are shown


@dataclass
class _Reading:
    """One list on its way: an upload that comes piece by piece, or a path that is read."""

    upload: str  # names it to the browser, which waits for the answer
    source: str
    name: str
    size: int = 0
    data: bytearray = field(default_factory=bytearray)


class IdUploader(QueryForm):
    """A list of ids: from a file, from pasted text, or from a file where Jupyter runs.

    The browser sends a file in pieces, each after the one before was received: no limit of a Jupyter server on the
    size of a message is met. Nothing is bought, and no network is used.

    Parameters
    ----------
    client : Client, sync.Client or Desk, optional
        Tells which ids are owned already; see `Desk`.
    on_submit : callable, optional
        Called with the JobIds and None (there is no limit) when the user submits; may be a coroutine function.

    Examples
    --------
    >>> uploader = IdUploader(client)
    >>> uploader  # choose a file; then, in the next cell:
    >>> uploader.ids
    <JobIds: 3 ids (1, 2, 3)>
    """

    _esm, _css = front("id_uploader")

    source = traitlets.Unicode().tag(sync=True)  # where the ids that it holds are from: file, paste, path, or nowhere
    name = traitlets.Unicode().tag(sync=True)
    summary = traitlets.Unicode().tag(sync=True)
    facts: Any = traitlets.List().tag(sync=True)
    bad: Any = traitlets.List().tag(sync=True)  # number and text of the first lines that are no ids
    bad_more = traitlets.Int().tag(sync=True)
    most = traitlets.Int(MOST).tag(sync=True)  # bytes

    def __init__(
        self,
        client: AnyClient | Desk | None = None,
        *,
        on_submit: Callable[[bj.JobIds, int | None], object] | None = None,
        **traits: Any,
    ) -> None:
        self._ids: bj.JobIds | None = None
        self._fingerprint = ""
        self._error: BulkJobsError | None = None
        self._reading: _Reading | None = None
        traits.setdefault("title", "IDs")
        super().__init__(client, on_submit=on_submit, **traits)

    # --- what is in it ------------------------------------------------------------------------------------

    @property
    def ids(self) -> bj.JobIds:
        """The ids.

        Raises
        ------
        InvalidIds
            What was given last is no list of ids.
        InvalidQuery
            Nothing was given yet, or it is still being read, or it is too large to be uploaded.
        """
        if self._error is not None:
            raise self._error.with_traceback(None)
        if self._ids is None:
            raise InvalidQuery(
                "The ids are still being read." if self._reading else "There are no ids yet.",
                field="ids",
                next_step="choose a file, paste ids, or give the path of a file",
            )
        return self._ids

    def rows(self) -> Rows:
        """Return where the ids are from, and how many there are."""
        if self._ids is None:
            return [("ids", next(iter(self.errors.values()), "none yet"))]
        return [("from", self.name), *((label, value) for label, value in self.facts)]

    def check(self) -> tuple[bj.JobIds, int | None] | None:
        """Check that there are ids; if not, that is said beside the control, and None returned."""
        try:
            return self.ids, None
        except InvalidQuery as error:
            if self._error is None:
                self.errors = {self._reading.source if self._reading else "file": error.message}
            return None

    def _content(self) -> str:
        return self._fingerprint

    # --- from the browser ---------------------------------------------------------------------------------

    async def do_begin(self, content: Mapping[str, Any], _buffers: Sequence[memoryview]) -> None:
        """Begin an upload in place of what was there; one that is too large is refused before any of it is sent."""
        source = "paste" if content.get("source") == "paste" else "file"
        reading = self._begin(content, source, _PASTED if source == "paste" else _named(content))
        reading.size = int(content.get("size", 0))
        if reading.size > self.most:
            self._refuse(reading, _too_large(reading.name, reading.size, self.most))
        else:
            await self._received(reading)

    async def do_chunk(self, content: Mapping[str, Any], buffers: Sequence[memoryview]) -> None:
        """Take a piece of the upload; one of an upload that was replaced is dropped."""
        reading = self._reading
        if reading is None or content.get("upload") != reading.upload or content.get("at") != len(reading.data):
            return
        for buffer in buffers:
            reading.data += buffer
        if len(reading.data) > reading.size:
            self._refuse(reading, _unreadable(reading.name))
        else:
            await self._received(reading)

    def do_broken(self, content: Mapping[str, Any], _buffers: Sequence[memoryview]) -> None:
        """Give an upload up: the browser can't read the file, or there is more than one."""
        reading = self._begin(content, "file", _named(content))
        many = content.get("why") == "many"
        self._refuse(reading, InvalidQuery("Give one file at a time.") if many else _unreadable(reading.name))

    async def do_path(self, content: Mapping[str, Any], _buffers: Sequence[memoryview]) -> None:
        """Read a file where Jupyter runs."""
        path = str(content.get("path")).strip()
        reading = self._begin(content, "path", path)
        if path:
            await self._read(reading, lambda: _of_path(path))
        else:
            self._refuse(reading, InvalidQuery("Give the path of a file.", field="ids"))

    def do_clear(self, _content: Mapping[str, Any], _buffers: Sequence[memoryview]) -> None:
        """Forget the ids: what they were read from is being edited."""
        self._clear()
        self._touched()

    # --- reading ------------------------------------------------------------------------------------------

    def _begin(self, content: Mapping[str, Any], source: str, name: str) -> _Reading:
        self._clear()
        self._reading = _Reading(str(content.get("upload")), source, name)
        self._touched()
        return self._reading

    def _clear(self) -> None:
        """Hold nothing: whatever becomes of what is read now, what was there before must not pass for it."""
        self._ids, self._fingerprint, self._error = None, "", None
        self.source = self.name = self.summary = self.code = ""
        self.facts, self.bad, self.bad_more, self.errors, self.notice = [], [], 0, {}, {}
        self._done()

    def _done(self) -> None:
        """Tell the browser that nothing is being read any longer."""
        if self._reading is not None:
            upload, self._reading = self._reading.upload, None
            self.send({"upload": upload, "done": True})

    async def _received(self, reading: _Reading) -> None:
        if len(reading.data) < reading.size:
            self.send({"upload": reading.upload, "have": len(reading.data)})
        else:
            await self._read(reading, lambda: bj.JobIds.from_bytes(memoryview(reading.data), name=reading.name))

    async def _read(self, reading: _Reading, read: Callable[[], bj.JobIds]) -> None:
        def whole() -> tuple[bj.JobIds, str]:
            ids = read()
            return ids, ids.fingerprint

        try:
            ids, fingerprint = await asyncio.to_thread(whole)
        except Exception as error:
            if reading is self._reading:
                self._refuse(reading, error if isinstance(error, BulkJobsError) else _unreadable(reading.name))
            if not isinstance(error, BulkJobsError):
                raise
            return
        if reading is not self._reading:
            return  # something else was given meanwhile
        self._ids, self._fingerprint = ids, fingerprint
        self.source, self.name = reading.source, reading.name
        self.summary = f"{counted(len(ids), 'id')} from {reading.name}"
        self.facts, self.code = _counts(ids), _code(ids, reading)
        self._done()
        self._touched()
        await self.recount()

    def _refuse(self, reading: _Reading, error: BulkJobsError) -> None:
        self._error = error
        if isinstance(error, InvalidIds):
            self.bad = [[line, repr(text)] for line, text in error.bad_lines]
            self.bad_more = error.bad_count - len(error.bad_lines)
        self.errors = {reading.source: error.summary if isinstance(error, InvalidIds) else error.message}
        self._done()
        self._touched()

    async def recount(self) -> None:
        """Count anew how many of the ids are owned, such as after a purchase. Free; no network."""
        ids = self._ids
        if ids is None:
            return
        owned = len(await self.desk.ask(self.desk.client.owned(ids)))
        if ids is self._ids:
            left = len(ids) - owned
            self.facts = [
                *_counts(ids),
                ["owned already", f"{owned:,}"],
                ["to buy, at most", f"{left:,}"],
                ["data requests", f"{requests_for(left):,}"],
            ]

    def _look(self) -> None:
        super()._look()
        if self._ids is not None:  # another client owns other postings
            self.desk.start(self, self.recount)


def _named(content: Mapping[str, Any]) -> str:
    return str(content.get("name"))[:_NAME]


def _counts(ids: bj.JobIds) -> list[list[str]]:
    return [["ids", f"{len(ids):,}"], ["duplicates dropped", f"{ids.duplicates:,}"]]


def _code(ids: bj.JobIds, reading: _Reading) -> str:
    if reading.source == "path":
        return f"ids = bj.JobIds.from_file({str(Path(reading.name).expanduser())!r})"
    if len(ids) <= LISTED:
        return f"ids = bj.JobIds({list(ids)})"
    name = reading.name if reading.source == "file" else "ids.csv"
    return f"# first save the list as a file beside the notebook\nids = bj.JobIds.from_file({name!r})"


def _of_path(path: str) -> bj.JobIds:
    try:
        file = Path(path).expanduser()
        if file.exists() and not file.is_file():
            raise InvalidQuery(f"{path} is no file.", field="ids")
        return bj.JobIds.from_file(file)
    except (OSError, ValueError, RuntimeError) as error:
        if isinstance(error, BulkJobsError):
            raise
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InvalidQuery(f"{path} can't be read: {reason}.", field="ids") from error


def _too_large(name: str, size: int, most: int) -> InvalidQuery:
    return InvalidQuery(
        f"{name} has {size / MIB:,.1f} MiB, and at most {most / MIB:,.0f} MiB go through the browser: "
        "nothing was sent. Split it, or put it where Jupyter runs and give its path.",
        field="ids",
    )


def _unreadable(name: str) -> InvalidQuery:
    return InvalidQuery(f"{name} can't be read. Was it changed, or is it a folder?", field="ids")
