"""A ledger in PostgreSQL: for people on several machines, who share no home folder."""

from __future__ import annotations

import asyncio
import hashlib
import os
import threading
import weakref
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateSchema

from .clock import Clock
from .config import ledger_address, password_of
from .database import Database, Lock
from .errors import Charged, ConfigError, LedgerError
from .wire.pace import ASTRAY, Book

_BESIDE = sa.MetaData()  # what is in files, where the ledger is one
_VERSION = sa.Table("version", _BESIDE, sa.Column("number", sa.Integer, nullable=False))
_PACE = sa.Table(
    "pace",
    _BESIDE,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("free", sa.Double, nullable=False),
    sa.Column("paused", sa.Double, nullable=False),
    prefixes=["UNLOGGED"],  # an instant that is lost with the power does no harm: nothing waits for the disk
)
Moment = sa.ColumnElement[float]
_NOW: Moment = sa.cast(sa.extract("epoch", sa.func.clock_timestamp()), sa.Double)

# Of each session: who waits for a lock is told as soon as with a file, and a machine that vanished or fell asleep
# keeps none for longer than a minute.
_SESSION = {
    "lock_timeout": "30s",
    "idle_in_transaction_session_timeout": "60s",
    "idle_session_timeout": "0",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
# Of the network: an answer that never comes is an error, not a wait for ever.
_NETWORK = {"connect_timeout": "10", "keepalives_idle": "30", "tcp_user_timeout": "30000"}
_AT_ONCE = 4  # connections of a client at the most; the server has a hundred or so for all of them

_DENIED, _WAITED = "42501", "55P03"  # what the server calls it


class Postgres(Database):
    """A schema of a database on a server, through a few connections that are used again.

    Writing transactions take turns, by an advisory lock, as those of a file do: who counts rivals and budgets counts
    what all others did. Locks of collections are advisory, too, and end with the session of their process.

    Parameters
    ----------
    address : str
        As `bulkjobs.config.ledger_address` takes it.
    schema : str
        Made when missing; a plain word.

    Raises
    ------
    ConfigError
        The driver is not installed, or the address is none.
    """

    kind = "database"
    shared = True

    def __init__(self, address: str, schema: str) -> None:
        self._address = ledger_address(address)
        self._schema = schema
        self.place = _plain(sa.make_url(self._address))
        self._begun()

    def _begun(self) -> None:
        """Begin in this process, with connections of its own."""
        self._process = os.getpid()
        self._engine = self._made()
        self.session = _Session(self)
        weakref.finalize(self, _end, self._process, self._engine, self.session)

    def key(self, name: str) -> int:
        """Return the number of an advisory lock of this ledger."""
        digest = hashlib.sha256(f"bulkjobs/{self._schema}/{name}".encode()).digest()
        return int.from_bytes(digest[:8], signed=True)

    def engine(self) -> sa.Engine:
        """Return the connections of this process."""
        if self._process != os.getpid():  # forked: the connections are those of the other process
            self._begun()
        return self._engine

    def _made(self) -> sa.Engine:
        url = sa.make_url(self._address).set(drivername="postgresql+psycopg")
        schema = self._schema

        def prepare(connection: Any, _: object) -> None:
            settings = {**_SESSION, "search_path": schema}
            asked = ", ".join(["set_config(%s, %s, false)"] * len(settings))
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT {asked}", [text for setting in settings.items() for text in setting])
                cursor.execute(
                    "SELECT set_config('synchronous_commit', 'on', false)"
                    " WHERE current_setting('synchronous_commit') = 'off'"
                )

        try:
            engine = sa.create_engine(
                url,
                connect_args={name: value for name, value in _NETWORK.items() if name not in url.query},
                isolation_level="AUTOCOMMIT",  # `begin` says where a transaction begins
                use_native_hstore=False,
                hide_parameters=True,
                pool_size=_AT_ONCE,
                max_overflow=0,
                pool_pre_ping=True,
                pool_use_lifo=True,
            )
        except ImportError as error:
            raise ConfigError(
                f"A ledger in PostgreSQL needs the package psycopg ({error}).",
                next_step='pip install "bulkjobs[team]"',
            ) from error
        sa.event.listen(engine, "connect", prepare)
        return engine

    def close(self) -> None:
        """Close the connections that nobody uses."""
        self.engine().dispose()

    # --- transactions -------------------------------------------------------------------------------------

    def begin(self, db: Connection) -> None:
        """Begin as soon as no other one writes, or give up after 30 s."""
        # Whatever the server's default: a snapshot from before the lock came would not show what the others wrote.
        db.exec_driver_sql(f"BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({self.key('')})")

    def version(self, db: Connection) -> int:
        """Return what the table says."""
        # The catalogue's tables are asked: a name that was sought before a lock came may be remembered as unknown.
        known = "SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = %s AND tablename = 'version'"
        if db.exec_driver_sql(known, (self._schema,)).first() is None:
            return 0
        return int(db.exec_driver_sql(f"SELECT number FROM {self._schema}.version").scalar_one())  # noqa: S608

    def prepare(self, db: Connection) -> None:
        """Make the schema, and what a file needs no tables for."""
        known = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = %s"
        if db.exec_driver_sql(known, (self._schema,)).first() is None:  # else nobody need have the right to make it
            db.execute(CreateSchema(self._schema))
        _BESIDE.create_all(db, checkfirst=False)

    def mark(self, db: Connection, version: int) -> None:
        """Write it into the table."""
        db.execute(sa.delete(_VERSION))
        db.execute(sa.insert(_VERSION).values(number=version))

    def failure(self, reason: object, charged: Charged) -> LedgerError:
        """Return the error to raise, without the password."""
        words, state = " ".join(str(reason).split()), getattr(reason, "sqlstate", None)
        password = password_of(self._address)
        if password:
            words = words.replace(password, "***")
        if state == _DENIED:
            next_step = f"have an owner GRANT its user the schema {self._schema}, or CREATE on the database"
        elif state == _WAITED:
            next_step = "another process has been writing for too long; try again"
        else:
            next_step = "see that the server is there and lets this user in: BULKJOBS_LEDGER, or ledger=..., says who"
        return LedgerError(
            f"The ledger {self.place} can't be used ({words}).",
            charged=charged,
            retry_safe=charged is Charged.NO,
            next_step=next_step,
        )

    # --- what processes share -----------------------------------------------------------------------------

    def lock(self, name: str) -> Lock:
        """Return an advisory lock."""
        return _SessionLock(self, name)

    def book(self, account: str, clock: Clock) -> Book:
        """Return the row of a key's speed limit."""
        return RowBook(self, account)


class _Session:
    """The session that holds the locks of a process: one connection while there are any.

    Where it breaks, the server lets go of all of them; they are taken again with the next one, unless others were
    faster. Then two carry a collection out, which the ledger bears: a data request is claimed once.
    """

    def __init__(self, database: Postgres) -> None:
        self._database = weakref.proxy(database)
        self._mutex = threading.Lock()
        self._held: set[str] = set()
        self._db: Connection | None = None
        self._pool: sa.Pool

    def acquire(self, name: str) -> bool:
        with self._mutex:
            if name in self._held:  # a session is granted its own locks any number of times
                return False
            with self._database.told():
                taken = self._ask(sa.func.pg_try_advisory_lock, name)
            if taken:
                self._held.add(name)
            self._rest()
            return taken

    def release(self, name: str) -> None:
        with self._mutex:
            self._held.discard(name)
            try:
                if self._db is not None:
                    self._say(self._db, sa.func.pg_advisory_unlock, name)
            except SQLAlchemyError:  # it has ended, and all its locks with it
                self.lose()
            self._rest()

    def _ask(self, function: Callable[[int], sa.ColumnElement[bool]], name: str) -> bool:
        try:
            return self._say(self._connected(), function, name)
        except SQLAlchemyError:
            self.lose()
        return self._say(self._connected(), function, name)

    def _say(self, db: Connection, function: Callable[[int], sa.ColumnElement[bool]], name: str) -> bool:
        return bool(db.execute(sa.select(function(self._database.key(name)))).scalar_one())

    def _connected(self) -> Connection:
        if self._db is None:
            self._pool, self._db = self._database.engine().pool, self._database.engine().connect()
            for name in self._held:
                self._say(self._db, sa.func.pg_try_advisory_lock, name)
        return self._db

    def lose(self) -> None:
        """Close the connection, and with it let go of all locks."""
        if self._db is not None:
            self._db.invalidate()
            self._db.close()
            self._db = None

    def _rest(self) -> None:
        """Give the connection back where no lock is held."""
        if self._db is not None and not self._held:
            self._db.close()
            self._db = None
            self._database.left(self._pool)


class _SessionLock:
    def __init__(self, database: Postgres, name: str) -> None:
        self._database, self._name = database, name
        database.engine()  # whose session is that of this process

    def acquire(self) -> bool:
        return self._database.session.acquire(self._name)

    def release(self) -> None:
        self._database.session.release(self._name)


class RowBook:
    """A `bulkjobs.wire.pace.Book` that is a row: one statement an entry, in a thread, for the server may be far.

    Instants are those of the server's clock: machines have clocks of their own.
    """

    def __init__(self, database: Database, account: str, now: Callable[[], Moment] = lambda: _NOW) -> None:
        self._database = database
        self._account = account
        self._now = now

    def __str__(self) -> str:
        return self._database.place

    async def reserve(self, wait: float, gap: float) -> float:
        """Take the first turn that is free, no sooner than in `wait` seconds; returns the seconds until then."""
        now = self._now()
        start = sa.func.greatest(now + wait, _sane(_PACE.c.free, now, 10 * gap))
        return await self._write(now + wait + gap, now, start + gap, _sane(_PACE.c.paused, now), _PACE.c.free - gap)

    async def pause(self, seconds: float) -> float:
        """Let nobody take a turn for so many seconds; returns those that are left of it."""
        now = self._now()
        until = sa.func.greatest(_sane(_PACE.c.paused, now), now + seconds)
        free = sa.func.greatest(_sane(_PACE.c.free, now), until)
        return await self._write(now + seconds, now + seconds, free, until, _PACE.c.paused)

    async def pause_left(self) -> float:
        """Seconds for which nobody may take a turn."""
        now = self._now()
        left = sa.func.greatest(0.0, _sane(_PACE.c.paused, now) - now)
        return await self._asked(sa.select(left).where(_PACE.c.account == self._account))

    async def _write(self, free: Moment, paused: Moment, free_then: Moment, paused_then: Moment, at: Moment) -> float:
        """Write the first entry, or in place of one; returns the seconds until an instant of the new one."""
        first = insert(_PACE).values(account=self._account, free=free, paused=paused)
        entry = first.on_conflict_do_update(index_elements=["account"], set_={"free": free_then, "paused": paused_then})
        return await self._asked(entry.returning(at - self._now()))

    async def _asked(self, statement: sa.Executable) -> float:
        return await _in_thread(self._ask, statement)

    def _ask(self, statement: sa.Executable) -> float:
        with self._database.reading() as db:
            return float(db.execute(statement).scalar() or 0.0)


_in_thread = asyncio.to_thread


def _sane(instant: Moment, now: Moment, more: float = 0.0) -> Moment:
    """Return an instant, or now where it is so far off that the clock must have been set back."""
    return sa.case((instant <= now + ASTRAY + more, instant), else_=now)


def _plain(url: sa.URL) -> str:
    """Return an address without password and options, which may hold one."""
    return sa.URL.create("postgresql", url.username, None, url.host, url.port, url.database).render_as_string()


def _end(process: int, engine: sa.Engine, session: _Session) -> None:
    """Close all connections; not in a process that was forked, for they are its parent's."""
    if process == os.getpid():
        session.lose()
        engine.dispose()
