"""Making plans: count, split, subtract what is owned, price. Everything here is free."""

from __future__ import annotations

import asyncio
import datetime as dt
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from .clock import Clock, as_datetime, naive, stamp
from .display import counted
from .errors import InvalidQuery
from .library import Library
from .outcomes import RETENTION
from .pages import listing
from .plan import MAX_RECORDS, Plan, PlannedRequest, asked_for, plan_key
from .query import JobFilter, JobIds, Query, may_share
from .rows import CollectionRow, DataRequestRow, bought, source_of, unsent, waiting
from .windows import Window, cut
from .wire.api import Api

if TYPE_CHECKING:
    from .ledger import Ledger

SAMPLE_ROWS = 5
Strategy = Literal["auto", "windows", "ids"]
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True)
class Planner:
    """What planning needs: the service, what is known, and the time.

    Attributes
    ----------
    api : Api
        The service; asked with searches only, and with a preview where `preview` says that it is free.
    most : int
        The most records of a data request.
    here : set of str
        Sources that the library is known to hold, where it need not hold all.
    """

    api: Api
    ledger: Ledger
    library: Library
    service: str
    clock: Clock
    preview: Callable[[], bool] = lambda: False
    most: int = MAX_RECORDS
    here: set[str] = field(default_factory=set)

    async def plan(
        self,
        query: Query,
        *,
        limit: int | None = None,
        fresh: bool = False,
        strategy: Strategy = "auto",
        refresh_after: str | dt.timedelta | None = None,
    ) -> Plan:
        """Work out what it would cost to collect a query; see `bulkjobs.Client.plan`."""
        query, limit = asked_for(query, limit)
        if strategy not in {"auto", "windows", "ids"}:
            raise InvalidQuery(f"strategy must be 'auto', 'windows' or 'ids', not {strategy!r}.", field="strategy")
        age = as_age(refresh_after)
        current = await asyncio.to_thread(self.ledger.current, self.service, plan_key(query, limit))
        too_old = current is not None and age is not None and self.clock.time() - current.made_at >= age.total_seconds()
        if current is not None and not fresh and not too_old:
            return await asyncio.to_thread(self.attached, query, limit, current)
        making = _Making(self, query, limit, fresh=fresh, strategy=strategy, age=age)
        return await making.plan(current)

    async def anew(self, query: JobFilter) -> Plan:
        """Plan a whole filter as the service knows it now, whatever was collected under the same query before."""
        return await _Making(self, query, None, fresh=False, strategy="auto", age=None).plan(None)

    def attached(self, query: Query, limit: int | None, current: CollectionRow) -> Plan:
        """Plan from the ledger: no network is needed."""
        earlier = self.ledger.data_requests(current.id)
        return Plan(
            query=query,
            limit=limit,
            matched=current.matched or 0,
            requests=tuple(PlannedRequest(self.ledger.query(row), row.records) for row in earlier if row.records),
            owned=bought(earlier) + current.owned,
            unsent=unsent(earlier),
            waiting=len(waiting(earlier)),
            attaches_to=current.id,
            balance=None,
            sample=(),
            service=self.service,
            taken=self.ledger.owned(current.id),
            strategy="ids" if any(row.by_ids for row in earlier) else "windows",
            made_at=current.made_at,
        )

    async def owned(self, ids: pl.Series, age: dt.timedelta | None = None) -> pl.Series:
        """Return those of some ids that the library holds, in their order; copies older than `age` do not count."""
        since = None if age is None else as_datetime(self.clock.time() - age.total_seconds())
        held = await asyncio.to_thread(self.library.owned, ids, since=since, except_collections=self.foreign())
        return ids.filter(ids.is_in(held["id"].implode()))

    def elsewhere(self, query: Query) -> list[DataRequestRow]:
        """Return what others loaded, with a ledger that they share, and may match a query, but is not in this library.

        Files of longer ago than 30 days are left out: they can't be fetched, nor be told from what is bought anew.
        """
        if not self.ledger.is_shared:
            return []
        recent = self.clock.time() - RETENTION
        known = {*self.here, *self.library.versions()["source"]}
        missing = []
        for request in self.ledger.all_loaded(self.service):
            source = source_of(request)
            if source in known or (request.accepted_at or 0.0) < recent:
                continue
            if self.library.has(source):
                self.here.add(source)
            elif may_share(query, self.ledger.query(request)):
                missing.append(request)
        return missing

    def foreign(self) -> list[str]:
        """Return the collections of other services, which may give the same id to another posting."""
        return [row.id for row in self.ledger.collections() if row.service != self.service]


