"""The tables of the ledger: their schema, how an older one is brought up to date, and how rows become values."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from .rows import CollectionRow, DataRequestRow, Intent, RunRow, State, is_void

VERSION = 4
_IDS = """CREATE TABLE id_lists (
    name TEXT PRIMARY KEY,               -- see `list_name`
    ids  BLOB NOT NULL                   -- an Arrow file of one column
)"""
_RUNS = """CREATE TABLE runs (
    id          INTEGER PRIMARY KEY,
    service     TEXT NOT NULL,
    name        TEXT NOT NULL,
    query       TEXT NOT NULL,           -- the whole filter that is followed
    started_at  REAL NOT NULL,
    since       TEXT,                    -- postings updated from then on were looked at; NULL: all
    collection_id TEXT REFERENCES collections (id),
    records     INTEGER,                 -- postings bought
    changed     INTEGER,                 -- those of them of which the library held an older version
    credits     INTEGER,
    newest      TEXT,                    -- where the next run begins
    finished_at REAL,                    -- NULL: the next run has to finish it
    error       TEXT                     -- what it ended with, or stands still for
)"""
_SCHEMA = (
    """CREATE TABLE collections (
    id          TEXT PRIMARY KEY,
    service     TEXT NOT NULL,
    key         TEXT NOT NULL,           -- query and limit: the same again attaches to this collection
    query       TEXT NOT NULL,           -- of an id list its length only; the ids are in id_lists
    record_limit INTEGER,
    matched     INTEGER,
    made_at     REAL NOT NULL,
    account     TEXT NOT NULL,           -- tells one API key from another; no key can be found from it
    balance_before INTEGER,
    reconciliation TEXT,
    owned       INTEGER NOT NULL DEFAULT 0,  -- postings that it takes out of the library and does not buy
    project     TEXT                     -- whose budget paid
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
    basis         INTEGER,               -- the turn at which it was looked up what is owned; NULL: does not matter
    turn          INTEGER,               -- counts up with each data request that is loaded
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
    _IDS,
    _RUNS,
)
_FROM_2 = (
    "ALTER TABLE collections ADD COLUMN owned INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE collections ADD COLUMN project TEXT",
    "ALTER TABLE data_requests ADD COLUMN basis INTEGER",
    "ALTER TABLE data_requests ADD COLUMN turn INTEGER",
    _IDS,
)


def create(db: sqlite3.Connection) -> None:
    """Make the tables."""
    for statement in _SCHEMA:
        db.execute(statement)
    db.execute(f"PRAGMA user_version = {VERSION}")


def upgrade(db: sqlite3.Connection, version: int) -> None:
    """Bring the tables of an earlier version, from 2 on, up to date."""
    if version == 2:
        _upgrade_2(db)
    db.execute(_RUNS)
    db.execute(f"PRAGMA user_version = {VERSION}")


def _upgrade_2(db: sqlite3.Connection) -> None:
    """Give id lists a table of their own."""
    for statement in _FROM_2:
        db.execute(statement)
    for table, columns in (("collections", "id, NULL"), ("data_requests", "collection_id, number")):
        rows = db.execute(f"SELECT rowid, query, {columns} FROM {table}").fetchall()  # noqa: S608 - constants
        for rowid, query, collection_id, number in rows:
            kept = keep_query(db, list_name(collection_id, number), json.loads(query))
            db.execute(f"UPDATE {table} SET query = ? WHERE rowid = ?", (kept, rowid))  # noqa: S608 - constants


# --- id lists ---------------------------------------------------------------------------------------------


def list_name(collection_id: str, part: int | str | None) -> str:
    """Name the ids of a collection's query (None), of one of its data requests (a number), or "owned"."""
    return collection_id if part is None else f"{collection_id}/{part}"


def keep_query(db: sqlite3.Connection, name: str, query: dict[str, Any]) -> str:
    """Return a query as JSON; of an id list its length, the ids are put by."""
    if "ids" in query:
        keep_ids(db, name, query["ids"])
        query = {"ids": len(query["ids"])}
    return json.dumps(query)


def keep_ids(db: sqlite3.Connection, name: str, ids: pl.Series | Sequence[int]) -> None:
    """Put an id list by, in place of an earlier one of that name."""
    buffer = io.BytesIO()
    pl.Series("id", ids, dtype=pl.Int64).to_frame().write_ipc(buffer, compression="zstd")
    db.execute("INSERT OR REPLACE INTO id_lists VALUES (?, ?)", (name, buffer.getvalue()))


