"""Two halves of postings in time, between which a change is told."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from ...engine import Rows, collected, tally
from ...errors import InvalidQuery
from .scope import moment

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


def halves(rows: Rows, period: Period | None) -> Halves | None:
    """Cut a period in halves of the same length, or all postings in halves of about the same number.

    Postings pile up in time, so that the first half of the years may hold next to none. None where none has a date.

    Raises
    ------
    InvalidQuery
        The period is no two dates, or ends before it begins.
    """
    if period is None:
        return _of_numbers(rows.select(at=moment(rows, "created")).drop_nulls("at"))
    if len(period) != 2 or not all(isinstance(day, dt.date) for day in period):
        raise _bad(period)
    start, end = (dt.datetime(day.year, day.month, day.day) for day in period)  # noqa: DTZ001 - UTC, as all here
    if start >= end:
        raise _bad(period)
    return Halves(start, start + (end - start) / 2, end)


def _of_numbers(dated: Rows) -> Halves | None:
    """Cut at the median of ``at``: exact, by counting days first, and times only in the days where it lies."""
    dated = dated.with_columns(day=pl.col("at").dt.date())
    sums = tally(dated, "day", times=pl.len(), least={"first": pl.col("at")}, most={"last": pl.col("at")})
    days = collected(sums)[0].sort("day").with_columns(to=pl.col("times").cum_sum())
    if days.is_empty():
        return None
    total, first, last = int(days["to"][-1]), days["first"][0], days["last"][-1]
    low, high = (total - 1) // 2, total // 2  # the two in the middle, or twice the same
    near = days.filter((pl.col("to") > low) & (pl.col("to") - pl.col("times") <= high))
    within = pl.col("day").is_in([days["day"][0], *near["day"]])
    times = collected(tally(dated.filter(within), "day", "at", times=pl.len()))[0].sort("at")
    middle = _median(
        times.filter(pl.col("day").is_in(near["day"].implode())), near["to"][0] - near["times"][0], low, high
    )
    # Where half of them are of one and the same moment, the first one after it.
    after = [times.filter(pl.col("at") > first)["at"].min(), *days["first"][1:2]]
    later = min((moment for moment in after if moment is not None), default=middle)
    return Halves(first, max(middle, later), last + dt.timedelta(microseconds=1))


def _median(times: pl.DataFrame, before: int, low: int, high: int) -> dt.datetime:
    """Return the middle of two values, by their positions, of values of which `before` come earlier."""
    to = times.with_columns(to=pl.col("times").cum_sum() + before)
    values = pl.concat([to.filter(pl.col("to") > position)["at"].head(1) for position in (low, high)])
    return values.median()  # type: ignore[return-value]


def _bad(period: object) -> InvalidQuery:
    return InvalidQuery(
        f"The period must be two dates, the earlier one first, not {period!r}.", field="period",
        next_step="period=(date(2025, 1, 1), date(2026, 1, 1))",
    )  # fmt: skip
