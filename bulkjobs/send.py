"""Sending one data request: claimed, posted once, and written down whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
from typing import Any

from . import errors, events, outcomes
from .errors import Charged, LedgerError, OutcomeUnknown, ServiceError
from .events import Listener, notify
from .gate import Gate
from .outcomes import saved
from .query import JobIds
from .rows import Claim, CollectionRow, DataRequestRow
from .workshop import Workshop, written

log = logging.getLogger("bulkjobs.send")


async def send(
    shop: Workshop, request: DataRequestRow, gate: Gate, listener: Listener | None, *, number: int | None
) -> None:
    """POST a planned data request, once; `number` tells errors which one it is, where there are several.

    Raises
    ------
    ServiceError
        The service refused it: nothing was charged for it.
    OutcomeUnknown
        It was sent and no usable answer came back.
    BudgetExceeded
        A budget does not allow it; it stays planned.
    """
    account = shop.account()  # a missing key is found out before anything is marked as sent
    planned: DataRequestRow | None = request
    while planned is not None:
        stop = asyncio.Event()
        claim = await _unbroken(shop, _claim_and_post(shop, planned, gate, account, listener, stop, number), stop)
        planned = None if claim.won else await gate.clear(planned, claim)


async def _unbroken(shop: Workshop, work: Coroutine[Any, Any, Claim], stop: asyncio.Event) -> Claim:
    """Let it come to its end. Who cancels stops all that has not left, but a sent POST is written down.

    The caller's lock is kept until then, however often it is cancelled: to let go with a POST on its way would make
    another process take it for lost.
    """
    task = asyncio.create_task(work)
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
            log.error("%s", failure)
            cancelled.add_note(str(failure))
        raise cancelled
    return task.result()


async def _claim_and_post(
    shop: Workshop,
    request: DataRequestRow,
    gate: Gate,
    account: str,
    listener: Listener | None,
    stop: asyncio.Event,
    number: int | None,
) -> Claim:
    if stop.is_set():
        return Claim(won=False)
    claim = await gate.claim(request, account=account)
    if not claim.won:
        return claim
    collection = shop.ledger.collection(request.collection_id)
    try:
        notify(listener, events.Submitting(collection.id, request.number, request.records))
        request_id = await _post(shop, request, stop)
    except errors.AlreadyRunning as error:
        if request.sent_at is not None:  # the user said of an earlier POST of it that it never arrived
            what = "The service says that identical filters are running (409): the earlier POST did arrive."
            arrived = outcomes.unknown(collection.id, what, number)
            await written(shop.ledger.unknown, request, saved(arrived))
            raise arrived from None
        await written(shop.ledger.refused, request, saved(error))
        raise _already_running(shop, collection, error) from None
    except ServiceError as error:
        await written(shop.ledger.refused, request, saved(error))
        raise
    except OutcomeUnknown as error:
        unknown = outcomes.unknown(collection.id, error.message, number)
        await written(shop.ledger.unknown, request, saved(unknown))
        raise unknown from None
    except BaseException as error:
        what = f"The POST was cut off by a {type(error).__name__} of this process."
        await written(shop.ledger.unknown, request, saved(outcomes.unknown(collection.id, what, number)))
        raise
    await _keep(shop, collection, request, request_id)
    notify(listener, events.Submitted(collection.id, request.number, request_id))
    return claim


async def _post(shop: Workshop, request: DataRequestRow, stop: asyncio.Event) -> str:
    query, webhook = await written(shop.ledger.query, request), shop.webhook()
    if isinstance(query, JobIds):
        return await shop.api.submit_ids(query.to_csv(), stop=stop, webhook_url=webhook)
    return await shop.api.submit_filter(query.filters, limit=request.records, stop=stop, webhook_url=webhook)


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
