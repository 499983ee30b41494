"""The memory on disk: every intent, POST, request id, file and credit, in one SQLite file that processes share."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .errors import Charged, LedgerError, UnknownCollection
from .rows import CREDITS_A_RECORD, CollectionRow, DataRequestRow, FileRow, Intent, State, bought, is_void

_REPLACED = {
    "type": "BulkJobsError",
    "message": "It was never sent: the same was collected anew.",
    "charged": "no",
    "next_step": "see client.collections()",
}
_SCHEMA_VERSION = 2
_SCHEMA = (
    """CREATE TABLE collections (
    id          TEXT PRIMARY KEY,
    service     TEXT NOT NULL,
    key         TEXT NOT NULL,           -- query and limit: the same again attaches to this collection
    query       TEXT NOT NULL,
    record_limit INTEGER,
    matched     INTEGER,
    made_at     REAL NOT NULL,
    account     TEXT NOT NULL,           -- tells one API key from another; no key can be found from it
    balance_before INTEGER,
    reconciliation TEXT
)""",
    "CREATE INDEX collections_by_key ON collections (service, key)",
    """CREATE TABLE data_requests (
    id            INTEGER PRIMARY KEY,
    collection_id TEXT NOT NULL REFERENCES collections (id),
    number        INTEGER NOT NULL,
    query         TEXT NOT NULL,
    records       INTEGER NOT NULL,
    state         TEXT NOT NULL DEFAULT 'planned',
    account       TEXT,
    request_id    TEXT,
    sent_at       REAL,
    accepted_at   REAL,
    ready_at      REAL,
    loaded_at     REAL,
    received      INTEGER,
    error         TEXT,
    UNIQUE (collection_id, number)
)""",
    """CREATE TABLE files (
    data_request_id INTEGER NOT NULL REFERENCES data_requests (id),
    number     INTEGER NOT NULL,
    name       TEXT NOT NULL,
    path       TEXT,                     -- below the home folder; NULL until it is on disk, whole and checked
    size       INTEGER,
    sha256     TEXT,
    records    INTEGER,
    fetched_at REAL,
    PRIMARY KEY (data_request_id, number)
)""",
)


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
            if found not in {0, _SCHEMA_VERSION}:
                age = "a newer" if found > _SCHEMA_VERSION else "an early, unreleased"
                raise LedgerError(
                    f"The ledger {path} was written by {age} bulkjobs.",
                    next_step="use that version, or choose another home folder",
                )
            if found == 0:
                for statement in _SCHEMA:
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")

    # --- reading ------------------------------------------------------------------------------------------

    def collection(self, collection_id: str) -> CollectionRow:
        """Return one collection; an unambiguous beginning of its id will do.

        Raises
        ------
        UnknownCollection
            If there is none, or more than one.
        """
        with self._reading() as db:
            found = _collections(db, "substr(id, 1, ?) = ?", len(collection_id), collection_id)
        exact = [row for row in found if row.id == collection_id]
        if len(exact or found) != 1 or not collection_id:
            what = "No collection is" if not found else f"{len(found)} collections are"
            raise UnknownCollection(f"{what} called {collection_id!r}.", next_step="see client.collections()")
        return (exact or found)[0]

    def collections(self) -> list[CollectionRow]:
        """Return all collections, newest first."""
        with self._reading() as db:
            return _collections(db, "1")

    def current(self, service: str, key: str) -> CollectionRow | None:
        """Return the collection that the same query and limit attach to: the newest that is not void."""
        with self._reading() as db:
            return _current(db, service, key)

    def same_query(self, service: str, fingerprint: str) -> list[CollectionRow]:
        """Return all collections of a query, with any limit, newest first."""
        with self._reading() as db:
            return _collections(db, "service = ? AND substr(key, 1, ?) = ?", service, len(fingerprint), fingerprint)

    def data_requests(self, collection_id: str) -> list[DataRequestRow]:
        """Return the data requests of a collection, in order."""
        with self._reading() as db:
            return _data_requests(db, "collection_id = ?", collection_id)

    def files(self, request: DataRequestRow) -> list[FileRow]:
        """Return the files of a data request, in order."""
        with self._reading() as db:
            rows = db.execute("SELECT * FROM files WHERE data_request_id = ? ORDER BY number", (request.id,)).fetchall()
        return [FileRow(**dict(row)) for row in rows]

    def credits_booked(self, service: str, since: float, until: float) -> int:
        """Sum the credits of all data requests accepted in a time: records received, or promised until they are."""
        where = "accepted_at BETWEEN ? AND ? AND collection_id IN (SELECT id FROM collections WHERE service = ?)"
        with self._reading() as db:
            return bought(_data_requests(db, where, since, until, service)) * CREDITS_A_RECORD

    def in_flight(self, service: str, at: float) -> bool:
        """Tell whether a POST was on its way at a time, so that a balance read then says nothing certain."""
        sql = """SELECT 1 FROM data_requests r JOIN collections c ON c.id = r.collection_id
                 WHERE c.service = ? AND r.sent_at <= ? AND (r.accepted_at >= ? OR r.state IN ('sending', 'unknown'))"""
        with self._reading() as db:
            return db.execute(sql, (service, at, at)).fetchone() is not None

    def knows(self, request_id: str) -> DataRequestRow | None:
        """Return the data request that has this request id, if there is one."""
        with self._reading() as db:
            found = _data_requests(db, "request_id = ?", request_id)
        return found[0] if found else None

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
            current = _current(db, intent.service, intent.key)
            if current is not None and current.id != replacing:
                return current, False
            if current is not None:
                for request in _data_requests(db, "collection_id = ?", current.id):
                    _move(db, request, ("planned",), "refused", error=json.dumps(_REPLACED))
            _insert(db, intent)
            return _collections(db, "id = ?", intent.id)[0], True

    def claim(self, request: DataRequestRow, *, account: str, at: float) -> bool:
        """Mark a planned data request as being sent; True for exactly one caller."""
        return self._move(request, ("planned",), "sending", Charged.NO, account=account, sent_at=at)

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
            _move(db, request, before, "accepted", request_id=request_id, accepted_at=at, error=None)

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
                _move(db, request, ("accepted", "fetched"), "ready", ready_at=at)

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
        """Record how many records were read from a data request's files."""
        self._move(request, ("fetched", "loaded"), "loaded", Charged.YES, received=received, loaded_at=at)

    def reconciled(self, collection_id: str, reconciliation: dict[str, Any]) -> None:
        """Record how promise, payment and receipt compare."""
        with self._writing(charged=Charged.YES) as db:
            db.execute(
                "UPDATE collections SET reconciliation = ? WHERE id = ?", (json.dumps(reconciliation), collection_id)
            )

    # --- SQLite -------------------------------------------------------------------------------------------

    def _move(
        self, request: DataRequestRow, before: Sequence[State], after: State, charged: Charged, **values: object
    ) -> bool:
        with self._writing(charged=charged) as db:
            return _move(db, request, before, after, **values)

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


