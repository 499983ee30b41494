"""Time, as something to hand in: everything that waits or stamps asks a `Clock`, so that tests own the time."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Coroutine
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Clock(Protocol):
    """What the core needs of time."""

    def time(self) -> float:
        """Seconds since the Unix epoch (UTC)."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed instant; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` seconds of this clock's time."""
        ...


class SystemClock:
    """The real clock."""

    def time(self) -> float:
        """Seconds since the Unix epoch (UTC)."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since some fixed instant; never goes back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Sleep for `seconds` seconds without blocking the event loop."""
        await asyncio.sleep(seconds)


async def until_set(stop: asyncio.Event, waiting: Coroutine[Any, Any, T]) -> T | None:
    """Wait for something harmless, but no longer than until `stop` is set; then None is returned."""
    work = asyncio.ensure_future(waiting)
    tasks = {work, asyncio.ensure_future(stop.wait())}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return work.result() if work.done() else None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def as_datetime(timestamp: float) -> dt.datetime:
    """Turn seconds since the epoch into an aware UTC datetime."""
    return dt.datetime.fromtimestamp(timestamp, tz=dt.UTC)


def naive(moment: float | dt.datetime) -> dt.datetime:
    """Turn seconds since the epoch, or a datetime (UTC where it has no zone), into a UTC datetime without a zone."""
    if not isinstance(moment, dt.datetime):
        moment = as_datetime(moment)
    return moment if moment.tzinfo is None else moment.astimezone(dt.UTC).replace(tzinfo=None)


def stamp(moment: dt.datetime) -> str:
    """Write a UTC datetime without a zone as the service does: whole seconds (contract section 3)."""
    return moment.replace(microsecond=0).isoformat(sep=" ")
