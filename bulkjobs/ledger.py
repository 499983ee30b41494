"""The memory on disk: every intent, POST, request id, file and credit, in one SQLite file that processes share."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Container, Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from . import books, tables
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

_REPLACED = {
    "type": "BulkJobsError",
    "message": "It was never sent: the same was collected anew.",
    "charged": "no",
    "next_step": "see client.collections()",
}


class Ledger:
    """The SQLite file of a home folder. Each call opens its own connection: safe from any thread and process.

    Parameters
    ----------
    path : Path
        The file; made when missing.

    Raises
    ------
    LedgerError
        From every method, when the file can't be read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._writing(charged=Charged.NO) as db:
            (found,) = db.execute("PRAGMA user_version").fetchone()
            if found not in {0, 2, 3, tables.VERSION}:
                age = "a newer" if found > tables.VERSION else "an early, unreleased"
                raise LedgerError(
                    f"The ledger {path} was written by {age} bulkjobs.",
                    next_step="use that version, or choose another home folder",
                )
            if found == 0:
                tables.create(db)
            elif found < tables.VERSION:
                tables.upgrade(db, found)

    # --- reading ------------------------------------------------------------------------------------------

    def collection(self, collection_id: str) -> CollectionRow:
        """Return one collection; an unambiguous beginning of its id will do.

        Raises
        ------
        UnknownCollection
            If there is none, or more than one.
        """
        with self._reading() as db:
            found = tables.collections(db, "substr(id, 1, ?) = ?", len(collection_id), collection_id)
        exact = [row for row in found if row.id == collection_id]
        if len(exact or found) != 1 or not collection_id:
            what = "No collection is" if not found else f"{len(found)} collections are"
            raise UnknownCollection(f"{what} called {collection_id!r}.", next_step="see client.collections()")
        return (exact or found)[0]

    def collections(self) -> list[CollectionRow]:
        """Return all collections, newest first."""
        with self._reading() as db:
            return tables.collections(db, "1")

    def overview(self) -> list[tuple[CollectionRow, tuple[DataRequestRow, ...]]]:
        """Return all collections, newest first, each with its data requests: two statements, however many there are."""
        with self._reading() as db:
            rows = tables.collections(db, "1")  # first: what is made meanwhile has its data requests passed over
            found: dict[str, list[DataRequestRow]] = {row.id: [] for row in rows}
            for request in tables.data_requests(db, "1"):
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
            return tables.collections(
                db, "service = ? AND substr(key, 1, ?) = ?", service, len(fingerprint), fingerprint
            )

    def data_requests(self, collection_id: str) -> list[DataRequestRow]:
        """Return the data requests of a collection, in order."""
        with self._reading() as db:
            return tables.data_requests(db, "collection_id = ?", collection_id)

    def data_request(self, row_id: int) -> DataRequestRow:
        """Return a data request as it is now."""
        with self._reading() as db:
            return tables.data_requests(db, "id = ?", row_id)[0]

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

    def turn(self) -> int:
        """Count the data requests that were ever loaded: what was bought since is told by it, whatever the clock."""
        sql = "SELECT COALESCE(MAX(turn), 0) FROM data_requests"
        with self._reading() as db:
            return int(db.execute(sql).fetchone()[0])

    def files(self, request: DataRequestRow) -> list[FileRow]:
        """Return the files of a data request, in order."""
        with self._reading() as db:
            rows = db.execute("SELECT * FROM files WHERE data_request_id = ? ORDER BY number", (request.id,)).fetchall()
        return [FileRow(**dict(row)) for row in rows]

    def files_here(self, collection_id: str) -> int:
        """Count the files of a collection that are on disk."""
        sql = """SELECT COUNT(path) FROM files f JOIN data_requests r ON r.id = f.data_request_id
                 WHERE r.collection_id = ?"""
        with self._reading() as db:
            return int(db.execute(sql, (collection_id,)).fetchone()[0])

    def credits_booked(self, service: str, since: float, until: float) -> int:
        """Sum the credits of all data requests accepted in a time: records received, or promised until they are."""
        where = "accepted_at BETWEEN ? AND ? AND collection_id IN (SELECT id FROM collections WHERE service = ?)"
        with self._reading() as db:
            return paid(tables.data_requests(db, where, since, until, service))

    def spent(self, service: str, allowance: Allowance) -> int:
        """Sum the credits that count against a budget: what is spent, or may be."""
        with self._reading() as db:
            return _spent(db, service, allowance)

    def in_flight(self, service: str, at: float) -> bool:
        """Tell whether a POST was on its way at a time, so that a balance read then says nothing certain."""
        sql = """SELECT 1 FROM data_requests r JOIN collections c ON c.id = r.collection_id
                 WHERE c.service = ? AND r.sent_at <= ? AND (r.accepted_at >= ? OR r.state IN ('sending', 'unknown'))"""
        with self._reading() as db:
            return db.execute(sql, (service, at, at)).fetchone() is not None

    def knows(self, request_id: str) -> DataRequestRow | None:
        """Return the data request that has this request id, if there is one."""
        with self._reading() as db:
            found = tables.data_requests(db, "request_id = ?", request_id)
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
            found = {row.id: row for row in tables.collections(db, "1")}
            requests = tables.data_requests(db, "1")
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
                for request in tables.data_requests(db, "collection_id = ?", current.id):
                    tables.move(db, request, ("planned",), "refused", error=json.dumps(_REPLACED))
            tables.insert(db, intent)
            return tables.collections(db, "id = ?", intent.id)[0], True

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
            rivals = [] if request.basis is None else _rivals(db, request, request.basis)
            left = tuple(rival for rival in rivals if rival.id not in harmless)
            if left:
                return Claim(won=False, rivals=left)
            service = tables.collections(db, "id = ?", request.collection_id)[0].service
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
                return tables.data_requests(db, "id = ?", request.id)[0]
            values["records"] = len(ids)
            if len(ids):
                values["query"] = tables.keep_query(db, tables.list_name(collection_id, number), {"ids": ids.to_list()})
            else:
                values["received"] = 0
            if tables.move(db, request, ("planned",), "planned" if len(ids) else "loaded", **values):
                name = tables.list_name(collection_id, "owned")
                whole = pl.concat([tables.kept_ids(db, name), owned.rename("id")]).unique(maintain_order=True)
                tables.keep_ids(db, name, whole)
                db.execute("UPDATE collections SET owned = ? WHERE id = ?", (len(whole), collection_id))
            return tables.data_requests(db, "id = ?", request.id)[0]

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
        return self._move(request, ("planned",), "refused", Charged.NO, error=json.dumps(error))

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
                db.execute("DELETE FROM files WHERE data_request_id = ?", (request.id,))
            tables.move(db, request, before, "accepted", request_id=request_id, accepted_at=at, error=None)

    def refused(self, request: DataRequestRow, error: dict[str, Any]) -> None:
        """Record that the POST was not accepted: nothing was charged."""
        self._move(request, ("sending",), "refused", Charged.NO, error=json.dumps(error))

    def unknown(self, request: DataRequestRow, error: dict[str, Any]) -> None:
        """Record that the POST may or may not have been accepted."""
        self._move(request, ("sending",), "unknown", Charged.UNKNOWN, error=json.dumps(error))

    def failed(self, request: DataRequestRow, error: dict[str, Any]) -> None:
        """Record that the service ended an accepted data request without files."""
        self._move(request, ("accepted", "ready"), "failed", Charged.UNKNOWN, error=json.dumps(error))

    def ready(self, request: DataRequestRow, names: Sequence[str], *, at: float) -> None:
        """Record the names of the result files; names that come later are added."""
        with self._writing(charged=Charged.YES) as db:
            known = {
                row["name"] for row in db.execute("SELECT name FROM files WHERE data_request_id = ?", (request.id,))
            }
            new = [name for name in names if name not in known]
            db.executemany(
                "INSERT INTO files (data_request_id, number, name) VALUES (?, ?, ?)",
                [(request.id, number, name) for number, name in enumerate(new, start=len(known))],
            )
            if new:
                tables.move(db, request, ("accepted", "fetched"), "ready", ready_at=at)

    def fetched(self, file: FileRow) -> None:
        """Record a file that is on disk, whole; the last one moves its data request to ``fetched``."""
        with self._writing(charged=Charged.YES) as db:
            db.execute(
                "UPDATE files SET path = ?, size = ?, sha256 = ?, records = ?, fetched_at = ?"
                " WHERE data_request_id = ? AND number = ?",
                (file.path, file.size, file.sha256, file.records, file.fetched_at, file.data_request_id, file.number),
            )
            db.execute(
                "UPDATE data_requests SET state = 'fetched' WHERE id = ? AND state = 'ready' AND NOT EXISTS"
                " (SELECT 1 FROM files WHERE data_request_id = ? AND path IS NULL)",
                (file.data_request_id, file.data_request_id),
            )

    def loaded(self, request: DataRequestRow, received: int, *, at: float) -> None:
        """Record how many records were read from a data request's files, once they are in the library.

        When it was read first stays, however often it is read again.
        """
        with self._writing(charged=Charged.YES) as db:
            values: dict[str, Any] = {"received": received}
            if request.loaded_at is None:
                values["loaded_at"] = at
            if request.turn is None:
                values["turn"] = db.execute("SELECT COALESCE(MAX(turn), 0) + 1 FROM data_requests").fetchone()[0]
            tables.move(db, request, ("fetched", "loaded"), "loaded", **values)

    def reconciled(self, collection_id: str, reconciliation: dict[str, Any]) -> None:
        """Record how promise, payment and receipt compare."""
        with self._writing(charged=Charged.YES) as db:
            db.execute(
                "UPDATE collections SET reconciliation = ? WHERE id = ?", (json.dumps(reconciliation), collection_id)
            )

    # --- runs of what is followed -------------------------------------------------------------------------

    def runs(self, service: str, name: str | None = None) -> list[RunRow]:
        """Return the runs of a name, or of all, newest first."""
        with self._reading() as db:
            return tables.runs(db, "service = ? AND (? IS NULL OR name = ?)", service, name, name)

    def run_begun(self, service: str, name: str, query: dict[str, Any], since: str | None, *, at: float) -> RunRow:
        """Write down that a run begins: its id names what it buys."""
        with self._writing(charged=Charged.NO) as db:
            sql = "INSERT INTO runs (service, name, query, started_at, since) VALUES (?, ?, ?, ?, ?)"
            made = db.execute(sql, (service, name, json.dumps(query), at, since)).lastrowid
            return tables.runs(db, "id = ?", made)[0]

    def run_noted(self, run: RunRow, **values: object) -> RunRow:
        """Write down how a run stands: columns of the table, by name."""
        columns = ", ".join(f"{name} = ?" for name in values)
        with self._writing(charged=Charged.NO) as db:
            db.execute(f"UPDATE runs SET {columns} WHERE id = ?", (*values.values(), run.id))  # noqa: S608 - our names
            return tables.runs(db, "id = ?", run.id)[0]

    # --- SQLite -------------------------------------------------------------------------------------------

    def _move(
        self, request: DataRequestRow, before: Sequence[State], after: State, charged: Charged, **values: object
    ) -> bool:
        with self._writing(charged=charged) as db:
            return tables.move(db, request, before, after, **values)

    @contextlib.contextmanager
    def _reading(self, charged: Charged = Charged.NO) -> Iterator[sqlite3.Connection]:
        try:
            with contextlib.closing(sqlite3.connect(self.path, timeout=30.0, isolation_level=None)) as db:
                db.row_factory = sqlite3.Row
                yield db
        except sqlite3.Error as error:
            raise LedgerError(
                f"The ledger {self.path} can't be used ({error}).",
                charged=charged,
                retry_safe=charged is Charged.NO,
                next_step="free disk space, correct its permissions, or choose another home",
            ) from error

    @contextlib.contextmanager
    def _writing(self, charged: Charged) -> Iterator[sqlite3.Connection]:
        """One transaction, on disk when it ends; `charged` tells what a failure to write would hide.

        A rollback journal with EXTRA synchronisation: slower than a write-ahead log, which network file systems
        (where many shared notebooks have their homes) can't do, and durable through a loss of power.
        """
        with self._reading(charged) as db:
            db.execute("PRAGMA synchronous = EXTRA")
            db.execute("PRAGMA fullfsync = ON")  # on macOS a plain fsync does not reach the disk
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")


