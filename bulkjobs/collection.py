"""`Collection`: a plan being carried out, or done. Durable, named by an id, resumable; everything hangs on it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, cast

import polars as pl

from . import expiry, outcomes, receive, trace
from .bundling import check_bundle_target, write_bundle
from .clock import as_datetime
from .display import as_html, as_text
from .errors import BulkJobsError
from .events import Listener, Progress
from .export import export
from .picture import standing
from .pipeline import ALL, RECEIVE, Steps, carry_out
from .provenance import Provenance
from .query import Query
from .records import DriftReport, LoadReport, drift
from .rowhash import RowsHash
from .rows import PATH, CollectionRow, DataRequestRow, State, bought, overall, paid, to_spend
from .workshop import DEADLINE, Workshop

_WAIT = Steps(send=False, fetch=False, load=False)
_FETCH = Steps(send=False, wait=False, load=False)
_LOAD = Steps(send=False, wait=False, fetch=False)


class Collection:
    """What one plan bought: a handle on the ledger's row and the files on disk. Made by a `Client`.

    All steps can be repeated and cut off: what is done stays done, and nothing is sent twice.
    """

    def __init__(self, shop: Workshop, row: CollectionRow) -> None:
        self._shop = shop
        self._row = row
        self._query: Query | None = None
        self._frame: pl.DataFrame | None = None
        self._report: LoadReport | None = None

    # --- what it is ---------------------------------------------------------------------------------------

    @property
    def id(self) -> str:
        """Its name, for `Client.attach` and the command line."""
        return self._row.id

    @property
    def query(self) -> Query:
        """What was asked for."""
        if self._query is None:
            self._query = self._shop.ledger.query(self._row)
        return self._query

    @property
    def limit(self) -> int | None:
        """The most records wanted, as given by the user."""
        return self._row.record_limit

    @property
    def asked(self) -> str:
        """Query and limit in one line."""
        return repr(self.query) + (f" (limit {self.limit:,})" if self.limit else "")

    @property
    def service(self) -> str:
        """Where it was bought: the base URL, unless the client was told otherwise."""
        return self._row.service

    @property
    def made_at(self) -> float:
        """When it was made, in seconds since the epoch."""
        return self._row.made_at

    @property
    def requests(self) -> list[DataRequestRow]:
        """Its data requests, as the ledger knows them now."""
        return self._shop.ledger.data_requests(self.id)

    @property
    def state(self) -> State:
        """Where it stands now (read from the ledger): see `bulkjobs.rows.State`."""
        return overall(self.requests)

    @property
    def progress(self) -> Progress:
        """Where it stands as a whole, in numbers (read from the ledger)."""
        return standing(self._shop, self.id)

    @property
    def credits_to_spend(self) -> int:
        """Credits that finishing it will spend, at the most: on what was confirmed and never sent, or may be again."""
        return to_spend(self.requests)

    @property
    def error(self) -> BulkJobsError | None:
        """What a data request of it ended with, if one did."""
        return next((error for request in self.requests if (error := outcomes.ended_with(request))), None)

    @property
    def records(self) -> int:
        """Records received of what was bought (promised, until they are), and those taken out of the library."""
        return bought(self.requests) + self.owned

    @property
    def owned(self) -> int:
        """Records that it did not buy, for the library held them."""
        return self._shop.ledger.collection(self.id).owned

    @property
    def credits(self) -> int:
        """Credits booked for it: one a record of each data request that was accepted and did not fail, or expired."""
        return paid(self.requests)

    @property
    def project(self) -> str | None:
        """Whose budget pays."""
        return self._row.project

    @property
    def expires_at(self) -> float | None:
        """When the first of its files that are not here yet expire, in seconds since the epoch."""
        return expiry.first(self.requests)

    @property
    def files_left(self) -> str:
        """How long the files stay that are not here yet, in a word or two; empty where all is here."""
        return expiry.shortly(self.requests, self._shop.clock.time())

    @property
    def expiry(self) -> list[tuple[str, str]]:
        """Labelled lines on files that will expire, or have."""
        return expiry.lines(self.id, self.requests, self._shop.clock.time())

    @property
    def reconciliation(self) -> dict[str, Any] | None:
        """How promise, receipt and balance compare, once it is loaded: see ``differences``."""
        return self._shop.ledger.collection(self.id).reconciliation

    @property
    def report(self) -> LoadReport:
        """What was noticed while loading; loads when that has not happened yet in this process."""
        if self._report is None:
            self._read()
        return cast("LoadReport", self._report)

    # --- the steps ----------------------------------------------------------------------------------------

    async def wait(self, *, on_event: Listener | None = None, deadline: float = DEADLINE) -> Collection:
        """Poll until the files are listed, for `deadline` seconds at the most; costs nothing.

        Raises
        ------
        StillRunning
            The deadline passed. The data request goes on; call again.
        DataRequestFailed, OutcomeUnknown
            A data request ended, or its outcome is not known.
        """
        self._check_reached("accepted")
        await carry_out(self._shop, self._row, on_event, steps=_WAIT, deadline=deadline)
        return self

    async def fetch(self, *, on_event: Listener | None = None) -> Collection:
        """Bring the files here, each checked before it bears its name; costs nothing.

        Raises
        ------
        FetchFailed
            A file did not come whole within the time allowed.
        """
        self._check_reached("ready")
        await carry_out(self._shop, self._row, on_event, steps=_FETCH)
        return self

    async def load(self, *, on_event: Listener | None = None) -> pl.DataFrame:
        """Read the files into the library and a frame of `bulkjobs.records.POSTING_SCHEMA`, and settle the books.

        Raises
        ------
        LoadFailed
            A file is missing or does not hold what was fetched.
        """
        receive.all_here(self._shop, self.id)
        self._frame, self._report = await carry_out(self._shop, self._row, on_event, steps=_LOAD)
        return self.frame()

    async def finish(
        self,
        *,
        on_event: Listener | None = None,
        deadline: float = DEADLINE,
        send: bool = True,
        max_credits: int | None = None,
    ) -> Collection:
        """Do all that is left: send what was never sent (unless told not to), wait, fetch, load.

        Raises
        ------
        BudgetExceeded
            What is left to send costs more than `max_credits`; nothing was sent.
        """
        steps = ALL if send else RECEIVE
        self._frame, self._report = await carry_out(
            self._shop, self._row, on_event, steps=steps, deadline=deadline, max_credits=max_credits
        )
        return self

    def _check_reached(self, state: State) -> None:
        """Raise where a step comes too early for a data request."""
        for request in self.requests:
            if request.state in PATH and PATH.index(request.state) < PATH.index(state):
                raise outcomes.not_yet(request)

    # --- the data -----------------------------------------------------------------------------------------

    def frame(self) -> pl.DataFrame:
        """Return the postings as a frame of `bulkjobs.records.POSTING_SCHEMA`; no network is needed.

        Raises
        ------
        LoadFailed
            It is not wholly here yet.
        """
        if self._frame is None:
            self._read()
        return cast("pl.DataFrame", self._frame).clone()

    def scan(self) -> pl.LazyFrame:
        """Return the postings out of the library, lazily: the rows of `frame`, of which only what is used is read.

        Raises
        ------
        LoadFailed
            It is not wholly here yet; or it is not in the library, and its files are gone.
        LibraryError
            The library can't be read.
        """
        return receive.scan(self._shop, self.id)

    def drift(self, before: Collection | None = None) -> DriftReport:
        """Tell what changed since another collection of such postings; without one, against what is documented."""
        return drift(self.frame(), None if before is None else before.frame())

    def export(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the postings as ``.parquet``, ``.csv`` or ``.ndjson``; see `bulkjobs.export.export`."""
        return export(self.frame(), path, overwrite=overwrite)

    def bundle(
        self,
        path: str | os.PathLike[str],
        *,
        title: str | None = None,
        note: str | None = None,
        overwrite: bool = False,
    ) -> Path:
        """Write the postings and where they come from as one file to share, for `bulkjobs.open_bundle`.

        It holds no key, no ledger and no path. The same postings, words and versions give the same bytes.

        Parameters
        ----------
        path : path
            Ends with ``.zip``.
        title, note : str, optional
            For whoever opens it.
        overwrite : bool
            Whether a file that is there may be replaced.

        Raises
        ------
        LoadFailed, LibraryError
            It is not wholly here yet, or can't be read.
        ConfigError
            The file can't be written there.
        """
        target = check_bundle_target(path, overwrite=overwrite)
        known = self.provenance()
        return write_bundle(self.scan(), known, target, title=title, note=note, overwrite=overwrite)

    def provenance(self) -> Provenance:
        """Tell where the postings come from, with a hash of the rows themselves; reads them all, bit by bit.

        Raises
        ------
        LoadFailed
            It is not wholly here yet.
        """
        read = RowsHash()
        for part in receive.parts(self._shop, self.id):
            read.add(part)
        return trace.of_collection(self._shop, self.id, read)

    def _read(self) -> None:
        self._frame, self._report = receive.read(self._shop, self.id)

    # --- display ------------------------------------------------------------------------------------------

    def rows(self) -> list[tuple[str, str]]:
        """Return it as labelled lines, for any kind of display."""
        reconciliation = self.reconciliation or {}
        rows = [
            ("query", self.asked),
            ("state", self.state),
            ("made", f"{as_datetime(self.made_at):%Y-%m-%d %H:%M:%S} UTC"),
            ("records", f"{self.records:,}" + (f", {self.owned:,} of them owned before" if self.owned else "")),
            ("credits", f"{self.credits:,}"),
            *(("difference", difference) for difference in reconciliation.get("differences", [])),
        ]
        rows += self.expiry
        if (error := self.error) is not None:
            rows.append(("error", str(error)))
        return rows

    def __repr__(self) -> str:
        return as_text(f"Collection {self.id}", self.rows())

    def _repr_html_(self) -> str:
        return as_html(f"Collection {self.id}", self.rows())
