"""`Client`: the verbs, from a query to a frame, over one session, one ledger and one home folder."""

from __future__ import annotations

import asyncio
import math
import os
import random
import secrets
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from . import carry, config, outcomes
from .carry import Workshop
from .clock import Clock, SystemClock, as_datetime
from .collection import DEADLINE, Collection
from .config import ApiKey
from .errors import BudgetExceeded, BulkJobsError, ConfigError, UnknownCollection
from .events import Attached, Listener, notify
from .ledger import Ledger
from .plan import Plan, check_limit, make_plan, plan_key
from .query import JobFilter, JobIds, Query
from .rows import CollectionRow, Intent
from .wire.api import COMPANY_URL_FIELD, Api
from .wire.pace import Pace
from .wire.routes import routes
from .wire.transport import Backoff, Timeouts, Transport

UNFINISHED = frozenset({"planned", "sending", "accepted", "ready", "fetched"})


class Client:
    """A client of the service, for ``async with``.

    What is not given is taken from the environment, then from ``config.toml`` in the home folder.

    Parameters
    ----------
    api_key : str, optional
        The key (v2) or JWT (v1); ``CORESIGNAL_API_KEY``. Work from the ledger alone needs none.
    base_url : str, optional
        Where the service is, up to and with ``/cdapi``; ``BULKJOBS_BASE_URL``.
    api_version : {"v2", "v1"}, optional
        Which tree of the service to speak to (contract section 1); ``BULKJOBS_API_VERSION``.
    home : path, optional
        Folder of the ledger and the files; ``BULKJOBS_HOME``, else the user's data folder.
    rate : float, optional
        Requests a second, at the most: 5 unless told; ``BULKJOBS_RATE``.
    company_url_field : str
        Name under which the service takes the company page filter (contract section 11, row 14).
    free_preview : bool, optional
        Whether previews cost nothing, so that a plan may show sample postings. Unless told, only a service on
        loopback is trusted with that: on the real one they may be charged (contract section 8).
    service : str, optional
        What the ledger calls the service that things were bought from; the base URL unless told.
    clock, jitter, timeouts
        Time, randomness and patience; for tests.

    Raises
    ------
    ConfigError
        A setting makes no sense.

    Examples
    --------
    >>> async with bj.Client.sandbox() as client:
    ...     plan = await client.plan(bj.JobFilter(title="Data Engineer"), limit=500)
    ...     collection = await client.collect(plan, max_credits=500)
    ...     frame = collection.frame()
    """

    def __init__(
        self,
        api_key: str | ApiKey | None = None,
        *,
        base_url: str | None = None,
        api_version: str | None = None,
        home: str | os.PathLike[str] | None = None,
        rate: float | None = None,
        company_url_field: str = COMPANY_URL_FIELD,
        free_preview: bool | None = None,
        service: str | None = None,
        clock: Clock | None = None,
        jitter: Callable[[], float] = random.random,
        timeouts: Timeouts | None = None,
    ) -> None:
        self.home = config.home(home)
        file = config.read_file(self.home)
        url = config.base_url(config.setting("base_url", base_url, file, config.DEFAULT_BASE_URL))
        tree = routes(config.setting("api_version", api_version, file, config.DEFAULT_API_VERSION))
        pace = config.speed(config.setting("rate", rate, file, config.DEFAULT_RATE))
        clock = clock or SystemClock()
        given = config.ApiKey(api_key) if isinstance(api_key, str) else api_key

        def key() -> ApiKey:
            return config.api_key(given, file)

        self._transport = Transport(
            url,
            key,
            tree,
            pace=Pace(pace, clock),
            clock=clock,
            timeouts=timeouts,
            backoff=Backoff(jitter=jitter),
        )
        self._free_preview = config.is_loopback(url) if free_preview is None else free_preview
        self.ledger = Ledger(self.home / "ledger.sqlite3")
        self._shop = Workshop(
            service=service or str(url),
            api=Api(self._transport, tree, company_url_field=company_url_field),
            ledger=self.ledger,
            home=self.home,
            clock=clock,
            account=lambda: key().account,
            polling=Backoff(first=1.0, factor=1.5, cap=30.0, jitter=jitter),
            downloading=Backoff(first=1.0, jitter=jitter),
        )

    @classmethod
    def sandbox(cls, *, home: str | os.PathLike[str] | None = None, **options: Any) -> SandboxClient:
        """Make a client with a sandbox of its own: no key, no network, no real credits.

        Parameters
        ----------
        home : path, optional
            As for `Client`, but by default a folder ``sandbox`` beside the real ledger, never the same.
        **options
            For `bulkjobs.Sandbox`: ``data``, ``postings``, ``seed``, ``credits``, ``rate``, ``latency``, ...
        """
        return SandboxClient(home, options)

    async def start(self) -> Self:
        """Do what ``async with`` does at its beginning, for a client that lives longer than a cell; see `close`."""
        return self

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Write down the answers of POSTs that are still on their way, and close the session."""
        if self._shop.in_flight:
            await asyncio.wait(set(self._shop.in_flight))
        await self._transport.close()

    # --- free ---------------------------------------------------------------------------------------------

    async def count(self, query: Query) -> int:
        """Count the postings that a query matches (for ids: how many there are). Free.

        Raises
        ------
        ServiceError
            The service refused it, or could not be reached.
        """
        if isinstance(query, JobIds):
            return len(query)
        return (await self._shop.api.count(query.filters)).total

    async def plan(self, query: Query, *, limit: int | None = None, fresh: bool = False) -> Plan:
        """Work out what it would cost to collect a query. Free.

        A query that was bought before, with the same limit, is planned from the ledger: same figures as then, cost 0,
        and no network, so that a notebook runs again next year as it ran today.

        Parameters
        ----------
        query : JobFilter or JobIds
            What to ask for.
        limit : int, optional
            The most records wanted, 1 to 10,000.
        fresh : bool
            Ask the service, and plan to buy anew, even if it was bought before.

        Returns
        -------
        Plan
            To look at, and to hand to `collect`.
        """
        return await make_plan(
            self._shop.api,
            self.ledger,
            query,
            limit=limit,
            service=self._shop.service,
            sample=self._free_preview,
            fresh=fresh,
        )

    async def search(self, query: JobFilter, *, limit: int | None = None) -> list[int]:
        """List the ids of the postings that a filter matches, 1,000 a page. Free.

        Parameters
        ----------
        query : JobFilter
            What to ask for.
        limit : int, optional
            Stop after so many.

        Returns
        -------
        list of int
            Each id once, in the service's order; `JobIds` takes it.

        Raises
        ------
        ServiceError
            The service refused it, or could not be reached.
        """
        found: dict[int, None] = {}
        seen: set[str] = set()
        after: str | None = None
        while limit is None or len(found) < limit:
            page = await self._shop.api.search(query.filters, after=after)
            found.update(dict.fromkeys(page.ids))
            after = page.after
            # How the last page looks is not documented, so any of these ends it (contract section 11, row 32).
            if not page.ids or after is None or after in seen or len(found) >= (page.total or math.inf):
                break
            seen.add(after)
        return list(found)[:limit]

    async def balance(self) -> int | None:
        """Credits left, or None where the service does not tell. Free."""
        return await self._shop.api.balance()

    # --- spending -----------------------------------------------------------------------------------------

    async def submit(
        self,
        plan: Plan | Query,
        *,
        limit: int | None = None,
        max_credits: int | None = None,
        fresh: bool = False,
        on_event: Listener | None = None,
    ) -> Collection:
        """Send the data requests of a plan, once and for all, and return the handle. Spends credits.

        A query that was collected before, with the same limit, attaches to that collection and spends nothing.

        Parameters
        ----------
        plan : Plan, JobFilter or JobIds
            What to buy. A bare query is planned first; a filter then needs a `limit` or `max_credits`.
        limit : int, optional
            With a bare query: the most records wanted.
        max_credits : int, optional
            The most credits to spend.
        fresh : bool
            Buy anew what was bought before.
        on_event : callable, optional
            Told of everything that happens.

        Raises
        ------
        BudgetExceeded
            It would cost more than `max_credits`; nothing was sent.
        PlanRefused
            One data request can't carry it.
        ServiceError
            The service refused it; nothing was charged.
        OutcomeUnknown
            It was sent and no usable answer came back; see the error's next step.
        """
        if isinstance(plan, Plan):
            query, limit, fresh = plan.query, plan.limit, fresh or plan.fresh
        else:
            query = plan
        check_limit(limit)
        row = None if fresh else self.ledger.live(self._shop.service, plan_key(query, limit))
        bought = row is not None
        if row is None:
            row, made = await self._open(plan, limit, max_credits, fresh)
            bought = not made
        collection = Collection(self._shop, row)
        if bought:
            notify(on_event, Attached(row.id, collection.records))
        await carry.send(self._shop, row, on_event)
        return collection

    async def collect(
        self,
        plan: Plan | Query,
        *,
        limit: int | None = None,
        max_credits: int | None = None,
        fresh: bool = False,
        on_event: Listener | None = None,
        deadline: float = DEADLINE,
    ) -> Collection:
        """Submit, wait, fetch, load: `submit`, carried through to the frame. Spends credits.

        Parameters
        ----------
        plan, limit, max_credits, fresh, on_event
            As for `submit`.
        deadline : float
            Seconds to wait for the service; then `StillRunning`, and `resume` goes on from there.

        Returns
        -------
        Collection
            With its postings here: ``collection.frame()``.
        """
        collection = await self.submit(plan, limit=limit, max_credits=max_credits, fresh=fresh, on_event=on_event)
        return await collection.finish(on_event=on_event, deadline=deadline)

    async def _open(
        self, plan: Plan | Query, limit: int | None, max_credits: int | None, fresh: bool
    ) -> tuple[CollectionRow, bool]:
        """Check the price, and write the intent down; tells whether the collection is new."""
        if not isinstance(plan, Plan):
            bare = limit is None and max_credits is None and not isinstance(plan, JobIds)  # a list is a limit
            plan = await self.plan(plan, limit=limit, fresh=fresh)
            if bare and plan.cost:
                raise BudgetExceeded(
                    f"This would cost {plan.cost:,} credits, and no limit was set.",
                    next_step=f"collect(..., max_credits={plan.cost})",
                )
        if plan.service != self._shop.service:
            raise ConfigError(f"The plan was made for {plan.service}, not for {self._shop.service}: plan it again.")
        plan.check()
        if max_credits is not None and plan.cost > max_credits:
            raise BudgetExceeded(
                f"This would cost {plan.cost:,} credits, more than the {max_credits:,} allowed.",
                next_step=f"collect(..., max_credits={plan.cost}), or plan it with limit={max(max_credits, 1)}",
            )
        balance = await self._shop.api.balance()
        now = self._shop.clock.time()
        intent = Intent(
            id=f"{as_datetime(now):%Y%m%d}-{secrets.token_hex(3)}",
            service=self._shop.service,
            key=plan.key,
            query=plan.query.to_dict(),
            record_limit=plan.limit,
            matched=plan.matched,
            made_at=now,
            balance_before=balance,
            requests=[(request.query.to_dict(), request.records) for request in plan.requests],
        )
        return self.ledger.open(intent, replacing=plan.attaches_to if fresh else None)

    # --- what was bought ----------------------------------------------------------------------------------

    def collections(self) -> list[Collection]:
        """Return every collection of this home, newest first. Needs no key and no network."""
        return [Collection(self._shop, row) for row in self.ledger.collections()]

    def attach(self, collection_id: str) -> Collection:
        """Return a collection by its id, or the beginning of it. Needs no key and no network.

        Raises
        ------
        UnknownCollection
            There is none of that id.
        """
        return Collection(self._shop, self.ledger.collection(collection_id))

    async def resume(
        self, collection_id: str | None = None, *, on_event: Listener | None = None, deadline: float = DEADLINE
    ) -> list[Collection]:
        """Finish what was cut off, with no new charge: nothing that was sent is sent again.

        Parameters
        ----------
        collection_id : str, optional
            Only this one; else all of this service that are not finished.
        on_event, deadline
            As for `collect`.

        Returns
        -------
        list of Collection
            Those that were finished, and those that need a decision (``state`` "unknown").

        Raises
        ------
        BulkJobsError
            One could not be finished. With several, an `ExceptionGroup`, after all others were finished.
        """
        if collection_id is not None:
            collection = self._mine(collection_id)
            self._lapse(collection)
            return [await collection.finish(on_event=on_event, deadline=deadline)]
        found = [Collection(self._shop, row) for row in self.ledger.collections() if row.service == self._shop.service]
        resumed, failures = [], []
        for collection in reversed(found):
            self._lapse(collection)
            state = collection.state
            if state in UNFINISHED:
                try:
                    await collection.finish(on_event=on_event, deadline=deadline)
                except BulkJobsError as error:
                    failures.append(error)
            if state in UNFINISHED or state == "unknown":
                resumed.append(collection)
        if len(failures) > 1:
            raise ExceptionGroup(f"{len(failures)} collections could not be finished", failures)
        if failures:
            raise failures[0]
        return resumed

    async def settle(self, collection_id: str, *, request_id: str) -> Collection:
        """Tell the ledger the request id of a POST whose outcome was unknown, and go on from there.

        Parameters
        ----------
        collection_id : str
            The collection in question; one data request of it ended as ``unknown`` or ``failed``.
        request_id : str
            The service's id for it, as its support or a webhook told.

        Raises
        ------
        UnknownCollection
            No such collection, or nothing in it is in question.
        """
        collection = self._mine(collection_id)
        for request in collection.requests:
            if request.state in {"sending", "unknown", "failed"}:
                at = request.accepted_at or request.sent_at or self._shop.clock.time()
                self.ledger.accepted(request, request_id, at=at)
                return await collection.finish()
        raise UnknownCollection(
            f"No data request of collection {collection.id} is in question: it is {collection.state}."
        )

    def _mine(self, collection_id: str) -> Collection:
        row = self.ledger.collection(collection_id)
        if row.service != self._shop.service:
            raise ConfigError(
                f"Collection {row.id} was bought from {row.service}, and this client speaks to {self._shop.service}.",
                next_step=f"use a client with base_url={row.service!r}",
            )
        return Collection(self._shop, row)

    def _lapse(self, collection: Collection) -> None:
        """Give up an intent of long ago that was never sent: to send it now would be a charge out of the blue."""
        lapsed = BulkJobsError("It was planned, never sent, and is more than a day old.", next_step="collect it again")
        row = self.ledger.collection(collection.id)
        if self._shop.clock.time() - row.made_at > carry.INTENT_LAPSES:
            for request in collection.requests:
                if request.state == "planned":
                    self.ledger.refused(request, outcomes.saved(lapsed))


class SandboxClient(Client):
    """A `Client` that starts a `bulkjobs.Sandbox` when it is entered, and stops it when it is left."""

    def __init__(self, home: str | os.PathLike[str] | None, options: dict[str, Any]) -> None:
        self._home = home if home is not None else config.home() / "sandbox"
        self._options = options

    async def start(self) -> Self:
        """Start the sandbox, then the client."""
        from .sandbox import Sandbox

        self.server = Sandbox(**self._options)
        await self.server.start()
        try:
            super().__init__(
                self.server.api_key,
                base_url=self.server.url,
                home=self._home,
                api_version="v2",
                rate=self._options.get("rate") or 100.0,
                service=f"sandbox:{self.server.dataset[:16]}",  # the same data has the same name after a restart
            )
        except BaseException:
            await self.server.stop()
            raise
        return self

    async def close(self) -> None:
        """Close the session, then the sandbox."""
        try:
            await super().close()
        finally:
            await self.server.stop()
