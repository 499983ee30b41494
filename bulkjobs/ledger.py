"""The memory on disk: every intent, POST, request id, file and credit, in one SQLite file that processes share."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .errors import LedgerError, UnknownCollection
from .rows import CollectionRow, DataRequestRow, FileRow, Intent, State, is_void

_SCHEMA_VERSION = 1
_SCHEMA = (
    """CREATE TABLE collections (
    id          TEXT PRIMARY KEY,
    service     TEXT NOT NULL,
    key         TEXT NOT NULL,           -- query and limit: the same again attaches to this collection
    query       TEXT NOT NULL,
    record_limit INTEGER,
    matched     INTEGER,
    made_at     REAL NOT NULL,
    live        INTEGER NOT NULL DEFAULT 1,
    balance_before INTEGER,
    reconciliation TEXT
)""",
    "CREATE UNIQUE INDEX one_live_collection ON collections (service, key) WHERE live",
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
        with self._writing() as db:
            (found,) = db.execute("PRAGMA user_version").fetchone()
            if found > _SCHEMA_VERSION:
                raise LedgerError(
                    f"The ledger {path} was written by a newer bulkjobs.",
                    next_step="update bulkjobs, or choose another home",
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
        found = self._collections("substr(id, 1, ?) = ?", len(collection_id), collection_id)
        exact = [row for row in found if row.id == collection_id]
        if len(exact or found) != 1 or not collection_id:
            what = "No collection is" if not found else f"{len(found)} collections are"
            raise UnknownCollection(f"{what} called {collection_id!r}.", next_step="see client.collections()")
        return (exact or found)[0]

    def collections(self) -> list[CollectionRow]:
        """Return all collections, newest first."""
        return self._collections("1")

    def live(self, service: str, key: str) -> CollectionRow | None:
        """Return the collection that the same query and limit attach to, if there is one."""
        found = self._collections("service = ? AND key = ? AND live", service, key)
        return found[0] if found and not is_void(self.data_requests(found[0].id)) else None

    def data_requests(self, collection_id: str) -> list[DataRequestRow]:
        """Return the data requests of a collection, in order."""
        with self._reading() as db:
            return _data_requests(db, collection_id)

    def files(self, data_request: DataRequestRow) -> list[FileRow]:
        """Return the files of a data request, in order."""
        with self._reading() as db:
            rows = db.execute(
                "SELECT * FROM files WHERE data_request_id = ? ORDER BY number", (data_request.id,)
            ).fetchall()
        return [FileRow(**dict(row)) for row in rows]

    def credits_booked(self, service: str, since: float, until: float) -> int:
        """Sum the credits of all data requests accepted in a time: records received, or promised until they are."""
        sql = """SELECT coalesce(sum(coalesce(r.received, r.records)), 0)
                 FROM data_requests r JOIN collections c ON c.id = r.collection_id
                 WHERE c.service = ? AND r.state IN ('accepted', 'ready', 'fetched', 'loaded')
                 AND r.accepted_at BETWEEN ? AND ?"""
        with self._reading() as db:
            (total,) = db.execute(sql, (service, since, until)).fetchone()
        return int(total)

    # --- the way of a collection --------------------------------------------------------------------------

    def open(self, intent: Intent, *, replacing: str | None = None) -> tuple[CollectionRow, bool]:
        """Write an intent down, or find the collection that is already there: one winner among all processes.

        Parameters
        ----------
        intent : Intent
            What is about to be bought.
        replacing : str, optional
            Id of the live collection that this one takes the place of. If another is live by now, that one wins.

        Returns
        -------
        (CollectionRow, bool)
            The collection, and whether it is new.
        """
        with self._writing() as db:
            row = db.execute(
                "SELECT id FROM collections WHERE service = ? AND key = ? AND live",
                (intent.service, intent.key),
            ).fetchone()
            made = row is None or row["id"] == replacing or is_void(_data_requests(db, row["id"]))
            if made:
                if row is not None:
                    db.execute("UPDATE collections SET live = 0 WHERE id = ?", (row["id"],))
                _insert(db, intent)
        return self.collection(intent.id if made else row["id"]), made

    def claim(self, data_request: DataRequestRow, *, account: str, at: float) -> bool:
        """Mark a planned data request as being sent; True for exactly one caller."""
        return self._move(data_request, ("planned",), "sending", account=account, sent_at=at)

    def accepted(self, data_request: DataRequestRow, request_id: str, *, at: float) -> None:
        """Record the request id of an accepted POST, or one that is learned or asked for again later."""
        before: tuple[State, ...] = ("sending", "unknown", "failed")
        self._move(data_request, before, "accepted", request_id=request_id, accepted_at=at, error=None)

    def refused(self, data_request: DataRequestRow, error: dict[str, Any]) -> None:
        """Record that the POST was not accepted, or never sent: nothing was charged."""
        self._move(data_request, ("planned", "sending"), "refused", error=json.dumps(error))

    def unknown(self, data_request: DataRequestRow, error: dict[str, Any]) -> None:
        """Record that the POST may or may not have been accepted."""
        self._move(data_request, ("sending",), "unknown", error=json.dumps(error))

    def failed(self, data_request: DataRequestRow, error: dict[str, Any]) -> None:
        """Record that the service ended an accepted data request without files."""
        self._move(data_request, ("accepted", "ready"), "failed", error=json.dumps(error))

    def ready(self, data_request: DataRequestRow, names: Sequence[str], *, at: float) -> None:
        """Record the names of the result files."""
        with self._writing() as db:
            db.executemany(
                "INSERT OR IGNORE INTO files (data_request_id, number, name) VALUES (?, ?, ?)",
                [(data_request.id, number, name) for number, name in enumerate(names)],
            )
            _move(db, data_request, ("accepted",), "ready", ready_at=at)

    def fetched(self, file: FileRow) -> None:
        """Record a file that is on disk, whole; the last one moves its data request to ``fetched``."""
        with self._writing() as db:
            db.execute(
                "UPDATE files SET path = ?, size = ?, sha256 = ?, records = ?, fetched_at = ?"
                " WHERE data_request_id = ? AND number = ?",
                (
                    file.path,
                    file.size,
                    file.sha256,
                    file.records,
                    file.fetched_at,
                    file.data_request_id,
                    file.number,
                ),
            )
            db.execute(
                "UPDATE data_requests SET state = 'fetched' WHERE id = ? AND state = 'ready' AND NOT EXISTS"
                " (SELECT 1 FROM files WHERE data_request_id = ? AND path IS NULL)",
                (file.data_request_id, file.data_request_id),
            )

    def loaded(self, data_request: DataRequestRow, received: int, *, at: float) -> None:
        """Record how many records were read from a data request's files."""
        self._move(data_request, ("fetched",), "loaded", received=received, loaded_at=at)

    def reconciled(self, collection_id: str, reconciliation: dict[str, Any]) -> None:
        """Record how promise, payment and receipt compare."""
        with self._writing() as db:
            db.execute(
                "UPDATE collections SET reconciliation = ? WHERE id = ?",
                (json.dumps(reconciliation), collection_id),
            )

    # --- SQLite -------------------------------------------------------------------------------------------

    def _collections(self, where: str, *values: object) -> list[CollectionRow]:
        sql = f"SELECT * FROM collections WHERE {where} ORDER BY made_at DESC, rowid DESC"  # noqa: S608 - constants
        with self._reading() as db:
            rows = db.execute(sql, values).fetchall()
        decoded = [_decoded(row, "query", "reconciliation") for row in rows]
        return [CollectionRow(**{**row, "live": bool(row["live"])}) for row in decoded]

    def _move(self, data_request: DataRequestRow, before: Sequence[State], after: State, **values: object) -> bool:
        with self._writing() as db:
            return _move(db, data_request, before, after, **values)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            with contextlib.closing(sqlite3.connect(self.path, timeout=60.0, isolation_level=None)) as db:
                db.row_factory = sqlite3.Row
                yield db
        except sqlite3.Error as error:
            raise LedgerError(
                f"The ledger {self.path} can't be used ({error}).",
                next_step="free disk space, correct its permissions, or choose another home",
            ) from error

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, on disk when it ends.

        A rollback journal with EXTRA synchronisation: slower than a write-ahead log, which network file systems
        (where many shared notebooks have their homes) can't do, and durable through a loss of power.
        """
        with self._reading() as db:
            db.execute("PRAGMA synchronous = EXTRA")
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")


def _data_requests(db: sqlite3.Connection, collection_id: str) -> list[DataRequestRow]:
    rows = db.execute("SELECT * FROM data_requests WHERE collection_id = ? ORDER BY number", (collection_id,))
    return [DataRequestRow(**_decoded(row, "query", "error")) for row in rows.fetchall()]


def _insert(db: sqlite3.Connection, intent: Intent) -> None:
    db.execute(
        "INSERT INTO collections (id, service, key, query, record_limit, matched, made_at, balance_before)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            intent.id,
            intent.service,
            intent.key,
            json.dumps(intent.query),
            intent.record_limit,
            intent.matched,
            intent.made_at,
            intent.balance_before,
        ),
    )
    db.executemany(
        "INSERT INTO data_requests (collection_id, number, query, records) VALUES (?, ?, ?, ?)",
        [(intent.id, number, json.dumps(query), n) for number, (query, n) in enumerate(intent.requests)],
    )


def _move(
    db: sqlite3.Connection,
    data_request: DataRequestRow,
    before: Sequence[State],
    after: State,
    **values: object,
) -> bool:
    columns = "".join(f", {name} = ?" for name in values)
    sql = f"UPDATE data_requests SET state = ?{columns} WHERE id = ? AND state IN ({', '.join('?' * len(before))})"  # noqa: S608
    return db.execute(sql, (after, *values.values(), data_request.id, *before)).rowcount == 1


def _decoded(row: sqlite3.Row, *names: str) -> dict[str, Any]:
    values = dict(row)
    for name in names:
        values[name] = json.loads(values[name]) if values[name] is not None else None
    return values
