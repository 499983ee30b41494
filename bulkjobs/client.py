"""`Client`: the verbs, from a query to a frame, over one session, one ledger and one home folder."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import math
import os
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import polars as pl
from yarl import URL

from . import books, budget, config
from .clock import Clock, SystemClock
from .collection import Collection
from .config import ApiKey
from .errors import ConfigError, InvalidQuery, OutcomeUnknown
from .events import Listener
from .follow import FollowRun, follow
from .library import Library
from .opening import INTENT_LAPSES, check, lapsed, opened
from .overview import Entry
from .pages import listing
from .pipeline import SEND, carry_out
from .plan import Plan, asked_for
from .planner import Planner, Strategy
from .query import JobFilter, JobIds, Query
from .rows import UNFINISHED
from .settle import settle
from .wire.api import COMPANY_URL_FIELD, Api
from .wire.pace import Pace
from .wire.routes import routes
from .wire.transport import Backoff, Timeouts, Transport
from .workshop import DEADLINE, Workshop

if TYPE_CHECKING:
    from .ledger import Ledger
    from .listening import Listening
    from .local import SandboxClient


class Client:
    """A client of the service, for ``async with``.

    What is not given is taken from the environment, then from ``config.toml`` in the home folder; the key also from
    the system's keyring.

    Parameters
    ----------
    api_key : str, optional
        The key (v2) or JWT (v1); ``CORESIGNAL_API_KEY``. Work from the ledger alone needs none.
    base_url : str, optional
        Where the service is, up to and with ``/cdapi``; ``BULKJOBS_BASE_URL``.
    api_version : {"v2", "v1"}, optional
        Which tree of the service to speak to (contract section 1); ``BULKJOBS_API_VERSION``.
    home : path, optional
        Folder of the ledger and the files; ``BULKJOBS_HOME``, else the user's data folder. Where none is given, what
        is bought from a server on this machine goes to a folder ``sandbox`` in it, apart from real purchases.
    ledger : str, optional
        Address of a PostgreSQL database (14 or newer, no pooler between that shares sessions) to keep the ledger in,
        ``"postgresql://user:password@host/db"``, so that people on several machines buy nothing twice and share
        budgets and one speed limit; ``BULKJOBS_LEDGER``. Unless told, or told ``"sqlite"``, it is a file in the home
        folder. What is bought from a server on this machine is kept apart there, too.
    rate : float, optional
        Requests a second, at the most, of all processes that use this key and home: 5 unless told; ``BULKJOBS_RATE``.
    webhook_url : str, optional
        What the service is to call when a data request has ended (contract section 9): an https address that nobody
        can guess, for it is a secret; ``BULKJOBS_WEBHOOK_URL``. `listen` gives one of our own.
    library : path, str or Library, optional
        Where the postings are kept, if not in the home folder: a folder, or ``s3://``, ``gs://`` or ``az://`` and what
        follows, shared by many machines; ``BULKJOBS_LIBRARY``. From a server on this machine come no real postings:
        where nothing is given here, they go beside it, to what has ``-sandbox`` at its end.
    company_url_field : str
        Name under which the service takes the company page filter (contract section 11, row 14).
    free_preview : bool, optional
        Whether previews cost nothing, so that a plan may show sample postings. Unless told, only a sandbox is
        trusted with that: on the real service they may be charged (contract section 8).
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
        ledger: str | None = None,
        rate: float | None = None,
        webhook_url: str | None = None,
        library: str | os.PathLike[str] | Library | None = None,
        company_url_field: str = COMPANY_URL_FIELD,
        free_preview: bool | None = None,
        service: str | None = None,
        clock: Clock | None = None,
        jitter: Callable[[], float] = random.random,
        timeouts: Timeouts | None = None,
    ) -> None:
        ledger = config.masked(ledger)
        base = config.home(home)
        file = config.read_file(base)
        url = config.base_url(config.setting("base_url", base_url, file, config.DEFAULT_BASE_URL))
        # Play money is kept apart: what is bought from a server on this machine has a ledger of its own.
        apart = home is None and config.is_loopback(url)
        self.home = config.home(base / "sandbox") if apart else base
        address = config.ledger_address(config.setting("ledger", ledger, file, "sqlite"))
        tree = routes(config.setting("api_version", api_version, file, config.DEFAULT_API_VERSION))
        speed = config.speed(config.setting("rate", rate, file, config.DEFAULT_RATE))
        hook = config.setting("webhook_url", webhook_url, file, None)
        hook = webhook_url = None if hook is None else config.webhook_address(hook)  # a traceback may show this frame
        clock = clock or SystemClock()
        given = config.ApiKey(api_key) if isinstance(api_key, str) else api_key
        self._settings: dict[str, Any] = {
            "base_url": base_url,
            "api_version": api_version,
            "home": home,
            "ledger": address or "sqlite",
            "rate": rate,
            "webhook_url": hook,
            "library": library,
            "company_url_field": company_url_field,
            "free_preview": free_preview,
            "service": service,
            "clock": clock,
            "jitter": jitter,
            "timeouts": timeouts,
        }

        def key() -> ApiKey:
            return config.api_key(given, file, host=url.host)

        self.ledger: Ledger = _ledger(address, self.home, apart=apart)
        self._transport = Transport(
            url,
            key,
            tree,
            # One limit for all processes: the service counts the requests of a key, whoever sends them.
            pace=Pace(speed, clock, lambda: self.ledger.book(key().account, clock)),
            clock=clock,
            timeouts=timeouts,
            backoff=Backoff(jitter=jitter),
        )
        self._url = url
        self._free_preview = free_preview
        self._find_key = key
        self.library = library if isinstance(library, Library) else Library(self._shelf(library, file, url))
        self.budgets = budget.find(file, Path.cwd())
        api = Api(self._transport, tree, company_url_field=company_url_field)
        service = service or str(url)
        self._shop = Workshop(
            service=service,
            api=api,
            ledger=self.ledger,
            library=self.library,
            planner=Planner(api, self.ledger, self.library, service, clock, preview=self._preview_is_free),
            budgets=self.budgets,
            home=self.home,
            clock=clock,
            account=lambda: key().account,
            local=config.is_loopback(url),
            webhook_url=hook,
            polling=Backoff(first=0.5, factor=1.25, cap=30.0, jitter=jitter),
            downloading=Backoff(first=1.0, jitter=jitter),
        )

    def _shelf(self, argument: str | os.PathLike[str] | None, file: Mapping[str, Any], url: URL) -> str | Path:
        """Find where the library is."""
        where = config.library(config.setting("library", argument, file, None))
        if where is None:
            return self.home / "library"
        return f"{where}-sandbox" if argument is None and config.is_loopback(url) else where

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
        from .local import SandboxClient

        return SandboxClient(home, options)

    def __repr__(self) -> str:
        known = self.__dict__  # a constructor that fails is shown in a traceback, half made
        return f"<{type(self).__name__} of {known.get('_url')}, home {known.get('home')}>"

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
        self.ledger.close()

    def with_key(self, api_key: str | ApiKey | None) -> Client:
        """Make a client with the same settings and another key; this one is left as it is.

        Parameters
        ----------
        api_key : str or ApiKey or None
            The key; None for that of the environment, the file or the keyring.

        Raises
        ------
        ConfigError
            It is no key.
        """
        return Client(api_key, **self._settings)

    @property
    def host(self) -> str:
        """The host that this client speaks to; what a keyring files its key under."""
        return self._url.host or ""

    @property
    def account(self) -> str | None:
        """Eight hex digits that tell its key from others, and give none away; None without a key."""
        try:
            return self._find_key().account
        except ConfigError:
            return None

    @property
    def service(self) -> str:
        """What the ledger calls the service that this client speaks to."""
        return self._shop.service

    @property
    def has_key(self) -> bool:
        """Whether there is an API key: without one, only what was bought is at hand."""
        try:
            self._find_key()
        except ConfigError:
            return False
        return True

    # --- free ---------------------------------------------------------------------------------------------

    async def count(self, query: Query) -> int:
        """Count the postings that a query matches (for ids: how many there are). Free.

        Raises
        ------
        ServiceError
            The service refused it, or could not be reached.
        """
        query, _ = asked_for(query, None)
        if isinstance(query, JobIds):
            return len(query)
        return (await self._shop.api.count(query.filters)).total

    async def plan(
        self,
        query: Query,
        *,
        limit: int | None = None,
        fresh: bool = False,
        strategy: Strategy = "auto",
        refresh_after: str | dt.timedelta | None = None,
    ) -> Plan:
        """Work out what it would cost to collect a query, and how. Free.

        A query that was bought before, with the same limit, is planned from the ledger: same figures as then, cost 0,
        and no network, so that a notebook runs again next year as it ran today. Postings that the library holds are
        not planned to be bought again. What one data request can't carry is split over many.

        Parameters
        ----------
        query : JobFilter or JobIds
            What to ask for.
        limit : int, optional
            The most records wanted.
        fresh : bool
            Ask the service, and plan to buy anew, even if it was bought before.
        strategy : {"auto", "windows", "ids"}
            How to split: by ranges of the time of creation, or by listing the ids, of which those that are owned are
            left out. Unless told, by ids where the library may hold some, else by windows. Both bring the same.
        refresh_after : str or timedelta, optional
            Copies of postings older than this (``"30d"``, ``"12h"``) do not count as owned.

        Returns
        -------
        Plan
            To look at, and to hand to `collect`.
        """
        return await self._shop.planner.plan(
            query, limit=limit, fresh=fresh, strategy=strategy, refresh_after=refresh_after
        )

    async def owned(self, ids: JobIds) -> pl.Series:
        """Tell which of some ids need not be bought: the library holds them. Free; needs no key and no network.

        Parameters
        ----------
        ids : JobIds
            The ids.

        Returns
        -------
        polars.Series
            Those that are owned, Int64, in the same order.
        """
        return await self._shop.planner.owned(ids.series)

    def check(self, plan: Plan, *, max_credits: int | None = None) -> None:
        """Tell, before anything is sent, whether a plan can be paid for: by its call, all budgets and the balance.

        `collect` checks each of them again when it spends. Free; needs no network.

        Parameters
        ----------
        plan : Plan
            What would be collected.
        max_credits : int, optional
            The most credits to spend.

        Raises
        ------
        BudgetExceeded
            It can't be, or not all of it.
        """
        check(self._shop, plan, max_credits=max_credits)

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
        asked_for(query, None)
        if not isinstance(query, JobFilter):
            raise InvalidQuery("Only a JobFilter can be searched for.", next_step="list(ids) has the ids already")
        return (await listing(self._shop.api, query.filters, limit=limit)).ids.to_list()

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
        row = await opened(self._shop, plan, limit=limit, max_credits=max_credits, fresh=fresh, on_event=on_event)
        await carry_out(self._shop, row, on_event, steps=SEND, max_credits=max_credits)
        return Collection(self._shop, row)

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
        row = await opened(self._shop, plan, limit=limit, max_credits=max_credits, fresh=fresh, on_event=on_event)
        return await Collection(self._shop, row).finish(on_event=on_event, deadline=deadline, max_credits=max_credits)

    async def follow(
        self,
        query: JobFilter,
        *,
        name: str,
        max_credits: int | None = None,
        dry_run: bool = False,
        on_event: Listener | None = None,
        deadline: float = DEADLINE,
    ) -> FollowRun:
        """Buy what is new or changed since the last run of a name, and add it to the library. Spends credits.

        The first run takes the whole query; of what the library holds already it buys nothing, whatever its state.
        A later run takes what was updated since the newest update known from the run before (that second included;
        and no later than that run began), without the postings that are owned in that very state. What leaves the
        query is not noticed. A run that was cut off is finished by the next one, with no second charge; of two at
        once, one waits for the other.

        Parameters
        ----------
        query : JobFilter
            What to follow; the same for all runs of a name.
        name : str
            What it is called, in the ledger.
        max_credits : int, optional
            The most credits to spend in this call; needed unless it costs nothing.
        dry_run : bool
            Only tell what it would cost: free searches, and nothing is written down.
        on_event, deadline
            As for `collect`; the deadline also holds for another process that is at it.

        Returns
        -------
        FollowRun
            What it brought: ``run.frame()``. Nothing new is no error.

        Raises
        ------
        BudgetExceeded
            It would cost more than `max_credits`; nothing was sent.
        InvalidQuery
            The name follows another query.
        BulkJobsError
            As for `collect`; it is kept in `runs`, and the next run goes on from there.
        """
        return await follow(
            self._shop, query, name=name, max_credits=max_credits, dry_run=dry_run, on_event=on_event, deadline=deadline
        )

    def runs(self, name: str | None = None) -> pl.DataFrame:
        """Return the runs of what is followed, newest first. Needs no key and no network.

        Parameters
        ----------
        name : str, optional
            Only of this name.

        Returns
        -------
        polars.DataFrame
            name, query (JSON), started_at, since, collection_id, records, new, changed, credits, finished_at (times
            in UTC), and error: what kept it from being finished.
        """
        return books.runs(self.ledger.runs(self._shop.service, name))

    # --- what was bought ----------------------------------------------------------------------------------

    def collections(self) -> list[Collection]:
        """Return every collection of this home, newest first. Needs no key and no network."""
        return [Collection(self._shop, row) for row in self.ledger.collections()]

    def overview(self) -> list[Entry]:
        """Return what `collections` does, for a list of thousands: frozen entries, from one read of the ledger."""
        now = self._shop.clock.time()
        return [Entry(row, requests, now) for row, requests in self.ledger.overview()]

    def attach(self, collection_id: str) -> Collection:
        """Return a collection by its id, or the beginning of it. Needs no key and no network.

        Raises
        ------
        UnknownCollection
            There is none of that id.
        """
        return Collection(self._shop, self.ledger.collection(collection_id))

    async def resume(
        self,
        collection_id: str | None = None,
        *,
        max_credits: int | None = None,
        on_event: Listener | None = None,
        deadline: float = DEADLINE,
    ) -> list[Collection]:
        """Finish what was cut off. Nothing that was sent is sent again, and nothing that was not promised is spent.

        Files that expire first are fetched first. What was confirmed less than a day ago and not sent, because its
        process ended or a budget was spent, is sent now; what is older is sent only where it is asked for by its id,
        and is given up where nothing of its collection was ever sent.

        Parameters
        ----------
        collection_id : str, optional
            Only this one; else all of this service that are not finished.
        max_credits : int, optional
            With a `collection_id`: the most credits to spend on what was not sent yet.
        on_event, deadline
            As for `collect`.

        Returns
        -------
        list of Collection
            Those that were finished, and those that need a decision (``state`` "unknown").

        Raises
        ------
        BudgetExceeded
            It would cost more than `max_credits`; nothing was sent.
        BulkJobsError
            One could not be finished. With several, an `ExceptionGroup`, after all others were finished.
        """
        if collection_id is not None:
            collection = self._mine(collection_id)
            return [await collection.finish(on_event=on_event, deadline=deadline, max_credits=max_credits)]
        if max_credits is not None:
            raise InvalidQuery(
                "max_credits is for one collection.",
                field="max_credits",
                next_step="client.resume(id, max_credits=...)",
            )
        unfinished, undecided = [], []
        for row in reversed(self.ledger.collections()):
            if row.service != self._shop.service or await lapsed(self._shop, row):
                continue
            collection = Collection(self._shop, row)
            if collection.state == "unknown" and self.ledger.current(row.service, row.key) == row:
                undecided.append(collection)
            if collection.state in UNFINISHED or any(request.state in UNFINISHED for request in collection.requests):
                unfinished.append(collection)
        unfinished.sort(key=lambda collection: collection.expires_at or math.inf)
        now = self._shop.clock.time()

        async def finish(collection: Collection) -> None:
            # What was confirmed long ago is not sent out of the blue: only where it is asked for by its name.
            send = now - collection.made_at <= INTENT_LAPSES and collection.project in {None, self.budgets.name}
            with contextlib.suppress(OutcomeUnknown) if collection.state == "unknown" else contextlib.nullcontext():
                await collection.finish(on_event=on_event, deadline=deadline, send=send)

        work = map(finish, unfinished)
        ends = await asyncio.gather(*work, return_exceptions=True)
        failures = [end for end in ends if isinstance(end, BaseException)]
        if len(failures) > 1 and all(isinstance(failure, Exception) for failure in failures):
            raise BaseExceptionGroup(f"{len(failures)} collections could not be finished", failures)
        if failures:
            raise failures[0]
        return [*unfinished, *(collection for collection in undecided if collection not in unfinished)]

    def listen(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        public_url: str | None = None,
        on_event: Listener | None = None,
    ) -> Listening:
        """Listen for calls of the service, for ``async with``; whenever it calls, what was bought is received.

        Polling stays the truth: it goes on, more seldom, without any call. Nothing is sent that spends.

        Parameters
        ----------
        host, port : str, int
            Where to listen; port 0 takes a free one.
        public_url : str, optional
            Where a tunnel or reverse proxy takes calls for us; needed unless the service is on this machine.
        on_event : callable, optional
            Told of everything that happens while it receives.

        Returns
        -------
        Listening
            Its `url` is the address to configure as ``webhook_url``: a secret, which stays the same for this home.

        Raises
        ------
        ConfigError
            There is no key, or no way for the service to call; on entering, that nothing can listen there.
        """
        from .listening import Listening

        return Listening(self._shop, host=host, port=port, public_url=public_url, on_event=on_event)

    async def settle(
        self,
        collection_id: str,
        *,
        request_id: str | None = None,
        number: int | None = None,
        arrived: bool = True,
    ) -> Collection:
        """Tell the ledger what became of a POST whose outcome was unknown, and go on from there.

        Parameters
        ----------
        collection_id : str
            The collection in question; a data request of it ended as ``unknown`` or ``failed``.
        request_id : str, optional
            The service's id for it, as its support or a webhook told.
        number : int, optional
            Which data request of the collection (`Ledger.frame` numbers them); needed where several are in question.
        arrived : bool
            False where the support says that the POST never arrived: it is planned again, and `resume` sends it.

        Raises
        ------
        UnknownCollection
            No such collection, or nothing in it is in question.
        InvalidQuery
            Several are in question and `number` was not given, or the request id is another data request's.
        """
        collection = self._mine(collection_id)
        await settle(self._shop, collection.id, request_id=request_id, number=number, arrived=arrived)
        return await collection.finish() if arrived else collection

    def _preview_is_free(self) -> bool:
        if self._free_preview is not None:
            return self._free_preview
        return config.is_loopback(self._url) and self._find_key().is_sandbox

    def _mine(self, collection_id: str) -> Collection:
        row = self.ledger.collection(collection_id)
        if row.service != self._shop.service:
            raise ConfigError(
                f"Collection {row.id} was bought from {row.service}, and this client speaks to {self._shop.service}.",
                next_step=f"use a client with base_url={row.service!r}",
            )
        return Collection(self._shop, row)


def _ledger(address: str, home: Path, *, apart: bool) -> Ledger:
    """Open the ledger: in a database of a server, or in the home folder."""
    from .ledger import Ledger  # its library takes a while to load, which `import bulkjobs` need not wait for

    if not address:
        return Ledger(home / config.LEDGER_FILE)
    return Ledger(address, schema="bulkjobs_sandbox" if apart else "bulkjobs")
