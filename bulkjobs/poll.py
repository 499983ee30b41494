"""Waiting for the files of one data request."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

from . import errors, events, outcomes
from .clock import Clock, until_set
from .errors import DataRequestFailed, ServiceError
from .events import Listener, notify
from .outcomes import saved
from .rows import DataRequestRow
from .workshop import Sleep, Workshop, written

NOT_FOUND_GRACE = 120.0  # seconds in which a 404 may pass, after the POST and after the first 404 (section 11, row 5)
NOT_FOUND_TIMES = 3  # a 404 must be said so often before it is believed: it may come from a gateway


class Patience:
    """How long data requests take to be ready, learned from those that are: so that few polls come too early.

    While nothing is known, those that wait take turns: together they poll about as often as one alone would. As soon
    as one is ready, the others know when they should be.
    """

    def __init__(self) -> None:
        self._expected: float | None = None  # seconds
        self._learned = asyncio.Event()
        self._waiting = 0

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Count one more that waits."""
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    def before(self, age: float, pause: float) -> float:
        """Seconds to wait before the first poll of a data request that was accepted `age` seconds ago."""
        return pause * (self._waiting - 1) if self._expected is None else max(0.0, self._expected - age)

    def between(self, pause: float) -> float:
        """Seconds to wait before the next poll, of which one alone would wait `pause`."""
        return pause * self._waiting if self._expected is None else pause

    async def sleep(self, clock: Clock, sleep: Sleep, seconds: float, accepted_at: float) -> None:
        """Sleep; but once it is known how long it takes, only until this data request should be ready.

        A sleep that says that it was ended (by a call of the service) ends it all.
        """
        until = clock.time() + seconds
        if self._expected is None:
            if await until_set(self._learned, sleep(seconds)):
                return
            until = min(until, accepted_at + (self._expected or 0.0))
        if (left := until - clock.time()) > 0:
            await sleep(left)

    def learn(self, age: float, *, watched: bool) -> None:
        """Hear that one was ready at an age; if it was not `watched` until then, it may have been much earlier."""
        self._expected = age if watched else min(0.9 * age, self._expected or 0.0)
        self._learned.set()


async def poll(
    shop: Workshop,
    request: DataRequestRow,
    listener: Listener | None,
    *,
    deadline: float,
    patience: Patience,
) -> None:
    """Poll until a data request has its files, or has ended; for `deadline` seconds at the most.

    Raises
    ------
    StillRunning
        The deadline passed.
    Unauthorized, NotFound
        This key may not see it; nothing is recorded, another key may.
    """
    with patience.waiting():
        await _poll(shop, request, listener, deadline, patience)


async def _poll(
    shop: Workshop, request: DataRequestRow, listener: Listener | None, deadline: float, patience: Patience
) -> None:
    started = shop.clock.time()
    until, accepted_at = started + deadline, request.accepted_at or started
    polls, troubled, not_found = 0, False, list[float]()
    sleep = shop.sleeper()  # before the first poll: a call that comes while it is under way ends the sleep after it
    first = patience.before(started - accepted_at, shop.polling.wait(0))
    await patience.sleep(shop.clock, sleep, min(first, deadline, shop.polling.cap), accepted_at)
    while True:
        trouble = ""
        try:
            names = await shop.api.files(request.request_id or "")
            if names:
                patience.learn(shop.clock.time() - accepted_at, watched=polls > 0 and not troubled)
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
            trouble, troubled = error.message, True
        polls += 1
        pause = min(patience.between(shop.polling.wait(polls)), shop.polling.cap)
        now = shop.clock.time()
        if now + pause > until:
            raise errors.StillRunning(
                f"Data request {request.request_id} is still running after {now - started:.0f} s"
                f"{f' ({trouble})' if trouble else ''}.",
                next_step=f"client.resume({request.collection_id!r}) later: it costs nothing",
            )
        notify(listener, events.Polled(request.collection_id, request.number, now - started, pause, trouble))
        await patience.sleep(shop.clock, sleep, pause, accepted_at)


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
