"""What carrying a collection out needs, and the lock that lets one task of one process do it at a time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from . import errors, events
from .budget import Budgets
from .clock import Clock
from .errors import BulkJobsError
from .events import Listener, notify
from .library import Library
from .planner import Planner
from .wire.api import Api
from .wire.transport import Backoff

if TYPE_CHECKING:
    from .database import Lock
    from .ledger import Ledger
    from .listen import WakeUps

DEADLINE = 3_600.0  # seconds to wait for the service, unless told otherwise
DOWNLOADS_AT_ONCE = 4
LOOK_AGAIN = 0.2  # seconds between two looks at a lock that another process holds

Sleep = Callable[[float], Coroutine[Any, Any, object]]
"""Sleeps for so many seconds; returns something true where it was ended by a call."""

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Workshop:
    """All that carrying out needs: the service, the memory, the place, the time.

    Attributes
    ----------
    planner : Planner
        Asks what is owned, and lists ids.
    account : callable returning str
        Tells one key from another; fails when there is no key.
    budgets : Budgets
        What the home folder and the project allow.
    polling, downloading : Backoff
        Waits between polls, and between tries of a download.
    local : bool
        Whether the service is on this machine: when it is gone, waiting does not bring it back.
    webhook_url : str, optional
        What the service is told to call, where the user said so.
    download_patience : float
        Seconds for which a failing download is tried again.
    in_flight : set of asyncio.Task
        POSTs that are on their way.
    downloads : asyncio.Semaphore
        Files that are fetched at once.
    wake_ups : list of WakeUps
        Those that listen in this process.
    """

    service: str
    api: Api
    ledger: Ledger
    library: Library
    planner: Planner
    home: Path
    clock: Clock
    account: Callable[[], str]
    budgets: Budgets
    polling: Backoff
    downloading: Backoff
    local: bool = False
    webhook_url: str | None = None
    download_patience: float = 1_800.0
    in_flight: set[asyncio.Task[Any]] = field(default_factory=set)
    downloads: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(DOWNLOADS_AT_ONCE))
    wake_ups: list[WakeUps] = field(default_factory=list)

    def webhook(self) -> str | None:
        """Return the address that the service is to call when a data request has ended (contract section 9)."""
        return self.wake_ups[-1].url if self.webhook_url is None and self.wake_ups else self.webhook_url

    def sleeper(self) -> Sleep:
        """Make a sleep for one poll loop, before its first poll: a call cuts it short, where somebody listens."""
        return self.wake_ups[-1].sleeper(self.clock) if self.wake_ups else self.clock.sleep


async def written(write: Callable[P, T], *args: P.args, **values: P.kwargs) -> T:
    """Write to the ledger in a thread: a synced write, or a wait for another writer, must not hold up the loop."""
    return await asyncio.to_thread(write, *args, **values)


@contextlib.asynccontextmanager
async def held(
    shop: Workshop, collection_id: str, listener: Listener | None, *, deadline: float = DEADLINE
) -> AsyncIterator[None]:
    """Hold a collection; see `locked`.

    Raises
    ------
    StillRunning
        Another one holds it for longer than `deadline` seconds.
    LedgerError
        Nothing can be locked in the home folder, or in the ledger that is shared.
    """
    busy = errors.StillRunning(
        f"Another process has held collection {collection_id} for {deadline:.0f} s.",
        next_step=f"see to that process, then client.resume({collection_id!r})",
    )
    async with locked(shop, collection_id, events.Held(collection_id), busy, listener, deadline=deadline):
        yield


@contextlib.asynccontextmanager
async def locked(
    shop: Workshop,
    name: str,
    waiting: events.Event,
    busy: BulkJobsError,
    listener: Listener | None,
    *,
    deadline: float,
) -> AsyncIterator[None]:
    """Hold a lock of the ledger: one task of one process at a time. It ends with its process, however that ends.

    Parameters
    ----------
    name : str
        Of the lock: part of a file name.
    waiting : Event
        Told once where another one holds it.
    busy : BulkJobsError
        Raised where that lasts longer than `deadline` seconds.
    """
    lock = shop.ledger.lock(name)
    started, told = shop.clock.monotonic(), False
    while not await _taken(lock):
        if not told:
            notify(listener, waiting)
            told = True
        if shop.clock.monotonic() - started > deadline:
            raise busy
        await shop.clock.sleep(LOOK_AGAIN)
    try:
        yield
    finally:
        lock.release()


async def _taken(lock: Lock) -> bool:
    """Try to take a lock, in a thread. One that comes to a task that was cancelled meanwhile is let go of."""

    def late(trying: asyncio.Task[bool]) -> None:
        if not trying.cancelled() and trying.exception() is None and trying.result():
            lock.release()

    trying = asyncio.create_task(asyncio.to_thread(lock.acquire))
    try:
        return await asyncio.shield(trying)
    except asyncio.CancelledError:
        trying.add_done_callback(late)
        raise
