"""`CollectionList`: everything that the ledger of a home knows, to open, to finish and to load."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl
import traitlets

import bulkjobs as bj
from bulkjobs.clock import as_datetime
from bulkjobs.display import Rows, counted
from bulkjobs.errors import BulkJobsError
from bulkjobs.overview import Entry
from bulkjobs.rows import HERE

from .desk import AnyClient, AnyCollection, Desk, settled
from .view import View, dearer, front

PAGE = 20  # collections
SHORT = 60  # characters of a query


class CollectionList(View):
    """A list of all collections, newest first, 20 a page.

    Nothing is sent without a button that says what it costs; to look at it asks no service anything. What was bought
    from another service is shown, and can be loaded; to finish it takes a client of that service.

    Parameters
    ----------
    client : Client, sync.Client or Desk, optional
        Whose home it is; see `Desk`.
    on_open : callable, optional
        Called with the collection that is opened.
    on_resume : callable, optional
        Called with the collection that is to be finished, in place of finishing it here; `StatusCard.attach` takes it.
    on_load : callable, optional
        Called with the collection that is loaded, and its frame; it is in `frame`, too.

    Attributes
    ----------
    opened : Collection or None
        What was opened last.
    frame : polars.DataFrame or None
        What was loaded last.
    """

    _esm, _css = front("collection_list")

    lines: Any = traitlets.List().tag(sync=True)  # of this page
    page = traitlets.Int(0).tag(sync=True)
    pages = traitlets.Int(1).tag(sync=True)
    total = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        client: AnyClient | Desk | None = None,
        *,
        on_open: Callable[[AnyCollection], object] | None = None,
        on_resume: Callable[[AnyCollection], object] | None = None,
        on_load: Callable[[AnyCollection, pl.DataFrame], object] | None = None,
        **traits: Any,
    ) -> None:
        self._on_open, self._on_resume, self._on_load = on_open, on_resume, on_load
        self._entries: list[Entry] = []
        self._at_work: set[str] = set()
        self.opened: AnyCollection | None = None
        self.frame: pl.DataFrame | None = None
        traits.setdefault("title", "Collections")
        super().__init__(client, **traits)

    def _look(self) -> None:
        super()._look()
        try:
            self.refresh()
        except BulkJobsError as error:
            self.fail(error)

    def refresh(self) -> None:
        """Read the ledger again."""
        self._take(self.desk.client.overview())

    def _take(self, entries: list[Entry]) -> None:
        self._entries = entries
        self._turn(self.page)

    def _turn(self, page: int) -> None:
        with self.hold_sync():
            self.total = len(self._entries)
            self.pages = max(1, -(-self.total // PAGE))
            self.page = max(0, min(page, self.pages - 1))
            shown = self._entries[self.page * PAGE : (self.page + 1) * PAGE]
            self.lines = [self._line(entry) for entry in shown]

    def _line(self, entry: Entry) -> dict[str, object]:
        mine = entry.service == self.desk.client.service
        asked = entry.asked
        return {
            "id": entry.id,
            "short": asked if len(asked) <= SHORT else f"{asked[: SHORT - 3]}...",
            "asked": asked,
            "made_at": entry.made_at,
            "records": entry.records,
            "credits": entry.credits,
            "files": entry.files_left,
            "state": entry.state,
            "service": "" if mine else entry.service,
            "resume": self._offer(entry) if mine and entry.is_unfinished else "",
            "cost": entry.credits_to_spend,
            "can_load": all(request.state in HERE for request in entry.requests),
            "busy": entry.id in self._at_work,
        }

    def _offer(self, entry: Entry) -> str:
        """Say what the button does: where somebody else goes on with it, it only shows it there."""
        cost = entry.credits_to_spend
        does = f"sends {counted(cost, 'record')}, {counted(cost, 'credit')}" if cost else "no cost"
        return f"Show, to resume: {does}" if self._on_resume is not None and cost else f"Resume: {does}"

    # --- buttons ------------------------------------------------------------------------------------------

    async def do_refresh(self, _content: Mapping[str, Any], _buffers: Sequence[memoryview]) -> None:
        """Read the ledger again."""
        with self.working():
            await self.reread()
            self.say(f"{counted(self.total, 'collection')}.")

    async def reread(self) -> None:
        """Read the ledger again, in a thread."""
        self._take(await asyncio.to_thread(self.desk.client.overview))

    def do_page(self, content: Mapping[str, Any], _buffers: Sequence[memoryview]) -> None:
        """Turn to another page."""
        page = content.get("page")
        if isinstance(page, int):
            self._turn(page)

    async def do_open(self, content: Mapping[str, Any], _buffers: Sequence[memoryview]) -> None:
        """Hand a collection on."""
        found = await self._named(content)
        self.opened = self.desk.handed(found)
        if self._on_open is None:
            self.say(f"It is in .opened, and client.attach({found.id!r}) finds it anywhere.")
        await _called(self._on_open, self.opened)

    async def do_resume(self, content: Mapping[str, Any], _buffers: Sequence[memoryview]) -> None:
        """Finish a collection; what costs is done only if it costs no more than the button said."""
        found = await self._named(content)
        if found.service != self.desk.client.service or found.id in self._at_work:
            return
        if self._on_resume is not None:  # where it goes on is shown by somebody else, who asks for what it costs
            await _called(self._on_resume, self.desk.handed(found))
            return
        self._at_work.add(found.id)  # before anything is awaited: a double click is one
        try:
            cost = await asyncio.to_thread(lambda: found.credits_to_spend)
            if again := dearer(cost, content.get("cost")):
                await self.reread()
                self.say(again)
                return
            self._turn(self.page)
            self.say(f"{found.id}: {'sending what is left' if cost else 'receiving what was bought, at no cost'}.")
            client = self.desk.client
            rest = client.resume(found.id, max_credits=cost) if cost else found.finish(send=False)
            await self.desk.ask(rest)
            self.say(f"{found.id} is {found.state}: {counted(found.records, 'record')}.")
        finally:
            self._at_work.discard(found.id)
            await self.reread()

    async def do_load(self, content: Mapping[str, Any], _buffers: Sequence[memoryview]) -> None:
        """Read the postings of a collection; needs no network."""
        found = await self._named(content)
        with self.working():
            self.frame = await asyncio.to_thread(found.frame)
        where = "" if self._on_load else " It is in .frame."
        self.say(f"{found.id}: {counted(self.frame.height, 'posting')} loaded.{where}")
        await _called(self._on_load, self.desk.handed(found), self.frame)

    async def _named(self, content: Mapping[str, Any]) -> bj.Collection:
        return await asyncio.to_thread(self.desk.client.attach, str(content.get("id", "")))

    # --- where no browser is ------------------------------------------------------------------------------

    def rows(self) -> Rows:
        """Return this page as labelled lines."""
        shown = [
            (
                str(line["id"]),
                f"{line['asked']}: {line['state']}, {counted(line['records'], 'record')}, "
                f"{counted(line['credits'], 'credit')}, "
                f"made {as_datetime(line['made_at']):%Y-%m-%d %H:%M} UTC"
                + (f", files {line['files']}" if line["files"] else "")
                + (f", bought from {line['service']}" if line["service"] else ""),
            )
            for line in self.lines
        ]
        more = self.total - len(shown)
        return [*shown, *([("more", f"{more:,} on other pages")] if more else [])] or [("collections", "none yet")]


async def _called(callback: Callable[..., object] | None, *values: object) -> None:
    if callback is not None:
        await settled(callback(*values))
