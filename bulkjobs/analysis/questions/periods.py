"""Days, weeks, months and years, in UTC, that cover the time between two dates without a gap."""

from __future__ import annotations

import datetime as dt
from typing import Literal, get_args

import polars as pl

from ...errors import InvalidQuery

Unit = Literal["day", "week", "month", "year"]
Every = Literal["auto", "day", "week", "month", "year"]

_STEPS: dict[Unit, str] = {"day": "1d", "week": "1w", "month": "1mo", "year": "1y"}
_NAMES: dict[Unit, str] = {
    "day": "{:%-d %b %Y}",
    "week": "the week of {:%-d %b %Y}",
    "month": "{:%B %Y}",
    "year": "{:%Y}",
}
_UP_TO: tuple[tuple[int, Unit], ...] = ((31, "day"), (183, "week"), (20 * 366, "month"))  # days
_MOST = 10_000  # periods of an answer


def unit_of(every: Every, first: dt.datetime, last: dt.datetime) -> Unit:
    """Return the unit to count by: the one asked for, or one that gives a readable number of periods.

    Raises
    ------
    InvalidQuery
        It is not known, would make more than 10,000 periods, or no calendar reaches that far.
    """
    if every not in get_args(Every):
        raise InvalidQuery(f"every must be one of {', '.join(get_args(Every))}, not {every!r}.", field="every")
    days = (last - first).days
    if last.year == dt.MAXYEAR:
        raise InvalidQuery(f"A posting is of {last:%-d %B %Y}.", field="created",
                           next_step="leave out what has an impossible date")  # fmt: skip
    chosen: Unit = next((unit for most, unit in _UP_TO if days <= most), "year") if every == "auto" else every
    if days / {"day": 1, "week": 7, "month": 30, "year": 365}[chosen] > _MOST:
        raise InvalidQuery(f"The postings span {days:,} days: too many for each {chosen}.", field="every",
                           next_step='every="auto", or leave out what has an impossible date')  # fmt: skip
    return chosen


def starts(at: pl.Expr, unit: Unit) -> pl.Expr:
    """Return the first day of the period that a time lies in; weeks begin on Monday."""
    return at.dt.truncate(_STEPS[unit]).dt.date()


def grid(first: dt.datetime, last: dt.datetime, unit: Unit) -> pl.DataFrame:
    """Return all periods from one time to another.

    Returns
    -------
    DataFrame
        ``from`` and ``to`` (Date; `to` belongs to the next), and ``partial``: whether the times given leave out a day
        of it, or more.
    """
    ends = pl.DataFrame({"first": [first.date()], "last": [last.date()]})
    ends = ends.with_columns(
        start=pl.col("first").dt.truncate(_STEPS[unit]), end=pl.col("last").dt.truncate(_STEPS[unit])
    )
    days = pl.date_ranges("start", "end", _STEPS[unit]).alias("from")
    periods = (
        ends.select(days, "first", "last").explode("from").with_columns(to=pl.col("from").dt.offset_by(_STEPS[unit]))
    )
    partial = (pl.col("first") > pl.col("from")) | (pl.col("last") < pl.col("to").dt.offset_by("-1d"))
    return periods.select("from", "to", partial=partial)


def filled(periods: pl.DataFrame, counted: pl.DataFrame) -> pl.DataFrame:
    """Put counts beside their periods, by ``from``; what was not counted is 0."""
    made = periods.join(counted, on="from", how="left", maintain_order="left")
    return made.with_columns(pl.col(name).fill_null(0).cast(pl.Int64) for name in counted.columns if name != "from")


def name(day: dt.date, unit: Unit) -> str:
    """Return a period in words, by its first day."""
    return _NAMES[unit].format(day)


def iso(day: dt.date) -> str:
    """Return the first moment of a day, in UTC, as charts read it."""
    return f"{day.isoformat()}T00:00:00Z"
