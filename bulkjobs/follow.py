"""Following a query: each run buys what is new or changed since the last one of that name, and nothing twice.

What is new or changed is told by ``last_updated`` (contract section 3). The search gives ids only, so a copy that is
owned is compared with the ranges of time in which the service lists its posting: see `_Following._floors`.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from . import events
from .bringing import catch_up
from .budget import Budget
from .clock import naive, stamp
from .collection import Collection
from .display import as_html, as_text
from .errors import BudgetExceeded, BulkJobsError, Charged, InvalidQuery, StillRunning
from .events import Listener
from .opening import lapsed, opened
from .outcomes import saved
from .pages import Listing, listing
from .plan import Plan, plan_key
from .planner import id_files
from .query import JobFilter
from .records import POSTING_SCHEMA, concatenated
from .rows import CREDITS_A_RECORD, DataRequestRow, RunRow, bought, is_reopenable, source_of
from .workshop import Workshop, locked, written

SKEW = 60.0  # seconds by which the service's clock may be behind ours
CUTS = 200  # searches, at the most, to tell changed postings from those that are owned as they are


@dataclass(frozen=True)
class FollowRun:
    """What a run brought, or, after a dry run, what it would bring and cost at most.

    Attributes
    ----------
    name : str
        What is followed.
    new, changed : int
        Postings bought that were not owned before, and those that were, in an older state.
    credits : int
        Credits spent on them.
    since : str or None
        Postings updated from then on (UTC) were looked at; None: all.
    collection : Collection or None
        What the run bought; None where there was nothing to buy.
    earlier : Collection or None
        What a run brought that was cut off, where this one finished it: included in the figures above, and in `frame`.
    dry_run : bool
        Whether nothing was sent.
    notes : tuple of str
        What else is worth knowing.
    """

    name: str
    new: int
    changed: int
    credits: int
    since: str | None
    collection: Collection | None = None
    earlier: Collection | None = None
    dry_run: bool = False
    notes: tuple[str, ...] = ()

    def frame(self) -> pl.DataFrame:
        """Return the postings of this run, each once, in its newest state: a frame of `POSTING_SCHEMA`."""
        parts = [one.frame() for one in (self.earlier, self.collection) if one is not None]
        if len(parts) < 2:
            return parts[0] if parts else pl.DataFrame(schema=POSTING_SCHEMA)
        first, last = parts
        return concatenated([first.filter(~pl.col("id").is_in(last["id"].implode()).fill_null(value=False)), last])

    def rows(self) -> list[tuple[str, str]]:
        """Return it as labelled lines, for any kind of display."""
        made = [one.id for one in (self.earlier, self.collection) if one is not None]
        return [
            ("since", f"{self.since} UTC" if self.since else "the beginning"),
            ("new", f"{self.new:,}"),
            ("changed", f"{self.changed:,}"),
            ("would cost" if self.dry_run else "credits", f"{self.credits:,}" + " at most" * self.dry_run),
            *(("collection", one) for one in made),
            *(("note", note) for note in self.notes),
        ]

    def __repr__(self) -> str:
        return as_text(self._title, self.rows())

    def _repr_html_(self) -> str:
        return as_html(self._title, self.rows())

    @property
    def _title(self) -> str:
        return f"{'Dry run' if self.dry_run else 'Run'} of {self.name}"


async def follow(
    shop: Workshop,
    query: JobFilter,
    *,
    name: str,
    max_credits: int | None,
    dry_run: bool,
    on_event: Listener | None,
    deadline: float,
) -> FollowRun:
    """Buy what is new or changed since the last run of a name; see `bulkjobs.Client.follow`."""
    if not isinstance(query, JobFilter):
        raise InvalidQuery("Only a JobFilter can be followed.", next_step="collect(ids) buys ids")
    if not isinstance(name, str) or not name.strip():
        raise InvalidQuery("What is followed needs a name.", field="name", next_step='name="de-data-jobs"')
    following = _Following(shop, query, name, max_credits, on_event, deadline)
    if dry_run:
        return await following.priced()
    lock = hashlib.sha256(f"{shop.service}\n{name}".encode()).hexdigest()[:16]
    busy = StillRunning(
        f"Another process has been at a run of {name!r} for {deadline:.0f} s.",
        charged=Charged.NO,
        next_step="see to that process, then follow it again",
    )
    async with locked(shop, f"follow-{lock}", events.Held(name), busy, on_event, deadline=deadline):
        return await following.run()


@dataclass(frozen=True, slots=True)
class _Priced:
    """A plan of a run, and how many of its postings are owned in an older state."""

    plan: Plan
    changed: int = 0


@dataclass(frozen=True, slots=True)
class _Part:
    """A run that is done, and what it bought."""

    row: RunRow
    collection: Collection | None


class _Following:
    """One call for one name, by the task that holds it."""

    def __init__(
        self,
        shop: Workshop,
        query: JobFilter,
        name: str,
        max_credits: int | None,
        listener: Listener | None,
        deadline: float,
    ) -> None:
        self._shop, self._planner = shop, shop.planner
        self._query, self._name = query, name
        self._most, self._listener, self._deadline = max_credits, listener, deadline
        self._allowed = 0  # credits that this call may have spent so far

    async def run(self) -> FollowRun:
        """Finish a run that was cut off, then take what came since."""
        await catch_up(self._shop, self._query)  # which states are owned is told by the library here
        last, parts = self._last(), list[_Part]()
        if last is not None and last.finished_at is None:
            parts.append(await self._carried(last))
            last = parts[0].row
        since = None if last is None else last.newest
        priced = await self._price(since)
        self._check(priced.plan.credits)
        ledger, asked = self._shop.ledger, self._query.to_dict()
        begun = priced.plan.made_at
        row = await written(ledger.run_begun, self._shop.service, self._name, asked, since, at=begun)
        parts.append(await self._carried(row, priced))
        # Where one was cut off, what both brought is new to the caller.
        return FollowRun(
            name=self._name,
            new=sum((part.row.records or 0) - (part.row.changed or 0) for part in parts),
            changed=sum(part.row.changed or 0 for part in parts),
            credits=sum(part.row.credits or 0 for part in parts),
            since=parts[0].row.since,
            collection=parts[-1].collection,
            earlier=parts[0].collection if len(parts) > 1 else None,
        )

    async def priced(self) -> FollowRun:
        """Tell what a run would cost; nothing is sent, and nothing is written down."""
        last = self._last()
        if last is not None and last.finished_at is None:
            cut_off = await self._planned(last)
            if cut_off is not None:
                note = "a run that was cut off is finished first; what came since is bought after it"
                return FollowRun(
                    self._name, cut_off.unsent, 0, cut_off.credits, last.since, dry_run=True, notes=(note,)
                )
        since = None if last is None else last.newest if last.finished_at is not None else last.since
        found = await self._price(since)
        plan, notes = found.plan, found.plan.why
        if plan.balance is not None and plan.credits > plan.balance:
            notes = (*notes, f"the balance is {plan.balance:,} credits: too small")
        new = sum(request.records for request in plan.requests) - found.changed
        return FollowRun(self._name, new, found.changed, plan.credits, since, dry_run=True, notes=notes)

    def _last(self) -> RunRow | None:
        found = self._shop.ledger.runs(self._shop.service, self._name)
        if found and found[0].query != self._query.to_dict():
            raise InvalidQuery(
                f"{self._name!r} follows another query: {JobFilter.restored(found[0].query['filters'])!r}.",
                field="name",
                next_step="follow(query, name=...) with another name, or with that query",
            )
        return found[0] if found else None

    def _check(self, cost: int) -> None:
        """Raise `BudgetExceeded` where this call would spend more than it may."""
        whole = self._allowed + cost
        try:
            Budget(self._most, bounded=False).check(whole)
            self._shop.budgets.check_call(whole)
        except BudgetExceeded as error:
            if "max_credits" in error.next_step:
                error.next_step = f"follow(..., max_credits={whole})"
            raise
        self._allowed = whole

    # --- one run ------------------------------------------------------------------------------------------

    async def _carried(self, row: RunRow, priced: _Priced | None = None) -> _Part:
        """Buy what a run wants, or go on with it."""
        plan = None if priced is None else priced.plan
        if plan is None:  # cut off: perhaps before its intent, and then nothing was sent
            plan = await self._planned(row) or (await self._price(row.since)).plan
            self._check(plan.credits)
        plan = replace(plan, part=_tag(row))
        if not plan.records:
            return _Part(await self._note(row, None, records=0, changed=0, credits=0, newest=row.since), None)
        collection: Collection | None = None
        try:
            collection = Collection(self._shop, await opened(self._shop, plan, on_event=self._listener))
            await collection.finish(on_event=self._listener, deadline=self._deadline)
            counted = await asyncio.to_thread(self._sum, row, collection.id)
            return _Part(await self._note(row, collection, **counted), collection)
        except BulkJobsError as error:
            with contextlib.suppress(BulkJobsError):  # what went wrong first is what is told
                await self._failed(row, collection, error)
            raise

    async def _planned(self, row: RunRow) -> Plan | None:
        """Return what a run has bought, or planned to; None where it has no intent that still stands."""
        key = plan_key(self._asked(row.since), None, _tag(row))
        current = await written(self._shop.ledger.current, self._shop.service, key)
        if current is None or await lapsed(self._shop, current):
            return None
        return replace(self._planner.attached(self._asked(row.since), None, current), part=_tag(row))

    async def _failed(self, row: RunRow, collection: Collection | None, error: BulkJobsError) -> None:
        """Write down why a run stands still; where going on with it can bring nothing more, it is over."""
        values: dict[str, Any] = {"error": saved(error)}
        requests = [] if collection is None else collection.requests
        if collection is not None and await self._is_over(row, requests):
            # It does not count as a look at the service: the next run begins where this one began.
            counted = await asyncio.to_thread(self._sum, row, collection.id)
            values |= {**counted, "newest": row.since, "finished_at": self._shop.clock.time()}
        values["collection_id"] = None if collection is None else collection.id
        await written(self._shop.ledger.run_noted, row, **values)

    async def _is_over(self, row: RunRow, requests: Sequence[DataRequestRow]) -> bool:
        """Whether all of it came or ended, and what ended cost nothing: refused, or of postings that are gone."""
        ended = [request for request in requests if request.state != "loaded"]
        if any(r.state not in {"failed", "refused"} or is_reopenable(r) for r in ended):
            return False
        unsure = [r for r in ended if (r.error or {}).get("charged") != "no"]
        if any((r.error or {}).get("type") != "NothingMatched" or not r.by_ids for r in unsure):
            return False
        if not unsure:
            return bool(ended)
        listed = (await self._listed(self._asked(row.since))).ids
        return not any(self._shop.ledger.query(r).series.is_in(listed.implode()).any() for r in unsure)  # type: ignore[union-attr]

    async def _note(self, row: RunRow, collection: Collection | None, **values: object) -> RunRow:
        return await written(
            self._shop.ledger.run_noted,
            row,
            **values,
            collection_id=None if collection is None else collection.id,
            finished_at=self._shop.clock.time(),
            error=None,
        )

    def _sum(self, row: RunRow, collection_id: str) -> dict[str, Any]:
        """Count what a run brought, and tell where the next one begins."""
        library, requests = self._shop.library, self._shop.ledger.data_requests(collection_id)
        sources = [source_of(request) for request in requests if request.state == "loaded" and request.request_id]
        came = library.scan(sources=sources).select("id", "last_updated").collect(engine="streaming")
        foreign = self._planner.foreign()
        before = library.owned(came["id"].drop_nulls(), except_collections=[collection_id, *foreign])
        taken = library.owned(self._shop.ledger.owned(collection_id), except_collections=foreign)["last_updated"]
        records = bought(requests)
        return {
            "records": records,
            "changed": len(before),
            "credits": records * CREDITS_A_RECORD,
            "newest": self._newest(row, pl.concat([came["last_updated"], taken]), taken),
        }

    def _newest(self, row: RunRow, seen: pl.Series, taken: pl.Series) -> str | None:
        """Tell up to when all changes are known: the newest one that was seen, but no later than the run began.

        What was updated while the run went on may have been missed: a large one takes a while. Where another
        collection brought a posting meanwhile, and not in the state that was listed, nothing more is known than before.
        """
        last = seen.max()
        if not isinstance(last, dt.datetime):
            return row.since
        if row.since is not None and (taken.is_null() | (taken < dt.datetime.fromisoformat(row.since))).any():
            return row.since
        newest = min(stamp(last), stamp(naive(row.started_at - SKEW)))
        return newest if row.since is None else max(newest, row.since)

    # --- what to buy --------------------------------------------------------------------------------------

    def _asked(self, since: str | None, until: str | None = None) -> JobFilter:
        """Narrow the query to what was updated from one second on, and up to another."""
        filters = dict(self._query.filters)
        if since is not None:
            filters["last_updated_gte"] = max(since, filters.get("last_updated_gte", since))
        if until is not None:
            filters["last_updated_lte"] = min(until, filters.get("last_updated_lte", until))
        return JobFilter.restored(filters)

    async def _listed(self, asked: JobFilter) -> Listing:
        if (asked.last_updated_gte or "") > (asked.last_updated_lte or "a"):  # refused by some
            return Listing(pl.Series("id", [], pl.Int64), 0, 0)
        return await listing(self._shop.api, asked.filters)

    async def _price(self, since: str | None) -> _Priced:
        """Plan a run: all of the query, or what is new or changed. Free."""
        if since is None:
            return _Priced(await self._planner.anew(self._query))
        now, basis = self._shop.clock.time(), self._shop.ledger.turn()
        asked = self._asked(since)
        found = await self._listed(asked)
        foreign = self._planner.foreign()
        held = await asyncio.to_thread(self._shop.library.owned, found.ids, except_collections=foreign)
        held = held.select("id", pl.col("last_updated").dt.truncate("1s"))
        older = await self._older(since, found.ids, held)
        new = found.ids.filter(~found.ids.is_in(held["id"].implode()))
        wanted = pl.concat([new, older])
        why = f"{len(found.ids):,} postings updated since {since} were listed, free: {found.pages:,} pages"
        plan = Plan(
            query=asked,
            limit=None,
            matched=len(found.ids),
            requests=tuple(id_files(wanted, self._planner.most)),
            owned=len(found.ids) - len(wanted),
            unsent=0,
            attaches_to=None,
            balance=None,
            sample=(),
            service=self._shop.service,
            strategy="ids",
            why=(why,) if len(found.ids) else (),
            pages=found.pages,
            basis=basis,
            made_at=now,
        )
        return _Priced(plan, len(older))

    async def _older(self, since: str, ids: pl.Series, held: pl.DataFrame) -> pl.Series:
        """Return the ids of the copies that are older than their postings.

        A copy that was bought for the very same `since`, and is older than that, is as new as the service has it:
        its search and its records disagree, and to buy it again would bring the same again.
        """
        floors = await self._floors(since, ids, held)
        start = dt.datetime.fromisoformat(since)
        stale = (pl.col("last_updated") < pl.col("floor")).fill_null(value=True)
        older = held.join(floors, on="id").filter(stale)
        ledger, service = self._shop.ledger, self._shop.service
        same = [run.collection_id for run in ledger.runs(service, self._name) if run.since == since]
        sources = [source_of(request) for one in same if one is not None for request in ledger.data_requests(one)]
        if sources and len(older):
            again = await asyncio.to_thread(self._shop.library.owned, older["id"], sources=sources)
            behind = again.filter((pl.col("last_updated") < start).fill_null(value=True))
            older = older.join(behind, on="id", how="anti")
        return older["id"]

    async def _floors(self, since: str, ids: pl.Series, held: pl.DataFrame) -> pl.DataFrame:
        """Tell of each posting a time (``floor``) that its last update is not before.

        For a copy that is newer than `since`, or of that very second, that has to be more exact: so the search is
        cut after the seconds of such copies. A posting that is listed after the second of its copy has changed, one
        that is listed at or before it has not. With more than `CUTS` such seconds, some changes are found only when
        the posting changes again; nothing is bought twice.
        """
        start = dt.datetime.fromisoformat(since)
        floors = dict.fromkeys(ids.to_list(), start)
        seconds = held["last_updated"].drop_nulls().unique().sort()
        cuts: list[dt.datetime] = seconds.filter(seconds >= start).to_list()
        cuts = cuts[:: -max(1, -(-len(cuts) // CUTS))][::-1]
        for at, cut in enumerate(cuts):
            floor = cut + dt.timedelta(seconds=1)
            until = stamp(cuts[at + 1]) if at + 1 < len(cuts) else None
            later = await self._listed(self._asked(stamp(floor), until))
            floors |= dict.fromkeys(later.ids.to_list(), floor)
        return pl.DataFrame(
            {"id": list(floors), "floor": list(floors.values())}, schema={"id": pl.Int64, "floor": pl.Datetime("us")}
        )


def _tag(row: RunRow) -> str:
    """Name what a run buys: the same posting may change again, and is another purchase then."""
    return f"run {row.id} of {row.name}"
