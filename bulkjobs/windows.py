"""Cutting a filter that matches too much into disjoint ranges of time which together are exactly that filter."""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_left
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from .clock import stamp
from .query import JobFilter

Counter = Callable[[JobFilter], Awaitable[int]]
"""Counts the postings that a filter matches."""

# The service's times are UTC, and bear no zone (contract section 3).
_YEAR_1 = dt.datetime(1, 1, 1)  # noqa: DTZ001
_FIRST, _LAST = 0, int((dt.datetime(9999, 12, 31, 23, 59, 59) - _YEAR_1).total_seconds())  # noqa: DTZ001
_SLACK = 1.12  # data requests over the least possible: what spares most of the counts
_GOOD_TRIES = 3  # counts for one cut, after which a window that is half full will do
# Where postings may begin: the archive does in August 2020 (contract section 3), other datasets do where they like.
_BEGINNINGS = tuple(
    int((dt.datetime(year, month, 1) - _YEAR_1).total_seconds())  # noqa: DTZ001
    for year, month in ((1970, 1), (2000, 1), (2015, 1), (2020, 8))
)


@dataclass(frozen=True, slots=True)
class Window:
    """One range of time.

    Attributes
    ----------
    query : JobFilter
        The filter, narrowed to that range.
    records : int
        How many postings it matched when it was counted.
    divisible : bool
        False where a single second holds more than is allowed, so that no range is small enough.
    """

    query: JobFilter
    records: int
    divisible: bool = True


async def cut(
    query: JobFilter, total: int, *, count: Counter, most: int, now: dt.datetime, limit: int | None = None
) -> list[Window]:
    """Cut a filter into windows of `created_at`, with as few counts as possible.

    Counts that were made for one cut are used for all later ones. A second that alone matches more than `most` is
    cut further by `last_updated`.

    Parameters
    ----------
    query : JobFilter
        What to cut.
    total : int
        How many postings it matches.
    count : callable
        Counts a filter; free, but slow.
    most : int
        The most records of a window.
    now : datetime
        UTC; what is not older is not expected.
    limit : int, optional
        Windows of so many records in all will do: the first ones in time.

    Returns
    -------
    list of Window
        Disjoint, in the order of time; every posting that the filter matches is in one (with a `limit`: the first).
    """
    return await _Cuts(query, "created_at", total, count, most, now).windows(total if limit is None else limit)


class _Cuts:
    """The counts made so far over one field of time, and the cuts they lead to. Times are seconds since year 1."""

    def __init__(self, query: JobFilter, field: str, total: int, count: Counter, most: int, now: dt.datetime) -> None:
        self._query, self._field, self._count, self._most, self._now = query, field, count, most, now
        lower, upper = getattr(query, f"{field}_gte"), getattr(query, f"{field}_lte")
        self._open_start, self._open_end = lower is None, upper is None
        # The curve: up to and with time[i], through[i] postings match. Time only ever goes up in it.
        self._time = [(_FIRST if lower is None else _seconds(lower)) - 1, _LAST if upper is None else _seconds(upper)]
        self._through = [0, total]

    async def windows(self, wanted: int) -> list[Window]:
        """Cut from the start until `wanted` records are in windows."""
        found: list[Window] = []
        least_possible = math.ceil(self._through[-1] / self._most)
        allowed = max(least_possible, int(least_possible * _SLACK))
        start, before, taken = self._time[0], 0, 0
        while taken < wanted and start < self._time[-1]:
            left = self._through[-1] - before
            allowed = max(allowed - 1 if found else allowed, math.ceil(left / self._most))
            end, through = await self._end(start, before, left, allowed)
            records = through - before
            if records > self._most:
                found += await self._burst(start, end, records, wanted - taken)
            elif records:
                found.append(Window(self._between(start, end), records))
            start, before, taken = end, through, taken + records
        return found

    async def _end(self, start: int, before: int, left: int, allowed: int) -> tuple[int, int]:
        """Find the end of the window that begins after `start`; a single second is the least it can be."""
        if left <= self._most:
            return self._time[-1], self._through[-1]
        least = math.ceil(left / max(allowed, 1))  # at least so many, or more windows are needed than are allowed
        tries, moved = 0, 0
        while True:
            low, high = self._around(start, before + least, before + self._most)
            if self._time[low] > start and self._through[low] - before >= least:
                break
            if self._time[high] - self._time[low] <= 1:
                break
            if tries >= _GOOD_TRIES and self._through[low] - before >= self._most / 2:
                break
            at = self._guess(low, high, before + (least + self._most) // 2, halve=abs(moved) >= 2 or tries % 3 == 2)
            through = before + await self._count(self._between(start, at))
            self._learn(at, through)
            moved = max(moved, 0) + 1 if through - before < least else min(moved, 0) - 1
            tries += 1
        if self._time[low] > start and self._through[low] > before:
            return self._time[low], self._through[low]
        return self._time[high], self._through[high]  # what comes before that second is empty

    def _around(self, start: int, least: int, most: int) -> tuple[int, int]:
        """Find the last known time up to which no more than `most` match, but not before `start`, and the next one."""
        low = bisect_left(self._time, start)
        while low + 1 < len(self._time) and self._through[low + 1] <= most:
            low += 1
        return low, low + 1

    def _guess(self, low: int, high: int, target: int, *, halve: bool) -> int:
        first, last = self._time[low], self._time[high]
        if low == 0 and self._open_start:  # nothing is known before; begin where postings may begin
            begins = [begin for begin in _BEGINNINGS if begin < last - 1]
            first, halve = (begins[-1], False) if begins else (first, True)
        if high == len(self._time) - 1 and self._open_end:
            now = _since_year_1(self._now)
            last, halve = (min(last, now), halve) if now > first + 1 else (last, True)
        share = (target - self._through[low]) / max(self._through[high] - self._through[low], 1)
        at = (first + last) // 2 if halve else first + int((last - first) * share)
        return min(max(at, self._time[low] + 1), self._time[high] - 1)

    def _learn(self, at: int, through: int) -> None:
        place = bisect_left(self._time, at)
        # A dataset that grows meanwhile must not bend the curve back.
        through = min(max(through, self._through[place - 1]), self._through[place])
        self._time.insert(place, at)
        self._through.insert(place, through)

    async def _burst(self, start: int, end: int, records: int, wanted: int) -> list[Window]:
        """Cut a second that alone matches too much: by the other field of time, then not at all."""
        query = self._between(start, end)
        if self._field == "last_updated":
            return [Window(query, records, divisible=False)]
        finer = _Cuts(query, "last_updated", records, self._count, self._most, self._now)
        return await finer.windows(min(wanted, records))

    def _between(self, after: int, end: int) -> JobFilter:
        """Narrow the filter to the times after one and up to another; a side that was open stays open at the end."""
        bounds = {}
        if after >= self._time[0] and not (self._open_start and after == self._time[0]):
            bounds[f"{self._field}_gte"] = _stamp(after + 1)
        if not (self._open_end and end == self._time[-1]):
            bounds[f"{self._field}_lte"] = _stamp(end)
        return JobFilter.restored({**self._query.filters, **bounds})


def _seconds(stamp: str) -> int:
    return _since_year_1(dt.datetime.fromisoformat(stamp))


def _since_year_1(moment: dt.datetime) -> int:
    return int((moment - _YEAR_1).total_seconds())


def _stamp(seconds: int) -> str:
    return stamp(_YEAR_1 + dt.timedelta(seconds=seconds))
