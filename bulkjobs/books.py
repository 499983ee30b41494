"""The ledger as tables: one row a data request, or a run; and what a day or a project cost."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from typing import Any

import polars as pl

from .clock import naive
from .expiry import expires_at
from .query import JobFilter
from .rows import CollectionRow, DataRequestRow, RunRow, credits_of

_TIME = pl.Datetime("us")  # UTC, without a zone
SCHEMA: dict[str, Any] = {
    "collection": pl.String,
    "number": pl.Int64,
    "project": pl.String,
    "account": pl.String,
    "service": pl.String,
    "query": pl.String,
    "state": pl.String,
    "records": pl.Int64,
    "received": pl.Int64,
    "credits": pl.Int64,
    "request_id": pl.String,
    "sent_at": _TIME,
    "accepted_at": _TIME,
    "loaded_at": _TIME,
    "expires_at": _TIME,
}
RUNS_SCHEMA: dict[str, Any] = {
    "name": pl.String,
    "query": pl.String,
    "started_at": _TIME,
    "since": _TIME,
    "collection_id": pl.String,
    "records": pl.Int64,
    "new": pl.Int64,
    "changed": pl.Int64,
    "credits": pl.Int64,
    "finished_at": _TIME,
    "error": pl.String,
}
_QUERY_LENGTH = 80  # characters


def frame(rows: Iterable[tuple[CollectionRow, DataRequestRow]]) -> pl.DataFrame:
    """Make the table that `bulkjobs.ledger.Ledger.frame` describes."""
    return pl.DataFrame([_row(*pair) for pair in rows], schema=SCHEMA, orient="row")


def runs(rows: Iterable[RunRow]) -> pl.DataFrame:
    """Make the table that `bulkjobs.Client.runs` describes."""
    return pl.DataFrame([_run(row) for row in rows], schema=RUNS_SCHEMA, orient="row")


def since(table: pl.DataFrame, days: int | None, now: float) -> pl.DataFrame:
    """Leave out what was sent more than so many days ago; what was not sent yet stays."""
    if days is None:
        return table
    return table.filter(pl.col("sent_at").is_null() | (pl.col("sent_at") >= naive(now - days * 86_400.0)))


def sums(table: pl.DataFrame) -> pl.DataFrame:
    """Sum what was sent by day (UTC) and project, newest first; `in_question` is what may or may not be charged."""
    return (
        table.filter(pl.col("sent_at").is_not_null() & (pl.col("state") != "planned"))
        .group_by(pl.col("sent_at").dt.date().alias("day"), "project")
        .agg(
            pl.len().cast(pl.Int64).alias("data_requests"),
            pl.col("received").sum(),
            pl.col("credits").sum(),
            pl.col("records").filter(pl.col("credits").is_null()).sum().alias("in_question"),
        )
        .sort("day", "project", descending=[True, False], nulls_last=True)
    )


def _row(collection: CollectionRow, request: DataRequestRow) -> tuple[object, ...]:
    return (
        collection.id,
        request.number,
        collection.project,
        request.account or collection.account,
        collection.service,
        _short(request.query),
        request.state,
        request.records,
        request.received,
        credits_of(request),
        request.request_id,
        *map(_time, (request.sent_at, request.accepted_at, request.loaded_at, expires_at(request))),
    )


def _run(run: RunRow) -> tuple[object, ...]:
    return (
        run.name,
        json.dumps(run.query["filters"], ensure_ascii=False),
        naive(run.started_at),
        None if run.since is None else dt.datetime.fromisoformat(run.since),
        run.collection_id,
        run.records,
        None if run.records is None else run.records - (run.changed or 0),
        run.changed,
        run.credits,
        _time(run.finished_at),
        None if run.error is None else run.error["message"],
    )


def _short(query: dict[str, Any]) -> str:
    text = f"{query['ids']:,} ids" if "ids" in query else repr(JobFilter.restored(query["filters"]))
    return text if len(text) <= _QUERY_LENGTH else f"{text[: _QUERY_LENGTH - 3]}..."


def _time(timestamp: float | None) -> dt.datetime | None:
    return None if timestamp is None else naive(timestamp)
