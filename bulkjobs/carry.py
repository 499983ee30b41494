"""Carrying a collection out at the service: send, and wait. Each is safe to do again, by any number of processes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ParamSpec, TypeVar

from filelock import FileLock, Timeout

from . import errors, events, outcomes
from .clock import Clock
from .errors import Charged, DataRequestFailed, LedgerError, OutcomeUnknown, ServiceError
from .events import Listener, notify
from .ledger import Ledger
from .library import Library
from .outcomes import ended_with, saved
from .query import JobIds, query_from_dict
from .rows import CollectionRow, DataRequestRow
from .wire.api import Api
from .wire.transport import Backoff

log = logging.getLogger("bulkjobs.carry")

DEADLINE = 3_600.0  # seconds to wait for the service, unless told otherwise
NOT_FOUND_GRACE = 120.0  # seconds in which a 404 may pass, after the POST and after the first 404 (section 11, row 5)
NOT_FOUND_TIMES = 3  # a 404 must be said so often before it is believed: it may come from a gateway
INTENT_LAPSES = 86_400.0  # seconds after which an intent that was never sent is not sent any more
LOOK_AGAIN = 0.2  # seconds between two looks at a lock that another process holds

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Workshop:
    """All that carrying out needs: the service, the memory, the place, the time.

    Attributes
    ----------
    account : callable returning str
        Tells one key from another; fails when there is no key.
    polling, downloading : Backoff
        Waits between polls, and between tries of a download.
    local : bool
        Whether the service is on this machine: when it is gone, waiting does not bring it back.
    download_patience : float
        Seconds for which a failing download is tried again.
    in_flight : set of asyncio.Task
        POSTs that are on their way.
    """

    service: str
    api: Api
    ledger: Ledger
    library: Library
    home: Path
    clock: Clock
    account: Callable[[], str]
    polling: Backoff
    downloading: Backoff
    local: bool = False
    download_patience: float = 1_800.0
    in_flight: set[asyncio.Task[None]] = field(default_factory=set)


async def written(write: Callable[P, T], *args: P.args, **values: P.kwargs) -> T:
    """Write to the ledger in a thread: a synced write, or a wait for another writer, must not hold up the loop."""
    return await asyncio.to_thread(write, *args, **values)


@contextlib.asynccontextmanager
async def held(
    shop: Workshop, collection_id: str, listener: Listener | None, *, deadline: float = DEADLINE
) -> AsyncIterator[None]:
    """Hold a collection: one task of one process at a time. The system lets go when a process ends, however it ends.

    Raises
    ------
    StillRunning
        Another one holds it for longer than `deadline` seconds.
    LedgerError
        The home folder can't hold locks.
    """
    folder = shop.home / "locks"
    lock = FileLock(folder / f"{collection_id}.lock", thread_local=False, fallback_to_soft=False)
    started, told = shop.clock.monotonic(), False
    while True:
        try:
            folder.mkdir(exist_ok=True)
            lock.acquire(timeout=0)
            break
        except Timeout:
            if not told:
                notify(listener, events.Held(collection_id))
                told = True
        except OSError as error:
            raise LedgerError(
                f"Nothing can be locked in {folder} ({error.strerror}).", next_step="choose another home folder"
            ) from error
        if shop.clock.monotonic() - started > deadline:
            raise errors.StillRunning(
                f"Another process has held collection {collection_id} for {deadline:.0f} s.",
                next_step=f"see to that process, then client.resume({collection_id!r})",
            )
        await shop.clock.sleep(LOOK_AGAIN)
    try:
        yield
    finally:
        lock.release()


# --- send -------------------------------------------------------------------------------------------------


async def send(
    shop: Workshop, collection: CollectionRow, listener: Listener | None = None, *, deadline: float = DEADLINE
) -> None:
    """POST every planned data request, each once.

    Raises
    ------
    ServiceError
        The service refused one: nothing was charged for it.
    OutcomeUnknown
        One was sent, now or earlier, and no usable answer came back.
    """
    async with held(shop, collection.id, listener, deadline=deadline):
        for request in shop.ledger.data_requests(collection.id):
            if request.state == "sending":  # and nobody holds the lock: its process ended before it heard an answer
                await written(shop.ledger.unknown, request, saved(outcomes.interrupted(collection.id)))
            elif request.state == "planned":
                await _send_unbroken(shop, collection, request, listener)
    raise_ended(shop, collection)


async def _send_unbroken(
    shop: Workshop, collection: CollectionRow, request: DataRequestRow, listener: Listener | None
) -> None:
    """Send in a task of its own, to its end: who cancels stops all that has not left, but a sent POST is written down.

    The lock is kept until then, however often it is cancelled: to let go with a POST on its way would make
    another process take it for lost.
    """
    stop = asyncio.Event()
    task = asyncio.create_task(_send(shop, collection, request, listener, stop))
    shop.in_flight.add(task)
    task.add_done_callback(shop.in_flight.discard)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
            stop.set()
    failure = task.exception()
    if cancelled is not None:
        if failure is not None:
            log.error("collection %s: %s", collection.id, failure)
            cancelled.add_note(str(failure))
        raise cancelled
    if failure is not None:
        raise failure


async def _send(
    shop: Workshop,
    collection: CollectionRow,
    request: DataRequestRow,
    listener: Listener | None,
    stop: asyncio.Event,
) -> None:
    account = shop.account()  # a missing key is found out before anything is marked as sent
    notify(listener, events.Submitting(collection.id, request.number, request.records))
    if not await written(shop.ledger.claim, request, account=account, at=shop.clock.time()):
        return
    try:
        request_id = await _post(shop.api, request, stop)
    except errors.AlreadyRunning as error:
        await written(shop.ledger.refused, request, saved(error))
        raise _already_running(shop, collection, error) from None
    except ServiceError as error:
        await written(shop.ledger.refused, request, saved(error))
        raise
    except OutcomeUnknown as error:
        unknown = outcomes.unknown(collection.id, error.message)
        await written(shop.ledger.unknown, request, saved(unknown))
        raise unknown from None
    except BaseException as error:
        what = f"The POST was cut off by a {type(error).__name__} of this process."
        await written(shop.ledger.unknown, request, saved(outcomes.unknown(collection.id, what)))
        raise
    await _keep(shop, collection, request, request_id)
    notify(listener, events.Submitted(collection.id, request.number, request_id))


async def _post(api: Api, request: DataRequestRow, stop: asyncio.Event) -> str:
    query = query_from_dict(request.query)
    if isinstance(query, JobIds):
        return await api.submit_ids(query.to_csv(), stop=stop)
    return await api.submit_filter(query.filters, limit=request.records, stop=stop)


async def _keep(shop: Workshop, collection: CollectionRow, request: DataRequestRow, request_id: str) -> None:
    """Write the request id down; it is all that leads to what was just paid for."""
    try:
        await written(shop.ledger.accepted, request, request_id, at=shop.clock.time())
    except LedgerError as error:
        log.critical("collection %s was accepted as %s, and the ledger can't keep it", collection.id, request_id)
        with contextlib.suppress(OSError), (shop.home / "unrecorded-request-ids.txt").open("a") as file:
            file.write(f"{collection.id} {request_id}\n")
        raise LedgerError(
            f"The service accepted the data request as {request_id}; that can't be kept. {error.message}",
            charged=Charged.YES,
            retry_safe=False,
            next_step=f"make the ledger writable, then client.settle({collection.id!r}, request_id={request_id!r})",
        ) from error


def _already_running(
    shop: Workshop, collection: CollectionRow, error: errors.AlreadyRunning
) -> errors.AlreadyRunning | OutcomeUnknown:
    """Tell which earlier purchase a 409 speaks of: it proves that one was accepted (contract section 11, row 10)."""
    fingerprint = collection.key.partition(":")[0]
    for earlier in shop.ledger.same_query(shop.service, fingerprint):
        if earlier.id == collection.id:
            continue
        states = {request.state for request in shop.ledger.data_requests(earlier.id)}
        if "unknown" in states:
            return outcomes.unknown(
                earlier.id,
                f"The service says that identical filters are running (409): collection {earlier.id}, whose outcome "
                "was unknown, was accepted.",
            )
        if "accepted" in states:
            error.next_step = f"client.resume({earlier.id!r}): it is this query with another limit"
            return error
    error.next_step = "wait for the one that runs (was it sent from another home, or by another program?)"
    return error


# --- wait -------------------------------------------------------------------------------------------------


async def wait(shop: Workshop, collection: CollectionRow, listener: Listener | None = None, *, deadline: float) -> None:
    """Poll until every data request has its files, for `deadline` seconds at the most.

    Raises
    ------
    StillRunning
        The deadline passed.
    DataRequestFailed
        The service ended one without files; also recorded.
    Unauthorized, NotFound
        This key may not see it; nothing is recorded, another key may.
    """
    started = shop.clock.time()
    for request in shop.ledger.data_requests(collection.id):
        if request.state in {"planned", "sending"}:
            raise outcomes.not_yet(request)
        if request.state == "accepted":
            await _poll(shop, request, listener, until=started + deadline, started=started)
    raise_ended(shop, collection)


async def _poll(
    shop: Workshop, request: DataRequestRow, listener: Listener | None, *, until: float, started: float
) -> None:
    polls, not_found = 0, list[float]()
    while True:
        trouble = ""
        try:
            names = await shop.api.files(request.request_id or "")
            if names:
                await written(shop.ledger.ready, request, names, at=shop.clock.time())
                notify(listener, events.Ready(request.collection_id, request.number, len(names)))
                return
        except ServiceError as error:
            not_found += [shop.clock.time()] if isinstance(error, errors.NotFound) else []
            ended = _meaning(shop, request, error, not_found)
            if ended is not None:
                await written(shop.ledger.failed, request, saved(ended))
                return
            if shop.local and isinstance(error, errors.ConnectionFailed):
                raise outcomes.paid(error, request) from None
            trouble = error.message
        polls += 1
        pause = shop.polling.wait(polls)
        now = shop.clock.time()
        if now + pause > until:
            raise errors.StillRunning(
                f"Data request {request.request_id} is still running after {now - started:.0f} s"
                f"{f' ({trouble})' if trouble else ''}.",
                next_step=f"client.resume({request.collection_id!r}) later: it costs nothing",
            )
        notify(listener, events.Polled(request.collection_id, request.number, now - started, pause, trouble))
        await shop.clock.sleep(pause)


def _meaning(
    shop: Workshop, request: DataRequestRow, error: ServiceError, not_found: list[float]
) -> DataRequestFailed | None:
    """Tell what an error at poll means for the data request (contract section 5); None while it may pass.

    Raises
    ------
    ServiceError
        It says nothing about the data request: another key, or another address, may see it.
    """
    now = shop.clock.time()
    age = now - (request.accepted_at or 0.0)
    if isinstance(error, errors.InsufficientCredits) or error.status == 422:
        return outcomes.failure(request, error, age)
    if isinstance(error, errors.NotFound):
        if age > outcomes.RETENTION:
            return outcomes.failure(request, error, age)
        if "no route" in error.detail.lower():  # the gateway's words for a wrong URL
            raise outcomes.paid(error, request)
        patient = now - max(not_found[0], request.accepted_at or 0.0) <= NOT_FOUND_GRACE
        if patient or len(not_found) < NOT_FOUND_TIMES:
            return None
        if request.account != shop.account():
            error.message = f"Data request {request.request_id} is not known under this key; another one submitted it."
            raise outcomes.paid(error, request)
        return outcomes.failure(request, error, age)
    if isinstance(error, errors.Unauthorized):
        raise outcomes.paid(error, request)
    return None  # an outage, a proxy's 400, a body that is no JSON: polling goes on until the deadline


def raise_ended(shop: Workshop, collection: CollectionRow) -> None:
    """Raise the error of the first data request that ended with one."""
    for request in shop.ledger.data_requests(collection.id):
        error = ended_with(request)
        if error is not None:
            raise error
