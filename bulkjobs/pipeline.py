"""Carrying a collection out: its data requests are sent, polled, fetched and loaded at the same time, a few of each.

Each step is safe to do again, by any number of processes; what is done stays done.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import polars as pl

from . import errors, events, outcomes, receive
from .bringing import complete
from .budget import Budget
from .errors import BudgetExceeded, BulkJobsError, Charged, LedgerError, OutcomeUnknown
from .events import Listener, notify
from .gate import Gate
from .outcomes import ended_with, saved
from .picture import Picture
from .poll import Patience, poll
from .purse import Purse
from .records import LoadReport
from .rows import (
    BOUGHT,
    CREDITS_A_RECORD,
    HERE,
    CollectionRow,
    DataRequestRow,
    bought,
    is_reopenable,
    is_void,
    source_of,
    to_spend,
    waiting,
)
from .send import send
from .workshop import DEADLINE, Workshop, held, written

POSTS_AT_ONCE = 4
OPEN_AT_ONCE = 64  # data requests between their POST and the library
LOADS_AT_ONCE = 2  # read and added to the library; some 250 MB of memory each
FRAME_KEPT = 50_000  # records; the frame of a larger collection is made when it is asked for
UNKNOWN_AT_MOST = 3  # POSTs without a usable answer in one run, after which no more are sent


@dataclass(frozen=True, slots=True)
class Steps:
    """Which steps a run takes."""

    send: bool = True
    wait: bool = True
    fetch: bool = True
    load: bool = True


ALL = Steps()
SEND = Steps(wait=False, fetch=False, load=False)
RECEIVE = Steps(send=False)


async def carry_out(
    shop: Workshop,
    collection: CollectionRow,
    listener: Listener | None = None,
    *,
    steps: Steps = ALL,
    deadline: float = DEADLINE,
    max_credits: int | None = None,
) -> tuple[pl.DataFrame | None, LoadReport | None]:
    """Do all that is left of a collection, and settle the books when all is here.

    Parameters
    ----------
    shop : Workshop
        The service, the ledger, the library.
    collection : CollectionRow
        What to carry out.
    listener : callable, optional
        Told of everything that happens.
    steps : Steps
        What to do; where a step is left out, its data requests stay where they are.
    deadline : float
        Seconds to wait for the service, and for others that hold the collection.
    max_credits : int, optional
        The most credits to spend. Checked once it is held: until then, others may give back what they could not send.

    Returns
    -------
    (polars.DataFrame or None, LoadReport or None)
        The postings, unless they are many or not all are here, and what was noticed if all were read in this run.

    Raises
    ------
    BulkJobsError
        What kept a data request from being done, once all others are: a refusal, a budget, a failure, a deadline.
    """
    async with held(shop, collection.id, listener, deadline=deadline):
        if steps.send and max_credits is not None:
            cost = to_spend(await written(shop.ledger.data_requests, collection.id))
            Budget(max_credits, bounded=True).check(cost)
        run = await written(_Run, shop, collection, listener, steps, deadline)
        await run.all()
        return await run.result()


class _Run:
    """One run over the data requests of a collection, by the task that holds it."""

    def __init__(
        self, shop: Workshop, collection: CollectionRow, listener: Listener | None, steps: Steps, deadline: float
    ) -> None:
        self._shop, self._collection, self._listener = shop, collection, listener
        self._steps, self._deadline = steps, deadline
        self._requests = shop.ledger.data_requests(collection.id)
        if steps.send and not is_void(self._requests):
            self._requests = [self._reopened(request) for request in self._requests]
        self._small = sum(request.records for request in self._requests) + collection.owned <= FRAME_KEPT
        self._patience = Patience()
        self._gate = Gate(shop, listener, patient=steps.load, help=self._help, deadline=deadline)
        self._open, self._posts = asyncio.Semaphore(OPEN_AT_ONCE), asyncio.Semaphore(POSTS_AT_ONCE)
        self._pool = ThreadPoolExecutor(LOADS_AT_ONCE, "bulkjobs-library")
        self._loaded: dict[int, tuple[pl.DataFrame, LoadReport]] = {}
        self._failures: list[BaseException] = []
        self._stopped: BaseException | None = None  # why nothing more is sent
        self._unknown = 0
        self._purse = Purse(shop.api.balance, self._rest, next_step=f"add credits, then {_resume(collection)}")
        self._picture = Picture(shop, collection.id, self._requests, listener)

    async def all(self) -> None:
        """Carry out every data request; those that are paid first, the oldest of them first: files expire."""
        paid = sorted((r for r in self._requests if r.state != "planned"), key=lambda r: r.accepted_at or 0.0)
        planned = [request for request in self._requests if request.state == "planned"]
        try:
            ends = await asyncio.gather(*map(self._one, [*paid, *planned]), return_exceptions=True)
        finally:
            self._pool.shutdown(wait=False)
        ends += await asyncio.gather(self._picture.ended(), return_exceptions=True)  # it hides no other failure
        for end in ends:
            if isinstance(end, BaseException):
                self._failures.append(end)
        failure = self._failure()
        if failure is not None:
            raise failure

    async def result(self) -> tuple[pl.DataFrame | None, LoadReport | None]:
        """Put together what was loaded, and settle the books."""
        requests = await written(self._shop.ledger.data_requests, self._collection.id)
        if not self._steps.load or any(request.state != "loaded" for request in requests):
            return None, None
        parts = [self._loaded[request.id] for request in requests if request.id in self._loaded]
        frame, report = await asyncio.to_thread(receive.joined, parts)
        notify(self._listener, events.Loaded(self._collection.id, bought(requests) + self._collection.owned))
        row = await written(self._shop.ledger.collection, self._collection.id)
        await complete(self._shop, row)
        if row.reconciliation is None:
            await receive.reconcile(self._shop, row, self._listener)
        whole = len(parts) == sum(request.request_id is not None for request in requests)
        if not self._small or not whole:
            return None, report if whole else None
        return await asyncio.to_thread(receive.with_taken, self._shop, row.id, frame), report

    def _reopened(self, request: DataRequestRow) -> DataRequestRow:
        """Plan again what was refused, provably without a charge, in a collection of which other parts were bought."""
        if not is_reopenable(request):
            return request
        self._shop.ledger.reopened(request)
        return self._shop.ledger.data_request(request.id)

    async def _is_shelved(self, request: DataRequestRow) -> bool:
        return request.request_id is None or await written(self._shop.library.has, source_of(request))

    # --- one data request ---------------------------------------------------------------------------------

    async def _one(self, request: DataRequestRow) -> None:
        if not self._small and request.state == "loaded" and await self._is_shelved(request):
            return  # a large collection is not read again; its frame is made when it is asked for
        async with self._open:
            for step in (self._sent, self._ready, self._fetched, self._shelved):
                if not await step(request):
                    return
                request = await written(self._shop.ledger.data_request, request.id)
                await self._picture.moved(request)

    async def _sent(self, request: DataRequestRow) -> bool:
        if request.state == "sending":  # and nobody holds the lock: its process ended before it heard an answer
            ended = saved(outcomes.interrupted(self._collection.id, self._which(request)))
            await written(self._shop.ledger.unknown, request, ended)
            return False
        if request.state != "planned" or not self._steps.send:
            return request.state != "planned"
        async with self._posts:
            if self._stopped is not None:
                return False
            try:
                async with self._paying(request):
                    if self._stopped is not None:
                        return False
                    await send(self._shop, request, self._gate, self._listener, number=self._which(request))
            except OutcomeUnknown as error:
                self._unknown += 1
                self._stopped = error if self._unknown >= UNKNOWN_AT_MOST else self._stopped
                raise
            except BaseException as error:  # what one is refused for, the next ones are refused for too
                self._stopped = error
                raise
        return True

    def _which(self, request: DataRequestRow) -> int | None:
        """Tell which one of the collection it is; None where there is no other."""
        return request.number if len(self._requests) > 1 else None

    def _paying(self, request: DataRequestRow) -> contextlib.AbstractAsyncContextManager[None]:
        if len(self._requests) == 1:
            return contextlib.nullcontext()  # the service's own refusal says it all
        return self._purse.paying(request.records * CREDITS_A_RECORD)

    def _rest(self) -> int:
        return to_spend(self._shop.ledger.data_requests(self._collection.id))

    async def _ready(self, request: DataRequestRow) -> bool:
        if request.state == "accepted" and self._steps.wait:
            await poll(self._shop, request, self._listener, deadline=self._deadline, patience=self._patience)
            if (await written(self._shop.ledger.data_request, request.id)).state == "failed":
                self._purse.forget()  # where credits were wanting, others spend from the same account
            return True
        return request.state in {"ready", "fetched", "loaded"}

    async def _fetched(self, request: DataRequestRow) -> bool:
        if request.state not in {"ready", *HERE} or request.request_id is None:
            return False  # one that was left with nothing to ask for has no files
        if not self._steps.fetch:
            return request.state in HERE
        if receive.is_away(self._shop, request) and await written(receive.is_kept, self._shop, request):
            return False
        try:
            await receive.fetch(self._shop, request, self._listener)
        except BulkJobsError:
            if await written(receive.is_kept, self._shop, request):
                return False
            raise
        return True

    async def _shelved(self, request: DataRequestRow) -> bool:
        if request.state not in HERE or not self._steps.load:
            return False
        loop = asyncio.get_running_loop()
        frame, report = await loop.run_in_executor(self._pool, receive.shelve, self._shop, request)
        # The ids tell what came twice; a frame is kept only where all of them fit into memory.
        self._loaded[request.id] = (frame if self._small else frame.select("id"), report)
        return True

    async def _help(self, collection_id: str) -> None:
        """Bring here what another collection has bought, if nobody is at it."""
        other = await written(self._shop.ledger.collection, collection_id)
        async with held(self._shop, other.id, None, deadline=0.0):
            run = await written(_Run, self._shop, other, None, RECEIVE, self._deadline)
            await run.all()

    # --- how it ends --------------------------------------------------------------------------------------

    def _failure(self) -> BaseException | None:
        """Choose what to raise: a cancel first, then what stopped the sending, then what a data request ended with."""
        for failure in self._failures:
            if not isinstance(failure, Exception):
                return failure
        try:
            requests = self._shop.ledger.data_requests(self._collection.id)
        except LedgerError as lost:  # and perhaps not all of this could be written down
            paid = (one for one in self._failures if isinstance(one, BulkJobsError) and one.charged is not Charged.NO)
            return next(paid, self._failures[0] if self._failures else lost)
        refused = next((ended_with(request) for request in waiting(requests) if request.error), None)
        stopped = self._stopped or refused
        if stopped is not None and waiting(requests) and len(requests) > 1:
            return _with_rest(stopped, self._collection, requests)
        ended = next((error for request in requests if (error := ended_with(request)) is not None), None)
        return self._failures[0] if self._failures else ended


def _with_rest(error: BaseException, collection: CollectionRow, requests: Sequence[DataRequestRow]) -> BaseException:
    """Say of what stopped the sending how much is done, and how to go on."""
    if isinstance(error, BulkJobsError):
        done = sum(request.state in BOUGHT for request in requests)
        doubtful = sum(request.state in {"sending", "unknown"} for request in requests)
        error.message = (
            f"{done:,} of {len(requests):,} data requests are done{f', {doubtful:,} in question' if doubtful else ''}; "
            f"the rest needs {to_spend(requests):,} credits more. {error.message}"
        )
        if error.charged is Charged.NO and not isinstance(error, BudgetExceeded):
            cure = "add credits" if isinstance(error, errors.InsufficientCredits) else error.next_step
            error.next_step = f"{cure}, then {_resume(collection)}" if cure else _resume(collection)
    return error


def _resume(collection: CollectionRow) -> str:
    return f"client.resume({collection.id!r}): it sends only the rest"
