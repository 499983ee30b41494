"""The tables of the ledger: their columns, how an older file is brought up to date, and how rows become values."""

from __future__ import annotations

import functools
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlalchemy import Connection, Dialect
from sqlalchemy.types import TypeDecorator

from .rows import CollectionRow, DataRequestRow, FileRow, Intent, RunRow, State, is_void

VERSION = 4


class _Json(TypeDecorator[dict[str, Any]]):
    """JSON as plain text: the types that PostgreSQL has for it refuse some of what a service may have said."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


# In SQLite the very types of the files that were made before.
_Whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_Moment: sa.Double[float] = sa.Double().with_variant(sa.REAL(), "sqlite")  # seconds since the epoch

METADATA = sa.MetaData()
COLLECTIONS = sa.Table(
    "collections",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("service", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),  # query and limit: the same again attaches to this collection
    sa.Column("query", _Json, nullable=False),  # of an id list its length only; the ids are in id_lists
    sa.Column("record_limit", _Whole),
    sa.Column("matched", _Whole),
    sa.Column("made_at", _Moment, nullable=False),
    sa.Column("account", sa.Text, nullable=False),  # tells one API key from another; no key can be found from it
    sa.Column("balance_before", _Whole),
    sa.Column("reconciliation", _Json),
    # Postings that it takes out of the library and does not buy.
    sa.Column("owned", _Whole, nullable=False, server_default="0"),
    sa.Column("project", sa.Text),  # whose budget paid
)
sa.Index("collections_by_key", COLLECTIONS.c.service, COLLECTIONS.c.key)
DATA_REQUESTS = sa.Table(
    "data_requests",
    METADATA,
    sa.Column("id", _Whole, sa.Identity(), primary_key=True),
    sa.Column("collection_id", sa.Text, sa.ForeignKey("collections.id"), nullable=False),
    sa.Column("number", _Whole, nullable=False),
    sa.Column("query", _Json, nullable=False),
    sa.Column("records", _Whole, nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default="planned"),
    sa.Column("account", sa.Text),
    sa.Column("request_id", sa.Text),
    sa.Column("sent_at", _Moment),
    sa.Column("accepted_at", _Moment),
    sa.Column("ready_at", _Moment),
    sa.Column("loaded_at", _Moment),
    sa.Column("received", _Whole),
    sa.Column("error", _Json),
    sa.Column("basis", _Whole),  # the turn at which it was looked up what is owned; NULL: does not matter
    sa.Column("turn", _Whole),  # counts up with each data request that is loaded
    sa.UniqueConstraint("collection_id", "number"),
)
FILES = sa.Table(
    "files",
    METADATA,
    sa.Column("data_request_id", _Whole, sa.ForeignKey("data_requests.id"), primary_key=True, autoincrement=False),
    sa.Column("number", _Whole, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("path", sa.Text),  # below the home folder; NULL until it is on disk, whole and checked
    sa.Column("size", _Whole),
    sa.Column("sha256", sa.Text),
    sa.Column("records", _Whole),
    sa.Column("fetched_at", _Moment),
)
ID_LISTS = sa.Table(
    "id_lists",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),  # see `list_name`
    sa.Column("ids", sa.LargeBinary, nullable=False),  # an Arrow file of one column
)
RUNS = sa.Table(
    "runs",
    METADATA,
    sa.Column("id", _Whole, sa.Identity(), primary_key=True),
    sa.Column("service", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("query", _Json, nullable=False),  # the whole filter that is followed
    sa.Column("started_at", _Moment, nullable=False),
    sa.Column("since", sa.Text),  # postings updated from then on were looked at; NULL: all
    sa.Column("collection_id", sa.Text, sa.ForeignKey("collections.id")),
    sa.Column("records", _Whole),  # postings bought
    sa.Column("changed", _Whole),  # those of them of which the library held an older version
    sa.Column("credits", _Whole),
    sa.Column("newest", sa.Text),  # where the next run begins
    sa.Column("finished_at", _Moment),  # NULL: the next run has to finish it
    sa.Column("error", _Json),  # what it ended with, or stands still for
)
_MADE: sa.ColumnClause[int] = sa.literal_column(
    "rowid"
)  # SQLite numbers the rows of a table by itself; PostgreSQL is told to, by the next
_NUMBERED = "ALTER TABLE collections ADD COLUMN rowid BIGINT GENERATED ALWAYS AS IDENTITY"
sa.event.listen(
    COLLECTIONS,
    "after_create",
    sa.DDL(_NUMBERED).execute_if(dialect="postgresql"),  # type: ignore[no-untyped-call]
)
_FROM_2 = (
    "ALTER TABLE collections ADD COLUMN owned INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE collections ADD COLUMN project TEXT",
    "ALTER TABLE data_requests ADD COLUMN basis INTEGER",
    "ALTER TABLE data_requests ADD COLUMN turn INTEGER",
)


def create(db: Connection) -> None:
    """Make the tables."""
    METADATA.create_all(db, checkfirst=False)


def upgrade(db: Connection, version: int) -> None:
    """Bring the tables of an earlier version, from 2 on, up to date; all of those were made by SQLite."""
    if version == 2:
        _upgrade_2(db)
    RUNS.create(db)


def _upgrade_2(db: Connection) -> None:
    """Give id lists a table of their own."""
    for statement in _FROM_2:
        db.exec_driver_sql(statement)
    ID_LISTS.create(db)
    for row in db.execute(sa.select(COLLECTIONS.c.id, COLLECTIONS.c.query)).all():
        kept = keep_query(db, list_name(row.id, None), row.query)
        db.execute(sa.update(COLLECTIONS).where(COLLECTIONS.c.id == row.id).values(query=kept))
    each = DATA_REQUESTS.c
    for one in db.execute(sa.select(each.id, each.collection_id, each.number, each.query)).all():
        kept = keep_query(db, list_name(one.collection_id, one.number), one.query)
        db.execute(sa.update(DATA_REQUESTS).where(each.id == one.id).values(query=kept))


# --- id lists ---------------------------------------------------------------------------------------------


def list_name(collection_id: str, part: int | str | None) -> str:
    """Name the ids of a collection's query (None), of one of its data requests (a number), or "owned"."""
    return collection_id if part is None else f"{collection_id}/{part}"


