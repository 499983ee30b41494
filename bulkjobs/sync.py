"""The same verbs, blocking: the async client on one background loop, so that it works in scripts and in Jupyter."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import datetime as dt
import os
import threading
from collections.abc import Coroutine, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import polars as pl

from . import client as _async
from .collection import Collection as _AsyncCollection
from .config import ApiKey
from .errors import BulkJobsError
from .events import Listener
from .follow import FollowRun as _AsyncFollowRun
from .library import Library
from .overview import Entry
from .plan import Plan
from .planner import Strategy
from .query import JobFilter, JobIds, Query
from .workshop import DEADLINE

if TYPE_CHECKING:
    from .ledger import Ledger
    from .listening import Listening

T = TypeVar("T")


class _Loop:
    """One event loop in a daemon thread, started at the first use and shared by all blocking clients."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    def submit(self, work: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Start a coroutine there."""
        return asyncio.run_coroutine_threadsafe(work, self._running())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine there, and wait. An interrupt (Ctrl-C) cancels it, and waits a little until it has ended."""
        self._running()
        if threading.current_thread() is self._thread:
            work.close()
            raise BulkJobsError("A blocking verb was called from an on_event callback.", next_step="only look there")
        future = self.submit(work)
        try:
            while not concurrent.futures.wait([future], timeout=0.5).done:
                pass  # a wait without a time-out can't be interrupted on Windows
        except KeyboardInterrupt:
            future.cancel()
            concurrent.futures.wait([future], timeout=10)
            raise
        return future.result()

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="bulkjobs", daemon=True)
                self._thread.start()
            return self._loop

    def _forget(self) -> None:
        """Start anew in a forked child: it has no such thread."""
        self._lock, self._thread, self._loop = threading.Lock(), None, None


_LOOP = _Loop()


def submit(work: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
    """Start a coroutine of a `Client.twin` on the loop that all blocking clients share."""
    return _LOOP.submit(work)


class Client:
    """The blocking twin of `bulkjobs.Client`, for ``with``; same parameters, same verbs.

    Examples
    --------
    >>> with bj.sync.Client.sandbox() as client:
    ...     frame = client.collect(bj.JobFilter(title="Data Engineer"), limit=500).frame()
    """

    def __init__(self, api_key: str | None = None, **settings: Any) -> None:
        self._client = _async.Client(api_key, **settings)

    @classmethod
    def sandbox(cls, *, home: str | os.PathLike[str] | None = None, **options: Any) -> Self:
        """Make a client with a sandbox of its own; see `bulkjobs.Client.sandbox`."""
        made = cls.__new__(cls)
        made._client = _async.Client.sandbox(home=home, **options)
        return made

    def start(self) -> Self:
        """See `bulkjobs.Client.start`."""
        _LOOP.run(self._client.start())
        return self

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """See `bulkjobs.Client.close`."""
        _LOOP.run(self._client.close())

    def with_key(self, api_key: str | ApiKey | None) -> Client:
        """See `bulkjobs.Client.with_key`."""
        made = Client.__new__(Client)
        made._client = self._client.with_key(api_key)
        return made

    @property
    def twin(self) -> _async.Client:
        """The async client behind it, for `submit`: it works on the background loop only."""
        return self._client

    @property
    def ledger(self) -> Ledger:
        """The ledger of the home folder."""
        return self._client.ledger

    @property
    def library(self) -> Library:
        """The library of the home folder: every posting bought or imported."""
        return self._client.library

    def count(self, query: Query) -> int:
        """See `bulkjobs.Client.count`."""
        return _LOOP.run(self._client.count(query))

    def plan(
        self,
        query: Query,
        *,
        limit: int | None = None,
        fresh: bool = False,
        strategy: Strategy = "auto",
        refresh_after: str | dt.timedelta | None = None,
    ) -> Plan:
        """See `bulkjobs.Client.plan`."""
        return _LOOP.run(
            self._client.plan(query, limit=limit, fresh=fresh, strategy=strategy, refresh_after=refresh_after)
        )

    def check(self, plan: Plan, *, max_credits: int | None = None) -> None:
        """See `bulkjobs.Client.check`."""
        self._client.check(plan, max_credits=max_credits)

    def owned(self, ids: JobIds) -> pl.Series:
        """See `bulkjobs.Client.owned`."""
        return _LOOP.run(self._client.owned(ids))

    def search(self, query: JobFilter, *, limit: int | None = None) -> list[int]:
        """See `bulkjobs.Client.search`."""
        return _LOOP.run(self._client.search(query, limit=limit))

    def balance(self) -> int | None:
        """See `bulkjobs.Client.balance`."""
        return _LOOP.run(self._client.balance())

    def submit(
        self,
        plan: Plan | Query,
        *,
        limit: int | None = None,
        max_credits: int | None = None,
        fresh: bool = False,
        on_event: Listener | None = None,
    ) -> Collection:
        """See `bulkjobs.Client.submit`."""
        work = self._client.submit(plan, limit=limit, max_credits=max_credits, fresh=fresh, on_event=on_event)
        return Collection(_LOOP.run(work))

    def collect(
        self,
        plan: Plan | Query,
        *,
        limit: int | None = None,
        max_credits: int | None = None,
        fresh: bool = False,
        on_event: Listener | None = None,
        deadline: float = DEADLINE,
    ) -> Collection:
        """See `bulkjobs.Client.collect`."""
        work = self._client.collect(
            plan, limit=limit, max_credits=max_credits, fresh=fresh, on_event=on_event, deadline=deadline
        )
        return Collection(_LOOP.run(work))

    def follow(
        self,
        query: JobFilter,
        *,
        name: str,
        max_credits: int | None = None,
        dry_run: bool = False,
        on_event: Listener | None = None,
        deadline: float = DEADLINE,
    ) -> FollowRun:
        """See `bulkjobs.Client.follow`."""
        work = self._client.follow(
            query, name=name, max_credits=max_credits, dry_run=dry_run, on_event=on_event, deadline=deadline
        )
        return FollowRun(_LOOP.run(work))

    def runs(self, name: str | None = None) -> pl.DataFrame:
        """See `bulkjobs.Client.runs`."""
        return self._client.runs(name)

    def collections(self) -> list[Collection]:
        """See `bulkjobs.Client.collections`."""
        return [Collection(found) for found in self._client.collections()]

    def overview(self) -> list[Entry]:
        """See `bulkjobs.Client.overview`."""
        return self._client.overview()

    def attach(self, collection_id: str) -> Collection:
        """See `bulkjobs.Client.attach`."""
        return Collection(self._client.attach(collection_id))

    def resume(
        self,
        collection_id: str | None = None,
        *,
        max_credits: int | None = None,
        on_event: Listener | None = None,
        deadline: float = DEADLINE,
    ) -> list[Collection]:
        """See `bulkjobs.Client.resume`."""
        work = self._client.resume(collection_id, max_credits=max_credits, on_event=on_event, deadline=deadline)
        return [Collection(done) for done in _LOOP.run(work)]

    @contextlib.contextmanager
    def listen(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        public_url: str | None = None,
        on_event: Listener | None = None,
    ) -> Iterator[Listening]:
        """See `bulkjobs.Client.listen`; for ``with``."""
        listening = self._client.listen(host=host, port=port, public_url=public_url, on_event=on_event)
        _LOOP.run(listening.__aenter__())
        try:
            yield listening
        finally:
            _LOOP.run(listening.__aexit__(None, None, None))

    def settle(
        self,
        collection_id: str,
        *,
        request_id: str | None = None,
        number: int | None = None,
        arrived: bool = True,
    ) -> Collection:
        """See `bulkjobs.Client.settle`."""
        work = self._client.settle(collection_id, request_id=request_id, number=number, arrived=arrived)
        return Collection(_LOOP.run(work))


class Collection:
    """The blocking twin of `bulkjobs.Collection`."""

    def __init__(self, collection: _AsyncCollection) -> None:
        self._collection = collection

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # copy and pickle look before there is anything
            raise AttributeError(name)
        return getattr(self._collection, name)  # all that only reads is the same

    def wait(self, *, on_event: Listener | None = None, deadline: float = DEADLINE) -> Self:
        """See `bulkjobs.Collection.wait`."""
        _LOOP.run(self._collection.wait(on_event=on_event, deadline=deadline))
        return self

    def fetch(self, *, on_event: Listener | None = None) -> Self:
        """See `bulkjobs.Collection.fetch`."""
        _LOOP.run(self._collection.fetch(on_event=on_event))
        return self

    def load(self, *, on_event: Listener | None = None) -> pl.DataFrame:
        """See `bulkjobs.Collection.load`."""
        return _LOOP.run(self._collection.load(on_event=on_event))

    def finish(
        self,
        *,
        on_event: Listener | None = None,
        deadline: float = DEADLINE,
        send: bool = True,
        max_credits: int | None = None,
    ) -> Self:
        """See `bulkjobs.Collection.finish`."""
        work = self._collection.finish(on_event=on_event, deadline=deadline, send=send, max_credits=max_credits)
        _LOOP.run(work)
        return self

    def frame(self) -> pl.DataFrame:
        """See `bulkjobs.Collection.frame`."""
        return self._collection.frame()

    def __repr__(self) -> str:
        return repr(self._collection)

    def _repr_html_(self) -> str:
        return self._collection._repr_html_()


class FollowRun:
    """The blocking twin of what `bulkjobs.Client.follow` returns: same figures, blocking collections."""

    def __init__(self, run: _AsyncFollowRun) -> None:
        self._run = run

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # copy and pickle look before there is anything
            raise AttributeError(name)
        found = getattr(self._run, name)
        return Collection(found) if isinstance(found, _AsyncCollection) else found

    def frame(self) -> pl.DataFrame:
        """Return the postings of this run, each once, in its newest state."""
        return self._run.frame()

    def __repr__(self) -> str:
        return repr(self._run)

    def _repr_html_(self) -> str:
        return self._run._repr_html_()
