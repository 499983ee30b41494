"""`Collector`: the whole path in one form, from a filter or an id file to a DataFrame in the next cell."""

from __future__ import annotations

import asyncio
from typing import Any

import ipywidgets
import polars as pl

import bulkjobs as bj
from bulkjobs.display import counted
from bulkjobs.errors import BulkJobsError

from .api_key_field import ApiKeyField
from .chart_panel import ChartPanel
from .collection_list import CollectionList
from .credit_preview import THRESHOLD, CreditPreview
from .desk import AnyClient, AnyCollection, Desk
from .filter_form import FilterForm
from .header import Header
from .id_uploader import IdUploader
from .posting_table import PostingTable
from .status_card import StatusCard
from .view import View


class Collector(ipywidgets.VBox):  # type: ignore[misc]  # it has no types
    """All forms, composed: choose postings, see what they cost, collect, look at them.

    When its cell is run again, even in another kernel, what was under way is taken up from the ledger; nothing is
    sent by that.

    Parameters
    ----------
    client : Client, sync.Client or Desk, optional
        See `Desk`; without one, and with no key set, a key can be given or the sandbox used.
    query : JobFilter, optional
        What to begin with.
    limit : int, optional
        The most records wanted, to begin with.
    max_credits : int, optional
        The most credits that one click may spend.
    threshold : int
        Credits above which a second click is asked for.

    Attributes
    ----------
    filter_form, id_uploader, preview, status, table, charts, list : View
        The forms that it is made of.

    Examples
    --------
    >>> collector = Collector()
    >>> collector  # fill it in, preview, collect; then, in the next cell:
    >>> collector.frame
    """

    def __init__(
        self,
        client: AnyClient | Desk | None = None,
        *,
        query: bj.JobFilter | None = None,
        limit: int | None = None,
        max_credits: int | None = None,
        threshold: int = THRESHOLD,
        **traits: Any,
    ) -> None:
        self.desk = desk = Desk.of(client)
        self._collection: AnyCollection | None = None
        self._frame: pl.DataFrame | None = None
        self.header = Header(desk)
        self.key = ApiKeyField(desk, offers=False)
        self.filter_form = FilterForm(desk, query=query, limit=limit, on_submit=self._preview, offers=False)
        self.id_uploader = IdUploader(desk, on_submit=self._preview, offers=False)
        self.preview = CreditPreview(
            desk, max_credits=max_credits, threshold=threshold, on_submit=self._run, offers=False
        )
        self.status = StatusCard(desk, max_credits=max_credits, threshold=threshold, on_done=self._show, offers=False)
        self.table = PostingTable(page_size=10)
        self.charts = ChartPanel()
        self.list = CollectionList(
            desk, on_open=self._open, on_resume=self.status.attach, on_load=self._present, offers=False
        )
        self.header.observe(self._switched, "source")
        for form in (self.filter_form, self.id_uploader):
            form.on_edit(self.preview.unbind)
        self.key.observe(lambda _: self._arrange(), ["account", "can_forget", "error", "notice"])
        self.status.observe(self._moved, ["running", "name"])
        desk.on_change(self._changed)
        self._views: list[View] = [
            *(self.header, self.key, self.filter_form, self.id_uploader, self.preview),
            *(self.status, self.table, self.charts, self.list),
        ]
        super().__init__(self._views, **traits)
        self.add_class("bulkjobs-collector")
        self._changed()

    # --- for the next cell --------------------------------------------------------------------------------

    @property
    def client(self) -> AnyClient:
        """The client that it works with."""
        return self.desk.given

    @property
    def done(self) -> bool:
        """Whether there are postings."""
        return self._frame is not None

    @property
    def collection(self) -> AnyCollection:
        """What was collected or opened last, and is here.

        Raises
        ------
        BulkJobsError
            Nothing was yet.
        """
        if self._collection is None:
            raise BulkJobsError("Nothing is collected yet.", next_step="press Preview the cost, then Collect")
        return self._collection

    @property
    def frame(self) -> pl.DataFrame:
        """Its postings, a frame of `bulkjobs.records.POSTING_SCHEMA`.

        Raises
        ------
        BulkJobsError
            Nothing was collected yet.
        """
        return self.collection.frame() if self._frame is None else self._frame

    async def collect(
        self, query: bj.JobFilter | bj.JobIds, *, limit: int | None = None, max_credits: int
    ) -> AnyCollection:
        """Do from code what the buttons do: fill in, preview, collect, show. Spends credits.

        Parameters
        ----------
        query : JobFilter or JobIds
            What to collect.
        limit : int, optional
            The most records wanted.
        max_credits : int
            The most credits to spend.

        Raises
        ------
        BulkJobsError
            What kept it from being done; it is shown in the form, too.
        """
        if isinstance(query, bj.JobFilter):
            self.filter_form.load(query, limit=limit)
        await self.preview.show(query, limit)
        plan = self.preview.plan
        if plan is None:
            raise BulkJobsError("Another query was previewed meanwhile.", next_step="collect it again")
        await asyncio.to_thread(self.desk.client.check, plan, max_credits=max_credits)
        self.status.failure = None
        self._run(plan, max_credits)
        self.preview.submitted()
        await self.status.over()
        found = self.status.collection
        if found is None or found.state != "loaded":
            error = None if found is None else found.error
            raise self.status.failure or error or BulkJobsError("It was stopped.", next_step="client.resume()")
        if self._collection is None or self._collection.id != found.id:
            await self._show(found)
        return found

    # --- the path -----------------------------------------------------------------------------------------

    async def _preview(self, query: bj.JobFilter | bj.JobIds, limit: int | None) -> None:
        await self.preview.show(query, limit)
        if self.preview.plan is not None:
            self.preview.focus_on("headline")

    def _run(self, plan: bj.Plan, most: int) -> None:
        self.status.run(plan, most)
        self._collection = self._frame = None
        self._arrange()

    async def _show(self, collection: AnyCollection) -> None:
        """Show the postings of a collection that is here."""
        self._present(collection, await asyncio.to_thread(collection.frame))

    def _present(self, collection: AnyCollection, frame: pl.DataFrame) -> None:
        self._collection, self._frame = collection, frame
        self.table.show(frame, title=f"{counted(len(frame), 'posting')} of {collection.id}")
        self.charts.show(frame)
        self.table.say("For the next cell: .frame of this form.")
        self.desk.start(self.id_uploader, self.id_uploader.recount)
        self._arrange()

    def _open(self, collection: AnyCollection) -> None:
        """Fill the form in with what was asked for then, and show how it stands; its postings follow if all is here."""
        self.status.attach(collection, receive=False)
        if isinstance(collection.query, bj.JobFilter):
            self.header.source = "filter"
            self.filter_form.load(collection.query, limit=collection.limit)

    def _moved(self, _: object) -> None:
        """Hear that a collection was found, or that a run began or ended."""
        self._arrange()
        self.desk.start(self.list, self.list.reread)

    def _take_up(self) -> None:
        """Go on with what was under way when this kernel, or the one before it, ended: nothing is sent."""
        if self.status.running:
            return
        client = self.desk.client
        for entry in client.overview():
            if entry.service == client.service and entry.is_coming:
                self.status.attach(entry.id)
                return

    # --- what is in sight ---------------------------------------------------------------------------------

    def _changed(self) -> None:
        """Begin with another client, or with the first one."""
        self._arrange()
        self._take_up()

    def _switched(self, _: object) -> None:
        self.preview.unbind()
        self._arrange()

    def _arrange(self) -> None:
        """Show the forms that make sense now."""
        source = self.header.source
        shown = {
            self.key: self.key.wanted,
            self.filter_form: source == "filter",
            self.id_uploader: source == "ids",
            self.status: self.status.collection is not None or self.status.running,
            self.table: self._frame is not None,
            self.charts: self._frame is not None,
        }
        for view, visible in shown.items():
            view.layout.display = None if visible else "none"

    def close(self) -> None:
        """Take it off the page, with all that it holds."""
        self.desk.forget(self._changed)
        self._collection = self._frame = None
        for view in self._views:
            view.close()
        super().close()

    def __repr__(self) -> str:
        return "\n".join(repr(view) for view in self._in_sight())

    def _in_sight(self) -> list[View]:
        return [view for view in self._views if view.layout.display != "none"]

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = super()._repr_mimebundle_(**kwargs)
        bundle["text/plain"] = repr(self)
        bundle["text/html"] = "".join(view.static_html() for view in self._in_sight())
        return bundle
