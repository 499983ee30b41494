"""Carrying a collection out at the service: send, and wait. Each is safe to do again, and held by one at a time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout

from . import errors, events, outcomes
from .clock import Clock
from .errors import Charged, DataRequestFailed, LedgerError, OutcomeUnknown, ServiceError
from .events import Listener, notify
from .ledger import Ledger
from .outcomes import ended_with, saved
from .query import JobIds, query_from_dict
from .rows import CollectionRow, DataRequestRow
from .wire.api import Accepted, Api
from .wire.transport import Backoff

log = logging.getLogger("bulkjobs.carry")

NOT_FOUND_GRACE = 120.0  # seconds after the POST in which a 404 may pass (contract section 11, row 5)
INTENT_LAPSES = 86_400.0  # seconds after which an intent that was never sent is not sent by `resume` any more
LOOK_AGAIN = 0.2  # seconds between two looks at a lock that another process holds


@dataclass(frozen=True)
class Workshop:
    """All that carrying out needs: the service, the memory, the place, the time.

    Attributes
    ----------
    account : callable returning str
        Tells one key from another; fails when there is no key.
    polling, downloading : Backoff
        Waits between polls, and between tries of a download.
    download_patience : float
        Seconds for which a failing download is tried again.
    """

    service: str
    api: Api
    ledger: Ledger
    home: Path
    clock: Clock
    account: Callable[[], str]
    polling: Backoff
    downloading: Backoff
    download_patience: float = 1_800.0
    in_flight: set[asyncio.Task[None]] = field(default_factory=set)


@contextlib.asynccontextmanager
async def held(shop: Workshop, collection_id: str, listener: Listener | None) -> AsyncIterator[None]:
    """Hold a collection: one task of one process at a time. The system lets go when a process ends, however it ends."""
    folder = shop.home / "locks"
    folder.mkdir(exist_ok=True)
    lock = FileLock(folder / f"{collection_id}.lock", thread_local=False)
    told = False
    while True:
        try:
            lock.acquire(timeout=0)
            break
        except Timeout:
            if not told:
                notify(listener, events.Held(collection_id))
                told = True
            await shop.clock.sleep(LOOK_AGAIN)
    try:
        yield
    finally:
        lock.release()


# --- send -------------------------------------------------------------------------------------------------


async def send(shop: Workshop, collection: CollectionRow, listener: Listener | None = None) -> None:
    """POST every planned data request, each once.

    Raises
    ------
    ServiceError
        The service refused one: nothing was charged for it.
    OutcomeUnknown
        One was sent, now or earlier, and no usable answer came back.
    """
    async with held(shop, collection.id, listener):
        for request in shop.ledger.data_requests(collection.id):
            if request.state == "sending":  # and nobody holds the lock: its process ended before it heard an answer
                shop.ledger.unknown(request, saved(outcomes.interrupted(collection.id)))
            elif request.state == "planned":
                await _send_unbroken(shop, collection, request, listener)
    raise_ended(shop, collection)


async def _send_unbroken(
    shop: Workshop, collection: CollectionRow, request: DataRequestRow, listener: Listener | None
) -> None:
    """Send in a task of its own: who cancels stops waiting, but the answer to a sent POST is still written down."""
    task = asyncio.create_task(_send(shop, collection, request, listener))
    shop.in_flight.add(task)
    task.add_done_callback(shop.in_flight.discard)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


async def _send(shop: Workshop, collection: CollectionRow, request: DataRequestRow, listener: Listener | None) -> None:
    account = shop.account()  # a missing key is found out before anything is marked as sent
    notify(listener, events.Submitting(collection.id, request.number, request.records))
    if not shop.ledger.claim(request, account=account, at=shop.clock.time()):
        return
    try:
        accepted = await _post(shop.api, request)
    except ServiceError as error:
        shop.ledger.refused(request, saved(error))
        raise
    except OutcomeUnknown as error:
        unknown = outcomes.unknown(collection.id, error.message)
        shop.ledger.unknown(request, saved(unknown))
        raise unknown from None
    except BaseException:
        shop.ledger.unknown(request, saved(outcomes.interrupted(collection.id)))
        raise
    try:
        shop.ledger.accepted(request, accepted.request_id, at=shop.clock.time())
    except LedgerError as error:
        settle = f"client.settle({collection.id!r}, request_id={accepted.request_id!r})"
        raise LedgerError(
            f"The service accepted the data request as {accepted.request_id}; that can't be kept. {error.message}",
            charged=Charged.YES,
            retry_safe=False,
            next_step=f"make the ledger writable, then {settle}",
        ) from error
    notify(listener, events.Submitted(collection.id, request.number, accepted.request_id))


async def _post(api: Api, request: DataRequestRow) -> Accepted:
    query = query_from_dict(request.query)
    if isinstance(query, JobIds):
        return await api.submit_ids(query.to_csv())
    return await api.submit_filter(query.filters, limit=request.records)


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
    async with held(shop, collection.id, listener):
        for request in shop.ledger.data_requests(collection.id):
            if request.state == "accepted":
                await _poll(shop, request, listener, until=started + deadline, started=started)
    raise_ended(shop, collection)


async def _poll(
    shop: Workshop, request: DataRequestRow, listener: Listener | None, *, until: float, started: float
) -> None:
    polls = 0
    while True:
        trouble = ""
        try:
            listing = await shop.api.files(request.request_id or "")
            if listing.names:
                shop.ledger.ready(request, listing.names, at=shop.clock.time())
                notify(listener, events.Ready(request.collection_id, request.number, len(listing.names)))
                return
        except (errors.ServiceUnavailable, errors.RateLimited, errors.ProtocolError) as error:
            trouble = error.message
        except (errors.NotFound, errors.RequestRejected, errors.InsufficientCredits) as error:
            ended = _meaning(shop, request, error)
            if ended is not None:
                shop.ledger.failed(request, saved(ended))
                return
            trouble = error.message
        polls += 1
        pause = shop.polling.wait(polls)
        now = shop.clock.time()
        if now + pause > until:
            raise errors.StillRunning(
                f"Data request {request.request_id} is still running after {now - started:.0f} s"
                f"{f' ({trouble})' if trouble else ''}.",
                next_step=f"await client.resume({request.collection_id!r}) later: it costs nothing",
            )
        notify(listener, events.Polled(request.collection_id, request.number, now - started, pause, trouble))
        await shop.clock.sleep(pause)


def _meaning(shop: Workshop, request: DataRequestRow, error: ServiceError) -> DataRequestFailed | None:
    """Tell what an error at poll means for the data request (contract section 5); None while it may pass."""
    age = shop.clock.time() - (request.accepted_at or 0.0)
    if isinstance(error, errors.NotFound):
        if age <= NOT_FOUND_GRACE:
            return None
        if "no route" in error.detail.lower():  # the gateway's words for a wrong URL: says nothing of the request
            raise error
        if request.account != shop.account():
            raise errors.NotFound(
                f"Data request {request.request_id} is not known under this key; it was submitted with another one.",
                status=404,
                detail=error.detail,
                charged=Charged.YES,
                next_step="resume with the key that submitted it",
            )
    return outcomes.failure(request, error, age)


def raise_ended(shop: Workshop, collection: CollectionRow) -> None:
    """Raise the error of the first data request that ended with one."""
    for request in shop.ledger.data_requests(collection.id):
        error = ended_with(request)
        if error is not None:
            raise error
