"""The client's own speed limit: evenly spaced turns, put off when the service asks for it."""

from __future__ import annotations

from ..clock import Clock

LONGEST_PAUSE = 300.0  # seconds; a service that asks for more is asked again after this


class Pace:
    """Hands out turns, `rate` a second, evenly spaced (contract section 11, row 29: 5 a second by default).

    A turn is a reserved instant, so that concurrent callers queue without a lock, in the order they came.
    """

    def __init__(self, rate: float, clock: Clock) -> None:
        self._gap = 1.0 / rate
        self._clock = clock
        self._next = 0.0

    async def turn(self) -> None:
        """Return when the next request may go out."""
        now = self._clock.monotonic()
        start = max(now, self._next)
        self._next = start + self._gap
        if start > now:
            await self._clock.sleep(start - now)

    def pause(self, seconds: float) -> None:
        """Let no request out for `seconds` seconds (the service said so)."""
        until = self._clock.monotonic() + min(seconds, LONGEST_PAUSE)
        self._next = max(self._next, until)
