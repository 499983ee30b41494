"""The speed limit of an API key: evenly spaced turns, shared by all processes of a home folder, urgent ones first."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Protocol

from ..clock import Clock
from ..errors import LedgerError

log = logging.getLogger("bulkjobs.wire")

SPEND, NORMAL, POLL = 0, 1, 2  # priorities: the lower goes first
LONGEST_PAUSE = 300.0  # seconds; a service that asks for more is asked again after this
EARLY = 0.02  # seconds by which a sleep may end too soon: a tick of the coarsest timer
BUSY = 0.25  # seconds to wait for another process to let go of the file: it holds it for less than a millisecond
LOOK_AGAIN = 60.0  # seconds before a book that could not be used is tried again
ASTRAY = LONGEST_PAUSE + 60.0  # seconds; an instant farther off was written before the clock was set back, and is void


class Book(Protocol):
    """What processes share: when the next turn is free, and until when none may be taken.

    Methods raise `OSError`, `sqlite3.Error` or `LedgerError` where it can't be used.
    """

    async def reserve(self, wait: float, gap: float) -> float:
        """Take the first turn that is free, no sooner than in `wait` seconds; returns the seconds until then."""
        ...

    async def pause(self, seconds: float) -> float:
        """Let nobody take a turn for so many seconds; returns those that are left of it."""
        ...

    async def pause_left(self) -> float:
        """Seconds for which nobody may take a turn."""
        ...


class Pace:
    """Hands out turns, `rate` a second, evenly spaced (contract section 11, row 29: 5 a second by default).

    A turn is a reserved instant. Processes reserve in the order they come and only one turn ahead, so they alternate;
    who of a process gets the turn is decided when its instant has come.

    Parameters
    ----------
    rate : float
        Turns a second, at the most.
    clock : Clock
        Time.
    book : callable returning Book, optional
        Asked at each turn for what processes share; without one, this process paces itself alone. It does so too,
        with a warning, while the book can't be used.
    """

    def __init__(self, rate: float, clock: Clock, book: Callable[[], Book] | None = None) -> None:
        self._gap = 1.0 / rate
        self._clock = clock
        self._find_book = book
        self._book: Book | None = None
        self._alone_until = 0.0
        # This process alone, in monotonic time: what holds even if the book is lost or the wall clock jumps.
        self._next = 0.0
        self._paused = 0.0
        self._arrivals = itertools.count()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: dict[tuple[int, int], asyncio.Future[None]] = {}
        self._dispatcher: asyncio.Task[None] | None = None

    async def turn(self, priority: int = NORMAL) -> None:
        """Return when the next request may go out: the lowest priority number first, equals as they came."""
        self._look_up()
        loop = asyncio.get_running_loop()
        if self._loop is not loop:  # a second asyncio.run(): who waited in the first is gone
            self._loop, self._waiting, self._dispatcher = loop, {}, None
        waiting, place, given = self._waiting, (priority, next(self._arrivals)), loop.create_future()
        waiting[place] = given
        dispatcher = self._dispatcher
        if dispatcher is None or dispatcher.done() or dispatcher.cancelling():
            self._dispatcher = loop.create_task(self._dispatch(waiting))
        try:
            await given
        except asyncio.CancelledError:
            waiting.pop(place, None)
            if not given.cancelled():
                _give(waiting)  # the turn had just come: the next one has it
            elif not waiting and self._dispatcher is not None:
                self._dispatcher.cancel()
            raise

    async def pause(self, seconds: float) -> None:
        """Let no request of any process out for `seconds` seconds (the service said so)."""
        self._look_up()
        seconds = min(seconds, LONGEST_PAUSE)
        self._paused = max(self._paused, self._clock.monotonic() + seconds)
        self._next = max(self._next, self._paused)
        await self._shared(lambda book: book.pause(seconds), 0.0)

    async def _dispatch(self, waiting: dict[tuple[int, int], asyncio.Future[None]]) -> None:
        """Hand out turns while somebody waits; one such task at a time."""
        try:
            while waiting:
                wait = await self._reserve()
                if wait > 0:
                    await self._clock.sleep(wait)
                    if await self._pause_left() > EARLY:
                        continue  # it came meanwhile, perhaps to another process: this turn lapses
                    self._next = max(self._next, self._clock.monotonic() + self._gap)  # it may have slept too long
                _give(waiting)
                await asyncio.sleep(0)  # who has the turn goes before the next is reserved
        except Exception as error:
            for given in waiting.values():
                if not given.done():
                    given.set_exception(error)  # they would wait for ever
            waiting.clear()
            raise

    def _look_up(self) -> None:
        if self._find_book is not None:  # asked here, so that what it raises reaches the caller
            self._book = self._find_book()

    async def _reserve(self) -> float:
        now = self._clock.monotonic()
        alone = max(0.0, self._next - now)
        wait = await self._shared(lambda book: book.reserve(alone, self._gap), alone)
        now = self._clock.monotonic()  # later, where the answer came from another machine; a pause may have come, too
        wait = max(wait, self._paused - now)
        self._next = now + wait + self._gap
        return wait

    async def _pause_left(self) -> float:
        shared = await self._shared(lambda book: book.pause_left(), 0.0)
        return max(self._paused - self._clock.monotonic(), shared)

    async def _shared(self, ask: Callable[[Book], Awaitable[float]], alone: float) -> float:
        """Ask the shared book, if there is one that can be used; never fails a request."""
        now = self._clock.monotonic()
        if self._book is None or now < self._alone_until:
            return alone
        try:
            return await ask(self._book)
        except (OSError, sqlite3.Error, LedgerError) as error:
            first, self._alone_until = not self._alone_until, now + LOOK_AGAIN
            log.log(
                logging.WARNING if first else logging.DEBUG,
                "%s can't be used (%s): the speed limit holds for this process alone.",
                self._book,
                error,
            )
            return alone


class FileBook:
    """A `Book` that is a file.

    Instants are those of the wall clock, the one clock that processes have in common. SQLite brings locks that work
    alike on every system and end with their process. Its file is opened for each entry, which takes a fraction of a
    millisecond (so it is done on the event loop), and leaves nothing to close or to share between threads.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock

    def __str__(self) -> str:
        return str(self._path)

    async def reserve(self, wait: float, gap: float) -> float:
        """Take the first turn that is free, no sooner than in `wait` seconds; returns the seconds until then."""
        with self._open() as db:
            now, free, paused = self._read(db, 10 * gap)
            start = max(now + wait, free)
            db.execute("UPDATE pace SET free = ?, paused = ?", (start + gap, paused))
        return start - now

    async def pause(self, seconds: float) -> float:
        """Let nobody take a turn for so many seconds; returns those that are left of it."""
        with self._open() as db:
            now, free, paused = self._read(db)
            until = max(paused, now + seconds)
            db.execute("UPDATE pace SET free = ?, paused = ?", (max(free, until), until))
        return until - now

    async def pause_left(self) -> float:
        """Seconds for which nobody may take a turn."""
        with self._open() as db:
            now, _, paused = self._read(db)
        return max(0.0, paused - now)

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """One transaction. Losing it with the power would do no harm, so nothing waits for the disk."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(self._path, timeout=BUSY, isolation_level=None)) as db:
            db.execute("PRAGMA synchronous = OFF")
            db.execute("BEGIN IMMEDIATE")
            if not db.execute("SELECT 1 FROM sqlite_master").fetchone():
                db.execute("CREATE TABLE pace (free REAL NOT NULL, paused REAL NOT NULL)")
                db.execute("INSERT INTO pace VALUES (0, 0)")
            yield db
            db.execute("COMMIT")

    def _read(self, db: sqlite3.Connection, longest_wait: float = 0.0) -> tuple[float, float, float]:
        """Now, and both instants. One that is too far off was written before the clock was set back, and is void."""
        free, paused = db.execute("SELECT free, paused FROM pace").fetchone()
        now = self._clock.time()
        farthest = now + ASTRAY + longest_wait
        return now, free if free <= farthest else now, paused if paused <= farthest else now


def _give(waiting: dict[tuple[int, int], asyncio.Future[None]]) -> None:
    """Give a turn to whoever comes first; without anybody, it lapses."""
    while waiting:
        given = waiting.pop(min(waiting))
        if not given.done():  # cancelled, and has not come to know it yet
            given.set_result(None)
            return
