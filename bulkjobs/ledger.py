"""The memory on disk: every intent, POST, request id, file and credit, in one database that processes share."""

from __future__ import annotations

from collections.abc import Container, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Connection

from . import books, tables
from .clock import Clock
from .config import masked
from .database import Lock, database
from .errors import Charged, LedgerError, UnknownCollection
from .query import JobFilter, JobIds, Query, may_share
from .rows import (
    CREDITS_A_RECORD,
    IN_FLIGHT,
    RESERVED,
    Allowance,
    Claim,
    CollectionRow,
    DataRequestRow,
    FileRow,
    Intent,
    RunRow,
    State,
    paid,
)
from .tables import COLLECTIONS, DATA_REQUESTS, FILES, RUNS
from .wire.pace import Book

_REPLACED = {
    "type": "BulkJobsError",
    "message": "It was never sent: the same was collected anew.",
    "charged": "no",
    "next_step": "see client.collections()",
}


class Ledger:
    """What was bought, by whom, and how far it is. Safe from any thread and process.

    Parameters
    ----------
    place : Path or str
        The SQLite file, made when missing, with locks and speed limits in files beside it; or the address of a
        PostgreSQL database, ``postgresql://user:password@host/db``, which people on several machines share.
    schema : str
        Of the tables in that database, made when missing.

    Raises
    ------
    LedgerError
        From every method, when the database can't be reached, read or written.
    """

    def __init__(self, place: Path | str, *, schema: str = "bulkjobs") -> None:
        place = masked(place)
        self._database = database(place, schema)
        self._reading, self._writing = self._database.reading, self._database.writing
        self._database.opened()

    def __repr__(self) -> str:
        made = self.__dict__.get("_database")  # a constructor that fails is shown in a traceback, half made
        return f"<Ledger at {made.place}>" if made else "<Ledger>"

    @property
    def path(self) -> Path:
        """The file of a ledger that is one.

        Raises
        ------
        LedgerError
            It is a database of a server.
        """
        if self._database.path is None:
            raise LedgerError(f"The ledger {self._database.place} is no file.")
        return self._database.path

    @property
    def is_shared(self) -> bool:
        """Whether other machines share it, each with files, and perhaps a library, of its own."""
        return self._database.shared

    def lock(self, name: str) -> Lock:
        """Return a lock that all who share the ledger share; its name is part of a file name."""
        return self._database.lock(name)

    def book(self, account: str, clock: Clock) -> Book:
        """Return what all who share the ledger share of the speed limit of an account."""
        return self._database.book(account, clock)

    def close(self) -> None:
        """Let go of connections that wait to be used again; it can still be used, and then opens new ones."""
        self._database.close()

    # --- reading ------------------------------------------------------------------------------------------

    def collection(self, collection_id: str) -> CollectionRow:
        """Return one collection; an unambiguous beginning of its id will do.

        Raises
        ------
        UnknownCollection
            If there is none, or more than one.
        """
        with self._reading() as db:
            exact = tables.named(db, collection_id)
            if exact is not None:
                return exact
            found = tables.collections(db, sa.func.substr(COLLECTIONS.c.id, 1, len(collection_id)) == collection_id)
        if len(found) != 1 or not collection_id:
            what = "No collection is" if not found else f"{len(found)} collections are"
            raise UnknownCollection(f"{what} called {collection_id!r}.", next_step="see client.collections()")
        return found[0]

    def collections(self) -> list[CollectionRow]:
        """Return all collections, newest first."""
        with self._reading() as db:
            return tables.collections(db)

    def overview(self) -> list[tuple[CollectionRow, tuple[DataRequestRow, ...]]]:
        """Return all collections, newest first, each with its data requests: two statements, however many there are."""
        with self._reading() as db:
            rows = tables.collections(db)  # first: what is made meanwhile has its data requests passed over
            found: dict[str, list[DataRequestRow]] = {row.id: [] for row in rows}
            for request in tables.data_requests(db):
                if request.collection_id in found:
                    found[request.collection_id].append(request)
        return [(row, tuple(found[row.id])) for row in rows]

    def current(self, service: str, key: str) -> CollectionRow | None:
        """Return the collection that the same query and limit attach to: the newest that is not void."""
        with self._reading() as db:
            return tables.current(db, service, key)

    def same_query(self, service: str, fingerprint: str) -> list[CollectionRow]:
        """Return all collections of a query, with any limit, newest first."""
        with self._reading() as db:
            same = sa.func.substr(COLLECTIONS.c.key, 1, len(fingerprint)) == fingerprint
            return tables.collections(db, COLLECTIONS.c.service == service, same)

    def data_requests(self, collection_id: str) -> list[DataRequestRow]:
        """Return the data requests of a collection, in order."""
        with self._reading() as db:
            return tables.of_collection(db, collection_id)

    def data_request(self, row_id: int) -> DataRequestRow:
        """Return a data request as it is now."""
        with self._reading() as db:
            return tables.data_request(db, row_id)

    def query(self, row: CollectionRow | DataRequestRow) -> Query:
        """Return what a collection, or one of its data requests, asks for."""
        if "ids" not in row.query:
            return JobFilter.restored(row.query["filters"])
        with self._reading() as db:
            return JobIds(tables.kept_ids(db, _list_of(row)))

    def owned(self, collection_id: str) -> pl.Series:
        """Return the ids (Int64) of the postings that a collection takes out of the library."""
        with self._reading() as db:
            return tables.kept_ids(db, tables.list_name(collection_id, "owned"))

    def all_loaded(self, service: str) -> list[DataRequestRow]:
        """Return the data requests of a service that were loaded, by anybody, in that order."""
        one = DATA_REQUESTS.c
        with self._reading() as db:
            found = tables.data_requests(db, _of_service(service), one.turn.is_not(None), one.request_id.is_not(None))
        return sorted(found, key=lambda request: request.turn or 0)

    def turn(self) -> int:
        """Count the data requests that were ever loaded: what was bought since is told by it, whatever the clock."""
        with self._reading() as db:
            return tables.turn(db)

    def files(self, request: DataRequestRow) -> list[FileRow]:
        """Return the files of a data request, in order."""
        with self._reading() as db:
            return tables.files(db, request)

    def files_here(self, collection_id: str) -> int:
        """Count the files of a collection that are on disk."""
        counted = sa.select(sa.func.count(FILES.c.path)).select_from(FILES).join(DATA_REQUESTS)
        with self._reading() as db:
            return int(db.execute(counted.where(DATA_REQUESTS.c.collection_id == collection_id)).scalar_one())

    def credits_booked(self, service: str, since: float, until: float) -> int:
        """Sum the credits of all data requests accepted in a time: records received, or promised until they are."""
        within = DATA_REQUESTS.c.accepted_at.between(since, until)
        with self._reading() as db:
            return paid(tables.data_requests(db, within, _of_service(service)))

    def spent(self, service: str, allowance: Allowance) -> int:
        """Sum the credits that count against a budget: what is spent, or may be."""
        with self._reading() as db:
            return _spent(db, service, allowance)

    def in_flight(self, service: str, at: float) -> bool:
        """Tell whether a POST was on its way at a time, so that a balance read then says nothing certain."""
        one = DATA_REQUESTS.c
        unanswered = sa.or_(one.accepted_at >= at, one.state.in_(["sending", "unknown"]))
        found = sa.select(one.id).where(_of_service(service), one.sent_at <= at, unanswered).limit(1)
        with self._reading() as db:
            return db.execute(found).first() is not None

    def knows(self, request_id: str) -> DataRequestRow | None:
        """Return the data request that has this request id, if there is one."""
        with self._reading() as db:
            found = tables.data_requests(db, DATA_REQUESTS.c.request_id == request_id)
        return found[0] if found else None

    def frame(self) -> pl.DataFrame:
        """Return a table of all data requests, newest first, one row each.

        Returns
        -------
        polars.DataFrame
            ``collection``, ``number`` (of the data request in it), ``project``, ``account`` (tells keys apart, and is
            none), ``service``, ``query`` (shortened), ``state``, ``records`` (promised at the most), ``received``
            (null until loaded), ``credits`` (null where nobody knows whether it was charged), ``request_id``,
            ``sent_at``, ``accepted_at``, ``loaded_at`` and ``expires_at`` (of files that are not here yet); times are
            of UTC.
        """
        with self._reading() as db:
            found = {row.id: row for row in tables.collections(db)}
            requests = tables.data_requests(db)
        return books.frame((found[request.collection_id], request) for request in reversed(requests))

    # --- the way of a collection --------------------------------------------------------------------------

    def open(self, intent: Intent, *, replacing: str | None = None) -> tuple[CollectionRow, bool]:
        """Write an intent down, or find the collection that is already there: one winner among all processes.

        Parameters
        ----------
        intent : Intent
            What is about to be bought.
        replacing : str, optional
            Id of the current collection that this one is bought in place of; what of it was never sent is called
            off. If another is current by now, that one wins.

        Returns
        -------
        (CollectionRow, bool)
            The collection, and whether it is new.
        """
        with self._writing(charged=Charged.NO) as db:
            current = tables.current(db, intent.service, intent.key)
            if current is not None and current.id != replacing:
                return current, False
            if current is not None:
                for request in tables.of_collection(db, current.id):
                    tables.move(db, request, ("planned",), "refused", error=_REPLACED)
            tables.insert(db, intent)
            return tables.collection(db, intent.id), True

    def claim(
        self,
        request: DataRequestRow,
        *,
        account: str,
        at: float,
        allowances: Sequence[Allowance] = (),
        harmless: Container[int] = (),
    ) -> Claim:
        """Mark a planned data request as being sent: won by exactly one caller, within budget, with no rival.

        Parameters
        ----------
        request : DataRequestRow
            The data request.
        account : str
            Who pays.
        at : float
            Now, in seconds since the epoch.
        allowances : sequence of Allowance
            Budgets that must not be exceeded; what is, or may be, spent already is counted in this transaction.
        harmless : container of int
            Data requests (``id``) that are known to bring other postings.
        """
        with self._writing(charged=Charged.NO) as db:
            service = tables.collection(db, request.collection_id).service
            rivals = [] if request.basis is None else _rivals(db, request, service, request.basis)
            left = tuple(rival for rival in rivals if rival.id not in harmless)
            if left:
                return Claim(won=False, rivals=left)
            for allowance in allowances:
                spent = _spent(db, service, allowance)
                if spent + request.records * CREDITS_A_RECORD > allowance.credits:
                    return Claim(won=False, over=(allowance, spent))
            return Claim(won=tables.move(db, request, ("planned",), "sending", account=account, sent_at=at))

    def narrowed(
        self, request: DataRequestRow, ids: pl.Series | None, owned: pl.Series, *, basis: int
    ) -> DataRequestRow:
        """Ask for some ids only, in a data request that was not sent yet: others were bought since it was planned.

        Parameters
        ----------
        request : DataRequestRow
            The data request.
        ids : polars.Series or None
            What it still has to bring; when that is nothing, it is done. None leaves it as it is.
        owned : polars.Series
            What its collection takes out of the library instead.
        basis : int
            `turn` when that was looked up.
        """
        number, collection_id = request.number, request.collection_id
        with self._writing(charged=Charged.NO) as db:
            values: dict[str, Any] = {"basis": basis}
            if ids is None:
                tables.move(db, request, ("planned",), "planned", **values)
                return tables.data_request(db, request.id)
            values["records"] = len(ids)
            if len(ids):
                values["query"] = tables.keep_query(db, tables.list_name(collection_id, number), {"ids": ids.to_list()})
            else:
                values["received"] = 0
            if tables.move(db, request, ("planned",), "planned" if len(ids) else "loaded", **values):
                name = tables.list_name(collection_id, "owned")
                whole = pl.concat([tables.kept_ids(db, name), owned.rename("id")]).unique(maintain_order=True)
                tables.keep_ids(db, name, whole)
                db.execute(sa.update(COLLECTIONS).where(COLLECTIONS.c.id == collection_id).values(owned=len(whole)))
            return tables.data_request(db, request.id)

    def reopened(self, request: DataRequestRow) -> bool:
        """Plan a data request again that ended without files and, provably, without a charge."""
        with self._writing(charged=Charged.NO) as db:
            return tables.move(
                db,
                request,
                ("failed", "refused"),
                "planned",
                error=None,
                request_id=None,
                accepted_at=None,
                sent_at=None,
            )

    def never_arrived(self, request: DataRequestRow) -> bool:
        """Plan a data request again whose POST was lost, as the user knows; `sent_at` tells that there was one."""
        return self._move(request, ("sending", "unknown"), "planned", Charged.NO, error=None)

    def call_off(self, request: DataRequestRow, error: dict[str, Any]) -> bool:
        """Give up a planned data request that was never sent."""
        return self._move(request, ("planned",), "refused", Charged.NO, error=error)

    def accepted(self, request: DataRequestRow, request_id: str, *, at: float) -> None:
        """Record the request id of an accepted POST.

        Raises
        ------
        LedgerError
            Also when the data request is no longer being sent, as far as the ledger knows.
        """
        before: tuple[State, ...] = ("sending", "unknown")
        if not self._move(request, before, "accepted", Charged.YES, request_id=request_id, accepted_at=at, error=None):
            raise LedgerError("Its data request is in no state to be accepted.", charged=Charged.YES)

    def settled(self, request: DataRequestRow, request_id: str, *, at: float) -> None:
        """Record a request id that was learned later, and start over from there; files of another id are forgotten."""
        before: tuple[State, ...] = ("sending", "unknown", "failed")
        with self._writing(charged=Charged.YES) as db:
            if request_id != request.request_id:
                db.execute(sa.delete(FILES).where(FILES.c.data_request_id == request.id))
            tables.move(db, request, before, "accepted", request_id=request_id, accepted_at=at, error=None)

    def refused(self, request: DataRequestRow, error: dict[str, Any]) -> None:
        """Record that the POST was not accepted: nothing was charged."""
        self._move(request, ("sending",), "refused", Charged.NO, error=error)

    def unknown(self, request: DataRequestRow, error: dict[str, Any]) -> None:
        """Record that the POST may or may not have been accepted."""
        self._move(request, ("sending",), "unknown", Charged.UNKNOWN, error=error)

    def failed(self, request: DataRequestRow, error: dict[str, Any]) -> None:
        """Record that the service ended an accepted data request without files."""
        self._move(request, ("accepted", "ready"), "failed", Charged.UNKNOWN, error=error)

    def ready(self, request: DataRequestRow, names: Sequence[str], *, at: float) -> None:
        """Record the names of the result files; names that come later are added."""
        with self._writing(charged=Charged.YES) as db:
            known = {file.name for file in tables.files(db, request)}
            new = [name for name in names if name not in known]
            if new:
                rows = [
                    {"data_request_id": request.id, "number": number, "name": name}
                    for number, name in enumerate(new, start=len(known))
                ]
                db.execute(sa.insert(FILES), rows)
                tables.move(db, request, ("accepted", "fetched"), "ready", ready_at=at)

    def fetched(self, file: FileRow) -> None:
        """Record a file that is on disk, whole; the last one moves its data request to ``fetched``."""
        with self._writing(charged=Charged.YES) as db:
            of_its_request = FILES.c.data_request_id == file.data_request_id
            values = {name: getattr(file, name) for name in ("path", "size", "sha256", "records", "fetched_at")}
            db.execute(sa.update(FILES).where(of_its_request, FILES.c.number == file.number).values(values))
            missing = sa.exists().where(of_its_request, FILES.c.path.is_(None))
            ready = sa.and_(DATA_REQUESTS.c.id == file.data_request_id, DATA_REQUESTS.c.state == "ready")
            db.execute(sa.update(DATA_REQUESTS).where(ready, ~missing).values(state="fetched"))

    def loaded(self, request: DataRequestRow, received: int, *, at: float) -> None:
        """Record how many records were read from a data request's files, once they are in the library.

        When it was read first stays, however often it is read again.
        """
        with self._writing(charged=Charged.YES) as db:
            values: dict[str, Any] = {"received": received}
            if request.loaded_at is None:
                values["loaded_at"] = at
            if request.turn is None:
                values["turn"] = tables.turn(db) + 1
            tables.move(db, request, ("fetched", "loaded"), "loaded", **values)

    def reconciled(self, collection_id: str, reconciliation: dict[str, Any]) -> None:
        """Record how promise, payment and receipt compare."""
        with self._writing(charged=Charged.YES) as db:
            one = sa.update(COLLECTIONS).where(COLLECTIONS.c.id == collection_id)
            db.execute(one.values(reconciliation=reconciliation))

    # --- runs of what is followed -------------------------------------------------------------------------

    def runs(self, service: str, name: str | None = None) -> list[RunRow]:
        """Return the runs of a name, or of all, newest first."""
        with self._reading() as db:
            return tables.runs(db, RUNS.c.service == service, *([] if name is None else [RUNS.c.name == name]))

    def run_begun(self, service: str, name: str, query: dict[str, Any], since: str | None, *, at: float) -> RunRow:
        """Write down that a run begins: its id names what it buys."""
        with self._writing(charged=Charged.NO) as db:
            run = sa.insert(RUNS).values(service=service, name=name, query=query, started_at=at, since=since)
            made = db.execute(run.returning(RUNS.c.id)).scalar_one()
            return tables.runs(db, RUNS.c.id == made)[0]

    def run_noted(self, run: RunRow, **values: object) -> RunRow:
        """Write down how a run stands: columns of the table, by name."""
        with self._writing(charged=Charged.NO) as db:
            db.execute(sa.update(RUNS).where(RUNS.c.id == run.id).values(values))
            return tables.runs(db, RUNS.c.id == run.id)[0]

    def _move(
        self, request: DataRequestRow, before: Sequence[State], after: State, charged: Charged, **values: object
    ) -> bool:
        with self._writing(charged=charged) as db:
            return tables.move(db, request, before, after, **values)


