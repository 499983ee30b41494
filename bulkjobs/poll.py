"""Waiting for the files of one data request."""

from __future__ import annotations

from . import errors, events, outcomes
from .errors import DataRequestFailed, ServiceError
from .events import Listener, notify
from .outcomes import saved
from .rows import DataRequestRow
from .workshop import Workshop, written

NOT_FOUND_GRACE = 120.0  # seconds in which a 404 may pass, after the POST and after the first 404 (section 11, row 5)
NOT_FOUND_TIMES = 3  # a 404 must be said so often before it is believed: it may come from a gateway


class Patience:
    """How long data requests take to be ready, learned from those that are: so that few polls come too early."""

    def __init__(self) -> None:
        self._expected: float | None = None  # seconds

    def before(self, age: float) -> float:
        """Seconds to wait before the first poll of a data request that was accepted `age` seconds ago."""
        return 0.0 if self._expected is None else max(0.0, self._expected - age)

    def learn(self, age: float, polls: int) -> None:
        """Hear that one was ready at an age, after so many polls: what was ready at once might have been earlier."""
        self._expected = 0.9 * age if polls <= 1 else age


async def poll(
    shop: Workshop,
    request: DataRequestRow,
    listener: Listener | None,
    *,
    deadline: float,
    patience: Patience | None = None,
) -> None:
    """Poll until a data request has its files, or has ended; for `deadline` seconds at the most.

    Raises
    ------
    StillRunning
        The deadline passed.
    Unauthorized, NotFound
        This key may not see it; nothing is recorded, another key may.
    """
    started = shop.clock.time()
    until = started + deadline
    polls, not_found = 0, list[float]()
    if patience is not None and (pause := patience.before(started - (request.accepted_at or started))):
        await shop.clock.sleep(pause)
    while True:
        trouble = ""
        try:
            names = await shop.api.files(request.request_id or "")
            if names:
                await written(shop.ledger.ready, request, names, at=shop.clock.time())
                if patience is not None:
                    patience.learn(shop.clock.time() - (request.accepted_at or started), polls + 1)
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
