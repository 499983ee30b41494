"""A real PostgreSQL server for tests, with a folder of its own, on loopback and a Unix socket."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import sqlalchemy as sa

from bulkjobs.clock import Clock
from bulkjobs.postgres import Postgres, RowBook
from bulkjobs.wire.pace import Book
from tests.support import ManualClock

USER, PASSWORD, DATABASE = "team", "pass%word/4", "postgres"
QUOTED = "pass%25word%2F4"  # as it stands in an address
NEEDED = "BULKJOBS_NEEDS_POSTGRES"  # set where tests must not be left out for want of a server


def programs() -> Path | None:
    """Where the server's programs are: Debian keeps them off the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda one: int(one.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


class Server:
    """A server that runs, and can be stopped and started."""

    def __init__(self, folder: Path, bin_: Path, *, fsync: bool = False) -> None:
        self._folder, self._bin, self.runs = folder, bin_, False
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        options = {"fsync": "on" if fsync else "off", "listen_addresses": "127.0.0.1", "port": self.port,
                   "unix_socket_directories": folder, "max_connections": 100, "shared_buffers": "32MB"}  # fmt: skip
        self._options = " ".join(f"-c {name}={value}" for name, value in options.items())
        if os.geteuid() == 0:  # it refuses to run as root
            shutil.chown(folder, "postgres", "postgres")
        (folder / "password").write_text(PASSWORD)
        self._run("initdb", "--no-sync", "--no-locale", "--encoding=UTF8", "--auth=scram-sha-256", "--username", USER,
                  "--pwfile", str(folder / "password"))  # fmt: skip

    def _run(self, program: str, *words: str) -> None:
        who = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        command = [str(self._bin / program), "--pgdata", str(self._folder / "data"), *words]
        with (self._folder / "output").open("a") as output:
            done = subprocess.run(command, cwd=self._folder, stdout=output, stderr=output, **who)  # type: ignore[call-overload]
        assert done.returncode == 0, (self._folder / "output").read_text()[-3_000:]

    def start(self) -> None:
        """Start it, unless it runs."""
        if self.runs:
            return
        self.runs = True
        self._run("pg_ctl", "start", "--wait", "--log", str(self._folder / "log"), "--options", self._options)

    def stop(self) -> None:
        """End it at once, as a crash would."""
        if not self.runs:
            return
        self.runs = False
        self._run("pg_ctl", "stop", "--wait", "--mode", "immediate")

    @property
    def url(self) -> str:
        """Its address, with the password."""
        return f"postgresql://{USER}:{QUOTED}@127.0.0.1:{self.port}/{DATABASE}"

    @property
    def socket_url(self) -> str:
        """Its address by way of the Unix socket."""
        return f"postgresql://{USER}:{QUOTED}@/{DATABASE}?host={self._folder}&port={self.port}"

    def ask(self, *statements: str) -> object:
        """Run statements as the owner; returns the one value that the last one gives."""
        with psycopg.connect(self.url, autocommit=True) as db:
            for statement in statements:
                cursor = db.execute(statement.encode())
            return cursor.fetchone()[0] if cursor.description else None  # type: ignore[index]

    def empty(self) -> str:
        """Take away all that earlier tests left, and return the address."""
        with psycopg.connect(self.url, autocommit=True) as db:
            db.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
            db.execute("DROP SCHEMA IF EXISTS bulkjobs, bulkjobs_sandbox CASCADE")
        return self.url


@contextmanager
def server(*, fsync: bool = False) -> Iterator[Server]:
    """Make a server, and take it away again."""
    bin_ = programs()
    assert bin_ is not None, "no PostgreSQL: install the package postgresql of your system"
    with tempfile.TemporaryDirectory(prefix="bulkjobs-", ignore_cleanup_errors=True) as folder:
        made = Server(Path(folder), bin_, fsync=fsync)
        made.start()
        try:
            yield made
        finally:
            made.stop()


def book(database: Postgres, account: str, clock: Clock) -> Book:
    """Return the row that holds a speed limit; its time is that of a clock that a test owns, if that is one."""
    if not isinstance(clock, ManualClock):
        return RowBook(database, account)
    return RowBook(database, account, lambda: sa.literal(clock.time(), sa.Double))