def keep_query(db: Connection, name: str, query: dict[str, Any]) -> dict[str, Any]:
    """Return a query as it is written down: of an id list its length, the ids are put by."""
    if "ids" not in query:
        return query
    keep_ids(db, name, query["ids"])
    return {"ids": len(query["ids"])}


def keep_ids(db: Connection, name: str, ids: pl.Series | Sequence[int]) -> None:
    """Put an id list by, in place of an earlier one of that name."""
    buffer = io.BytesIO()
    pl.Series("id", ids, dtype=pl.Int64).to_frame().write_ipc(buffer, compression="zstd")
    db.execute(sa.delete(ID_LISTS).where(ID_LISTS.c.name == name))
    db.execute(sa.insert(ID_LISTS), {"name": name, "ids": buffer.getvalue()})


def kept_ids(db: Connection, name: str) -> pl.Series:
    """Return an id list, empty when there is none of that name."""
    found = db.execute(sa.select(ID_LISTS.c.ids).where(ID_LISTS.c.name == name)).scalar()
    return pl.Series("id", [], pl.Int64) if found is None else pl.read_ipc(io.BytesIO(found))["id"]


# --- rows -------------------------------------------------------------------------------------------------

Where = sa.ColumnElement[bool]
# Made once: to put a statement together takes longer than to carry it out.
_COLLECTIONS = sa.select(COLLECTIONS).order_by(COLLECTIONS.c.made_at.desc(), _MADE.desc())
_COLLECTION = sa.select(COLLECTIONS).where(COLLECTIONS.c.id == sa.bindparam("one"))
_CURRENT = _COLLECTIONS.where(COLLECTIONS.c.service == sa.bindparam("of"), COLLECTIONS.c.key == sa.bindparam("called"))
_DATA_REQUESTS = sa.select(DATA_REQUESTS).order_by(DATA_REQUESTS.c.id)
_DATA_REQUEST = _DATA_REQUESTS.where(DATA_REQUESTS.c.id == sa.bindparam("one"))
_OF_COLLECTION = _DATA_REQUESTS.where(DATA_REQUESTS.c.collection_id == sa.bindparam("one"))
_FILES = sa.select(FILES).where(FILES.c.data_request_id == sa.bindparam("one")).order_by(FILES.c.number)
_TURN = sa.select(sa.func.coalesce(sa.func.max(DATA_REQUESTS.c.turn), 0))


def current(db: Connection, service: str, key: str) -> CollectionRow | None:
    """Return the newest collection of a query and limit that is not void: one that the library gave whole is not."""
    for found in db.execute(_CURRENT, {"of": service, "called": key}):
        row = CollectionRow(*found)
        requests = of_collection(db, row.id)
        if not is_void(requests) or (row.owned and not requests):
            return row
    return None