def id_files(ids: pl.Series, most: int) -> list[PlannedRequest]:
    """Plan to buy some ids, at most so many in each data request."""
    parts = (ids.slice(start, most) for start in range(0, len(ids), most))
    return [PlannedRequest(JobIds(part), len(part)) for part in parts]


class _Making:
    """One plan in the making, with what was asked on the way."""

    def __init__(
        self, planner: Planner, query: Query, limit: int | None, *, fresh: bool, strategy: Strategy,
        age: dt.timedelta | None,
    ) -> None:  # fmt: skip
        self._planner, self._query, self._limit = planner, query, limit
        self._fresh, self._strategy, self._age = fresh, strategy, age
        self._balance: int | None = None
        self._counts = self._pages = 0
        self._why: list[str] = []
        self._taken = pl.Series("id", [], pl.Int64)

    async def plan(self, current: CollectionRow | None) -> Plan:
        planner = self._planner
        now = planner.clock.time()
        # Before the library is asked: what is added later is looked at again.
        basis, elsewhere = planner.ledger.turn(), await asyncio.to_thread(planner.elsewhere, self._query)
        if elsewhere and not self._fresh:
            basis = min(basis, *(request.turn - 1 for request in elsewhere if request.turn))
            others = counted(len(elsewhere), "data request")
            self._why.append(f"{others} of other machines may hold some of it: that is found out before any is bought")
        sample: list[dict[str, Any]] = []
        if isinstance(self._query, JobIds):
            matched = len(self._query)
            self._balance = await planner.api.balance()
            requests, strategy = await self._of_ids(self._query.series), "ids"
        else:
            matched = await self._count(self._query)
            if matched and planner.preview():
                sample = (await planner.api.preview(self._query.filters))[:SAMPLE_ROWS]
            requests, strategy = await self._of_filter(self._query, matched)
        return Plan(
            query=self._query,
            limit=self._limit,
            matched=matched,
            requests=tuple(requests),
            owned=len(self._taken) + self._bought(current),
            unsent=0,
            attaches_to=current.id if current is not None and self._fresh else None,
            balance=self._balance,
            sample=tuple(sample),
            service=planner.service,
            fresh=self._fresh,
            replaces=current.id if current is not None and not self._fresh else None,
            taken=self._taken,
            strategy=strategy,
            why=tuple(self._why),
            counts=self._counts,
            pages=self._pages,
            basis=None if self._fresh else basis,
            made_at=now,
        )

    def _bought(self, current: CollectionRow | None) -> int:
        """Count what is bought anew, as the user wants it."""
        if current is None or not self._fresh:
            return 0
        return bought(self._planner.ledger.data_requests(current.id)) + current.owned

    async def _of_filter(self, query: JobFilter, matched: int) -> tuple[list[PlannedRequest], str]:
        wanted = matched if self._limit is None else min(matched, self._limit)
        if not wanted:
            return [], "windows"
        possible = not self._fresh and await asyncio.to_thread(self._planner.library.may_hold, query)
        if self._strategy == "ids" or (self._strategy == "auto" and possible):
            return await self._by_ids(query, wanted)
        if possible:
            self._why.append(
                "the library holds postings of that time; windows can't leave them out, strategy='ids' can"
            )
        return await self._by_windows(query, matched, wanted), "windows"

    # --- by ids -------------------------------------------------------------------------------------------

    async def _by_ids(self, query: JobFilter, wanted: int) -> tuple[list[PlannedRequest], str]:
        found = await listing(self._planner.api, query.filters, limit=self._limit)
        self._pages += found.pages
        pages = counted(found.pages, "free search page")
        requests = await self._of_ids(found.ids)
        if found.missed:
            self._why.append(f"{found.missed:,} postings moved while they were listed; plan again later for those")
        if not len(self._taken) and len(found.ids) <= self._planner.most and self._strategy == "auto":
            self._why.append(f"{pages} show that none of it is owned: one filter buys it")
            return [PlannedRequest(query, wanted)], "windows"
        self._why.append(f"by ids: {pages} listed {len(found.ids):,}, {len(self._taken):,} are owned")
        return requests, "ids"

    async def _of_ids(self, ids: pl.Series) -> list[PlannedRequest]:
        if not self._fresh:
            self._taken = await self._planner.owned(ids, self._age)
        return id_files(ids.filter(~ids.is_in(self._taken.implode())), self._planner.most)

    # --- by windows ---------------------------------------------------------------------------------------

    async def _by_windows(self, query: JobFilter, matched: int, wanted: int) -> list[PlannedRequest]:
        if wanted <= self._planner.most:  # the filter itself, with its limit
            return [PlannedRequest(query, wanted)]
        pinned = await self._pinned(query, matched)
        windows = await cut(
            pinned,
            matched,
            count=self._count,
            most=self._planner.most,
            now=naive(self._planner.clock.time()),
            limit=self._limit,
        )
        requests = [request for window in windows for request in await self._requests(window)]
        left, kept = wanted, []
        for request in requests:
            kept.append(_head(request, left))
            left -= kept[-1].records
            if left <= 0:
                break
        least = math.ceil(wanted / self._planner.most)
        self._why.append(
            f"by windows of created_at: {len(kept):,} (at least {least:,}), found by {self._counts:,} counts"
        )
        return kept

    async def _pinned(self, query: JobFilter, matched: int) -> JobFilter:
        """End an open filter at this instant, so that what arrives while it is carried out is in no window.

        Where postings of later times match, by some clock, it stays open: none must be left out.
        """
        now = stamp(naive(self._planner.clock.time()))
        if query.created_at_lte is not None and query.created_at_lte <= now:
            return query
        if query.created_at_gte is not None and query.created_at_gte > now:
            return query
        pinned = JobFilter.restored({**query.filters, "created_at_lte": now})
        return pinned if await self._count(pinned) == matched else query

    async def _requests(self, window: Window) -> list[PlannedRequest]:
        if window.divisible:
            return [PlannedRequest(window.query, window.records)]
        found = await listing(self._planner.api, window.query.filters)
        self._pages += found.pages
        self._why.append(
            f"{window.records:,} postings were created and updated in one second, {window.query.created_at_gte}: "
            "those are bought by their ids"
        )
        return id_files(found.ids, self._planner.most)

    async def _count(self, query: JobFilter) -> int:
        answer = await self._planner.api.count(query.filters)
        self._counts += 1
        self._balance = answer.balance if answer.balance is not None else self._balance
        return answer.total


def _head(request: PlannedRequest, most: int) -> PlannedRequest:
    if request.records <= most:
        return request
    query = request.query.head(most) if isinstance(request.query, JobIds) else request.query
    return PlannedRequest(query, most)


def as_age(value: str | dt.timedelta | None) -> dt.timedelta | None:
    """Read an age such as ``"30d"``, ``"12h"`` or ``"2w"``.

    Raises
    ------
    InvalidQuery
        It is none.
    """
    if value is None or isinstance(value, dt.timedelta):
        return value
    read = re.fullmatch(r"\s*(\d{1,6})\s*([hdw])\s*", value) if isinstance(value, str) else None
    if read is None:
        raise InvalidQuery(
            f"refresh_after must be an age, not {value!r}.", field="refresh_after", next_step='refresh_after="30d"'
        )
    return dt.timedelta(**{_UNITS[read[2]]: int(read[1])})
