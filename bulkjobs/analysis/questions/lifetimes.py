"""From when to when a posting was live, as far as that can be known.

The service tells no time of closing (contract section 7.1). A posting counts as closed when its page was gone
(``deleted``) or one could no longer apply (``application_active`` is false) at the last visit; ``last_updated``, when
that was noticed, is the best guess at when it closed, and never too early by more than the time between visits. All
others were live when they were last looked at, and are taken to be live up to the latest date in the data.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from ...engine import Rows, collected, tally
from ...errors import InvalidQuery
from .scope import moment

READS = ("created", "last_updated", "deleted", "application_active")

CAVEAT = (
    "When a posting closed is not stated: it is closed when its page was gone, or took no applications, at the last"
    " visit, and since the last update."
)


def lifetimes(rows: Rows) -> dict[str, pl.Expr]:
    """Return ``opened`` and ``closed`` (times in UTC; null while live), and ``known``, whether both can be told."""
    opened, updated = moment(rows, "created"), moment(rows, "last_updated")
    is_closed = pl.col("deleted").fill_null(False) | ~pl.col("application_active").fill_null(True)
    told = pl.col("deleted").is_not_null() | pl.col("application_active").is_not_null()
    return {
        "opened": opened,
        "closed": pl.when(is_closed).then(pl.max_horizontal(opened, updated)),
        "known": opened.is_not_null() & told & (~is_closed | updated.is_not_null()),
    }


def latest(rows: Rows, until: dt.date | None) -> dt.datetime | None:
    """Return the time up to which all is known: the one given, or the latest in the data; None without any.

    Raises
    ------
    InvalidQuery
        `until` is no date.
    """
    if until is None:
        moments = rows.select(last=pl.max_horizontal(moment(rows, "created"), moment(rows, "last_updated")))
        found: dt.datetime | None = collected(tally(moments, most={"last": pl.col("last")}))[0].item()
        return found
    if not isinstance(until, dt.date):
        raise InvalidQuery(f"until must be a date, not {until!r}.", field="until", next_step="until=date(2026, 1, 1)")
    if isinstance(until, dt.datetime):
        return until.astimezone(dt.UTC).replace(tzinfo=None) if until.tzinfo else until
    return dt.datetime(until.year, until.month, until.day)  # noqa: DTZ001 - UTC, as all here
