"""Fixtures of all tests: one catalogue for all sandboxes, and clients with homes of their own."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import keyring
import pytest
from hypothesis import settings

import bulkjobs as bj
from bulkjobs import config, postgres
from bulkjobs.sandbox.catalog import Catalog
from bulkjobs.sandbox.sample import generate
from tests.postgres import NEEDED, Server, book, programs, server
from tests.support import ManualClock

MakeClient = Callable[..., bj.Client]

settings.register_profile("patient", deadline=None)  # how long an example takes says nothing on a busy machine
settings.load_profile("patient")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("CORESIGNAL_API_KEY", "BULKJOBS_BASE_URL", "BULKJOBS_API_VERSION", "BULKJOBS_RATE",
                 "BULKJOBS_WEBHOOK_URL", "BULKJOBS_LEDGER", "BULKJOBS_LIBRARY"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("BULKJOBS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")  # the user's own is left alone


@pytest.fixture
def use_keyring(monkeypatch: pytest.MonkeyPatch) -> Callable[[object], None]:
    """Give the system a keyring."""
    monkeypatch.setattr(config, "_found", {})
    return lambda backend: monkeypatch.setattr(keyring, "get_keyring", lambda: backend)


@pytest.fixture(scope="session")
def catalog() -> Iterator[Catalog]:
    """2,000 generated postings."""
    made = Catalog.build(generate(2_000))
    yield made
    made.close()


@pytest.fixture
async def start_sandbox(catalog: Catalog) -> AsyncIterator[Callable[..., Any]]:
    """Start sandboxes over the shared catalogue, with any settings."""
    async with AsyncExitStack() as stack:

        async def start(data: Any = None, **settings: Any) -> bj.Sandbox:
            return await stack.enter_async_context(bj.Sandbox(catalog if data is None else data, **settings))

        yield start


@pytest.fixture
async def sandbox(start_sandbox: Callable[..., Any]) -> bj.Sandbox:
    """A sandbox with the defaults."""
    started: bj.Sandbox = await start_sandbox()
    return started


@pytest.fixture
async def make_client(tmp_path: Path) -> AsyncIterator[MakeClient]:
    """Make clients of a sandbox; they share a home unless told otherwise, and are closed after the test."""
    async with AsyncExitStack() as stack:

        def make(sandbox: bj.Sandbox, **settings: Any) -> bj.Client:
            version = settings.get("api_version", "v2")
            key = sandbox.jwt if version == "v1" else sandbox.api_key
            chosen = {"home": tmp_path / "home", "rate": 1e6, "base_url": sandbox.url, **settings}
            client = bj.Client(chosen.pop("api_key", key), **chosen)
            stack.push_async_callback(client.close)
            return client

        yield make


@pytest.fixture
def clock() -> ManualClock:
    """A clock that the test owns."""
    return ManualClock()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A PostgreSQL server for all tests of a process."""
    if programs() is None and not os.environ.get(NEEDED):
        pytest.skip("no PostgreSQL: install the package postgresql of your system")
    with server() as started:
        yield started


@pytest.fixture
def database(postgres_server: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty database."""
    monkeypatch.setattr(postgres.Postgres, "book", book)
    return postgres_server.empty()


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_address(request: pytest.FixtureRequest) -> str:
    """Where ledgers are, as a setting: in homes, then in an empty database that all homes of the test share."""
    return str(request.param if request.param == "sqlite" else request.getfixturevalue("database"))


@pytest.fixture
def every_ledger(ledger_address: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a test twice: its clients, and processes that it starts, have their ledger in either place."""
    monkeypatch.setenv("BULKJOBS_LEDGER", ledger_address)
    return ledger_address


@pytest.fixture
def client(make_client: MakeClient, sandbox: bj.Sandbox) -> bj.Client:
    """A client of the default sandbox."""
    return make_client(sandbox)


@pytest.fixture
def query() -> bj.JobFilter:
    """A filter that matches some hundred of the shared catalogue's postings."""
    return bj.JobFilter(country="United States", application_active=True)