def _list_of(row: CollectionRow | DataRequestRow) -> str:
    return (
        tables.list_name(row.id, None)
        if isinstance(row, CollectionRow)
        else tables.list_name(row.collection_id, row.number)
    )


def _of_service(service: str) -> sa.ColumnElement[bool]:
    return DATA_REQUESTS.c.collection_id.in_(sa.select(COLLECTIONS.c.id).where(COLLECTIONS.c.service == service))


def _spent(db: Connection, service: str, allowance: Allowance) -> int:
    return tables.spent(db, service, allowance.since, allowance.project, RESERVED) * CREDITS_A_RECORD


def _rivals(db: Connection, request: DataRequestRow, service: str, basis: int) -> list[DataRequestRow]:
    """Find what other collections are buying, or have bought since `basis`, that may be the same postings."""
    one = DATA_REQUESTS.c
    open_or_late = sa.or_(one.state.in_(list(IN_FLIGHT)), one.turn > basis)
    others = tables.data_requests(db, one.collection_id != request.collection_id, open_or_late, _of_service(service))
    if not others:
        return []

    def query(row: DataRequestRow) -> Query:
        return JobIds(tables.kept_ids(db, _list_of(row))) if row.by_ids else JobFilter.restored(row.query["filters"])

    mine = query(request)
    return [other for other in others if may_share(mine, query(other))]