def collections(db: Connection, *where: Where) -> list[CollectionRow]:
    """Return collections, newest first."""
    return [CollectionRow(*row) for row in db.execute(_COLLECTIONS.where(*where))]


def named(db: Connection, collection_id: str) -> CollectionRow | None:
    """Return the collection of an id, or None."""
    found = db.execute(_COLLECTION, {"one": collection_id}).first()
    return None if found is None else CollectionRow(*found)


def collection(db: Connection, collection_id: str) -> CollectionRow:
    """Return one collection that is there."""
    return CollectionRow(*db.execute(_COLLECTION, {"one": collection_id}).one())


def data_requests(db: Connection, *where: Where) -> list[DataRequestRow]:
    """Return data requests in the order in which they were planned."""
    return [DataRequestRow(*row) for row in db.execute(_DATA_REQUESTS.where(*where))]


def of_collection(db: Connection, collection_id: str) -> list[DataRequestRow]:
    """Return the data requests of a collection."""
    return [DataRequestRow(*row) for row in db.execute(_OF_COLLECTION, {"one": collection_id})]


def data_request(db: Connection, row_id: int) -> DataRequestRow:
    """Return one data request that is there."""
    return DataRequestRow(*db.execute(_DATA_REQUEST, {"one": row_id}).one())


def files(db: Connection, request: DataRequestRow) -> list[FileRow]:
    """Return the files of a data request, in order."""
    return [FileRow(*row) for row in db.execute(_FILES, {"one": request.id})]


def runs(db: Connection, *where: Where) -> list[RunRow]:
    """Return runs, newest first."""
    return [RunRow(*row) for row in db.execute(sa.select(RUNS).where(*where).order_by(RUNS.c.id.desc()))]


def insert(db: Connection, intent: Intent) -> None:
    """Write an intent down."""
    row = {
        "id": intent.id,
        "service": intent.service,
        "key": intent.key,
        "query": keep_query(db, list_name(intent.id, None), intent.query),
        "record_limit": intent.record_limit,
        "matched": intent.matched,
        "made_at": intent.made_at,
        "account": intent.account,
        "balance_before": intent.balance_before,
        "owned": len(intent.owned),
        "project": intent.project,
    }
    db.execute(sa.insert(COLLECTIONS), row)
    if len(intent.owned):
        keep_ids(db, list_name(intent.id, "owned"), intent.owned)
    requests = [
        {
            "collection_id": intent.id,
            "number": number,
            "query": keep_query(db, list_name(intent.id, number), query),
            "records": records,
            "basis": intent.basis,
        }
        for number, (query, records) in enumerate(intent.requests)
    ]
    if requests:
        db.execute(sa.insert(DATA_REQUESTS), requests)


def move(db: Connection, request: DataRequestRow, before: Iterable[State], after: State, **values: object) -> bool:
    """Bring a data request from one of some states to another; False when it is in none of them."""
    sought = {"one": request.id, "before": list(before)}
    moved = db.execute(
        _moving(tuple(values)), {**sought, "to_state": after, **{f"to_{k}": v for k, v in values.items()}}
    )
    return bool(moved.rowcount == 1)


@functools.cache
def _moving(names: tuple[str, ...]) -> sa.Update:
    """Make the statement that changes the state and some other columns."""
    each = DATA_REQUESTS.c
    found = sa.update(DATA_REQUESTS).where(each.id == sa.bindparam("one"))
    found = found.where(each.state.in_(sa.bindparam("before", expanding=True)))
    return found.values({each[name]: sa.bindparam(f"to_{name}", type_=each[name].type) for name in ("state", *names)})


def turn(db: Connection) -> int:
    """Count the data requests that were ever loaded."""
    return int(db.execute(_TURN).scalar_one())


def spent(db: Connection, service: str, since: float, project: str | None, states: Iterable[State]) -> int:
    """Sum the records of data requests in some states, or that failed and may be charged: received, or promised."""
    each, records = DATA_REQUESTS.c, sa.func.coalesce(DATA_REQUESTS.c.received, DATA_REQUESTS.c.records)
    found = sa.select(sa.func.coalesce(sa.func.sum(records), 0)).select_from(DATA_REQUESTS).join(COLLECTIONS)
    found = found.where(COLLECTIONS.c.service == service, each.sent_at >= since)
    if project is not None:
        found = found.where(COLLECTIONS.c.project == project)
    total = int(db.execute(found.where(each.state.in_(list(states)))).scalar_one())
    failed = found.with_only_columns(records, each.error).where(each.state == "failed")
    return total + sum(int(count) for count, error in db.execute(failed) if (error or {}).get("charged") != "no")