def _current(db: sqlite3.Connection, service: str, key: str) -> CollectionRow | None:
    found = _collections(db, "service = ? AND key = ?", service, key)
    return next((row for row in found if not is_void(_data_requests(db, "collection_id = ?", row.id))), None)


def _collections(db: sqlite3.Connection, where: str, *values: object) -> list[CollectionRow]:
    sql = f"SELECT * FROM collections WHERE {where} ORDER BY made_at DESC, rowid DESC"  # noqa: S608 - constants
    rows = db.execute(sql, values).fetchall()
    return [CollectionRow(**_decoded(row, "query", "reconciliation")) for row in rows]


def _data_requests(db: sqlite3.Connection, where: str, *values: object) -> list[DataRequestRow]:
    rows = db.execute(f"SELECT * FROM data_requests WHERE {where} ORDER BY id", values)  # noqa: S608 - constants
    return [DataRequestRow(**_decoded(row, "query", "error")) for row in rows.fetchall()]


def _insert(db: sqlite3.Connection, intent: Intent) -> None:
    db.execute(
        "INSERT INTO collections (id, service, key, query, record_limit, matched, made_at, account, balance_before)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            intent.id,
            intent.service,
            intent.key,
            json.dumps(intent.query),
            intent.record_limit,
            intent.matched,
            intent.made_at,
            intent.account,
            intent.balance_before,
        ),
    )
    db.executemany(
        "INSERT INTO data_requests (collection_id, number, query, records) VALUES (?, ?, ?, ?)",
        [(intent.id, number, json.dumps(query), n) for number, (query, n) in enumerate(intent.requests)],
    )


def _move(
    db: sqlite3.Connection,
    request: DataRequestRow,
    before: Sequence[State],
    after: State,
    **values: object,
) -> bool:
    columns = "".join(f", {name} = ?" for name in values)
    sql = f"UPDATE data_requests SET state = ?{columns} WHERE id = ? AND state IN ({', '.join('?' * len(before))})"  # noqa: S608
    return db.execute(sql, (after, *values.values(), request.id, *before)).rowcount == 1


def _decoded(row: sqlite3.Row, *names: str) -> dict[str, Any]:
    values = dict(row)
    for name in names:
        values[name] = json.loads(values[name]) if values[name] is not None else None
    return values
