"""Where a ledger is kept, and what processes share beside it: one file of SQLite, or a PostgreSQL server."""

from __future__ import annotations

import abc
import contextlib
import sqlite3
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from filelock import FileLock, Timeout
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from . import tables
from .clock import Clock
from .errors import Charged, LedgerError
from .wire.pace import Book, FileBook


class Lock(Protocol):
    """Held by one task of one process at a time; whoever shares the ledger shares it. It ends with its process."""

    def acquire(self) -> bool:
        """Take it, unless it is held: then return False at once.

        Raises
        ------
        LedgerError
            Nothing can be locked there.
        """
        ...

    def release(self) -> None:
        """Let go."""
        ...


class Database(abc.ABC):
    """A database that holds a ledger. Safe from any thread and process.

    Attributes
    ----------
    place : str
        Where it is, for people; holds no password.
    kind : str
        What to choose another one of, to have another ledger.
    path : Path or None
        Its file, where it is one.
    shared : bool
        Whether other machines use it too, with home folders of their own.
    """

    place: str
    kind = "home folder"
    path: Path | None = None
    shared = False

    def opened(self) -> None:
        """Make the tables where there are none, and bring older ones up to date.

        Raises
        ------
        LedgerError
            They are those of another version.
        """
        with self.reading() as db:
            if self.version(db) == tables.VERSION:
                return
        with self.writing(charged=Charged.NO) as db:
            found = self.version(db)
            if found not in {0, 2, 3, tables.VERSION}:
                age = "a newer" if found > tables.VERSION else "an early, unreleased"
                raise LedgerError(
                    f"The ledger {self.place} was written by {age} bulkjobs.",
                    next_step=f"use that version, or choose another {self.kind}",
                )
            if found == 0:
                self.prepare(db)
                tables.create(db)
            elif found < tables.VERSION:
                tables.upgrade(db, found)
            self.mark(db, tables.VERSION)

    @contextlib.contextmanager
    def reading(self, charged: Charged = Charged.NO) -> Iterator[Connection]:
        """Connect; each statement stands for itself. `charged` tells what a failure would hide."""
        with self.told(charged):
            pool, db = self.engine().pool, self.engine().connect()
            try:
                with db:
                    yield db
            finally:
                self.left(pool)

    def left(self, pool: sa.Pool) -> None:
        """Close what a connection was given back to, where the database was closed while it was in use."""
        if pool is not self.engine().pool:
            pool.dispose()

    @contextlib.contextmanager
    def told(self, charged: Charged = Charged.NO) -> Iterator[None]:
        """Raise what goes wrong in the database as a `LedgerError`."""
        try:
            yield
        except SQLAlchemyError as error:
            _forget(error)
            reason = error.orig if isinstance(error, DBAPIError) else error
            raise self.failure(reason, charged) from error

    @contextlib.contextmanager
    def writing(self, charged: Charged) -> Iterator[Connection]:
        """One transaction, on disk when it ends, and the only one that writes to this ledger."""
        with self.reading(charged) as db:
            self.begin(db)
            try:
                yield db
            except BaseException:
                db.rollback()
                raise
            db.commit()

    @abc.abstractmethod
    def engine(self) -> sa.Engine:
        """Return what connects, without transactions of its own; made anew in a process that was forked."""

    @abc.abstractmethod
    def begin(self, db: Connection) -> None:
        """Begin a durable transaction, as soon as no other one writes."""

    @abc.abstractmethod
    def version(self, db: Connection) -> int:
        """Return the version of the tables; 0 where there are none."""

    def prepare(self, db: Connection) -> None:  # noqa: B027 - a file needs none
        """Make what the tables need, and what is beside them."""

    @abc.abstractmethod
    def mark(self, db: Connection, version: int) -> None:
        """Write down the version of the tables."""

    @abc.abstractmethod
    def failure(self, reason: object, charged: Charged) -> LedgerError:
        """Return the error to raise, with no secret in it."""

    @abc.abstractmethod
    def lock(self, name: str) -> Lock:
        """Return a lock; the name can be part of a file name."""

    @abc.abstractmethod
    def book(self, account: str, clock: Clock) -> Book:
        """Return what all that use an account's key share of its speed limit."""

    def close(self) -> None:  # noqa: B027 - a file keeps none
        """Let go of connections that wait to be used again; the next use opens new ones."""


class SqliteFile(Database):
    """One file in a home folder; locks and speed limits are files beside it.

    Each use opens its own connection. A rollback journal with EXTRA synchronisation: slower than a write-ahead log,
    which network file systems (where many shared notebooks have their homes) can't do, and durable through a loss of
    power.
    """

    path: Path

    def __init__(self, path: Path) -> None:
        self.path = path
        self.place = str(path)
        self._engine = sa.create_engine("sqlite://", creator=self._connected, poolclass=sa.NullPool)

    def engine(self) -> sa.Engine:
        """Return what opens a connection for each use."""
        return self._engine

    def _connected(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=30.0, isolation_level=None)
        try:
            db.execute("PRAGMA synchronous = EXTRA")
            db.execute("PRAGMA fullfsync = ON")  # on macOS a plain fsync does not reach the disk
        except sqlite3.Error:
            db.close()
            raise
        return db

    def begin(self, db: Connection) -> None:
        """Begin, unless another process has been writing for 30 s."""
        db.exec_driver_sql("BEGIN IMMEDIATE")

    def version(self, db: Connection) -> int:
        """Return what the file is marked with."""
        return int(db.exec_driver_sql("PRAGMA user_version").scalar_one())

    def mark(self, db: Connection, version: int) -> None:
        """Mark the file."""
        db.exec_driver_sql(f"PRAGMA user_version = {version}")

    def failure(self, reason: object, charged: Charged) -> LedgerError:
        """Return the error to raise."""
        return LedgerError(
            f"The ledger {self.path} can't be used ({reason}).",
            charged=charged,
            retry_safe=charged is Charged.NO,
            next_step="free disk space, correct its permissions, or choose another home",
        )

    def lock(self, name: str) -> Lock:
        """Return a lock on a file of its own."""
        return _LockFile(self.path.parent / "locks", name)

    def book(self, account: str, clock: Clock) -> Book:
        """Return the file of a key's speed limit."""
        return FileBook(self.path.parent / "pace" / f"{account}.sqlite3", clock)


class _LockFile:
    """A lock of the system on a file: it lets go when a process ends, however it ends."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._lock = FileLock(folder / f"{name}.lock", thread_local=False, fallback_to_soft=False)

    def acquire(self) -> bool:
        try:
            self._folder.mkdir(exist_ok=True)
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        except OSError as error:
            raise LedgerError(
                f"Nothing can be locked in {self._folder} ({error.strerror}).", next_step="choose another home folder"
            ) from error
        return True

    def release(self) -> None:
        self._lock.release()


def _forget(error: BaseException) -> None:
    """Clear the frames that an error came through: a traceback may show them, and drivers keep passwords there."""
    seen: BaseException | None = error
    while seen is not None:
        traceback.clear_frames(seen.__traceback__)
        seen = seen.__cause__ or seen.__context__


def database(place: Path | str, schema: str) -> Database:
    """Return the database of a place: an address of PostgreSQL, else a file, which has no schema."""
    if isinstance(place, str) and place.startswith(("postgresql:", "postgres:")):
        from .postgres import Postgres

        return Postgres(place, schema)
    return SqliteFile(Path(place))