def kept_ids(db: sqlite3.Connection, name: str) -> pl.Series:
    """Return an id list, empty when there is none of that name."""
    found = db.execute("SELECT ids FROM id_lists WHERE name = ?", (name,)).fetchone()
    return pl.Series("id", [], pl.Int64) if found is None else pl.read_ipc(io.BytesIO(found[0]))["id"]


# --- rows -------------------------------------------------------------------------------------------------


def current(db: sqlite3.Connection, service: str, key: str) -> CollectionRow | None:
    """Return the newest collection of a query and limit that is not void: one that the library gave whole is not."""
    for row in collections(db, "service = ? AND key = ?", service, key):
        requests = data_requests(db, "collection_id = ?", row.id)
        if not is_void(requests) or (row.owned and not requests):
            return row
    return None


def collections(db: sqlite3.Connection, where: str, *values: object) -> list[CollectionRow]:
    """Return collections, newest first."""
    sql = f"SELECT * FROM collections WHERE {where} ORDER BY made_at DESC, rowid DESC"  # noqa: S608 - constants
    rows = db.execute(sql, values).fetchall()
    return [CollectionRow(**_decoded(row, "query", "reconciliation")) for row in rows]


def data_requests(db: sqlite3.Connection, where: str, *values: object) -> list[DataRequestRow]:
    """Return data requests in the order in which they were planned."""
    rows = db.execute(f"SELECT * FROM data_requests WHERE {where} ORDER BY id", values)  # noqa: S608 - constants
    return [DataRequestRow(**_decoded(row, "query", "error")) for row in rows.fetchall()]


def runs(db: sqlite3.Connection, where: str, *values: object) -> list[RunRow]:
    """Return runs, newest first."""
    rows = db.execute(f"SELECT * FROM runs WHERE {where} ORDER BY id DESC", values).fetchall()  # noqa: S608 - constants
    return [RunRow(**_decoded(row, "query", "error")) for row in rows]


def insert(db: sqlite3.Connection, intent: Intent) -> None:
    """Write an intent down."""
    db.execute(
        "INSERT INTO collections (id, service, key, query, record_limit, matched, made_at, account, balance_before,"
        " owned, project) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            intent.id,
            intent.service,
            intent.key,
            keep_query(db, list_name(intent.id, None), intent.query),
            intent.record_limit,
            intent.matched,
            intent.made_at,
            intent.account,
            intent.balance_before,
            len(intent.owned),
            intent.project,
        ),
    )
    if len(intent.owned):
        keep_ids(db, list_name(intent.id, "owned"), intent.owned)
    db.executemany(
        "INSERT INTO data_requests (collection_id, number, query, records, basis) VALUES (?, ?, ?, ?, ?)",
        [
            (intent.id, number, keep_query(db, list_name(intent.id, number), query), records, intent.basis)
            for number, (query, records) in enumerate(intent.requests)
        ],
    )


def move(
    db: sqlite3.Connection, request: DataRequestRow, before: Iterable[State], after: State, **values: object
) -> bool:
    """Bring a data request from one of some states to another; False when it is in none of them."""
    before = tuple(before)
    columns = "".join(f", {name} = ?" for name in values)
    sql = f"UPDATE data_requests SET state = ?{columns} WHERE id = ? AND state IN ({', '.join('?' * len(before))})"  # noqa: S608
    return db.execute(sql, (after, *values.values(), request.id, *before)).rowcount == 1


def spent(db: sqlite3.Connection, service: str, since: float, project: str | None, states: Iterable[State]) -> int:
    """Sum the records of data requests in some states, or that failed and may be charged: received, or promised."""
    states = tuple(states)
    sql = f"""SELECT COALESCE(SUM(COALESCE(r.received, r.records)), 0)
              FROM data_requests r JOIN collections c ON c.id = r.collection_id
              WHERE c.service = ? AND r.sent_at >= ? AND (? IS NULL OR c.project = ?)
              AND (r.state IN ({", ".join("?" * len(states))})
                   OR (r.state = 'failed' AND COALESCE(json_extract(r.error, '$.charged'), '') != 'no'))"""  # noqa: S608 - question marks
    (total,) = db.execute(sql, (service, since, project, project, *states)).fetchone()
    return int(total)


def _decoded(row: sqlite3.Row, *names: str) -> dict[str, Any]:
    values = dict(row)
    for name in names:
        values[name] = json.loads(values[name]) if values[name] is not None else None
    return values
