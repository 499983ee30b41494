"""Two halves of postings in time, between which a change is told."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from ...errors import InvalidQuery
from .scope import collected, moment

Period = tuple[dt.date, dt.date]


@dataclass(frozen=True)
class Halves:
    """Two halves: from `start` to `middle`, and from there to `end` (UTC).

    Attributes
    ----------
    start, middle, end : datetime
        In UTC, without a zone; `end` does not belong to it.
    """

    start: dt.datetime
    middle: dt.datetime
    end: dt.datetime

    @property
    def words(self) -> str:
        """What is compared."""
        return f"from before {self.middle:%-d %b %Y} to after"

    @property
    def during(self) -> str:
        """The whole of it."""
        return f"first seen {self.start:%-d %b %Y} to {self._last:%-d %b %Y}"

    def of(self, at: pl.Expr) -> pl.Expr:
        """Return 0 for a time in the first half, 1 in the second, null elsewhere."""
        return pl.when(at.is_between(self.start, self.end, closed="left")).then((at >= self.middle).cast(pl.Int8))

    @property
    def _last(self) -> dt.datetime:
        return self.end - dt.timedelta(microseconds=1)


def halves(rows: pl.LazyFrame, period: Period | None) -> Halves | None:
    """Cut a period in halves of the same length, or all postings in halves of about the same number.

    Postings pile up in time, so that the first half of the years may hold next to none. None where none has a date.

    Raises
    ------
    InvalidQuery
        The period is no two dates, or ends before it begins.
    """
    if period is None:
        at = moment(rows, "created")
        later = at.filter(at > at.min()).min()  # where half of them are of one and the same moment
        middle = pl.max_horizontal(at.median(), later)
        first, middle, last = collected(rows.select(first=at.min(), middle=middle, last=at.max()))[0].row(0)
        return Halves(first, middle, last + dt.timedelta(microseconds=1)) if first else None
    if len(period) != 2 or not all(isinstance(day, dt.date) for day in period):
        raise _bad(period)
    start, end = (dt.datetime(day.year, day.month, day.day) for day in period)  # noqa: DTZ001 - UTC, as all here
    if start >= end:
        raise _bad(period)
    return Halves(start, start + (end - start) / 2, end)


def _bad(period: object) -> InvalidQuery:
    return InvalidQuery(
        f"The period must be two dates, the earlier one first, not {period!r}.", field="period",
        next_step="period=(date(2025, 1, 1), date(2026, 1, 1))",
    )  # fmt: skip