def _list_of(row: CollectionRow | DataRequestRow) -> str:
    return (
        tables.list_name(row.id, None)
        if isinstance(row, CollectionRow)
        else tables.list_name(row.collection_id, row.number)
    )


def _spent(db: sqlite3.Connection, service: str, allowance: Allowance) -> int:
    return tables.spent(db, service, allowance.since, allowance.project, RESERVED) * CREDITS_A_RECORD


def _rivals(db: sqlite3.Connection, request: DataRequestRow, basis: int) -> list[DataRequestRow]:
    """Find what other collections are buying, or have bought since `basis`, that may be the same postings."""
    # Nothing but question marks is put into the text.
    where = f"""collection_id != ? AND (state IN ({", ".join("?" * len(IN_FLIGHT))}) OR turn > ?) AND collection_id IN
                (SELECT id FROM collections WHERE service = (SELECT service FROM collections WHERE id = ?))"""  # noqa: S608
    others = tables.data_requests(db, where, request.collection_id, *IN_FLIGHT, basis, request.collection_id)
    if not others:
        return []

    def query(row: DataRequestRow) -> Query:
        return JobIds(tables.kept_ids(db, _list_of(row))) if row.by_ids else JobFilter.restored(row.query["filters"])

    mine = query(request)
    return [other for other in others if may_share(mine, query(other))]
